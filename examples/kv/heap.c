/* SPDX-License-Identifier: MIT */
/*
 * A free block: size word, next and previous of its list, ..., and in its
 * last word the size again, by which the block behind it finds its start.
 * An allocated block has the size word only.
 *
 * Rollback puts every word back that was changed through the log, but the
 * payload of a new block is filled without. So allocating a block also logs
 * those of its words that were metadata while it was free. And what a
 * transaction frees is not given back to the heap before its end, lest the
 * same transaction hands it out again and fills it (store_commit()).
 */
#include "heap.h"

#include <errno.h>

#include "tx.h"

#define NEXT(block)	((block) + 8)
#define PREV(block)	((block) + 16)
#define FOOT(block, size)	((block) + (size) - 8)
/* How many blocks of the nearest smaller class are tried. */
#define NEAR_FIT_TRIES	32

static uint64_t first_block(const struct store *s)
{
	return s->header->heap_offset + 8;
}

/* The word behind the last block: a block of size 0 that is never free. */
static uint64_t sentinel(const struct store *s)
{
	return s->header->heap_end - 8;
}

static uint64_t size_of(const struct store *s, uint64_t block)
{
	return store_get(s, block) & ~HEAP_FLAGS;
}

void heap_class(uint64_t size, unsigned int *ret_fl, unsigned int *ret_sl)
{
	unsigned int top;

	if (size < 16 * KV_SL_COUNT) {
		*ret_fl = 0;
		*ret_sl = size / 16;
		return;
	}
	top = 63 - __builtin_clzll(size);
	*ret_fl = top - 7;
	*ret_sl = (size >> (top - 4)) & (KV_SL_COUNT - 1);
}

static bool is_block(const struct store *s, uint64_t block)
{
	uint64_t size;

	if (block < first_block(s) || block >= sentinel(s) || block % 16 != 8)
		return false;
	size = size_of(s, block);
	return size >= HEAP_MIN_BLOCK && size <= sentinel(s) - block;
}

static bool is_free_block(const struct store *s, uint64_t block)
{
	return is_block(s, block) && (store_get(s, block) & HEAP_FREE);
}

static int damaged(struct store *s)
{
	s->damaged = true;
	return -EUCLEAN;
}

static void set(struct store *s, kv_word *word, uint64_t value)
{
	tx_write(s, STORE_OFFSET(s, word), value);
}

static void list_insert(struct store *s, uint64_t block, uint64_t size)
{
	struct kv_header *h = s->header;
	unsigned int fl, sl;
	uint64_t head;

	heap_class(size, &fl, &sl);
	head = word_get(&h->head[fl][sl]);
	tx_write(s, NEXT(block), head);
	tx_write(s, PREV(block), 0);
	if (head)
		tx_write(s, PREV(head), block);
	set(s, &h->head[fl][sl], block);
	set(s, &h->sl_bitmap[fl],
	    word_get(&h->sl_bitmap[fl]) | UINT64_C(1) << sl);
	set(s, &h->fl_bitmap, word_get(&h->fl_bitmap) | UINT64_C(1) << fl);
}

static int list_remove(struct store *s, uint64_t block)
{
	struct kv_header *h = s->header;
	uint64_t next = store_get(s, NEXT(block));
	uint64_t prev = store_get(s, PREV(block));
	unsigned int fl, sl;
	uint64_t bits;

	heap_class(size_of(s, block), &fl, &sl);
	if ((next && !is_free_block(s, next)) ||
	    (prev ? !is_free_block(s, prev) :
		    word_get(&h->head[fl][sl]) != block))
		return damaged(s);
	if (next)
		tx_write(s, PREV(next), prev);
	if (prev) {
		tx_write(s, NEXT(prev), next);
		return 0;
	}
	set(s, &h->head[fl][sl], next);
	if (next)
		return 0;
	bits = word_get(&h->sl_bitmap[fl]) & ~(UINT64_C(1) << sl);
	set(s, &h->sl_bitmap[fl], bits);
	if (!bits)
		set(s, &h->fl_bitmap,
		    word_get(&h->fl_bitmap) & ~(UINT64_C(1) << fl));
	return 0;
}

/* The first block of a class in which every block is large enough. */
static uint64_t find_good(const struct store *s, uint64_t size)
{
	const struct kv_header *h = s->header;
	unsigned int fl, sl;
	uint64_t bits;

	if (size >= 16 * KV_SL_COUNT) {
		unsigned int top = 63 - __builtin_clzll(size);

		size += (UINT64_C(1) << (top - 4)) - 1;
	}
	heap_class(size, &fl, &sl);
	if (fl >= KV_FL_COUNT)
		return 0;
	bits = word_get(&h->sl_bitmap[fl]) >> sl << sl;
	if (!bits) {
		uint64_t fl_bits = word_get(&h->fl_bitmap) >> fl >> 1;

		if (!fl_bits)
			return 0;
		fl += 1 + __builtin_ctzll(fl_bits);
		if (fl >= KV_FL_COUNT)
			return 0;
		bits = word_get(&h->sl_bitmap[fl]);
		if (!bits)
			return 0;
	}
	sl = __builtin_ctzll(bits);
	return sl < KV_SL_COUNT ? word_get(&h->head[fl][sl]) : 0;
}

