// SPDX-License-Identifier: MIT
/*
 * hp_region_adopt(): files that the application has.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

static struct hp_region *r, *q;

static int reopen(int fd, int flags)
{
	char path[32];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, flags | O_CLOEXEC);
	ck_assert_msg(again >= 0, "open %s: %s", path, strerror(errno));
	return again;
}

START_TEST(memfd)
{
	struct hp_region_opts opts = region_opts();
	struct hp_region_info info = { .size = sizeof(info) };
	int fd = huge_memfd(4 * MIB);
	char *mine = map_shared(fd, 0, 4 * MIB);
	char *bytes;

	strcpy(mine, "hello");
	opts.label = "buffer pool";
	opts.layout = 3;
	ok(hp_region_adopt(s, 1, fd, &opts, &r));
	bytes = hp_region_address(r);
	ck_assert_ptr_ne(bytes, mine);
	ck_assert_str_eq(bytes, "hello");
	strcpy(bytes + 2 * MIB, "there");
	ck_assert_str_eq(mine + 2 * MIB, "there");
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.length, 4 * MIB);
	ck_assert_uint_eq(info.page_size, HP_PAGE_2M);
	ck_assert_uint_eq(info.layout, 3);
	ck_assert_uint_eq(info.origin, HP_ORIGIN_ADOPTED);
	ck_assert_uint_eq(info.state, HP_REGION_IS_OPEN);
	ck_assert_str_eq(info.label, "buffer pool");
	ck_assert_int_ne(hp_region_fd(r), fd);
	opts = region_opts();
	opts.flags = HP_REGION_MAY_MOVE;
	ok(hp_region_grow(r, 6 * MIB, &opts));
	ok(hp_region_close(r));
	ck_assert_str_eq(mine, "hello");
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(other_files)
{
	int small = memfd_create("small", MFD_CLOEXEC);
	int empty = huge_memfd(0);
	struct hp_region_opts opts = region_opts();
	int fd = huge_memfd(2 * MIB);
	int fds[2];

	ck_assert_int_eq(ftruncate(small, 4 * MIB), 0);
	ck_assert_int_eq(pipe(fds), 0);
	is(hp_region_adopt(s, 1, small, NULL, &r), -EMEDIUMTYPE);
	ck_assert_ptr_nonnull(strstr(last_log, "hugetlbfs"));
	is(hp_region_adopt(s, 1, fds[0], NULL, &r), -EMEDIUMTYPE);
	is(hp_region_adopt(s, 1, empty, NULL, &r), -EINVAL);
	is(hp_region_adopt(s, 1, -1, NULL, &r), -EINVAL);
	is(hp_region_adopt(s, 1, 4095, NULL, &r), -EINVAL);
	opts.page_size = HP_PAGE_1G;
	is(hp_region_adopt(s, 1, fd, &opts, &r), -EINVAL);
	opts.page_size = HP_PAGE_2M;
	ok(hp_region_adopt(s, 1, fd, &opts, &r));
}
END_TEST

START_TEST(read_only)
{
	int fd = huge_memfd(2 * MIB), reading = reopen(fd, O_RDONLY);
	struct hp_region_opts opts = region_opts();
	char *mine = map_shared(fd, 0, 2 * MIB);

	strcpy(mine, "hello");
	is(hp_region_adopt(s, 1, reading, NULL, &r), -EROFS);
	opts.flags = HP_REGION_READ_ONLY;
	ok(hp_region_adopt(s, 1, reading, &opts, &r));
	ck_assert_str_eq(hp_region_address(r), "hello");
	/* It cannot be made writable either. */
	ck_assert_int_lt(
		mprotect(hp_region_address(r), 2 * MIB, PROT_READ | PROT_WRITE),
		0);
	is(hp_region_grow(r, 4 * MIB, NULL), -EROFS);
	ok(hp_region_adopt(s, 2, fd, &opts, &q));
	ck_assert_str_eq(hp_region_address(q), "hello");
	/* Only to be opened, not to be mapped. */
	is(hp_region_adopt(s, 3, reopen(fd, O_PATH), NULL, &r), -EROFS);
	is(hp_region_adopt(s, 3, reopen(fd, O_PATH), &opts, &r), -EINVAL);
}
END_TEST

START_TEST(file_of_a_mount)
{
	char path[] = "/tmp/hugepersist-system.XXXXXX", name[64];
	char *mine;
	int fd;

	if (geteuid()) {
		(void)fprintf(stderr, "SKIP file_of_a_mount: needs root\n");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(path));
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
			 0);
	ck_assert_int_eq(mount("none", path, "hugetlbfs", 0, "pagesize=2M"), 0);
	(void)snprintf(name, sizeof(name), "%s/pool", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 4 * MIB), 0);
	mine = map_shared(fd, 0, 4 * MIB);
	strcpy(mine, "hello");
	ok(hp_region_adopt(s, 1, fd, NULL, &r));
	ck_assert_str_eq(hp_region_address(r), "hello");
	ok(hp_region_close(r));
	ok(hp_region_adopt_mapping(s, 1, mine, 4 * MIB, NULL, &r));
	ok(hp_region_close(r));
	munmap(mine, 4 * MIB);
	close(fd);
	ck_assert_int_eq(umount(path), 0);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

Suite *adopt_suite(void)
{
	const TTest *const tests[] = {
		memfd, other_files, read_only, file_of_a_mount, NULL,
	};

	return suite_of("adopt", tests);
}
