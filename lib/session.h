/* SPDX-License-Identifier: MIT */
#ifndef HP_SESSION_H
#define HP_SESSION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "incoming.h"
#include "log.h"
#include "outgoing.h"
#include "source.h"
#include "sys.h"

/*
 * A session has two halves since LUO has two kinds: incoming is what the
 * previous kernel left and ends with commit, outgoing is what the next one gets
 * and ends with abort. The first must end before the second can begin: a file
 * that LUO still holds from the last update cannot be preserved.
 */
struct hp_session {
	const struct hp_sys *sys;
	struct hp_log log;
	struct hp_source source;
	pid_t owner;
	pthread_mutex_t lock; /* incoming, outgoing, regions */
	struct hp_incoming incoming;
	struct hp_outgoing outgoing;
	struct hp_region *regions; /* the last opened first */
	atomic_bool returned;	   /* incoming is open; for the getters */
	bool local;		   /* no live update on this machine */
	char name[HP_NAME_MAX + 1];
};

/* hp_session_open() on any system; the unit tests bring their own. */
int hp_session_open_on(const struct hp_sys *sys, const char *name,
		       const struct hp_session_opts *opts,
		       struct hp_session **ret_session);

/* -EINVAL without a session, -ECHILD in a forked child, else 0. */
int hp_session_check(const struct hp_session *session);

/*
 * Is every region that came back in use? -ENOTEMPTY: no; or the errors of
 * hp_incoming_load(). The session is locked.
 */
int hp_session_check_reclaimed(struct hp_session *session);

/*
 * May a forked child take its copy apart? It must not wait for the lock: the
 * thread that held it at the fork is not in the child. Nor may it go on then,
 * since that thread left the copy half changed: -ECHILD.
 */
int hp_session_check_copy(struct hp_session *session);

#endif
