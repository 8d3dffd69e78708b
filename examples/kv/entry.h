/* SPDX-License-Identifier: MIT */
/*
 * An entry: one key with its value and its expiry time, in one heap block.
 *
 *	next | expire | value length | key length, hash | key | value | spare
 *
 * An entry's value is what its length word says; bytes behind it are spare
 * and may be written without the log before the length grows.
 */
#ifndef KV_ENTRY_H
#define KV_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"
#include "store.h"

#define ENTRY_NEXT(e)		(e)
#define ENTRY_EXPIRE(e)		((e) + 8)	/* ms since 1970, 0: never */
#define ENTRY_VALUE_LEN(e)	((e) + 16)
#define ENTRY_KEY(e)		((e) + 24)	/* length, hash's upper half */
#define ENTRY_HEADER		32

#define ENTRY_KEEP_EXPIRE	(-1)

bool entry_is_valid(const struct store *s, uint64_t entry);
bool entry_has_key(const struct store *s, uint64_t entry, struct slice key,
		   uint64_t hash);
struct slice entry_key(const struct store *s, uint64_t entry);
struct slice entry_value(const struct store *s, uint64_t entry);
int64_t entry_expire(const struct store *s, uint64_t entry);
bool entry_is_expired(const struct store *s, uint64_t entry, int64_t now);

/*
 * The entry with this key, 0 without. One that has expired is as good as not
 * there, and is removed if the log has room for that.
 */
int entry_lookup(struct store *s, struct slice key, int64_t now,
		 uint64_t *ret_entry);

/*
 * All below run inside a transaction. @expire: ms since 1970, 0 for never,
 * ENTRY_KEEP_EXPIRE for what the key has.
 */
int entry_set(struct store *s, struct slice key, struct slice value,
	      int64_t expire);
/* 1: it was there. */
int entry_delete(struct store *s, struct slice key);
/*
 * The entry's value with @tail behind it; creates it. Not for a key that the
 * same transaction has set: the spare room is written without the log.
 */
int entry_append(struct store *s, struct slice key, struct slice tail,
		 uint64_t *ret_length);
int entry_set_expire(struct store *s, uint64_t entry, int64_t expire);

/* Remove what @link points to; the word then holds the next entry. */
int entry_delete_at(struct store *s, uint64_t link);

#endif
