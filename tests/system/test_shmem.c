// SPDX-License-Identifier: MIT
/*
 * Regions of shmem on the running kernel, whatever it gives in huge pages: what
 * the library measures is what the kernel says elsewhere.
 */
#include <hugepersist/save.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

static struct hp_region *r;

static struct hp_region_opts shmem_opts(unsigned int flags)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_SHMEM | flags;
	return opts;
}

static void create(unsigned int flags, uint64_t length)
{
	struct hp_region_opts opts = shmem_opts(flags);

	ok(hp_region_create(s, 1, length, &opts, &r));
}

/* ShmemPmdMapped of the mappings of the region in /proc/self/smaps. */
static uint64_t mapped_huge(const struct hp_region *region)
{
	uint64_t first = (uintptr_t)hp_region_address(region);
	uint64_t start, end, kib, bytes = 0;
	FILE *file = fopen("/proc/self/smaps", "re");
	bool inside = false;
	char line[512];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2)
			inside = start >= first &&
				 end <= first + hp_region_length(region);
		else if (inside &&
			 sscanf(line, "ShmemPmdMapped: %" SCNu64, &kib) == 1)
			bytes += kib << 10;
	}
	(void)fclose(file);
	return bytes;
}

/* False: this kernel cannot tell. */
static bool measure(struct hp_region *region, uint64_t *bytes)
{
	int rc = hp_region_huge_bytes(region, bytes);

	if (rc == -EOPNOTSUPP)
		return false;
	ok(rc);
	ck_assert_uint_eq(*bytes, mapped_huge(region));
	return true;
}

START_TEST(measured_as_mapped)
{
	long reserved = huge_pages_reserved(), unused = huge_pages_free();
	uint64_t bytes;

	create(HP_REGION_POPULATE, 16 * MIB);
	ck_assert_uint_eq((uintptr_t)hp_region_address(r) % (2 * MIB), 0);
	ck_assert_uint_eq(hp_region_page_size(r),
			  (uint64_t)sysconf(_SC_PAGESIZE));
	ck_assert_int_eq(huge_pages_reserved(), reserved);
	ck_assert_int_eq(huge_pages_free(), unused);
	if (measure(r, &bytes)) {
		/* Not huge, but not without a word either. */
		if (bytes < 16 * MIB)
			ck_assert_ptr_nonnull(strstr(last_log, "MADV_"));
		ck_assert_uint_eq(bytes % (2 * MIB), 0);
	}
	/* A part of it is gone, which must not come back by looking. */
	ck_assert_int_eq(madvise((char *)hp_region_address(r) + 4 * MIB,
				 2 * MIB, MADV_REMOVE),
			 0);
	if (measure(r, &bytes))
		ck_assert_uint_le(bytes, 14 * MIB);
	ok(hp_region_close(r));
}
END_TEST

/* Negative control: what a program wrote in small pages. */
START_TEST(small_pages_are_not_huge)
{
	struct hp_region_opts opts = shmem_opts(0);
	int fd = memfd_create("system test", MFD_CLOEXEC);
	uint64_t bytes;
	char *memory;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 4 * MIB), 0);
	memory = map_shared(fd, 0, 4 * MIB);
	ck_assert_int_eq(madvise(memory, 4 * MIB, MADV_NOHUGEPAGE), 0);
	memset(memory, 1, 4 * MIB);
	ok(hp_region_from_fd(fd, &opts, &r));
	if (measure(r, &bytes))
		ck_assert_uint_eq(bytes, 0);
	ok(hp_region_close(r));
	close(fd);
	/* Nothing at all is not huge either, and stays nothing. */
	create(0, 8 * MIB);
	if (measure(r, &bytes))
		ck_assert_uint_eq(bytes, 0);
	ck_assert_int_eq(lseek(hp_region_fd(r), 0, SEEK_DATA), -1);
	ok(hp_region_close(r));
}
END_TEST

