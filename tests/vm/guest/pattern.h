/* SPDX-License-Identifier: MIT */
/* Bytes that say where they belong: any swapped or lost page shows. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Fill memory that holds bytes offset.. of a file. Both multiples of 8. */
void pattern_fill(void *memory, uint64_t offset, size_t length, uint64_t seed);

/* Returns length, or how many bytes from the start are as expected. */
size_t pattern_check(const void *memory, uint64_t offset, size_t length,
		     uint64_t seed);

#endif
