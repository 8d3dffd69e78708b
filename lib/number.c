// SPDX-License-Identifier: MIT
#include <stddef.h>

#include "number.h"

/* At least the base: no digit. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return 16;
}

const char *hp_number_take(const char *text, unsigned int base,
			   uint64_t *ret_number)
{
	const char *at = text;
	uint64_t number = 0;

	for (; digit_value(*at) < base; at++) {
		unsigned int digit = digit_value(*at);

		if (number > (UINT64_MAX - digit) / base)
			return NULL;
		number = number * base + digit;
	}
	if (at == text)
		return NULL;
	*ret_number = number;
	return at;
}
