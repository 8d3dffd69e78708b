/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <errno.h>

#define ALIGN_DOWN(x, a)	((x) & ~((uint64_t)(a) - 1))

static uint64_t clamp(uint64_t x, uint64_t low, uint64_t high)
{
	return x < low ? low : x > high ? high : x;
}

int layout_geometry(uint64_t length, struct kv_geometry *ret)
{
	uint64_t log_bytes, buckets = 64, bytes;

	if (length < KV_MIN_LENGTH || length >> 46)
		return -EINVAL;
	length = ALIGN_DOWN(length, 4096);

	/* 3 % for the log: an MSET of 60,000 keys fits that of 1 GiB. */
	log_bytes = clamp(ALIGN_DOWN(length / 32, 4096), 16384, 256 << 20);
	/* One bucket for 512 bytes: chains stay short down to tiny values. */
	while (buckets * 2 <= length / 512)
		buckets *= 2;
	bytes = ALIGN_DOWN(buckets * 8 + 4095, 4096);

	ret->log_offset = KV_HEADER_SIZE;
	ret->log_capacity = log_bytes / sizeof(struct kv_log_entry);
	ret->index_offset = ret->log_offset + log_bytes;
	ret->bucket_count = buckets;
	ret->heap_offset = ret->index_offset + bytes;
	ret->heap_end = length;
	return 0;
}

static uint64_t get(const kv_word *w)
{
	return atomic_load_explicit((kv_word *)w, memory_order_relaxed);
}

static const char *check_heads(const struct kv_header *h)
{
	for (unsigned int fl = 0; fl < KV_FL_COUNT; fl++) {
		uint64_t sl_bits = get(&h->sl_bitmap[fl]);

		if (!!sl_bits != (get(&h->fl_bitmap) >> fl & 1))
			return "its free list bitmaps contradict each other";
		for (unsigned int sl = 0; sl < KV_SL_COUNT; sl++) {
			uint64_t head = get(&h->head[fl][sl]);

			if (!!head != (sl_bits >> sl & 1))
				return "a free list and its bitmap contradict each other";
			if (head && (head < h->heap_offset ||
				     head >= h->heap_end - 32 || head % 16 != 8))
				return "a free list points outside of the heap";
		}
	}
	return NULL;
}

/*
 * Half a transaction may be there: then the counters and lists are looked at
 * after the rollback, by a second call.
 */
static const char *check(const struct kv_header *h, uint64_t length)
{
	struct kv_geometry g;

	if (h->magic != KV_MAGIC)
		return "it was not written by hp-kv";
	if (h->layout != KV_LAYOUT_VERSION)
		return "another version of hp-kv wrote it, with another layout";
	if (h->length != length)
		return "its length is not the one that its header names";
	if (layout_geometry(length, &g) < 0 ||
	    h->log_offset != g.log_offset ||
	    h->log_capacity != g.log_capacity ||
	    h->index_offset != g.index_offset ||
	    h->bucket_count != g.bucket_count ||
	    h->heap_offset != g.heap_offset || h->heap_end != g.heap_end)
		return "its header is damaged (geometry)";
	if (get(&h->log_count) > h->log_capacity)
		return "its undo log is damaged (length)";
	if (get(&h->state) > KV_STATE_FLUSHING)
		return "its header is damaged (state)";
	if (get(&h->state) == KV_STATE_FLUSHING)
		return get(&h->log_count) ?
			"its header is damaged (flush inside a transaction)" : NULL;
	if (get(&h->log_count))
		return NULL;
	if (get(&h->heap_used) > h->heap_end - h->heap_offset ||
	    get(&h->keys) > (h->heap_end - h->heap_offset) / 32 ||
	    get(&h->volatile_keys) > get(&h->keys))
		return "its header is damaged (counters)";
	return check_heads(h);
}

int layout_validate(const struct kv_header *h, uint64_t length,
		    const char **ret_why)
{
	const char *why = length < KV_MIN_LENGTH ?
		"it is too short to hold a store" : check(h, length);

	if (!why)
		return 0;
	*ret_why = why;
	return -EUCLEAN;
}
