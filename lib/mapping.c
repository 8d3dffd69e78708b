// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "mapping.h"

/* A number in that base, which ends with that character; the rest or NULL. */
static const char *take_number(const char *text, int base, char end,
			       uint64_t *ret_value)
{
	unsigned long long value;
	char *rest;

	/* strtoull(3) also takes blanks, signs and "0x". */
	if ((*text < '0' || *text > '9') && (*text < 'a' || *text > 'f'))
		return NULL;
	if (text[0] == '0' && text[1] == 'x')
		return NULL;
	errno = 0;
	value = strtoull(text, &rest, base);
	if (errno || rest == text || *rest != end)
		return NULL;
	*ret_value = value;
	return rest + 1;
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

int hp_mapping_parse(const char *line, struct hp_mapping *ret_mapping)
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
	mapping.device = makedev((unsigned int)major, (unsigned int)minor);
	*ret_mapping = mapping;
	return 0;
}
