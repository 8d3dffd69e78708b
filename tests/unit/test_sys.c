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
#include <sys/socket.h>
#include <sys/un.h>
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
	ck_ok(sys->allocate(fd, 16384));
	ck_result(sys->allocate(fd, UINT64_MAX), -EFBIG);
	ck_ok(sys->file_info(fd, &info));
	ck_assert_uint_eq(info.length, 16384);
	ck_assert_uint_eq(info.allocated, 16384);
	ck_assert_uint_eq(info.page_size, 0);
	ck_ok(map_file(sys, fd, 16384, &address));
	bytes = address;
	memcpy(bytes + 16376, "the end", 8);
	ck_ok(sys->read_at(fd, text, 8, 16376));
	ck_assert_str_eq(text, "the end");
	ck_result(sys->read_at(fd, text, 8, 16380), -ENODATA);
	sys->unmap(address, 16384);
	ck_assert_int_eq(fcntl(fd, F_SETFD, 0), 0);
	sys->set_cloexec(fd);
	check_cloexec(fd);
	sys->close(fd);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_result(sys->file_info(fd, &info), -EBADF);
	ck_result(sys->set_length(fd, 1), -EBADF);
	ck_result(sys->allocate(fd, 1), -EBADF);
	ck_result(sys->read_at(fd, text, 8, 0), -EBADF);
	ck_result(map_file(sys, fd, 4096, &address), -EBADF);
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
	ck_ok(sys->set_length(request.fd, 2 * HP_PAGE_2M));
	ck_ok(sys->file_info(request.fd, &info));
	ck_assert_uint_eq(info.shmem_page_size,
			  (uint64_t)sysconf(_SC_PAGESIZE));
	ck_result(sys->find_data(request.fd, 0, &start, &end), -ENXIO);
	ck_result(sys->find_data(request.fd, UINT64_MAX, &start, &end), -ENXIO);
	ck_ok(sys->map(&request, &address));
	ck_assert_uint_eq((uintptr_t)address % HP_PAGE_2M, 0);
	err = sys->advise_huge(address, 2 * HP_PAGE_2M);
	ck_assert(!err || err == -EINVAL);
	((char *)address)[HP_PAGE_2M + 1] = 1;
	ck_ok(sys->find_data(request.fd, 0, &start, &end));
	ck_assert_uint_eq(start, HP_PAGE_2M);
	ck_assert_uint_gt(end, start);
	/* The first half cannot be had: there is nothing. */
	ck_assert_int_lt(sys->collapse(address, 2 * HP_PAGE_2M), 0);
	ck_assert_int_le(sys->populate_read(address, 2 * HP_PAGE_2M), 0);
	err = sys->count_huge(address, 2 * HP_PAGE_2M, &bytes);
	ck_assert(err ? err == -ENOTTY : bytes <= 2 * HP_PAGE_2M);
	sys->unmap(address, 2 * HP_PAGE_2M);
	ck_result(sys->populate_read(address, HP_PAGE_2M), -ENOMEM);
	sys->close(request.fd);
	ck_result(sys->find_data(request.fd, 0, &start, &end), -EBADF);
	ck_result(sys->map(&request, &none), -EBADF);
	ck_assert_ptr_null(none);
	request.length = UINT64_C(1) << 62;
	ck_result(sys->map(&request, &none), -ENOMEM);
	request.length = SIZE_MAX - 4095;
	ck_result(sys->map(&request, &none), -ENOMEM);
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
	ck_ok(sys->set_length(fd, 2 * HP_PAGE_2M));
	ck_ok(sys->file_info(fd, &info));
	ck_assert_uint_eq(info.length, 2 * HP_PAGE_2M);
	ck_assert_uint_eq(info.allocated, 0);
	ck_assert_uint_eq(info.page_size, HP_PAGE_2M);
	/* More than any machine has: refused at once, not at first touch. */
	ck_ok(sys->set_length(fd, UINT64_C(1) << 45));
	ck_result(map_file(sys, fd, UINT64_C(1) << 45, &address), -ENOMEM);
	ck_result(sys->set_length(fd, UINT64_MAX), -EFBIG);
	sys->close(fd);
	/* No processor has pages of 4 MiB any more. */
	ck_assert_int_lt(sys->memfd("test", 2 * HP_PAGE_2M), 0);
}
END_TEST

