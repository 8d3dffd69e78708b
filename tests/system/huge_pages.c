// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "system.h"

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static long before = -1; /* nr_hugepages, when it was changed */

static long read_counter(const char *path)
{
	FILE *file = fopen(path, "re");
	long value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &value) != 1)
		value = -1;
	(void)fclose(file);
	return value;
}

static void write_size(long pages)
{
	FILE *file = fopen(POOL "nr_hugepages", "we");

	if (!file)
		return;
	(void)fprintf(file, "%ld\n", pages);
	(void)fclose(file);
}

long huge_pages_free(void)
{
	return read_counter(POOL "free_hugepages");
}

long huge_pages_reserved(void)
{
	return read_counter(POOL "resv_hugepages");
}

bool huge_pages_take(void)
{
	long size = read_counter(POOL "nr_hugepages");
	long missing;

	if (size < 0) {
		(void)fprintf(stderr,
			      "SKIP: no " POOL ": run this on a kernel with "
			      "huge pages of 2 MiB and with /sys mounted\n");
		return false;
	}
	missing = PAGES_NEEDED + huge_pages_reserved() - huge_pages_free();
	if (missing > 0) {
		before = size;
		write_size(size + missing);
		missing = PAGES_NEEDED + huge_pages_reserved() -
			  huge_pages_free();
	}
	if (missing <= 0)
		return true;
	huge_pages_give_back();
	(void)fprintf(stderr,
		      "SKIP: %ld free huge pages of 2 MiB are missing: run "
		      "this as root with free memory, or raise "
		      "vm.nr_hugepages by that many\n",
		      missing);
	return false;
}

void huge_pages_give_back(void)
{
	if (before >= 0)
		write_size(before);
	before = -1;
}
