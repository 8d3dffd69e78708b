// SPDX-License-Identifier: MIT
#include "base/checksum.h"

/* Compiled in here, so that nobody needs the library at run time. */
#define XXH_INLINE_ALL
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

uint64_t hp_checksum(const void *bytes, size_t length)
{
	return XXH3_64bits(bytes, length);
}

uint64_t hp_checksum_after(uint64_t seed, const void *bytes, size_t length)
{
	return XXH3_64bits_withSeed(bytes, length, seed);
}

uint64_t hp_checksum_two(const void *one, size_t one_length, const void *two,
			 size_t two_length)
{
	XXH3_state_t state;

	XXH3_64bits_reset(&state);
	XXH3_64bits_update(&state, one, one_length);
	XXH3_64bits_update(&state, two, two_length);
	return XXH3_64bits_digest(&state);
}
