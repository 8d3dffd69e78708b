/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void buf_free(struct buf *b)
{
	free(b->p);
	buf_init(b, b->limit);
}

void buf_swap(struct buf *a, struct buf *b)
{
	struct buf t = *a;

	*a = *b;
	*b = t;
}

int buf_reserve(struct buf *b, size_t n)
{
	size_t size = buf_size(b), capacity;
	char *p;

	if (n <= b->capacity - b->end)
		return 0;
	if (n > b->limit || size > b->limit - n)
		return -ENOMEM;
	/* Moving costs less than growing, if there is little to move. */
	if (b->start && (size == 0 || b->start >= size)) {
		if (size)
			memmove(b->p, b->p + b->start, size);
		b->start = 0;
		b->end = size;
		if (n <= b->capacity - b->end)
			return 0;
	}
	/* Doubling: adding up to a size costs a multiple of that size. */
	capacity = b->capacity < 512 ? 512 : b->capacity;
	while (capacity < b->end + n)
		capacity *= 2;
	p = realloc(b->p, capacity);
	if (!p)
		return -ENOMEM;
	b->p = p;
	b->capacity = capacity;
	return 0;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->failed)
		return;
	if (buf_reserve(b, n) < 0) {
		b->failed = true;
		return;
	}
	if (n)
		memcpy(b->p + b->end, p, n);
	b->end += n;
}

void buf_take(struct buf *b, size_t n)
{
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

void buf_trim(struct buf *b, size_t keep)
{
	size_t size = buf_size(b);
	char *p;

	if (b->capacity <= keep || size > keep / 2)
		return;
	if (!size) {
		free(b->p);
		buf_init(b, b->limit);
		return;
	}
	memmove(b->p, b->p + b->start, size);
	b->start = 0;
	b->end = size;
	p = realloc(b->p, keep);
	if (p) {
		b->p = p;
		b->capacity = keep;
	}
}
