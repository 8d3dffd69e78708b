// SPDX-License-Identifier: MIT
/*
 * The fake kernel beyond LUO: pools, mappings, processes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/source/luo.h"
#include "suites.h"

static const struct hp_sys *sys = &fake_sys;

static int huge_file(uint64_t page_size, uint64_t pages)
{
	int fd = sys->memfd("test", page_size);

	ck_assert_int_ge(fd, 0);
	ok(sys->set_length(fd, pages * page_size));
	return fd;
}

static int create_session(const char *name)
{
	struct luo_session_arg arg = { .size = sizeof(arg) };
	int device = sys->open(LUO_DEVICE), err;

	strcpy(arg.name, name);
	err = sys->ioctl(device, LUO_CREATE_SESSION, &arg);
	fake_close_any(device);
	return err < 0 ? err : arg.fd;
}

static int preserve(int session, int fd, uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return sys->ioctl(session, LUO_PRESERVE_FD, &arg);
}

static long counter(const char *path)
{
	char text[64];

	ck_assert_int_ge(sys->read_text(path, text, sizeof(text)), 0);
	return strtol(text, NULL, 10);
}

#define POOL_2M "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define POOL_1G "/sys/kernel/mm/hugepages/hugepages-1048576kB/"

START_TEST(pools_of_two_sizes)
{
	struct hp_map_request request = { .length = HP_PAGE_1G };
	void *address;
	int fd;

	ck_assert_int_eq(counter(POOL_2M "nr_hugepages"), 64);
	fd = huge_file(HP_PAGE_1G, 2);
	request.fd = fd;
	is(sys->map(&request, &address), -ENOMEM);
	fake.pool_1g_pages = 1;
	ok(sys->map(&request, &address));
	ck_assert_uint_eq((uintptr_t)address % HP_PAGE_1G, 0);
	ck_assert_int_eq(counter(POOL_1G "resv_hugepages"), 1);
	ck_assert_int_eq(counter(POOL_1G "free_hugepages"), 1);
	ok(sys->populate(address, HP_PAGE_1G));
	ok(sys->populate(address, HP_PAGE_1G));
	ck_assert_int_eq(counter(POOL_1G "resv_hugepages"), 0);
	ck_assert_int_eq(counter(POOL_1G "free_hugepages"), 0);
	ck_assert_int_eq(fake.pool_used, 0);
	sys->unmap(address, HP_PAGE_1G);
	fake_close_any(fd);
	ck_assert_int_eq(counter(POOL_1G "free_hugepages"), 1);
	fake.no_1g = true;
	is(sys->memfd("test", HP_PAGE_1G), -ENODEV);
}
END_TEST

START_TEST(preserve_fills_and_freezes)
{
	int fd = huge_file(HP_PAGE_2M, 4), session = create_session("s");
	struct hp_map_request request = { .fd = fd, .length = 4 * HP_PAGE_2M };
	struct hp_file_info info;
	void *address;

	ok(sys->map(&request, &address));
	ok(preserve(session, fd, 1));
	ck_assert_int_eq(fake.pool_filled, 4);
	is(sys->set_length(fd, HP_PAGE_2M), -EPERM);
	is(sys->set_length(fd, 5 * HP_PAGE_2M), -EPERM);
	fake_close_any(session);
	ok(sys->file_info(fd, &info));
	/* What LUO filled stays filled. */
	ck_assert_uint_eq(info.allocated, 4 * HP_PAGE_2M);
	ck_assert_int_eq(fake.pool_filled, 4);
	ck_assert_int_eq(fake.pool_used, 4);
	ok(sys->set_length(fd, HP_PAGE_2M));
	ck_assert_int_eq(fake.pool_used, 1);
}
END_TEST

START_TEST(preserve_needs_pages)
{
	int fd = huge_file(HP_PAGE_2M, 65), session = create_session("s");

	is(preserve(session, fd, 1), -ENOMEM);
	ck_assert_int_eq(fake.pool_used, 0);
	is(preserve(session, -1, 1), -EBADF);
	is(preserve(session, fake_other_fd(), 1), -ENOENT);
	fake.pool_pages = 65;
	ok(preserve(session, fd, 1));
}
END_TEST

START_TEST(copies_keep_a_session_open)
{
	int fd = huge_file(HP_PAGE_2M, 1), session = create_session("s");
	char link[64];

	ok(preserve(session, fd, 1));
	ck_assert_int_gt(sys->read_fd_link(session, link, sizeof(link)), 0);
	ck_assert_str_eq(link, "anon_inode:[luo_session] s");
	fake_fork(1);
	fake_close_any(session);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	is(create_session("s"), -EEXIST);
	fake_exit(1);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	session = create_session("s");
	fd = sys->duplicate(session);
	fake_close_any(session);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	fake_close_any(fd);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	is(sys->duplicate(fd), -EBADF);
}
END_TEST

