// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "system.h"

#define SKIPPED 77

struct hp_session *s;
char last_log[512];

static void keep_last(void *context, int priority, const char *message)
{
	(void)context;
	(void)priority;
	(void)snprintf(last_log, sizeof(last_log), "%s", message);
}

static void setup(void)
{
	struct hp_session_opts opts = { .size = sizeof(opts) };
	char name[HP_NAME_MAX + 1];

	opts.flags = HP_SESSION_LOCAL;
	opts.log = keep_last;
	(void)snprintf(name, sizeof(name), "hugepersist-system.%d",
		       (int)getpid());
	last_log[0] = '\0';
	ok(hp_session_open(name, &opts, &s));
}

/* Every test ends with all pages back in the pool. */
static void teardown(void)
{
	ok(hp_session_close(s));
}

Suite *suite_of(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);
	return suite;
}

struct hp_region_opts region_opts(void)
{
	return (struct hp_region_opts){ .size = sizeof(struct hp_region_opts) };
}

bool is_mapped(const void *address, uint64_t length)
{
	unsigned char in_core;

	for (uint64_t i = 0; i < length; i += 2 * MIB)
		if (mincore((char *)address + i, 1, &in_core) < 0)
			return false;
	return true;
}

void *free_place(uint64_t length)
{
	uint64_t size = 4 * length + 4 * MIB;
	char *address =
		mmap(NULL, size, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ck_assert_ptr_ne(address, MAP_FAILED);
	munmap(address, size);
	return address + 2 * MIB - (uintptr_t)address % (2 * MIB);
}

int huge_memfd(uint64_t length)
{
	int fd = memfd_create("system test",
			      MFD_CLOEXEC | MFD_HUGETLB | 21U << 26);

	ck_assert_msg(fd >= 0, "memfd_create: %s", strerror(errno));
	ck_assert_int_eq(ftruncate(fd, (off_t)length), 0);
	return fd;
}

void *map_shared(int fd, uint64_t offset, uint64_t length)
{
	void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
			     fd, (off_t)offset);

	ck_assert_msg(address != MAP_FAILED, "mmap: %s", strerror(errno));
	return address;
}

int main(void)
{
	SRunner *runner;
	long free_before, free_after;
	int failed;

	if (!huge_pages_take())
		return SKIPPED;
	free_before = huge_pages_free() - huge_pages_reserved();
	runner = srunner_create(create_suite());
	srunner_add_suite(runner, grow_suite());
	srunner_add_suite(runner, adopt_suite());
	srunner_add_suite(runner, adopt_mapping_suite());
	srunner_add_suite(runner, share_suite());
	srunner_add_suite(runner, save_suite());
	srunner_add_suite(runner, shmem_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free_after = huge_pages_free() - huge_pages_reserved();
	huge_pages_give_back();
	if (free_before != free_after) {
		(void)fprintf(stderr,
			      "%ld huge pages were free before, %ld are after: "
			      "look for other users, or for a leak\n",
			      free_before, free_after);
		failed++;
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
