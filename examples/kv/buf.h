/* SPDX-License-Identifier: MIT */
/* A growable run of bytes, taken from at the front and added to at the end. */
#ifndef KV_BUF_H
#define KV_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p;
	size_t start;		/* the first byte not taken yet */
	size_t end;		/* behind the last byte */
	size_t capacity;
	size_t limit;		/* most bytes that may wait in it */
	bool failed;		/* an addition did not fit or found no memory */
};

void buf_init(struct buf *b, size_t limit);
void buf_free(struct buf *b);
void buf_swap(struct buf *a, struct buf *b);

static inline size_t buf_size(const struct buf *b)
{
	return b->end - b->start;
}

/*
 * Have room for @n more bytes at the end. May move what is there, to the
 * front too. 0, or -ENOMEM.
 */
int buf_reserve(struct buf *b, size_t n);

/* A failure is remembered in @b, to be looked at once per reply. */
void buf_add(struct buf *b, const void *p, size_t n);

/* Take @n bytes away at the front. */
void buf_take(struct buf *b, size_t n);

/* Give memory back that an empty or almost empty buffer does not need. */
void buf_trim(struct buf *b, size_t keep);

#endif
