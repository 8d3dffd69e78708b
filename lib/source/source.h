/* SPDX-License-Identifier: MIT */
/*
 * Where the LUO descriptors of a session come from: from the caller (opts->fds),
 * else from /dev/liveupdate. Whatever comes out is the same after that.
 */
#ifndef HP_SOURCE_H
#define HP_SOURCE_H

#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "source/device.h"

struct hp_source {
	struct hp_device device;
	int empty_fd; /* for the next hp_source_create(); -1: none */
	bool lent; /* the caller has what hp_source_create() gave last, too */
};

/*
 * Look for the session everywhere. ret_incoming_fd is what the previous kernel
 * handed over, or -1. After success the caller must not fail: closing what was
 * found can free its data. After a failure nothing is open.
 */
int hp_source_open(struct hp_source *source, const struct hp_sys *sys,
		   const struct hp_log *log, const char *name,
		   const struct hp_session_opts *opts, int *ret_incoming_fd);

/* Close what the source itself still has. */
void hp_source_close(struct hp_source *source);

/* A session for the next kernel, new and empty. */
int hp_source_create(struct hp_source *source, const char *name, int *ret_fd);

/* Take back what hp_source_create() gave last, which is empty still. */
void hp_source_undo_create(struct hp_source *source, int fd);

#endif
