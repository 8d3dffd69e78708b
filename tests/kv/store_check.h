/* SPDX-License-Identifier: MIT */
/* A look at everything in a store, for tests only: it costs what it costs. */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "store.h"

/*
 * NULL, or what is wrong: blocks, free lists, index, entries and counters
 * each on their own and against each other. Not inside a transaction.
 */
const char *store_check(struct store *s);

/* Size of the largest free block, 0 if there is none. */
uint64_t store_largest_free(const struct store *s);

#endif
