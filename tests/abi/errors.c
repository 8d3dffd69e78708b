/* SPDX-License-Identifier: MIT */
/*
 * Prints "text -CODE TEXT" for every errno that hp_strerror() has a text of its
 * own for. Names of errno numbers come from the C library.
 */
#define _GNU_SOURCE
#include <hugepersist/hugepersist.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	const char *other = hp_strerror(1);
	int err;

	for (err = 1; err < 4096; err++) {
		const char *name = strerrorname_np(err);
		const char *text = hp_strerror(-err);

		if (strcmp(text, other) == 0)
			continue;
		printf("text -%s %s\n", name ? name : "?", text);
	}
	return strcmp(hp_strerror(-4096), other) != 0;
}