START_TEST(grows)
{
	struct hp_region_opts opts = region_opts();
	uint64_t before, after;
	char *bytes;

	create(HP_REGION_POPULATE, 4 * MIB);
	bytes = hp_region_address(r);
	bytes[4 * MIB - 1] = 7;
	if (!measure(r, &before))
		return;
	opts.flags = HP_REGION_POPULATE | HP_REGION_MAY_MOVE;
	opts.populate_threads = 2;
	mmap(bytes + 4 * MIB, 4096, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ok(hp_region_grow(r, 12 * MIB, &opts));
	ck_assert_ptr_ne(hp_region_address(r), bytes);
	bytes = hp_region_address(r);
	ck_assert_uint_eq((uintptr_t)bytes % (2 * MIB), 0);
	ck_assert_int_eq(bytes[4 * MIB - 1], 7);
	ck_assert(measure(r, &after));
	ck_assert_uint_ge(after, before);
	is(hp_region_grow(r, 13 * MIB, &opts), -EINVAL);
	ok(hp_region_close(r));
}
END_TEST

START_TEST(shared_with_another_process)
{
	struct hp_region_opts opts = shmem_opts(0);
	uint64_t bytes, others;
	struct hp_region *q;
	int status, copy;
	pid_t child;

	create(HP_REGION_POPULATE, 4 * MIB);
	strcpy(hp_region_address(r), "from the owner");
	is(hp_region_from_fd(hp_region_fd(r), NULL, &q), -EMEDIUMTYPE);
	/* The library closes its own descriptors in a child. */
	copy = dup(hp_region_fd(r));
	child = fork();
	if (!child) {
		if (hp_region_from_fd(copy, &opts, &q) ||
		    strcmp(hp_region_address(q), "from the owner"))
			_exit(1);
		if (measure(q, &others) && mapped_huge(q) != others)
			_exit(2);
		strcpy((char *)hp_region_address(q) + 2 * MIB, "from another");
		_exit(hp_region_close(q) ? 3 : 0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq((char *)hp_region_address(r) + 2 * MIB,
			 "from another");
	(void)measure(r, &bytes);
	close(copy);
	ok(hp_region_close(r));
}
END_TEST

/* -- Save and load --------------------------------------------------------- */

static char directory[64];

static void load(const struct hp_region_opts *opts, uint64_t page_size)
{
	unsigned char *bytes;

	ok(hp_region_load(s, 1, directory, opts, NULL, &r));
	ck_assert_uint_eq(hp_region_page_size(r), page_size);
	bytes = hp_region_address(r);
	ck_assert_int_eq(bytes[2 * MIB + 5], 1);
	ck_assert_int_eq(bytes[12 * MIB - 1], 2);
	bytes[2 * MIB + 5] = bytes[12 * MIB - 1] = 0;
	ck_assert(!bytes[0] && !memcmp(bytes, bytes + 1, 12 * MIB - 1));
	ok(hp_region_close(r));
}

START_TEST(saved_and_loaded)
{
	struct hp_save_result result = { .size = sizeof(result) };
	struct hp_region_opts opts = shmem_opts(0);
	uint64_t small = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned char *bytes;
	char name[96];

	strcpy(directory, "hp-save-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	create(0, 12 * MIB);
	bytes = hp_region_address(r);
	bytes[2 * MIB + 5] = 1;
	bytes[12 * MIB - 1] = 2;
	ok(hp_session_save(s, directory, NULL, &result));
	/* Pieces of 2 MiB without a page are not there afterwards either. */
	ck_assert_uint_le(result.moved_bytes, 4 * MIB);
	ck_assert_int_eq(lseek(hp_region_fd(r), 4 * MIB, SEEK_DATA), 10 * MIB);
	ok(hp_region_close(r));

	/* As it was; in pages of the pool; and from these back to shmem. */
	load(NULL, small);
	opts = region_opts();
	opts.page_size = HP_PAGE_2M;
	load(&opts, HP_PAGE_2M);
	ok(hp_region_load(s, 1, directory, &opts, NULL, &r));
	ok(hp_session_save(s, directory, NULL, &result));
	ok(hp_region_close(r));
	load(NULL, HP_PAGE_2M);
	opts = shmem_opts(HP_REGION_POPULATE);
	load(&opts, small);
	ok(hp_region_restore(s, 2, 4 * MIB, directory, &opts, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ck_assert_uint_eq(hp_region_page_size(r), small);
	opts.page_size = HP_PAGE_1G;
	is(hp_region_restore(s, 3, 4 * MIB, directory, &opts, NULL, &r), -EINVAL);

	ok(hp_save_remove(directory));
	(void)snprintf(name, sizeof(name), "%s/lock", directory);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

Suite *shmem_suite(void)
{
	const TTest *const tests[] = {
		measured_as_mapped,	     small_pages_are_not_huge, grows,
		shared_with_another_process, saved_and_loaded,	       NULL,
	};

	return suite_of("shmem", tests);
}
