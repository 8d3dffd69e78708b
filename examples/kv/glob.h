/* SPDX-License-Identifier: MIT */
/* Patterns of KEYS and SCAN: * ? [a-z] [^a-z] \x. */
#ifndef KV_GLOB_H
#define KV_GLOB_H

#include "slice.h"

/* Time is bounded by the product of the lengths, whatever the pattern. */
bool glob_match(struct slice pattern, struct slice text);

#endif
