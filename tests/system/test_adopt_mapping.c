// SPDX-License-Identifier: MIT
/*
 * hp_region_adopt_mapping(): memory that the application mapped.
 */
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

static struct hp_region *r;

#define HUGE (MAP_HUGETLB | 21 << MAP_HUGE_SHIFT)

/* Three pages. */
#define LENGTH (6 * MIB)

static char *map_anonymous(int flags, uint64_t length)
{
	char *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE,
			   MAP_ANONYMOUS | flags, -1, 0);

	ck_assert_msg(bytes != MAP_FAILED, "mmap: %s", strerror(errno));
	return bytes;
}

static void skip_without_root(const char *test)
{
	if (!geteuid())
		return;
	(void)fprintf(stderr, "SKIP %s: map_files needs root\n", test);
	exit(0);
}

static void check_adopted(char *bytes, uint64_t length)
{
	char *again;

	ok(hp_region_adopt_mapping(s, 1, bytes, length, NULL, &r));
	ck_assert_ptr_eq(hp_region_address(r), bytes);
	ck_assert_uint_eq(hp_region_length(r), length);
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_2M);
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_ADOPTED);
	/* It is the file of that memory that the region has. */
	again = map_shared(hp_region_fd(r), 0, length);
	ck_assert_int_eq(memcmp(again, bytes, length), 0);
	strcpy(again + length - MIB, "from the file");
	ck_assert_str_eq(bytes + length - MIB, "from the file");
	munmap(again, length);
	is(hp_region_grow(r, length + 2 * MIB, NULL), -EOPNOTSUPP);
	ok(hp_region_close(r));
	ck_assert_str_eq(bytes + length - MIB, "from the file");
}

START_TEST(shared_anonymous)
{
	char *bytes = map_anonymous(MAP_SHARED | HUGE, LENGTH);

	skip_without_root(__func__);
	memset(bytes, 7, LENGTH);
	check_adopted(bytes, LENGTH);
	munmap(bytes, LENGTH);
}
END_TEST

START_TEST(system_v)
{
	char *bytes;
	int id;

	skip_without_root(__func__);
	id = shmget(IPC_PRIVATE, LENGTH, SHM_HUGETLB | 0600);
	ck_assert_msg(id >= 0, "shmget: %s", strerror(errno));
	bytes = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	ck_assert_ptr_ne(bytes, (void *)-1);
	memset(bytes, 7, LENGTH);
	check_adopted(bytes, LENGTH);
	shmdt(bytes);
}
END_TEST

/* Linux makes three mappings of one. */
START_TEST(split_mapping)
{
	const unsigned long node0 = 1;
	char *bytes = map_anonymous(MAP_SHARED | HUGE, LENGTH);

	skip_without_root(__func__);
	memset(bytes, 7, LENGTH);
	ck_assert_int_eq(syscall(SYS_mbind, bytes + 2 * MIB, 2 * MIB, MPOL_BIND,
				 &node0, 64UL, 0U),
			 0);
	check_adopted(bytes, LENGTH);
	ck_assert_int_eq(mprotect(bytes, 2 * MIB, PROT_READ), 0);
	check_adopted(bytes, LENGTH);
	munmap(bytes, LENGTH);
}
END_TEST

START_TEST(private)
{
	int fd = huge_memfd(LENGTH);
	char *bytes;

	bytes = map_anonymous(MAP_PRIVATE | HUGE, LENGTH);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r), -ENXIO);
	ck_assert_ptr_nonnull(strstr(last_log, "MAP_PRIVATE"));
	munmap(bytes, LENGTH);
	bytes = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ck_assert_ptr_ne(bytes, MAP_FAILED);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r), -ENXIO);
	munmap(bytes, LENGTH);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r),
	   -ENXIO); /* nothing is there */
}
END_TEST

START_TEST(small_pages)
{
	int fd = memfd_create("small", MFD_CLOEXEC);

	skip_without_root(__func__);
	is(hp_region_adopt_mapping(s, 1, map_anonymous(MAP_SHARED, LENGTH),
				   LENGTH, NULL, &r),
	   -EMEDIUMTYPE);
	ck_assert_int_eq(ftruncate(fd, LENGTH), 0);
	is(hp_region_adopt_mapping(s, 1, map_shared(fd, 0, LENGTH), LENGTH,
				   NULL, &r),
	   -EMEDIUMTYPE);
}
END_TEST

START_TEST(part_of_a_file)
{
	int fd = huge_memfd(LENGTH);
	char *bytes = map_shared(fd, 0, LENGTH);
	char *tail = map_shared(fd, 2 * MIB, 4 * MIB);

	skip_without_root(__func__);
	is(hp_region_adopt_mapping(s, 1, bytes, 4 * MIB, NULL, &r), -ERANGE);
	is(hp_region_adopt_mapping(s, 1, bytes + 2 * MIB, 4 * MIB, NULL, &r),
	   -ERANGE);
	is(hp_region_adopt_mapping(s, 1, tail, 4 * MIB, NULL, &r), -ERANGE);
	check_adopted(bytes, LENGTH);
	ck_assert_int_eq(munmap(bytes + 2 * MIB, 2 * MIB), 0);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r), -ENXIO);
	/* All of the length, but another file in the middle. */
	ck_assert_ptr_ne(mmap(bytes + 2 * MIB, 2 * MIB, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, huge_memfd(2 * MIB), 0),
			 MAP_FAILED);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r), -ERANGE);
	/* Or the wrong part of it. */
	ck_assert_ptr_ne(mmap(bytes + 2 * MIB, 2 * MIB, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, fd, 0),
			 MAP_FAILED);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r), -ERANGE);
	ck_assert_ptr_ne(mmap(bytes + 2 * MIB, 2 * MIB, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, fd, 2 * MIB),
			 MAP_FAILED);
	check_adopted(bytes, LENGTH);
	munmap(bytes, LENGTH);
	munmap(tail, 4 * MIB);
}
END_TEST

START_TEST(mapped_for_reading)
{
	int fd = huge_memfd(LENGTH);
	char *bytes = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, fd, 0);

	skip_without_root(__func__);
	ck_assert_ptr_ne(bytes, MAP_FAILED);
	is(hp_region_adopt_mapping(s, 1, bytes, LENGTH, NULL, &r), -EROFS);
	munmap(bytes, LENGTH);
}
END_TEST

START_TEST(without_the_right)
{
	char *bytes = map_anonymous(MAP_SHARED | HUGE, 2 * MIB);
	int rc;

	if (!geteuid())
		ck_assert_int_eq(setuid(65534), 0);
	rc = hp_region_adopt_mapping(s, 1, bytes, 2 * MIB, NULL, &r);
	is(rc, -EACCES);
	ck_assert_ptr_nonnull(strstr(last_log, "map_files"));
}
END_TEST

Suite *adopt_mapping_suite(void)
{
	const TTest *const tests[] = {
		shared_anonymous,
		system_v,
		split_mapping,
		private,
		small_pages,
		part_of_a_file,
		mapped_for_reading,
		without_the_right,
		NULL,
	};

	return suite_of("adopt_mapping", tests);
}
