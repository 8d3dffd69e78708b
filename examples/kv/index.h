/* SPDX-License-Identifier: MIT */
/*
 * The hash index: a fixed number of buckets, each the head of a chain of
 * entries. Fixed, because then nothing has to be rebuilt or moved, and a scan
 * over the buckets meets every key that stays.
 */
#ifndef KV_INDEX_H
#define KV_INDEX_H

#include <stdint.h>

#include "slice.h"
#include "store.h"

/* Where an entry hangs: the word that holds its offset. */
struct index_slot {
	uint64_t link;
	uint64_t entry;		/* 0: no such key; link is the bucket then */
	uint64_t hash;
};

/* 0 also when the key is not there; -EUCLEAN. */
int index_find(struct store *s, struct slice key, struct index_slot *ret);

/* Changes through the log: one entry and two entries. */
void index_link(struct store *s, const struct index_slot *slot,
		uint64_t entry);
void index_unlink(struct store *s, const struct index_slot *slot);

/*
 * The bucket's first entry, and the one after: 0 at the end, and at an entry
 * that cannot be one (store->damaged is set then).
 */
uint64_t index_first(struct store *s, uint64_t bucket);
uint64_t index_next(struct store *s, uint64_t entry);
uint64_t index_bucket_link(const struct store *s, uint64_t bucket);

uint64_t index_hash(const struct store *s, struct slice key);

/* Make all buckets empty, outside of transactions; may be repeated. */
void index_clear(struct store *s);

#endif
