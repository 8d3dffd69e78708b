/* SPDX-License-Identifier: MIT */
#ifndef HP_SESSION_H
#define HP_SESSION_H

#include <pthread.h>
#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "base/log.h"
#include "handover/incoming.h"
#include "handover/outgoing.h"
#include "manifest/manifest.h"
#include "memory/region.h"
#include "session/holder.h"
#include "source/source.h"
#include "store/store.h"
#include "system/sys.h"

/*
 * A session has regions that the application has open, and regions that came
 * back or were closed, which are carried along: without a mapping. A region that
 * is listed and did not come back is in the list too, as a lost one.
 */
struct hp_session {
	const struct hp_sys *sys;
	struct hp_log log;
	struct hp_session_opts opts; /* timeout, threads, callbacks */
	unsigned int forks;	     /* what sys->forks() said at the open */
	pthread_mutex_t lock;	     /* all that follows; recursive */
	const struct hp_holder_calls *holder;
	enum hp_holder holder_kind;
	struct hp_region *regions; /* the first made first */

	/* The truth about the session. NULL: none came back, none is made. */
	struct hp_manifest *manifest;
	bool manifest_passed; /* its number came from the service manager */
	/* What came back has none that can be read. */
	int manifest_error;
	bool given_up; /* HP_COMMIT_DROP: what it would list is given up */
	bool gathered; /* there is a region for each entry of the manifest */

	/* What was found at the open. */
	bool came_back;
	/* Something should have come back, and nothing did. */
	bool all_lost;
	uint32_t found_count;
	uint32_t lost_count; /* also if there is new memory in its place now */
	struct hp_manifest_about found;

	/* The holder is the service manager. */
	struct hp_store store;
	/* The holder is this process. */
	struct hp_source source;
	struct hp_incoming incoming;
	struct hp_outgoing outgoing;

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

/* The region with that token, in whatever state, or NULL. */
struct hp_region *hp_session_find(const struct hp_session *session,
				  uint64_t token);

/*
 * Is the token free, among the open regions and those that came back? -EEXIST:
 * no; or the errors of hp_session_read().
 */
int hp_session_check_token(struct hp_session *session, uint64_t token);

/* A new region belongs to the session from now on. */
void hp_session_add(struct hp_session *session, struct hp_region *region);

/* Take a region of the session out of its list; and free it. */
void hp_session_unlink(struct hp_session *session, struct hp_region *region);
void hp_session_remove(struct hp_session *session, struct hp_region *region);

/* What a call that opens a region asks of its arguments, without the lock. */
int hp_session_check_request(const struct hp_session *session, uint64_t token,
			     struct hp_region **ret_region);

/* Fill in all of the structure but its size. */
void hp_session_describe(const struct hp_region *region,
			 struct hp_region_info *ret_info);

/* -- What came back (gather.c) --------------------------------------------- */

/*
 * Read the manifest, unless that is done. -EBADMSG, -ENOMSG and -EOPNOTSUPP are
 * final and told in manifest_error, others are not.
 */
int hp_session_read(struct hp_session *session);

/*
 * The region of a token that came back: *ret_region is NULL if none did. One
 * that is lost is a result. Errors: those of hp_session_read(), unless unlisted
 * regions are asked for; -ENOMEM, -EMFILE and others that pass.
 */
int hp_session_fetch(struct hp_session *session, uint64_t token, bool unlisted,
		     struct hp_region **ret_region);

/* The same for all that are listed. */
int hp_session_fetch_all(struct hp_session *session);

/* -- Waiting (wait.c) ------------------------------------------------------ */

/* For how long a call tries again, and whom it tells. */
struct hp_patience {
	const struct hp_session *session;
	uint64_t start, end, told, delay; /* ms */
	uint64_t done_bytes, total_bytes; /* populated */
};

struct hp_patience hp_patience_begin(const struct hp_session *session);

/*
 * Is it worth another try after that error, which passes? It has waited a while
 * then. 0: yes. Else what the call returns: the error itself, or -ECANCELED.
 */
int hp_patience_wait(struct hp_patience *patience, int err);

/* An hp_fill_fn: tell how far it is. */
int hp_patience_tell(void *patience, uint64_t done_bytes);

/* -- The list (list.c) ----------------------------------------------------- */

/* Make a manifest if there is none; give up the one there is, if any. */
int hp_session_need_manifest(struct hp_session *session);
void hp_session_end_manifest(struct hp_session *session);

/*
 * The region is in the manifest as it is now, in memory: hp_manifest_write()
 * makes it so. -E2BIG.
 */
int hp_session_list(struct hp_session *session, struct hp_region *region);

/* There will be writes: the content is not consistent any more. */
void hp_session_break_seal(struct hp_session *session);

#endif
