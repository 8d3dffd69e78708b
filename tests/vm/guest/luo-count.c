// SPDX-License-Identifier: MIT
/*
 * luo: counters. The same as guest.sh's expect_pool and expect_cgroup, for
 * scripts that look at them hundreds of times.
 */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* -errno, or the number that is all the file holds */
static int64_t read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	long long n;
	int got;

	if (!file)
		return -errno;
	got = fscanf(file, "%lld", &n);
	fclose(file);
	return got == 1 ? n : -EIO;
}

static const struct size {
	const char *name, *pool, *cgroup;
	int shift;
} sizes[] = {
	{ "2M", "hugepages-2048kB", "2MB", 21 },
	{ "1G", "hugepages-1048576kB", "1GB", 30 },
	{ NULL, NULL, NULL, 0 },
};

static const struct size *size_of(const char *name)
{
	const struct size *s;

	for (s = sizes; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	wrong("page size %s: 2M or 1G", name);
	return NULL;
}

/* pool 2M|1G TOTAL FREE RESERVED SURPLUS */
static int pool(int argc, char **argv)
{
	static const char *const files[] = {
		"nr_hugepages", "free_hugepages", "resv_hugepages",
		"surplus_hugepages",
	};
	const struct size *s = size_of(argv[1]);
	char path[128];
	int64_t have;
	int i;

	(void)argc;
	if (!s)
		return LUO_WRONG;
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/%s",
			 s->pool, files[i]);
		have = read_number(path);
		if (have != number(argv[i + 2]))
			return wrong("%s of the %s pool: expected %s, found %lld",
				     files[i], s->name, argv[i + 2],
				     (long long)have);
	}
	return 0;
}

/* charged 2M|1G CGROUP USED RESERVED */
static int charged(int argc, char **argv)
{
	static const char *const files[] = { "current", "rsvd.current" };
	const struct size *s = size_of(argv[1]);
	char path[128];
	int64_t have;
	int i;

	(void)argc;
	if (!s)
		return LUO_WRONG;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/cgroup/%s/hugetlb.%s.%s",
			 argv[2], s->cgroup, files[i]);
		have = read_number(path);
		if (have != number(argv[i + 3]) << s->shift)
			return wrong("%s: expected %s pages, found %lld bytes",
				     path, argv[i + 3], (long long)have);
	}
	return 0;
}

const struct command count_commands[] = {
	{ "pool", "2M|1G TOTAL FREE RESERVED SURPLUS", 5, 5, pool },
	{ "charged", "2M|1G CGROUP USED RESERVED", 4, 4, charged },
	{ NULL, NULL, 0, 0, NULL },
};
