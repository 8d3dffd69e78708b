/* SPDX-License-Identifier: MIT */
/*
 * Where the descriptors of a session come from, and who else keeps them.
 *
 * Asked in this order: the caller (source_given.c), the service manager by what
 * it started the process with (source_service.c), /dev/liveupdate
 * (source_device.c). Whatever comes out is the same after that.
 */
#ifndef HP_SOURCE_H
#define HP_SOURCE_H

#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "found.h"
#include "log.h"
#include "manager.h"
#include "sys.h"

/* What the manager may have of one half of a session. */
struct hp_source_copy {
	bool in, out; /* under which of its names, see fd_name.h */
	bool sure;    /* it does, as far as one can know */
	bool ending;  /* it was asked to let go */
};

struct hp_source {
	const struct hp_sys *sys;
	const struct hp_log *log;
	unsigned int timeout_ms; /* not 0 */
	int empty_fd;		 /* for the next hp_source_create(); -1: none */
	bool patient;		 /* the manager may still hold the name */
	bool lent;  /* others have what hp_source_create() gave last, too */
	bool alone; /* nobody but us has what an earlier process preserved */
	struct hp_manager manager;
	struct hp_source_copy incoming, outgoing;
	int listen_end; /* numbers from 3 to before this came by LISTEN_FDS */
};

/*
 * Look everywhere. 0: found, or there is nothing yet. On success the caller must
 * not fail: closing what was found can free its data. On failure nothing is
 * open.
 */
int hp_source_open(struct hp_source *source, const struct hp_sys *sys,
		   const struct hp_log *log, const char *name,
		   const struct hp_session_opts *opts,
		   struct hp_found *ret_found);

/* Release what the source itself has. In a forked child: its copies. */
void hp_source_close(struct hp_source *source, const char *name, bool child);

/* A new and empty one for the next kernel. */
int hp_source_create(struct hp_source *source, const char *name, int *ret_fd);

/* It was not used and is empty still. */
void hp_source_undo_create(struct hp_source *source, int fd);

/*
 * Let the service manager keep a copy of a session, so that this process may
 * end. Nothing is lost if that fails: all is then as without a manager.
 */
void hp_source_store(struct hp_source *source, const char *name, bool incoming,
		     int fd);

/* Does it, as far as one can know? */
bool hp_source_is_stored(const struct hp_source *source, bool incoming);

/*
 * The manager's copy is to go. Of an outgoing session 0: it is gone, or there
 * was none; -EAGAIN: the manager did not say so in time, call again. What is
 * left of an incoming one after FINISH is of no use and no harm to anybody, so
 * nobody waits for it: 0.
 */
int hp_source_forget(struct hp_source *source, const char *name, bool incoming);

#endif
