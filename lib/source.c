// SPDX-License-Identifier: MIT
#include <errno.h>

#include "fd_name.h"
#include "source.h"
#include "source_device.h"
#include "source_given.h"
#include "source_service.h"

#define TIMEOUT_DEFAULT_MS 5000

/*
 * The device is left alone if something was found: who had that has asked it, or
 * could not. A service that was killed with an outgoing session had committed
 * what came back before.
 */
static int find(struct hp_source *source, const char *name,
		const struct hp_session_opts *opts, struct hp_found *found)
{
	int err;

	err = hp_given_find(source, name, opts, found);
	if (err < 0)
		return err;
	if (opts->flags & HP_SESSION_SERVICE) {
		hp_manager_find(&source->manager, source->sys, source->log);
		err = hp_service_find(source, name, found);
		if (err < 0)
			return err;
	}
	if (hp_found_any(found))
		return 0;
	err = hp_device_retrieve(source, name, &found->incoming_fd);
	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	found->incoming_fd = hp_service_move_out(source, found->incoming_fd);
	return 0;
}

int hp_source_open(struct hp_source *source, const struct hp_sys *sys,
		   const struct hp_log *log, const char *name,
		   const struct hp_session_opts *opts,
		   struct hp_found *ret_found)
{
	int err;

	*source = (struct hp_source){
		.sys = sys,
		.log = log,
		.timeout_ms = opts->timeout_ms ? opts->timeout_ms :
						 TIMEOUT_DEFAULT_MS,
		.empty_fd = -1,
	};
	hp_found_init(ret_found);
	err = find(source, name, opts, ret_found);
	if (err < 0) {
		hp_found_end(ret_found, sys);
		return err;
	}
	source->empty_fd = ret_found->empty_fd;
	if (ret_found->incoming_fd >= 0)
		hp_source_store(source, name, true, ret_found->incoming_fd);
	return 0;
}

int hp_source_create(struct hp_source *source, const char *name, int *ret_fd)
{
	int err;

	if (source->empty_fd >= 0) {
		*ret_fd = source->empty_fd;
		source->empty_fd = -1;
		source->lent = true;
		return 0;
	}
	err = hp_device_create(source, name, ret_fd);
	source->patient = false;
	if (err < 0)
		return err;
	source->lent = false;
	*ret_fd = hp_service_move_out(source, *ret_fd);
	return 0;
}

void hp_source_undo_create(struct hp_source *source, int fd)
{
	/* The other copies block the name, so there will be no second one. */
	if (source->lent)
		source->empty_fd = fd;
	else
		source->sys->close(fd);
}

static bool has_copy(const struct hp_source_copy *copy)
{
	return copy->in || copy->out;
}

void hp_source_store(struct hp_source *source, const char *name, bool incoming,
		     int fd)
{
	struct hp_source_copy *copy =
		incoming ? &source->incoming : &source->outgoing;
	char fd_name[HP_FD_NAME_SIZE];

	/* Stored twice is kept twice, where the manager does not compare. */
	if (!source->manager.address[0] || (has_copy(copy) && !copy->ending))
		return;
	hp_fd_name(fd_name, name, incoming);
	if (hp_manager_store(&source->manager, source->sys, source->log,
			     source->timeout_ms, fd_name, fd) < 0)
		return;
	copy->in |= incoming;
	copy->out |= !incoming;
	copy->ending = false;
	copy->sure = source->manager.keeps;
}

bool hp_source_is_stored(const struct hp_source *source, bool incoming)
{
	const struct hp_source_copy *copy =
		incoming ? &source->incoming : &source->outgoing;

	return copy->sure && !copy->ending;
}

/* Tell it, under each of the names. */
static int remove_copy(const struct hp_source *source, const char *name,
		       const struct hp_source_copy *copy,
		       unsigned int timeout_ms)
{
	char fd_name[HP_FD_NAME_SIZE];
	int err = 0, result = 0;

	if (copy->in) {
		hp_fd_name(fd_name, name, true);
		result = hp_manager_remove(&source->manager, source->sys,
					   source->log, timeout_ms, fd_name);
	}
	if (copy->out) {
		hp_fd_name(fd_name, name, false);
		err = hp_manager_remove(&source->manager, source->sys,
					source->log, timeout_ms, fd_name);
	}
	return result < 0 ? result : err;
}

int hp_source_forget(struct hp_source *source, const char *name, bool incoming)
{
	struct hp_source_copy *copy =
		incoming ? &source->incoming : &source->outgoing;
	int err;

	if (!has_copy(copy))
		return 0;
	copy->ending = true;
	err = remove_copy(source, name, copy, source->timeout_ms);
	if (!err && !incoming)
		err = hp_manager_wait(&source->manager, source->sys,
				      source->log, source->timeout_ms);
	if (err < 0)
		return incoming ? 0 : -EAGAIN;
	*copy = (struct hp_source_copy){ 0 };
	/* systemd answers first and closes in the background. */
	source->patient = !incoming || source->patient;
	return 0;
}

void hp_source_close(struct hp_source *source, const char *name, bool child)
{
	if (source->empty_fd >= 0)
		source->sys->close(source->empty_fd);
	source->empty_fd = -1;
	if (child)
		return;
	/* It did not listen then; once more. */
	if (source->incoming.ending)
		(void)remove_copy(source, name, &source->incoming, 0);
	if (source->outgoing.ending)
		(void)remove_copy(source, name, &source->outgoing, 0);
}
