/* SPDX-License-Identifier: MIT */
/*
 * Is the error that a function gave one that its man page lists? Every call of
 * the tests that are compiled with this is asked.
 */
#ifndef HP_TEST_DOCUMENTED_H
#define HP_TEST_DOCUMENTED_H

#include <hugepersist/save.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/memory/region.h"
#include "../../lib/save/task.h"
#include "../../lib/session/session.h"

/* What the page of a function lists: errno values, then 0. */
struct hp_documented_list {
	const char *function;
	const int *list;
};

/* A name in its own expansion is not expanded again. */
#define HP_DOCUMENTED(name, function, ...) \
	hp_documented(#name, name##_lists, function(__VA_ARGS__))

__attribute__((unused)) static int hp_documented(const char *name,
						 const int *lists, int result)
{
	const char *log = getenv("HP_DOCUMENTED_LOG");

	if (result < 0 && log) {
		FILE *file = fopen(log, "ae");

		if (file) {
			fprintf(file, "%s -%s\n", name,
				strerrorname_np(-result));
			(void)fclose(file);
		}
	}
	for (; result < 0 && *lists != -result; lists++) {
		if (*lists)
			continue;
		fprintf(stderr,
			"%s() gave %d (%s), which its man page does not list\n",
			name, result, strerror(-result));
		abort();
	}
	return result;
}

#endif
