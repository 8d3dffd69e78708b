/* SPDX-License-Identifier: MIT */
#ifndef HP_SESSION_H
#define HP_SESSION_H

#include <pthread.h>
#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "base/log.h"
#include "handover/incoming.h"
#include "handover/outgoing.h"
#include "memory/region.h"
#include "source/source.h"
#include "system/sys.h"

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
	unsigned int forks;   /* what sys->forks() said at the open */
	pthread_mutex_t lock; /* incoming, outgoing, regions; recursive */
	struct hp_incoming incoming;
	struct hp_outgoing outgoing;
	struct hp_region *regions; /* the last opened first */
	bool local;		   /* no live update on this machine */
	char name[HP_NAME_MAX + 1];
};

/* hp_session_open() on any system; the unit tests bring their own. */
int hp_session_open_on(const struct hp_sys *sys, const char *name,
		       const struct hp_session_opts *opts,
		       struct hp_session **ret_session);

/* hp_region_from_fd() on any system; the unit tests bring their own. */
int hp_region_from_fd_on(const struct hp_sys *sys, int fd,
			 const struct hp_region_opts *opts,
			 struct hp_region **ret_region);

/* May this process use it? -EINVAL: no session. -ECHILD: a forked child. */
int hp_session_check(const struct hp_session *session);

/*
 * May a forked child take its copy apart? It must not wait for the lock: the
 * thread that held it at the fork is not in the child. Nor may it go on then,
 * since that thread left the copy half changed: -ECHILD.
 */
int hp_session_check_copy(struct hp_session *session);

/* -- Regions of a session, which is locked --------------------------------- */

/* The open region with that token, or NULL. */
struct hp_region *hp_session_find(const struct hp_session *session,
				  uint64_t token);

/*
 * Is the token free, among the open regions and those that came back? -EEXIST:
 * no; or the errors of hp_incoming_load().
 */
int hp_session_check_token(struct hp_session *session, uint64_t token);

/* A new region belongs to the session from now on. */
void hp_session_add(struct hp_session *session, struct hp_region *region);

/* Take a region of the session out of its list, and free it. */
void hp_session_remove(struct hp_session *session, struct hp_region *region);

/* What a call that opens a region asks of its arguments, without the lock. */
int hp_session_check_request(const struct hp_session *session, uint64_t token,
			     struct hp_region **ret_region);

/* Fill in all of the structure but its size. */
void hp_session_describe(const struct hp_region *region,
			 struct hp_region_info *ret_info);

#endif
