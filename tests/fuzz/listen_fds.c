// SPDX-License-Identifier: MIT
/*
 * hp_listen_fds_parse() and _next(). The input is LISTEN_PID, LISTEN_FDS and
 * LISTEN_FDNAMES with newlines between; what is not there is not set.
 */
#include <errno.h>

#include "../../lib/listen_fds.h"
#include "fuzz.h"

#define FIRST 3
#define SELF 1234

/* The next field, in memory of its own; NULL: there is none. */
static char *take(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *start = *at, *newline;

	if (start == end)
		return NULL;
	newline = memchr(start, '\n', (size_t)(end - start));
	*at = newline ? newline + 1 : end;
	return fuzz_string(start, (size_t)((newline ? newline : end) - start));
}

/* All of the names, in order, one for each descriptor from 3 on. */
static void walk(struct hp_listen_fds *list, const char *names)
{
	const char *name, *expected = names;
	int fd, number = FIRST;
	size_t length;

	while (hp_listen_fds_next(list, &fd, &name, &length)) {
		MUST(fd == number++);
		MUST(name == expected);
		MUST(length <= strlen(name) && !memchr(name, ':', length));
		expected = name + length;
		expected += *expected == ':';
	}
	MUST(!*expected && number == list->end);
	MUST(!hp_listen_fds_next(list, &fd, &name, &length));
}

static void check(const char *pid, const char *count, const char *names)
{
	struct hp_listen_fds list;
	int err = hp_listen_fds_parse(&list, SELF, pid, count, names);

	MUST(list.next == FIRST && list.end >= FIRST);
	if (err) {
		MUST(err == -EINVAL);
		MUST(list.end == FIRST);
		return;
	}
	if (list.end == FIRST)
		return;
	MUST(pid && count && names && atoi(pid) == SELF);
	MUST(list.end - FIRST == atoi(count));
	walk(&list, names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size;
	char *pid = take(&at, end), *count = take(&at, end);
	char *names = take(&at, end);

	check(pid, count, names);
	free(names);
	free(count);
	free(pid);
	return 0;
}
