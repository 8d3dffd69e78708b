// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/sysmacros.h>

#include "system/text.h"

/* -- Numbers --------------------------------------------------------------- */

/* At least the base: no digit. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return 16;
}

const char *hp_text_number(const char *text, unsigned int base,
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

/* -- Lists of nodes -------------------------------------------------------- */

bool hp_text_nodes(const char **list, uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t first, last;
	const char *at;

	at = hp_text_number(*list, 10, &first);
	if (!at)
		return false;
	last = first;
	if (*at == '-')
		at = hp_text_number(at + 1, 10, &last);
	if (!at)
		return false;
	*list = *at == ',' ? at + 1 : "";
	*ret_first = first;
	*ret_last = last;
	return true;
}

/* -- Mappings -------------------------------------------------------------- */

/* A number in that base, which ends with that character; the rest or NULL. */
static const char *take_number(const char *text, unsigned int base, char end,
			       uint64_t *ret_value)
{
	const char *rest = hp_text_number(text, base, ret_value);

	return rest && *rest == end ? rest + 1 : NULL;
}

static bool is_permission(char c, char set, char unset)
{
	return c == set || c == unset;
}

/* "rw-s " */
static const char *take_permissions(const char *text,
				    struct hp_mapping *mapping)
{
	if (!is_permission(text[0], 'r', '-') ||
	    !is_permission(text[1], 'w', '-') ||
	    !is_permission(text[2], 'x', '-') ||
	    !is_permission(text[3], 's', 'p') || text[4] != ' ')
		return NULL;
	mapping->writable = text[1] == 'w';
	mapping->shared = text[3] == 's';
	return text + 5;
}

int hp_text_mapping(const char *line, struct hp_mapping *ret_mapping)
{
	struct hp_mapping mapping;
	uint64_t major, minor;
	const char *at = line;

	at = take_number(at, 16, '-', &mapping.start);
	if (at)
		at = take_number(at, 16, ' ', &mapping.end);
	if (at)
		at = take_permissions(at, &mapping);
	if (at)
		at = take_number(at, 16, ' ', &mapping.offset);
	if (at)
		at = take_number(at, 16, ':', &major);
	if (at)
		at = take_number(at, 16, ' ', &minor);
	if (at)
		at = take_number(at, 10, ' ', &mapping.inode);
	if (!at || mapping.start >= mapping.end)
		return -EPROTO;
	if (major > UINT_MAX || minor > UINT_MAX)
		return -EPROTO;
	mapping.device = makedev((unsigned int)major, (unsigned int)minor);
	*ret_mapping = mapping;
	return 0;
}
