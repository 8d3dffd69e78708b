// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "source_given.h"

static int find_one(const struct hp_source *source, const char *name, int given,
		    struct hp_found *found)
{
	const struct hp_sys *sys = source->sys;
	enum hp_luo_kind kind;
	int *place, err;
	HP_FD(copy, sys, sys->duplicate(given));

	if (copy.fd == -EBADF)
		return -EINVAL;
	if (copy.fd < 0)
		return hp_error_common(copy.fd);
	err = hp_luo_identify(sys, copy.fd, name, &kind);
	if (err < 0)
		return err;
	place = hp_found_place(found, kind);
	if (!place)
		return -EINVAL;
	*place = hp_fd_keep(&copy);
	return 0;
}

int hp_given_find(const struct hp_source *source, const char *name,
		  const struct hp_session_opts *opts, struct hp_found *found)
{
	for (unsigned int i = 0; i < opts->fds_count; i++) {
		int err = find_one(source, name, opts->fds[i], found);

		if (err < 0) {
			hp_log(source->log, LOG_ERR,
			       "fds[%u] (descriptor %d) is not taken as "
			       "session '%s': %s",
			       i, opts->fds[i], name, hp_strerror(err));
			return err;
		}
	}
	return 0;
}