START_TEST(descriptor_of_another_process)
{
	int fd = huge_file(HP_PAGE_2M, 1), passed;
	struct hp_file_info here, there;

	ok(sys->file_info(fd, &here));
	fake_switch(1);
	is(sys->file_info(fd, &there), -EBADF);
	fake_switch(0);
	passed = fake_pass_fd(fd, 1);
	fake_crash();
	fake_switch(1);
	ok(sys->file_info(passed, &there));
	ck_assert_uint_eq(here.inode, there.inode);
	ck_assert(there.writable);
	fd = fake_read_only(passed);
	ok(sys->file_info(fd, &there));
	ck_assert(!there.writable);
}
END_TEST

START_TEST(mappings_are_found_and_cut)
{
	int fd = huge_file(HP_PAGE_2M, 3), copy;
	char *address = fake_mmap(fd, 0, 3 * HP_PAGE_2M, 0);
	struct hp_mapping mapping;
	struct hp_file_info info, other;
	struct hp_map_request request = {
		.fd = fd,
		.offset = HP_PAGE_2M,
		.length = HP_PAGE_2M,
	};
	void *again;

	ok(sys->find_mapping((uintptr_t)address + 1, &mapping));
	ck_assert_uint_eq(mapping.end - mapping.start, 3 * HP_PAGE_2M);
	ck_assert(mapping.shared && mapping.writable);
	ok(sys->file_info(fd, &info));
	ck_assert_uint_eq(mapping.inode, info.inode);
	copy = sys->open_mapping(&mapping);
	ok(sys->file_info(copy, &other));
	ck_assert_uint_eq(other.inode, info.inode);

	address[HP_PAGE_2M] = 42;
	request.address = address;
	is(sys->map(&request, &again), -EEXIST);
	request.address = address + 1;
	is(sys->map(&request, &again), -EINVAL);
	request.address = address + HP_PAGE_2M;
	sys->unmap(request.address, HP_PAGE_2M);
	is(sys->find_mapping((uintptr_t)request.address, &mapping), -ENXIO);
	ok(sys->map(&request, &again));
	ck_assert_ptr_eq(again, request.address);
	ck_assert_int_eq(address[HP_PAGE_2M], 42);
	ok(sys->find_mapping((uintptr_t)address + 2 * HP_PAGE_2M, &mapping));
	ck_assert_uint_eq(mapping.offset, 2 * HP_PAGE_2M);
	sys->unmap(address, 3 * HP_PAGE_2M);
	ck_assert_int_eq(fake.maps, 0);

	address = fake_mmap(fd, 0, HP_PAGE_2M, FAKE_PRIVATE);
	ok(sys->find_mapping((uintptr_t)address, &mapping));
	ck_assert(!mapping.shared);
	address = fake_mmap(-1, 0, 4096, 0);
	ok(sys->find_mapping((uintptr_t)address, &mapping));
	ck_assert_uint_eq(mapping.inode, 0);
}
END_TEST

START_TEST(policies_are_recorded)
{
	int fd = huge_file(HP_PAGE_2M, 1);
	char *address = fake_mmap(fd, 0, HP_PAGE_2M, 0);
	unsigned long nodes = 2, unknown = 4;

	ok(sys->set_policy(address, HP_PAGE_2M, HP_NUMA_BIND, &nodes, 2));
	ck_assert_uint_eq(fake_policy_count, 1);
	ck_assert_ptr_eq(fake_policies[0].address, address);
	ck_assert_uint_eq(fake_policies[0].nodes, 2);
	is(sys->set_policy(address, HP_PAGE_2M, HP_NUMA_BIND, &unknown, 3),
	   -EINVAL);
	fake.no_numa = true;
	is(sys->set_policy(address, HP_PAGE_2M, HP_NUMA_BIND, &nodes, 2),
	   -ENOSYS);
}
END_TEST

START_TEST(every_kernel_has_its_own_release)
{
	char first[40], second[40], boot[40];

	ck_assert_int_gt(sys->kernel_release(first, sizeof(first)), 0);
	ck_assert_int_eq(sys->read_text("/proc/sys/kernel/random/boot_id", boot,
					sizeof(boot)),
			 36);
	fake_kexec();
	ck_assert_int_gt(sys->kernel_release(second, sizeof(second)), 0);
	ck_assert_str_ne(first, second);
	is(sys->kernel_release(second, 3), -E2BIG);
	is(sys->read_text("/etc/motd", second, sizeof(second)), -ENOENT);
	fake_set_text("/etc/motd", "hello");
	ck_assert_int_eq(sys->read_text("/etc/motd", second, sizeof(second)),
			 5);
}
END_TEST

Suite *fake_more_suite(void)
{
	const TTest *const tests[] = {
		pools_of_two_sizes,
		preserve_fills_and_freezes,
		preserve_needs_pages,
		copies_keep_a_session_open,
		descriptor_of_another_process,
		mappings_are_found_and_cut,
		policies_are_recorded,
		every_kernel_has_its_own_release,
		NULL,
	};

	return suite_of("fake more", tests);
}
