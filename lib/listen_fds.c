// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "listen_fds.h"

#define FIRST 3

/* Digits and nothing else: strtol(3) takes blanks and signs. */
static int parse_number(const char *text, int *ret_number)
{
	long long number = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		number = number * 10 + (*text - '0');
		if (number > INT_MAX)
			return -EINVAL;
	}
	*ret_number = (int)number;
	return 0;
}

int hp_listen_fds_parse(struct hp_listen_fds *ret_list, pid_t self,
			const char *pid, const char *count, const char *names)
{
	int owner, number, colons = 0;

	*ret_list = (struct hp_listen_fds){ .next = FIRST, .end = FIRST };
	if (!pid || !count)
		return 0;
	if (parse_number(pid, &owner) < 0)
		return -EINVAL;
	/* Those of the parent of a forked child, or of a shell around us. */
	if (owner != self)
		return 0;
	if (parse_number(count, &number) < 0 || number > INT_MAX - FIRST)
		return -EINVAL;
	if (!number || !names)
		return 0;
	for (const char *c = names; *c; c++)
		colons += *c == ':';
	if (colons != number - 1)
		return -EINVAL;
	ret_list->end = FIRST + number;
	ret_list->name = names;
	return 0;
}

bool hp_listen_fds_next(struct hp_listen_fds *list, int *ret_fd,
			const char **ret_name, size_t *ret_length)
{
	if (list->next == list->end)
		return false;
	*ret_fd = list->next++;
	*ret_name = list->name;
	*ret_length = strcspn(list->name, ":");
	list->name += *ret_length;
	if (*list->name)
		list->name++;
	return true;
}
