/* SPDX-License-Identifier: MIT */
/*
 * The heap: blocks of any size, allocated and freed in constant time.
 *
 * Two-level segregated fit: free blocks hang in lists by size class, bitmaps
 * say which lists are not empty, and neighbours that are both free become
 * one. All its metadata is changed through the undo log.
 */
#ifndef KV_HEAP_H
#define KV_HEAP_H

#include <stdint.h>

#include "store.h"

/* A block's first word: its size, a multiple of 16, and two flags. */
#define HEAP_FREE		UINT64_C(1)
#define HEAP_PREV_FREE		UINT64_C(2)
#define HEAP_FLAGS		UINT64_C(15)
#define HEAP_OVERHEAD		8	/* bytes before the payload */
#define HEAP_MIN_BLOCK		32
/* Log entries that one call takes at most. */
#define HEAP_LOG_ENTRIES	32

/* Empty the heap, outside of transactions; may be repeated. */
void heap_format(struct store *s);

/*
 * Offset of @bytes of payload, a multiple of 16. The payload holds garbage
 * and may be written without the log, after tx_order(). -ENOSPC, -E2BIG,
 * -EUCLEAN.
 */
int heap_alloc(struct store *s, uint64_t bytes, uint64_t *ret_offset);

/* Log entries for it were reserved before. 0 or -EUCLEAN. */
int heap_free(struct store *s, uint64_t offset);

/* Bytes that fit the payload at @offset; 0 if there is no allocated block. */
uint64_t heap_payload(const struct store *s, uint64_t offset);

/* The free list of a block of @size bytes. */
void heap_class(uint64_t size, unsigned int *ret_fl, unsigned int *ret_sl);

#endif
