/* SPDX-License-Identifier: MIT */
/*
 * Numbers, and those in texts: digits and nothing else. strtoull(3) also takes
 * blanks, signs and "0x", and -1 would be 2^64-1.
 */
#ifndef HP_NUMBER_H
#define HP_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

static inline bool hp_number_is_power_of_two(uint64_t number)
{
	return number && !(number & (number - 1));
}

/*
 * Base 10, or 16 with small letters. What follows the digits; NULL: there are
 * none, or they are too many for the type.
 */
const char *hp_number_take(const char *text, unsigned int base,
			   uint64_t *ret_number);

#endif
