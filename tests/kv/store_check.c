/* SPDX-License-Identifier: MIT */
#include "store_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "entry.h"
#include "heap.h"
#include "index.h"

struct tally {
	uint64_t used_bytes;
	uint64_t used_blocks;
	uint64_t free_blocks;
};

static char message[160];

#define FAIL(...) do { \
		snprintf(message, sizeof(message), __VA_ARGS__); \
		return message; \
	} while (0)

static uint64_t first_block(const struct store *s)
{
	return s->header->heap_offset + 8;
}

static uint64_t sentinel(const struct store *s)
{
	return s->header->heap_end - 8;
}

/* Block after block, from the heap's start to its end. */
static const char *check_blocks(const struct store *s, struct tally *t)
{
	bool previous_free = false;
	uint64_t block;

	for (block = first_block(s); block < sentinel(s); ) {
		uint64_t word = store_get(s, block), size = word & ~HEAP_FLAGS;
		bool is_free = word & HEAP_FREE;

		if (size < HEAP_MIN_BLOCK || size > sentinel(s) - block)
			FAIL("block %" PRIu64 " has size %" PRIu64, block, size);
		if (!!(word & HEAP_PREV_FREE) != previous_free)
			FAIL("block %" PRIu64 " is wrong about the one before",
			     block);
		if (is_free && previous_free)
			FAIL("block %" PRIu64 " was not merged", block);
		if (is_free && store_get(s, block + size - 8) != size)
			FAIL("free block %" PRIu64 " has a wrong foot", block);
		if (is_free) {
			t->free_blocks++;
		} else {
			t->used_blocks++;
			t->used_bytes += size;
		}
		previous_free = is_free;
		block += size;
	}
	if (block != sentinel(s))
		FAIL("blocks end at %" PRIu64, block);
	if (store_get(s, block) != (previous_free ? HEAP_PREV_FREE : 0))
		FAIL("the last word of the heap is wrong");
	if (word_get(&s->header->heap_used) != t->used_bytes)
		FAIL("%" PRIu64 " bytes are used, %" PRIu64 " are counted",
		     t->used_bytes, word_get(&s->header->heap_used));
	return NULL;
}

static const char *check_list(const struct store *s, unsigned int fl,
			      unsigned int sl, uint64_t *count, uint64_t max)
{
	uint64_t block = word_get(&s->header->head[fl][sl]), previous = 0;

	for (; block; block = store_get(s, block + 8)) {
		unsigned int want_fl, want_sl;
		uint64_t word;

		if (block < first_block(s) || block >= sentinel(s) ||
		    block % 16 != 8)
			FAIL("list %u/%u leads to %" PRIu64, fl, sl, block);
		word = store_get(s, block);
		if (!(word & HEAP_FREE))
			FAIL("list %u/%u has a used block", fl, sl);
		heap_class(word & ~HEAP_FLAGS, &want_fl, &want_sl);
		if (want_fl != fl || want_sl != sl)
			FAIL("list %u/%u has a block of %" PRIu64 " bytes", fl,
			     sl, word & ~HEAP_FLAGS);
		if (store_get(s, block + 16) != previous)
			FAIL("list %u/%u is broken backwards", fl, sl);
		if (++*count > max)
			FAIL("list %u/%u does not end", fl, sl);
		previous = block;
	}
	return NULL;
}

static const char *check_lists(const struct store *s, const struct tally *t)
{
	uint64_t count = 0;

	for (unsigned int fl = 0; fl < KV_FL_COUNT; fl++) {
		for (unsigned int sl = 0; sl < KV_SL_COUNT; sl++) {
			const char *why = check_list(s, fl, sl, &count,
						     t->free_blocks);

			if (why)
				return why;
		}
	}
	if (count != t->free_blocks)
		FAIL("%" PRIu64 " free blocks, %" PRIu64 " in lists",
		     t->free_blocks, count);
	return NULL;
}

static const char *check_index(struct store *s, const struct tally *t)
{
	uint64_t keys = 0, with_expiry = 0;

	for (uint64_t b = 0; b < s->header->bucket_count; b++) {
		for (uint64_t e = index_first(s, b); e; e = index_next(s, e)) {
			struct slice key = entry_key(s, e);
			uint64_t hash = index_hash(s, key);

			if ((hash & (s->header->bucket_count - 1)) != b)
				FAIL("key '%.*s' is in bucket %" PRIu64,
				     (int)key.n, key.p, b);
			if (!entry_has_key(s, e, key, hash))
				FAIL("key '%.*s' has another hash", (int)key.n,
				     key.p);
			if (entry_expire(s, e))
				with_expiry++;
			if (++keys > t->used_blocks)
				FAIL("more keys than blocks");
		}
	}
	if (s->damaged)
		FAIL("the index leads to what is no entry");
	if (keys != store_keys(s))
		FAIL("%" PRIu64 " keys, %" PRIu64 " counted", keys,
		     store_keys(s));
	if (with_expiry != store_volatile_keys(s))
		FAIL("%" PRIu64 " keys expire, %" PRIu64 " counted",
		     with_expiry, store_volatile_keys(s));
	if (keys != t->used_blocks)
		FAIL("%" PRIu64 " keys in %" PRIu64 " blocks: a leak", keys,
		     t->used_blocks);
	return NULL;
}

const char *store_check(struct store *s)
{
	struct tally t = { 0 };
	const char *why;

	if (layout_validate(s->header, s->length, &why) < 0)
		return why;
	if (word_get(&s->header->log_count))
		return "the undo log is not empty";
	if (word_get(&s->header->state) != KV_STATE_READY)
		return "a flush is not finished";
	why = check_blocks(s, &t);
	if (!why)
		why = check_lists(s, &t);
	return why ? why : check_index(s, &t);
}

uint64_t store_largest_free(const struct store *s)
{
	uint64_t largest = 0, block, size;

	for (block = first_block(s); block < sentinel(s); block += size) {
		uint64_t word = store_get(s, block);

		size = word & ~HEAP_FLAGS;
		if ((word & HEAP_FREE) && size > largest)
			largest = size;
	}
	return largest;
}
