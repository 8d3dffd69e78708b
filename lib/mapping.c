// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

#include "mapping.h"
#include "number.h"

/* A number in that base, which ends with that character; the rest or NULL. */
static const char *take_number(const char *text, unsigned int base, char end,
			       uint64_t *ret_value)
{
	const char *rest = hp_number_take(text, base, ret_value);

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
	if (major > UINT_MAX || minor > UINT_MAX)
		return -EPROTO;
	mapping.device = makedev((unsigned int)major, (unsigned int)minor);
	*ret_mapping = mapping;
	return 0;
}
