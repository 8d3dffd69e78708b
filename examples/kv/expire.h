/* SPDX-License-Identifier: MIT */
/* Periodic removal of expired keys that nobody asks for. */
#ifndef KV_EXPIRE_H
#define KV_EXPIRE_H

#include <stdint.h>

#include "store.h"

/*
 * Look at some @buckets more, from where the last call stopped. The number
 * of keys removed, or -EUCLEAN. Each removal is a transaction.
 */
int expire_step(struct store *s, int64_t now, unsigned int buckets);

/* Steps for about @budget_us microseconds, at most once around. */
int expire_cycle(struct store *s, int64_t now, unsigned int budget_us);

#endif
