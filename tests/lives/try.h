/* SPDX-License-Identifier: MIT */
/*
 * Sequences are tried in children, so that one that aborts is a result as well.
 */
#ifndef TRY_H
#define TRY_H

#include <stdbool.h>
#include <stdint.h>

#include "sequence.h"

/* The first of so many that fails; -1: none does. */
int64_t try_all(uint64_t seed, uint64_t first, uint64_t count);

/* Does it pass? With print all that happens is shown. */
bool try_one(const struct sequence *sequence, bool print);

/* Leave out what the failure does not need. */
void try_shrink(struct sequence *sequence);

#endif
