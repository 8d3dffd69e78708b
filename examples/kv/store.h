/* SPDX-License-Identifier: MIT */
/*
 * A store: the key-value data inside one region of memory.
 *
 * The region is all there is to it; this struct only knows where the region
 * is mapped now. A command begins with store_begin() and ends with
 * store_commit() or store_rollback(); stopped anywhere in between, the next
 * store_open() finds the data as before the command.
 *
 * Results: 0 or more, or -ENOSPC (the region is full), -E2BIG (more changes
 * than the undo log holds), -EUCLEAN (the region's content is damaged). After
 * an error only store_rollback() may follow.
 */
#ifndef KV_STORE_H
#define KV_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

struct store {
	unsigned char *base;
	uint64_t length;
	struct kv_header *header;
	/* Of the running transaction. */
	uint64_t reserved;	/* log entries promised to later steps */
	uint64_t pending;	/* entries to free at commit, chained */
	bool damaged;		/* seen something that cannot be */
	/* Since this process started. */
	bool distrusted;	/* damage was seen: reads only, until a flush */
	uint64_t expired;
	uint64_t changes;	/* transactions that changed something */
	uint64_t expire_bucket;	/* where the periodic expiry goes on */
};

/*
 * Make a store of fresh memory that reads as zeros. @secret are random bytes
 * that key the hash. -EINVAL: @length cannot hold one. -EEXIST: the memory is
 * not fresh.
 */
int store_format(struct store *s, void *base, uint64_t length,
		 const unsigned char secret[KV_SECRET_SIZE], uint64_t now_ms);

/*
 * Take over a region with a store in it, and roll back or finish what was
 * interrupted. -EUCLEAN: not one, @ret_why says why; nothing was changed.
 */
int store_open(struct store *s, void *base, uint64_t length,
	       const char **ret_why);

void store_begin(struct store *s);
int store_commit(struct store *s);
void store_rollback(struct store *s);

/* Drop everything. Not inside a transaction: it is one of its own. */
void store_flush(struct store *s);

uint64_t store_keys(const struct store *s);
uint64_t store_volatile_keys(const struct store *s);
uint64_t store_used(const struct store *s);	/* bytes of the heap */
uint64_t store_capacity(const struct store *s);	/* the heap's bytes */

static inline kv_word *store_word(const struct store *s, uint64_t offset)
{
	return (kv_word *)(void *)(s->base + offset);
}

static inline uint64_t store_get(const struct store *s, uint64_t offset)
{
	return atomic_load_explicit(store_word(s, offset),
				    memory_order_relaxed);
}

/*
 * A plain store into memory that nothing points to yet, or that a rollback
 * need not restore. Everything else goes through tx_write().
 */
static inline void store_put(const struct store *s, uint64_t offset,
			     uint64_t value)
{
	atomic_store_explicit(store_word(s, offset), value,
			      memory_order_relaxed);
}

static inline uint64_t word_get(const kv_word *w)
{
	return atomic_load_explicit((kv_word *)w, memory_order_relaxed);
}

#define STORE_OFFSET(s, word) \
	((uint64_t)((unsigned char *)(word) - (s)->base))

#endif
