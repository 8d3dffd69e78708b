/* SPDX-License-Identifier: MIT */
/*
 * The service manager's store as the holder of a session.
 *
 * The manifest is the only truth: a region that it does not list was never
 * promised and is let go; one that it lists and that did not come is lost. So a
 * region is first given to the manager, then seen to be there, then listed; and
 * taken off the list before the manager is told to let it go.
 *
 * The manager does not say what it keeps. A lock tells: it is on the description
 * that the manager has, and no descriptor and no mapping of this process is of
 * that description. Locked: the manager has it, or it is on its way there until
 * hp_store_wait() has returned 0. Each incarnation has a lock of
 * its own: a file that the manager has under an older name does not pass for one
 * that it has under the new name. After a kexec the description is a new one, and
 * the lock is taken again.
 */
#ifndef HP_STORE_H
#define HP_STORE_H

#include <stdbool.h>

#include "base/log.h"
#include "manifest/manifest.h"
#include "memory/region.h"
#include "store/manager.h"
#include "store/passed.h"
#include "store/record.h"
#include "system/sys.h"

struct hp_store {
	const struct hp_sys *sys;
	const struct hp_log *log;
	struct hp_manager manager;
	struct hp_passed passed;
	struct hp_record record;
	char prefix[HP_STORE_PREFIX_SIZE];
	uint64_t id; /* of the session; 0: there is none */
	bool asked;  /* to keep the manifest, and not answered yet */
	bool keeps;  /* it could not be told to let go of a region */
	/* It did not answer, and may still do what was asked. */
	bool unanswered;
};

/* Ask the environment what there is. Errors as hp_passed_find(). */
int hp_store_init(struct hp_store *store, const struct hp_sys *sys,
		  const struct hp_log *log, const char *session,
		  unsigned int timeout_ms);

/*
 * Take the session that was passed, as its owner. -ENOENT: nothing of it was
 * passed. -EALREADY: it has an owner. -ENOTUNIQ: there are two. -ENOMSG: there
 * are regions and no manifest. -EBADMSG, -EOPNOTSUPP: as hp_manifest_read(); in
 * these three cases the store is usable. -EUCLEAN: the program closed a number.
 * -EBUSY: this process has closed it, and the number of a region is not here.
 */
int hp_store_open(struct hp_store *store, struct hp_manifest *manifest);

/*
 * Give the manager the manifest of a new session, which shows whether it has a
 * store. -ENOENT: there is no manager, or it has none for this service. -ENOSPC:
 * it says that it has a store, and takes nothing. -EBUSY: this process has given
 * it a session of that name before.
 */
int hp_store_start(struct hp_store *store, struct hp_manifest *manifest);

/*
 * The file of a region that was passed, under the number on which it came, which
 * is the caller's now. The name is of a listed region; or, without incarnation,
 * of any that has the token. -ENODATA: it was not passed.
 */
int hp_store_take(struct hp_store *store, const struct hp_store_name *name);

/* The incarnation of what was taken; 0: it has a name of another session. */
uint64_t hp_store_incarnation(const struct hp_store *store, int fd);

/* Nothing came of it: the number can be taken again. */
void hp_store_untake(struct hp_store *store, int fd);

/*
 * The file of a descriptor through another description. -EUCLEAN: the program
 * has closed the number.
 */
int hp_store_reopen(const struct hp_store *store, int fd);

/*
 * Let go of all names that were passed and that the manifest does not list; with
 * unused, only of those behind which nothing is used.
 */
void hp_store_let_go(struct hp_store *store, bool unused);

/*
 * Ask the manager to keep a region, of that incarnation; or the manifest. Whether
 * it does is seen with hp_store_has() after hp_store_wait().
 */
int hp_store_put(struct hp_store *store, const struct hp_region *region);
int hp_store_put_manifest(struct hp_store *store,
			  const struct hp_manifest *manifest);
int hp_store_wait(struct hp_store *store);

/*
 * Can the next process be started with the names of so many regions more, and
 * with that of the manifest? -ENOSPC: nobody could start it.
 */
int hp_store_check_names(const struct hp_store *store, unsigned int more);

/* The manifest that came is damaged, and another one gets its name. */
void hp_store_replace_manifest(struct hp_store *store);

/* Does the manager have it? 1 or 0, or an error. -EUCLEAN: it is closed. */
int hp_store_has(const struct hp_region *region);
int hp_store_has_manifest(const struct hp_manifest *manifest);

/* Tell the manager to let go, of a region or of the manifest. */
void hp_store_remove(struct hp_store *store, const struct hp_region *region);
void hp_store_remove_manifest(struct hp_store *store);

/*
 * The file stays on a number that was passed, for the next open in this process,
 * and is nobody's.
 */
void hp_store_put_back(const struct hp_sys *sys, int fd);

/*
 * Forget it. What the manager has it keeps. some_new: this process gave it some,
 * which do not come back to this process: hp_store_open() and hp_store_start()
 * are -EBUSY from now on.
 */
void hp_store_close(struct hp_store *store, bool some_new);

#endif
