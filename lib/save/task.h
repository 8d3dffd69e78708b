/* SPDX-License-Identifier: MIT */
/*
 * What saving and loading have in common: options, progress, result.
 */
#ifndef HP_SAVE_TASK_H
#define HP_SAVE_TASK_H

#include <hugepersist/save.h>

#include "save/storage/dir.h"
#include "save/storage/transfer.h"

/* Flags that a load takes. */
#define HP_SAVE_LOADS (HP_SAVE_BUFFERED | HP_SAVE_NO_URING)

struct hp_save_task {
	const struct hp_io *io;
	const struct hp_sys *sys;
	struct hp_session *session; /* which is locked; or NULL */
	struct hp_log log;	    /* goes to that of the session */
	int cancel_state;	    /* before the session was locked */
	struct hp_save_opts opts;
	struct hp_save_result result;
	struct hp_save_progress progress;
	uint64_t start_ns;
	uint64_t told_ns; /* when progress was called last */
};

/*
 * Copy the caller's options into known, complete but for block_size. flags:
 * those that the call takes, HP_SAVE_*. -EINVAL: something else is set, or
 * cannot be so.
 */
int hp_save_options_read(struct hp_save_opts *known,
			 const struct hp_save_opts *opts, unsigned int flags);

/*
 * Check arguments and options, and lock the session; flags as above. result may
 * be NULL. Success or not, hp_save_task_unlock() ends it.
 */
int hp_save_task_begin(struct hp_save_task *task, const struct hp_io *io,
		       struct hp_session *session, const char *directory,
		       const struct hp_save_opts *opts, unsigned int flags,
		       const struct hp_save_result *result);

/*
 * Note that many more bytes are done. Calls progress when it is time for that, or
 * now. -ECANCELED: the application does not want to go on.
 */
int hp_save_task_advance(struct hp_save_task *task, uint64_t bytes, bool now);

/* Prepare a transfer for one file; what is left to set is fd, direct and the blocks. */
void hp_save_task_prepare(const struct hp_save_task *task,
			  struct hp_transfer *transfer, const char *path,
			  bool write);

/* Add up what a transfer did. */
void hp_save_task_count(struct hp_save_task *task,
			const struct hp_transfer *transfer);

/* Unlock the session, if that is locked. */
void hp_save_task_unlock(struct hp_save_task *task);

/* Success: fill in the caller's result, unless NULL. */
void hp_save_task_end(struct hp_save_task *task, struct hp_save_result *result);

/* -- The calls of save.h on any system; the tests bring their own ---------- */

int hp_session_save_on(const struct hp_io *io, struct hp_session *session,
		       const char *directory, const struct hp_save_opts *opts,
		       struct hp_save_result *result);
int hp_session_load_on(const struct hp_io *io, struct hp_session *session,
		       const char *directory, const struct hp_save_opts *opts,
		       struct hp_save_result *result);
int hp_region_load_on(const struct hp_io *io, struct hp_session *session,
		      uint64_t token, const char *directory,
		      const struct hp_region_opts *region_opts,
		      const struct hp_save_opts *opts,
		      struct hp_region **ret_region);
int hp_region_restore_on(const struct hp_io *io, struct hp_session *session,
			 uint64_t token, uint64_t length, const char *directory,
			 const struct hp_region_opts *region_opts,
			 const struct hp_save_opts *opts,
			 struct hp_region **ret_region);
int hp_save_info_on(const struct hp_io *io, const char *directory,
		    struct hp_save_info *info);
int hp_save_region_info_on(const struct hp_io *io, const char *directory,
			   unsigned int number, struct hp_region_info *info);
int hp_save_remove_on(const struct hp_io *io, const char *directory);

#endif
