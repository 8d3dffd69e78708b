/* SPDX-License-Identifier: MIT */
/*
 * What the targets share. A target is LLVMFuzzerTestOneInput() in a file named
 * for the parser: it gives the bytes to the parser, and what that accepts must
 * be what the rest of the library relies upon.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../expect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that the sanitizer sees any byte more. */
static inline void *fuzz_copy(const void *bytes, size_t size)
{
	void *copy = malloc(size ? size : 1);

	check(copy);
	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

/* The same as a string. */
static inline char *fuzz_string(const void *bytes, size_t size)
{
	char *copy = malloc(size + 1);

	check(copy);
	if (size)
		memcpy(copy, bytes, size);
	copy[size] = '\0';
	return copy;
}

#endif