/*
 * The class of the size itself may hold a block that is just large enough:
 * worth a few looks before the region is called full.
 */
static uint64_t find_near(const struct store *s, uint64_t size)
{
	unsigned int fl, sl;
	uint64_t block;

	heap_class(size, &fl, &sl);
	if (fl >= KV_FL_COUNT)
		return 0;
	block = word_get(&s->header->head[fl][sl]);
	for (int i = 0; i < NEAR_FIT_TRIES && block; i++) {
		if (!is_free_block(s, block) || size_of(s, block) >= size)
			return block;
		block = store_get(s, NEXT(block));
	}
	return 0;
}

/* Cut @block, which is in no list any more, down to @size. */
static void take(struct store *s, uint64_t block, uint64_t size)
{
	struct kv_header *h = s->header;
	uint64_t have = size_of(s, block), rest = have - size;
	uint64_t behind = block + have;

	tx_keep(s, NEXT(block));
	tx_keep(s, PREV(block));
	if (rest >= HEAP_MIN_BLOCK) {
		uint64_t other = block + size;

		tx_write(s, other, rest | HEAP_FREE);
		tx_write(s, FOOT(other, rest), rest);
		list_insert(s, other, rest);
	} else {
		size = have;
		tx_keep(s, FOOT(block, have));
		tx_write(s, behind, store_get(s, behind) & ~HEAP_PREV_FREE);
	}
	tx_write(s, block, size);
	set(s, &h->heap_used, word_get(&h->heap_used) + size);
}

int heap_alloc(struct store *s, uint64_t bytes, uint64_t *ret_offset)
{
	uint64_t size, block;
	int rc;

	if (bytes > s->length)
		return -ENOSPC;
	size = (bytes + HEAP_OVERHEAD + 15) & ~UINT64_C(15);
	if (size < HEAP_MIN_BLOCK)
		size = HEAP_MIN_BLOCK;
	rc = tx_reserve(s, HEAP_LOG_ENTRIES);
	if (rc < 0)
		return rc;
	block = find_good(s, size);
	if (!block)
		block = find_near(s, size);
	if (!block)
		return -ENOSPC;
	if (!is_free_block(s, block) || size_of(s, block) < size)
		return damaged(s);
	rc = list_remove(s, block);
	if (rc < 0)
		return rc;
	take(s, block, size);
	*ret_offset = block + HEAP_OVERHEAD;
	return 0;
}

int heap_free(struct store *s, uint64_t offset)
{
	struct kv_header *h = s->header;
	uint64_t block = offset - HEAP_OVERHEAD, size, behind;
	int rc;

	if (!is_block(s, block) || (store_get(s, block) & HEAP_FREE))
		return damaged(s);
	size = size_of(s, block);
	set(s, &h->heap_used, word_get(&h->heap_used) - size);
	behind = block + size;
	if (store_get(s, behind) & HEAP_FREE) {
		if (!is_block(s, behind))
			return damaged(s);
		rc = list_remove(s, behind);
		if (rc < 0)
			return rc;
		size += size_of(s, behind);
	}
	if (store_get(s, block) & HEAP_PREV_FREE) {
		uint64_t before = block - store_get(s, block - 8);

		if (!is_free_block(s, before) ||
		    before + size_of(s, before) != block)
			return damaged(s);
		rc = list_remove(s, before);
		if (rc < 0)
			return rc;
		size += size_of(s, before);
		block = before;
	}
	behind = block + size;
	tx_write(s, block, size | HEAP_FREE);
	tx_write(s, FOOT(block, size), size);
	tx_write(s, behind, store_get(s, behind) | HEAP_PREV_FREE);
	list_insert(s, block, size);
	return 0;
}

uint64_t heap_payload(const struct store *s, uint64_t offset)
{
	uint64_t block = offset - HEAP_OVERHEAD;

	if (!is_block(s, block) || (store_get(s, block) & HEAP_FREE))
		return 0;
	return size_of(s, block) - HEAP_OVERHEAD;
}

static void put(kv_word *w, uint64_t value)
{
	atomic_store_explicit(w, value, memory_order_release);
}

void heap_format(struct store *s)
{
	struct kv_header *h = s->header;
	uint64_t block = first_block(s), size = sentinel(s) - block;
	unsigned int fl, sl;

	for (fl = 0; fl < KV_FL_COUNT; fl++) {
		put(&h->sl_bitmap[fl], 0);
		for (sl = 0; sl < KV_SL_COUNT; sl++)
			put(&h->head[fl][sl], 0);
	}
	put(store_word(s, block), size | HEAP_FREE);
	put(store_word(s, NEXT(block)), 0);
	put(store_word(s, PREV(block)), 0);
	put(store_word(s, FOOT(block, size)), size);
	put(store_word(s, sentinel(s)), HEAP_PREV_FREE);
	heap_class(size, &fl, &sl);
	put(&h->head[fl][sl], block);
	put(&h->sl_bitmap[fl], UINT64_C(1) << sl);
	put(&h->fl_bitmap, UINT64_C(1) << fl);
	put(&h->heap_used, 0);
}
