/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool parse_digits(const char *p, size_t n, uint64_t *ret)
{
	uint64_t value = 0;

	if (!n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned int digit = (unsigned char)p[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret = value;
	return true;
}

bool number_parse(struct slice s, int64_t *ret)
{
	bool minus = s.n && s.p[0] == '-';
	const char *p = s.p + minus;
	size_t n = s.n - minus;
	uint64_t value;

	if (!parse_digits(p, n, &value))
		return false;
	if (p[0] == '0' && (n > 1 || minus))
		return false;
	if (value > (uint64_t)INT64_MAX + minus)
		return false;
	*ret = minus ? (int64_t)-value : (int64_t)value;
	return true;
}

bool number_parse_unsigned(struct slice s, uint64_t *ret)
{
	return parse_digits(s.p, s.n, ret);
}

int number_print(int64_t n, char *out)
{
	return snprintf(out, 21, "%" PRId64, n);
}

bool number_parse_bytes(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return false;
	if (*end) {
		unsigned int shift;

		unit = strchr(units, *end & ~0x20);
		if (!unit || !*unit)
			return false;
		shift = 10 * (unit - units + 1);
		if (value > UINT64_MAX >> shift)
			return false;
		value <<= shift;
		end++;
		if (strcasecmp(end, "") && strcasecmp(end, "b") &&
		    strcasecmp(end, "ib"))
			return false;
	}
	*ret = value;
	return true;
}
