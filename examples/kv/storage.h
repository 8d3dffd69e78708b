/* SPDX-License-Identifier: MIT */
/* Where the store's memory comes from and goes to: all calls of hp_*. */
#ifndef KV_STORAGE_H
#define KV_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "store.h"

struct hp_session;
struct hp_region;

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
	int preserve_error;	/* of the last try */
	const char *save_dir;	/* NULL: none */
	bool save_given_up;	/* what is there cannot be used */
	struct saved saved;
	uint64_t huge_bytes;	/* of the region, at the start */
	char detail[256];	/* the library's last word on an error */
};

/*
 * The region of the previous kernel if there is one, else the one in the save,
 * else a new one. Says on stderr what went wrong and what to do about it. 0 or
 * -errno.
 */
int storage_open(struct storage *st, const struct options *o);

/* 0 or -errno; storage_error() has the words. */
int storage_preserve(struct storage *st);
int storage_abort(struct storage *st);
const char *storage_error(int err);
/* On stderr, with those words; returns @err. */
int storage_say(const char *what, int err);

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

bool storage_is_preserved(const struct storage *st);
/* 0, or the -errno that storage_preserve() would give. */
int storage_can_preserve(const struct storage *st);
/* "created", "live-update" or "save" */
const char *storage_origin(const struct storage *st);
uint64_t storage_page_size(const struct storage *st);
/* Memory of no pool, whose pages may be huge. */
bool storage_is_shmem(const struct storage *st);

/* Ends preservation and gives the memory back. */
void storage_close(struct storage *st);

#endif
