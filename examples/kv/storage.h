/* SPDX-License-Identifier: MIT */
/* Where the store's memory comes from and goes to: all calls of hp_*. */
#ifndef KV_STORAGE_H
#define KV_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <hugepersist/save.h>

#include "options.h"
#include "store.h"

/* The one region of the session that is ours; others are carried along. */
#define STORAGE_TOKEN UINT64_C(1)

/* The save in the directory. */
struct saved {
	int error;		/* of the last save, or of a look at the start */
	uint64_t seconds;	/* when: since 1970, UTC; 0: there is none */
	uint64_t bytes;		/* how much, without what is zero */
	bool is_known;		/* it holds what the store held ... */
	uint64_t changes;	/* ... when it had so many changes */
};

struct storage {
	struct hp_session *session;
	struct hp_region *region;
	struct store store;

	/* What was found at the start. */
	enum hp_holder holder;
	unsigned int kept;	/* regions that came back, of whatever token */
	int manifest_error;	/* it cannot be told which */
	bool lost;		/* the store's own should be there and is not */
	bool sealed;		/* the last owner ended cleanly */

	bool serving;		/* clients wait, so nothing else is waited for */
	int waits_for;		/* the error that the last call waited for */
	int preserve_error;	/* of the last try */
	const char *save_dir;	/* NULL: none */
	bool save_given_up;	/* what is there cannot be used */
	struct saved saved;
	uint64_t huge_bytes;	/* of the region, at the start */
	char detail[256];	/* the library's last word on an error */
};

/*
 * The memory that was kept if there is any, else the save, else new memory; and
 * preserve it. Says on stderr what goes wrong and what to do about it. Waits for
 * what passes, until SIGTERM, SIGINT or SIGHUP, which must be blocked. 0 or
 * -errno: storage_hold() and storage_close() follow in either case, so that
 * nothing is given up that anybody could still use.
 */
int storage_open(struct storage *st, const struct options *o);

/* For storage_open(): new memory with what is in the save, or empty. */
int storage_make(struct storage *st, const struct options *o);

/* 0 or -errno; storage_error() has the words. */
int storage_preserve(struct storage *st);
int storage_abort(struct storage *st);
const char *storage_error(int err);
/* On stderr, with those words and the library's; returns @err. */
int storage_say(struct storage *st, const char *what, int err);

/*
 * The server ended cleanly: the next owner is told. Memory that this process
 * alone holds ends with storage_close(), other memory stays with its holder.
 */
void storage_seal(struct storage *st);
void storage_close(struct storage *st);

bool storage_is_preserved(const struct storage *st);
/* If not: why, in words. */
const char *storage_not_preserved_reason(const struct storage *st);
/* "created", "kept", "live-update", "save" or "lost" */
const char *storage_origin(const struct storage *st);
/* "store", "process", "given" or "none" */
const char *storage_holder(const struct storage *st);
/* "yes", "no" or "not-known", and why. */
const char *storage_outlives_restart(struct storage *st, const char **ret_why);
const char *storage_outlives_kexec(struct storage *st, const char **ret_why);
uint64_t storage_page_size(const struct storage *st);
/* Memory of no pool, whose pages may be huge. */
bool storage_is_shmem(const struct storage *st);

/* -- Waiting (storage_wait.c) ---------------------------------------------- */

/* For calls that wait, and for those that copy: go on? 0: yes. */
hp_wait_fn storage_wait;
hp_save_progress_fn storage_progress;

/* After a call that does not wait: try it again? A little later then. */
bool storage_wait_again(struct storage *st, int err);
bool storage_told_to_end(void);
/*
 * After an error: keep what came back and has no other holder, until the
 * process is told to end. Without memory of that kind it returns at once.
 */
void storage_hold(struct storage *st);

/* -- The save (storage_save.c) --------------------------------------------- */

/*
 * To the directory, which there must be. Between two commands, then what is
 * saved needs no rollback. Blocks until it is on the disk. Says on stderr what
 * went wrong. 0 or -errno: the old save is still there.
 */
int storage_save(struct storage *st);
/* The same before the end, if there is a directory: not 0: do not end. */
int storage_save_at_end(struct storage *st);
/* "ok", "none", or "failed": then the one before, if any, is still there. */
const char *storage_save_status(const struct storage *st);
/* Is there nothing in the store that a save does not have? */
bool storage_is_saved(const struct storage *st);
/* For storage_open(): before the session is opened, and in the end. */
int storage_save_init(struct storage *st, const struct options *o);
void storage_save_opened(struct storage *st);

#endif
