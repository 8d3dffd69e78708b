// SPDX-License-Identifier: MIT
#include "pattern.h"

static uint64_t word_at(uint64_t offset, uint64_t seed)
{
	uint64_t word = (offset / 8 + 1) * 0x9e3779b97f4a7c15u + seed;

	return (word ^ word >> 29) * 0xbf58476d1ce4e5b9u;
}

void pattern_fill(void *memory, uint64_t offset, size_t length, uint64_t seed)
{
	uint64_t *word = memory;
	size_t i;

	for (i = 0; i < length / 8; i++)
		word[i] = word_at(offset + i * 8, seed);
}

size_t pattern_check(const void *memory, uint64_t offset, size_t length,
		     uint64_t seed)
{
	const unsigned char *byte;
	const uint64_t *word = memory;
	uint64_t want;
	size_t i, j;

	for (i = 0; i < length / 8; i++) {
		want = word_at(offset + i * 8, seed);
		if (word[i] == want)
			continue;
		byte = (const unsigned char *)&word[i];
		for (j = 0; byte[j] == ((const unsigned char *)&want)[j];)
			j++;
		return i * 8 + j;
	}
	return length;
}
