// SPDX-License-Identifier: MIT
/*
 * The lists of nodes in /sys and /proc, read by hp_numa_check(). The first byte
 * of the input is the node that is asked for, up to a newline follows the list
 * of the machine, and the rest is the status of the thread.
 */
#include <errno.h>

#include "../../lib/memory/numa.h"
#include "fuzz.h"

static char *machine, *status;

static int read_text(const char *path, char *buffer, size_t size)
{
	const char *text = strstr(path, "status") ? status : machine;
	size_t length = strlen(text);

	if (length >= size)
		return -E2BIG;
	memcpy(buffer, text, length + 1);
	return (int)length;
}

static void *zalloc(size_t size)
{
	return calloc(1, size);
}

static const struct hp_sys sys = {
	.read_text = read_text,
	.zalloc = zalloc,
	.free = free,
};

static int ask(unsigned int node)
{
	unsigned long nodes[4] = { 0 };
	const struct hp_numa_range range = {
		.policy = HP_NUMA_BIND,
		.nodes = nodes,
		.nodes_bits = 256,
	};
	const struct hp_log log = { 0 };

	nodes[node / 64] = 1UL << (node % 64);
	return hp_numa_check(&sys, &log, &range, 1, 0, HP_PAGE_2M, HP_PAGE_2M);
}

/* The same by another way, of a list that is one: "0-3,8". */
static bool list_has(const char *list, unsigned int node)
{
	char *copy = fuzz_string(list, strlen(list)), *rest = copy, *item;
	bool has = false;

	while ((item = strsep(&rest, ","))) {
		unsigned int first, last;

		if (sscanf(item, "%u-%u", &first, &last) == 2)
			has |= first <= node && node <= last;
		else
			has |= (unsigned int)atoi(item) == node;
	}
	free(copy);
	return has;
}

/* Digits, dashes and commas as the kernel puts them, with short numbers. */
static bool is_list(const char *list)
{
	while (*list) {
		size_t digits = strspn(list, "0123456789");

		if (!digits || digits > 6)
			return false;
		list += digits;
		if (*list == '-') {
			digits = strspn(++list, "0123456789");
			if (!digits || digits > 6)
				return false;
			list += digits;
		}
		if (!*list)
			return true;
		if (*list++ != ',')
			return false;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline;
	size_t length;
	int err;

	if (!size)
		return 0;
	newline = memchr(data + 1, '\n', size - 1);
	length = newline ? (size_t)(newline - data - 1) : size - 1;
	machine = fuzz_string(data + 1, length);
	status = fuzz_string(newline ? newline : data,
			     newline ? size - length - 1 : 0);
	err = ask(data[0]);
	check(!err || err == -EINVAL);
	if (is_list(machine)) {
		if (!list_has(machine, data[0]))
			check(err == -EINVAL);
		else if (!strstr(status, "Mems_allowed_list"))
			check(!err);
	}
	free(status);
	free(machine);
	return 0;
}
