/* SPDX-License-Identifier: MIT */
/*
 * XXH3-64 of libxxhash, whose definition does not change any more.
 */
#ifndef HP_SAVE_CHECKSUM_H
#define HP_SAVE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint64_t hp_checksum(const void *bytes, size_t length);

/* Of two parts as if one followed the other. */
uint64_t hp_checksum_two(const void *one, size_t one_length, const void *two,
			 size_t two_length);

#endif