START_TEST(device_that_is_missing)
{
	ck_result(sys->open("/nonexistent/liveupdate"), -ENOENT);
	/* Not a device of ours: the request is unknown. */
	int fd = sys->open("/dev/null");

	check_cloexec(fd);
	ck_result(sys->ioctl(fd, 0xBA00, NULL), -ENOTTY);
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
	ck_result(sys->lists_driver(table, "liveupdate"), 1);
	ck_result(sys->lists_driver(table, "liveupdate2"), 1);
	ck_result(sys->lists_driver(table, "liveupdat"), 0);
	ck_result(sys->lists_driver(table, "126"), 0);
	ck_result(sys->lists_driver(table, "control"), 0);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_result(sys->lists_driver(table, "liveupdate"), 0);
	ck_assert_int_eq(unlink(table), 0);
	ck_result(sys->lists_driver(table, "liveupdate"), 0);
	close(fd);

	/* Without a free descriptor: fd was the lowest. */
	struct rlimit limit, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_result(sys->lists_driver(table, "liveupdate"), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

/* By sd_notify(3); for more of it see tests/service. */
static int receiver(const char *address)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(to.sun_path + 1, address + 1);
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)&to,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 strlen(address))),
		0);
	return fd;
}

START_TEST(notifications)
{
	char address[64], text[64] = "", too_long[200] = "/";
	int fd, ends[2], many[17] = { 0 }, err, sent = 0;

	(void)snprintf(address, sizeof(address), "@hugepersist-test-%d",
		       (int)getpid());
	ck_result(sys->notify(address, "READY=1", NULL, 0), -ECONNREFUSED);
	fd = receiver(address);
	ck_ok(sys->pipe(ends));
	check_cloexec(ends[0]);
	check_cloexec(ends[1]);
	ck_ok(sys->notify(address, "BARRIER=1", &ends[1], 1));
	(void)close(ends[1]);
	/* On its way it keeps the pipe open. */
	ck_result(sys->wait_hangup(ends[0], 10), -ETIMEDOUT);
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 9);
	ck_assert_str_eq(text, "BARRIER=1");
	/* Received without room for descriptors: the kernel closed it. */
	ck_ok(sys->wait_hangup(ends[0], 1000));
	(void)close(ends[0]);

	/* Nobody reads: it does not wait. */
	do
		err = sys->notify(address, "STATUS=full", NULL, 0);
	while (!err && ++sent < 100000);
	ck_result(err, -EAGAIN);
	(void)close(fd);

	ck_result(sys->notify("vsock:2:1", "READY=1", NULL, 0), -EAFNOSUPPORT);
	ck_result(sys->notify("/", "READY=1", NULL, 0), -EAFNOSUPPORT);
	ck_result(sys->notify("", "READY=1", NULL, 0), -EAFNOSUPPORT);
	memset(too_long + 1, 'x', sizeof(too_long) - 2);
	ck_result(sys->notify(too_long, "READY=1", NULL, 0), -E2BIG);
	ck_result(sys->notify(address, "FDSTORE=1", many, 17), -E2BIG);
	ck_result(sys->notify(address, "FDSTORE=1", (int[]){ -1 }, 1), -EBADF);
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
	ck_assert_int_eq(sys->getpid(), getpid());
}
END_TEST

Suite *sys_suite(void)
{
	const TTest *const tests[] = {
		ordinary_file,	  shmem_file,
		huge_page_file,	  device_that_is_missing,
		table_of_drivers, notifications,
		time_and_memory,  NULL,
	};

	return suite_of("sys", tests);
}
