/* SPDX-License-Identifier: MIT */
/* Stores in ordinary memory, for tests. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include <stdlib.h>
#include <string.h>

#include "slice.h"
#include "store.h"

static const unsigned char test_secret[KV_SECRET_SIZE] = "a secret";

static inline void memory_store(struct store *s, uint64_t length)
{
	void *p = aligned_alloc(4096, length);

	if (!p)
		abort();
	memset(p, 0, length);
	if (store_format(s, p, length, test_secret, 1) < 0)
		abort();
}

static inline void memory_free(struct store *s)
{
	free(s->base);
}

#endif
