/* SPDX-License-Identifier: MIT */
/*
 * Where the descriptors of a session come from, and who else keeps them: the
 * caller, a service manager, /dev/liveupdate.
 */
#ifndef HP_SOURCE_H
#define HP_SOURCE_H

#include <stdbool.h>

#include "log.h"
#include "sys.h"

struct hp_source {
	const struct hp_sys *sys;
	const struct hp_log *log;
	unsigned int timeout_ms; /* not 0 */
};

/*
 * The session of that name that the previous kernel handed over. -ENOENT: there
 * is none. On success the caller must not fail: closing the descriptor frees
 * all that was not retrieved.
 */
int hp_source_retrieve(struct hp_source *source, const char *name, int *ret_fd);

/* A new and empty one for the next kernel. */
int hp_source_create(struct hp_source *source, const char *name, int *ret_fd);

/*
 * Let the service manager keep a copy of a session, so that this process may
 * end. Nothing is lost if that fails: all is then as without a manager.
 */
void hp_source_store(struct hp_source *source, const char *name, bool incoming,
		     int fd);

/*
 * The manager's copy is to go. 0: it is gone, or there was none; -EAGAIN: the
 * manager did not say so in time, call again.
 */
int hp_source_forget(struct hp_source *source, const char *name, bool incoming);

#endif
