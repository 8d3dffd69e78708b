// SPDX-License-Identifier: MIT
/*
 * The counts in /sys/kernel/mm/hugepages: digits and nothing else. The input is
 * free_hugepages, a newline, resv_hugepages.
 */
#include <errno.h>

#include <hugepersist/hugepersist.h>

#include "../../lib/system/pool.h"
#include "fuzz.h"

static char *free_text, *reserved_text;

static int read_text(const char *path, char *buffer, size_t size)
{
	const char *text = strstr(path, "free") ? free_text : reserved_text;
	size_t length = strlen(text);

	if (length >= size)
		return -E2BIG;
	memcpy(buffer, text, length + 1);
	return (int)length;
}

static const struct hp_sys sys = { .read_text = read_text };

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t length = newline ? (size_t)(newline - data) : size;
	uint64_t pages = 0xa5, count;
	int err;

	free_text = fuzz_string(data, length);
	reserved_text = fuzz_string(newline ? newline + 1 : data,
				    newline ? size - length - 1 : 0);
	err = hp_pool_available(&sys, HP_PAGE_2M, &pages);
	if (err) {
		check(err == -EPROTO || err == -E2BIG);
		check(pages == 0xa5);
	} else {
		check(is_number(free_text) && is_number(reserved_text));
		count = strtoull(free_text, NULL, 10);
		check(pages <= count);
	}
	free(reserved_text);
	free(free_text);
	return 0;
}
