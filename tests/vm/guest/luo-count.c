// SPDX-License-Identifier: MIT
/*
 * luo: counters. The same as guest.sh's expect_pool and expect_cgroup, for
 * scripts that look at them hundreds of times.
 */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <stdio.h>

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

enum { TOTAL, FREE, RESERVED, SURPLUS, COUNTS };

static int read_pool(const struct page_size *s, int64_t *counts)
{
	static const char *const files[COUNTS] = {
		[TOTAL] = "nr_hugepages",
		[FREE] = "free_hugepages",
		[RESERVED] = "resv_hugepages",
		[SURPLUS] = "surplus_hugepages",
	};
	char path[128];
	int i;

	for (i = 0; i < COUNTS; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/%s",
			 s->pool, files[i]);
		counts[i] = read_number(path);
		if (counts[i] < 0)
			return counts[i];
	}
	return 0;
}

static int pool_is_not(const struct page_size *s, const int64_t *counts)
{
	return wrong("the %s pool has %lld pages, %lld free, %lld reserved, %lld surplus",
		     s->name, (long long)counts[TOTAL],
		     (long long)counts[FREE], (long long)counts[RESERVED],
		     (long long)counts[SURPLUS]);
}

/* pool PAGE TOTAL FREE RESERVED SURPLUS */
static int pool(int argc, char **argv)
{
	const struct page_size *s = page_size(argv[1]);
	int64_t counts[COUNTS];
	int i, rc;

	(void)argc;
	if (!s)
		return LUO_WRONG;
	rc = read_pool(s, counts);
	for (i = 0; i < COUNTS && !rc; i++)
		if (counts[i] != number(argv[i + 2]))
			rc = pool_is_not(s, counts);
	return rc;
}

/* used PAGE USED RESERVED: of a pool of any size, without surplus pages */
static int used(int argc, char **argv)
{
	const struct page_size *s = page_size(argv[1]);
	int64_t counts[COUNTS];
	int rc;

	(void)argc;
	if (!s)
		return LUO_WRONG;
	rc = read_pool(s, counts);
	if (rc)
		return rc;
	if (counts[TOTAL] - counts[FREE] == number(argv[2]) &&
	    counts[RESERVED] == number(argv[3]) && !counts[SURPLUS])
		return 0;
	return pool_is_not(s, counts);
}

static int64_t marked[COUNTS];

/* mark PAGE: remember the pool, for "unchanged" */
static int mark(int argc, char **argv)
{
	const struct page_size *s = page_size(argv[1]);

	(void)argc;
	return s ? read_pool(s, marked) : LUO_WRONG;
}

/* unchanged PAGE [FREED]: the pool is as marked, but for so many more free */
static int unchanged(int argc, char **argv)
{
	const struct page_size *s = page_size(argv[1]);
	int64_t freed = argc > 2 ? number(argv[2]) : 0;
	int64_t counts[COUNTS];
	int i, rc;

	if (!s)
		return LUO_WRONG;
	rc = read_pool(s, counts);
	for (i = 0; i < COUNTS && !rc; i++)
		if (counts[i] != marked[i] + (i == FREE ? freed : 0))
			rc = pool_is_not(s, counts);
	return rc;
}

/* charged PAGE CGROUP USED RESERVED */
static int charged(int argc, char **argv)
{
	static const char *const files[] = { "current", "rsvd.current" };
	const struct page_size *s = page_size(argv[1]);
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
	{ "pool", "PAGE TOTAL FREE RESERVED SURPLUS", 5, 5, pool },
	{ "mark", "PAGE", 1, 1, mark },
	{ "unchanged", "PAGE [FREED]", 1, 2, unchanged },
	{ "used", "PAGE USED RESERVED", 3, 3, used },
	{ "charged", "PAGE CGROUP USED RESERVED", 4, 4, charged },
	{ NULL, NULL, 0, 0, NULL },
};
