// SPDX-License-Identifier: MIT
#include <string.h>

#include "machine/parameters.h"

#define BETWEEN " \t\n"

/* The word at the line or after it that begins so; NULL: there is none. */
static const char *find(const char *line, const char *start)
{
	for (;;) {
		line += strspn(line, BETWEEN);
		if (!*line)
			return NULL;
		if (!strncmp(line, start, strlen(start)))
			return line;
		line += strcspn(line, BETWEEN);
	}
}

/* As kstrtobool() of the kernel reads it. */
static enum parameter read_wish(const char *value)
{
	switch (value[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1':
		return PARAMETER_ON;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0':
		return PARAMETER_OFF;
	case 'o':
	case 'O':
		if (value[1] == 'n' || value[1] == 'N')
			return PARAMETER_ON;
		if (value[1] == 'f' || value[1] == 'F')
			return PARAMETER_OFF;
		return PARAMETER_ODD;
	default:
		return PARAMETER_ODD;
	}
}

enum parameter parameter_wish(const char *line, const char *name)
{
	const size_t length = strlen(name);
	enum parameter found = PARAMETER_NONE;

	while ((line = find(line, name)) != NULL) {
		line += length;
		if (*line == '=') {
			enum parameter wish = read_wish(line + 1);

			if (wish != PARAMETER_ODD || found == PARAMETER_NONE)
				found = wish;
		}
		line += strcspn(line, BETWEEN);
	}
	return found;
}

bool parameter_is_there(const char *line, const char *start)
{
	return find(line, start) != NULL;
}

bool parameters_agree(const char *line, const char *other, const char *start)
{
	for (;;) {
		size_t size;

		line = find(line, start);
		other = find(other, start);
		if (!line || !other)
			return line == other;
		size = strcspn(line, BETWEEN);
		if (strcspn(other, BETWEEN) != size ||
		    strncmp(line, other, size) != 0)
			return false;
		line += size;
		other += size;
	}
}
