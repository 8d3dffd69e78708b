/* SPDX-License-Identifier: MIT */
/*
 * A sequence happens: the real library on the fake kernel, and the model beside
 * it.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>

#include "sequence.h"

/* False: something was wrong, model_problem says what. Each step is printed. */
bool world_run(const struct sequence *sequence, bool print);

#endif
