/* SPDX-License-Identifier: MIT */
/*
 * XXH3-64 of xxHash, whose definition does not change any more.
 */
#ifndef HP_CHECKSUM_H
#define HP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Of these bytes. */
uint64_t hp_checksum(const void *bytes, size_t length);

/* Of these bytes, for a chain: seed is the checksum of the bytes before. */
uint64_t hp_checksum_after(uint64_t seed, const void *bytes, size_t length);

/* Of two parts as if one followed the other. */
uint64_t hp_checksum_two(const void *one, size_t one_length, const void *two,
			 size_t two_length);

#endif
