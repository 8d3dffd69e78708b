// SPDX-License-Identifier: MIT
/*
 * The real system calls, as far as any Linux with huge pages configured has
 * them: no root, no free huge page needed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"

static const struct hp_sys *const sys = &hp_sys_linux;

static void check_cloexec(int fd)
{
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

static int map_file(const struct hp_sys *sys, int fd, uint64_t length,
		    void **ret_address)
{
	struct hp_map_request request = { .fd = fd, .length = length };

	return sys->map(&request, ret_address);
}

START_TEST(ordinary_file)
{
	struct hp_file_info info;
	int fd = sys->memfd("test", 0);
	char text[8], *bytes;
	void *address;

	check_cloexec(fd);
	ok(sys->allocate(fd, 65536));
	is(sys->allocate(fd, UINT64_MAX), -EFBIG);
	ok(sys->file_info(fd, &info));
	ck_assert_uint_eq(info.length, 65536);
	ck_assert_uint_eq(info.allocated, 65536);
	ck_assert_uint_eq(info.page_size, 0);
	ok(map_file(sys, fd, 65536, &address));
	bytes = address;
	memcpy(bytes + 65528, "the end", 8);
	ok(sys->read_at(fd, text, 8, 65528));
	ck_assert_str_eq(text, "the end");
	is(sys->read_at(fd, text, 8, 65532), -ENODATA);
	sys->unmap(address, 65536);
	sys->close(fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	is(sys->file_info(fd, &info), -EBADF);
	is(sys->set_length(fd, 1), -EBADF);
	is(sys->allocate(fd, 1), -EBADF);
	is(sys->read_at(fd, text, 8, 0), -EBADF);
	is(map_file(sys, fd, 4096, &address), -EBADF);
}
END_TEST

/* Whatever this kernel makes of the wish for huge pages. */
START_TEST(shmem_file)
{
	struct hp_map_request request = { .length = 2 * HP_PAGE_2M,
					  .alignment = HP_PAGE_2M };
	struct hp_file_info info;
	uint64_t start, end, bytes = 77;
	void *address, *none = NULL;
	int err;

	request.fd = sys->memfd("test", 0);
	ok(sys->set_length(request.fd, 2 * HP_PAGE_2M));
	ok(sys->file_info(request.fd, &info));
	ck_assert_uint_eq(info.shmem_page_size,
			  (uint64_t)sysconf(_SC_PAGESIZE));
	is(sys->find_data(request.fd, 0, &start, &end), -ENXIO);
	is(sys->find_data(request.fd, UINT64_MAX, &start, &end), -ENXIO);
	ok(sys->map(&request, &address));
	ck_assert_uint_eq((uintptr_t)address % HP_PAGE_2M, 0);
	err = sys->advise_huge(address, 2 * HP_PAGE_2M);
	ck_assert(!err || err == -EINVAL);
	((char *)address)[HP_PAGE_2M + 1] = 1;
	ok(sys->find_data(request.fd, 0, &start, &end));
	ck_assert_uint_eq(start, HP_PAGE_2M);
	ck_assert_uint_gt(end, start);
	/* The first half cannot be had: there is nothing. */
	ck_assert_int_lt(sys->collapse(address, 2 * HP_PAGE_2M), 0);
	ck_assert_int_le(sys->populate_read(address, 2 * HP_PAGE_2M), 0);
	err = sys->count_huge(address, 2 * HP_PAGE_2M, &bytes);
	ck_assert(err ? err == -ENOTTY : bytes <= 2 * HP_PAGE_2M);
	sys->unmap(address, 2 * HP_PAGE_2M);
	is(sys->populate_read(address, HP_PAGE_2M), -ENOMEM);
	sys->close(request.fd);
	is(sys->find_data(request.fd, 0, &start, &end), -EBADF);
	is(sys->map(&request, &none), -EBADF);
	ck_assert_ptr_null(none);
	request.length = UINT64_C(1) << 62;
	is(sys->map(&request, &none), -ENOMEM);
	request.length = SIZE_MAX - 4095;
	is(sys->map(&request, &none), -ENOMEM);
	request.length = 2 * HP_PAGE_2M;
	/* Nothing of these is left where the file would have been. */
	ck_assert_ptr_eq(mmap(address, 2 * HP_PAGE_2M, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 address);
}
END_TEST

START_TEST(huge_page_file)
{
	struct hp_file_info info;
	int fd = sys->memfd("test", HP_PAGE_2M);
	void *address;

	check_cloexec(fd);
	ok(sys->set_length(fd, 2 * HP_PAGE_2M));
	ok(sys->file_info(fd, &info));
	ck_assert_uint_eq(info.length, 2 * HP_PAGE_2M);
	ck_assert_uint_eq(info.allocated, 0);
	ck_assert_uint_eq(info.page_size, HP_PAGE_2M);
	/* More than any machine has: refused at once, not at first touch. */
	ok(sys->set_length(fd, UINT64_C(1) << 45));
	is(map_file(sys, fd, UINT64_C(1) << 45, &address), -ENOMEM);
	is(sys->set_length(fd, UINT64_MAX), -EFBIG);
	sys->close(fd);
	/* No processor has pages of 4 MiB any more. */
	ck_assert_int_lt(sys->memfd("test", 2 * HP_PAGE_2M), 0);
}
END_TEST

START_TEST(device_that_is_missing)
{
	is(sys->open("/nonexistent/liveupdate"), -ENOENT);
	/* Not a device of ours: the request is unknown. */
	int fd = sys->open("/dev/null");

	check_cloexec(fd);
	is(sys->ioctl(fd, 0xBA00, NULL), -ENOTTY);
	sys->close(fd);
}
END_TEST

START_TEST(table_of_drivers)
{
	char table[] = "/tmp/hugepersist-unit-XXXXXX";
	int fd = mkstemp(table);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(dprintf(fd, "234 btrfs-control\n"
				     " 10 liveupdate\n126 liveupdate2\n"),
			 0);
	is(sys->lists_driver(table, "liveupdate"), 1);
	is(sys->lists_driver(table, "liveupdate2"), 1);
	is(sys->lists_driver(table, "liveupdat"), 0);
	is(sys->lists_driver(table, "126"), 0);
	is(sys->lists_driver(table, "control"), 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	is(sys->lists_driver(table, "liveupdate"), 0);
	ck_assert_int_eq(unlink(table), 0);
	is(sys->lists_driver(table, "liveupdate"), 0);
	close(fd);

	/* Without a free descriptor: fd was the lowest. */
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	is(sys->lists_driver(table, "liveupdate"), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

/* Nobody can execute what is in it, on any kernel. */
START_TEST(memfd_is_not_executable)
{
	static const uint64_t sizes[] = { 0, HP_PAGE_2M };
	struct stat st;
	int fd;

	for (int i = 0; i < 2; i++) {
		fd = sys->memfd("not a program", sizes[i]);
		if (sizes[i] && fd == -ENODEV) /* no huge pages here */
			return;
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fstat(fd, &st), 0);
		ck_assert_int_eq(st.st_mode & 07777, 0666);
		close(fd);
	}
}
END_TEST

/* What a child inherits has another number than the child. */
START_TEST(forks_are_noticed)
{
	unsigned int before;
	int status;
	pid_t child;

	ok(sys->watch_forks());
	ok(sys->watch_forks());
	before = sys->forks();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child)
		_exit(sys->forks() == before);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(sys->forks(), before);
}
END_TEST

START_TEST(time_and_memory)
{
	uint64_t start = sys->now_ms();
	unsigned char *memory = sys->zalloc(100);
	uint64_t word = 0;

	ck_assert_ptr_nonnull(memory);
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(memory[i], 0);
	sys->free(memory);
	sys->sleep_ms(20);
	ck_assert_uint_ge(sys->now_ms() - start, 20);
	sys->store(&word, 7);
	ck_assert_uint_eq(word, 7);
}
END_TEST

Suite *sys_suite(void)
{
	const TTest *const tests[] = {
		ordinary_file,
		shmem_file,
		huge_page_file,
		device_that_is_missing,
		table_of_drivers,
		memfd_is_not_executable,
		forks_are_noticed,
		time_and_memory,
		NULL,
	};

	return suite_of("sys", tests);
}
