// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "source/kind.h"
#include "source/source.h"
#include "system/cleanup.h"

/* -- What the caller has --------------------------------------------------- */

/* Where a descriptor of that kind belongs; NULL: nowhere, or there is one. */
static int *place_of(struct hp_source *source, enum hp_luo_kind kind,
		     int *incoming_fd)
{
	int *place = NULL;

	if (kind == HP_LUO_INCOMING)
		place = incoming_fd;
	if (kind == HP_LUO_EMPTY)
		place = &source->empty_fd;
	return place && *place < 0 ? place : NULL;
}

static int take_given(struct hp_source *source, int given, int *incoming_fd)
{
	const struct hp_sys *sys = source->device.sys;
	enum hp_luo_kind kind;
	int *place, err;
	HP_FD(copy, sys, sys->duplicate(given));

	if (copy.fd == -EBADF)
		return -EINVAL;
	if (copy.fd < 0)
		return hp_error_common(copy.fd);
	err = hp_luo_identify(sys, copy.fd, &kind);
	if (err < 0)
		return err;
	place = place_of(source, kind, incoming_fd);
	if (!place)
		return -EINVAL;
	*place = hp_fd_keep(&copy);
	return 0;
}

static int take_all_given(struct hp_source *source, const char *name,
			  const struct hp_session_opts *opts, int *incoming_fd)
{
	for (unsigned int i = 0; i < opts->fds_count; i++) {
		int err = take_given(source, opts->fds[i], incoming_fd);

		if (err < 0) {
			hp_log(source->device.log, LOG_ERR,
			       "fds[%u] (descriptor %d) is not taken as "
			       "session '%s': %s",
			       i, opts->fds[i], name, hp_strerror(err));
			return err;
		}
	}
	return 0;
}

/* -- The source ------------------------------------------------------------ */

/* Whoever gives a descriptor has asked the device for the other one. */
static int find(struct hp_source *source, const char *name,
		const struct hp_session_opts *opts, int *incoming_fd)
{
	int err;

	if (opts->fds_count)
		return take_all_given(source, name, opts, incoming_fd);
	err = hp_device_retrieve(&source->device, name, incoming_fd);
	return err == -ENOENT ? 0 : err;
}

int hp_source_open(struct hp_source *source, const struct hp_sys *sys,
		   const struct hp_log *log, const char *name,
		   const struct hp_session_opts *opts, int *ret_incoming_fd)
{
	HP_FD(incoming, sys, -1);
	int err;

	*source = (struct hp_source){ .empty_fd = -1 };
	hp_device_init(&source->device, sys, log, opts->timeout_ms);
	err = find(source, name, opts, &incoming.fd);
	if (err < 0) {
		hp_source_close(source);
		return err;
	}
	*ret_incoming_fd = hp_fd_keep(&incoming);
	return 0;
}

void hp_source_close(struct hp_source *source)
{
	if (source->empty_fd >= 0)
		source->device.sys->close(source->empty_fd);
	source->empty_fd = -1;
}

int hp_source_create(struct hp_source *source, const char *name, int *ret_fd)
{
	source->lent = source->empty_fd >= 0;
	if (!source->lent)
		return hp_device_create(&source->device, name, ret_fd);
	*ret_fd = source->empty_fd;
	source->empty_fd = -1;
	return 0;
}

void hp_source_undo_create(struct hp_source *source, int fd)
{
	/* The caller's copy blocks the name, so there will be no second one. */
	if (source->lent)
		source->empty_fd = fd;
	else
		source->device.sys->close(fd);
}
