// SPDX-License-Identifier: MIT
/*
 * The fake kernel beyond LUO: pools, mappings, processes, the service manager.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/luo.h"
#include "suites.h"

static const struct hp_sys *sys = &fake_sys;

static int huge_file(uint64_t page_size, uint64_t pages)
{
	int fd = sys->memfd("test", page_size);

	ck_assert_int_ge(fd, 0);
	ck_ok(sys->set_length(fd, pages * page_size));
	return fd;
}

static int create_session(const char *name)
{
	struct luo_session_arg arg = { .size = sizeof(arg) };
	int device = sys->open(LUO_DEVICE), err;

	strcpy(arg.name, name);
	err = sys->ioctl(device, LUO_CREATE_SESSION, &arg);
	sys->close(device);
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
	ck_result(sys->map(&request, &address), -ENOMEM);
	fake.pool_1g_pages = 1;
	ck_ok(sys->map(&request, &address));
	ck_assert_uint_eq((uintptr_t)address % HP_PAGE_1G, 0);
	ck_assert_int_eq(counter(POOL_1G "resv_hugepages"), 1);
	ck_assert_int_eq(counter(POOL_1G "free_hugepages"), 1);
	ck_ok(sys->populate(address, HP_PAGE_1G));
	ck_ok(sys->populate(address, HP_PAGE_1G));
	ck_assert_int_eq(counter(POOL_1G "resv_hugepages"), 0);
	ck_assert_int_eq(counter(POOL_1G "free_hugepages"), 0);
	ck_assert_int_eq(fake.pool_used, 0);
	sys->unmap(address, HP_PAGE_1G);
	sys->close(fd);
	ck_assert_int_eq(counter(POOL_1G "free_hugepages"), 1);
	fake.no_1g = true;
	ck_result(sys->memfd("test", HP_PAGE_1G), -ENODEV);
}
END_TEST

START_TEST(preserve_fills_and_freezes)
{
	int fd = huge_file(HP_PAGE_2M, 4), session = create_session("s");
	struct hp_map_request request = { .fd = fd, .length = 4 * HP_PAGE_2M };
	struct hp_file_info info;
	char *address;

	ck_ok(sys->map(&request, (void **)&address));
	address[HP_PAGE_2M] = 1; /* while nobody looks */
	ck_ok(preserve(session, fd, 1));
	ck_assert_int_eq(fake.pool_filled, 4);
	ck_result(sys->set_length(fd, HP_PAGE_2M), -EPERM);
	ck_result(sys->set_length(fd, 5 * HP_PAGE_2M), -EPERM);
	address[2 * HP_PAGE_2M] = 1; /* in a page that LUO filled */
	sys->close(session);
	ck_ok(sys->file_info(fd, &info));
	/* Used pages stay, also those that a store into the map took. */
	ck_assert_uint_eq(info.allocated, 2 * HP_PAGE_2M);
	ck_assert_int_eq(fake.pool_filled, 2);
	ck_assert_int_eq(fake.pool_used, 4);
	ck_ok(sys->set_length(fd, HP_PAGE_2M));
	ck_assert_int_eq(fake.pool_used, 1);
}
END_TEST

START_TEST(preserve_needs_pages)
{
	int fd = huge_file(HP_PAGE_2M, 65), session = create_session("s");

	ck_result(preserve(session, fd, 1), -ENOMEM);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_result(preserve(session, -1, 1), -EBADF);
	ck_result(preserve(session, fake_other_fd(), 1), -ENOENT);
	fake.pool_pages = 65;
	ck_ok(preserve(session, fd, 1));
}
END_TEST

START_TEST(copies_keep_a_session_open)
{
	int fd = huge_file(HP_PAGE_2M, 1), session = create_session("s");
	char link[64];

	ck_ok(preserve(session, fd, 1));
	ck_assert_int_gt(sys->read_fd_link(session, link, sizeof(link)), 0);
	ck_assert_str_eq(link, "anon_inode:[luo_session] s");
	fake_fork(1);
	sys->close(session);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_result(create_session("s"), -EEXIST);
	fake_exit(1);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	session = create_session("s");
	fd = sys->duplicate(session);
	sys->close(session);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	sys->close(fd);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_result(sys->duplicate(fd), -EBADF);
}
END_TEST

START_TEST(descriptor_of_another_process)
{
	int fd = huge_file(HP_PAGE_2M, 1), passed;
	struct hp_file_info here, there;

	ck_ok(sys->file_info(fd, &here));
	fake_switch(1);
	ck_result(sys->file_info(fd, &there), -EBADF);
	fake_switch(0);
	passed = fake_pass_fd(fd, 1);
	fake_crash();
	fake_switch(1);
	ck_ok(sys->file_info(passed, &there));
	ck_assert_uint_eq(here.inode, there.inode);
	ck_assert(there.writable);
	fd = fake_read_only(passed);
	ck_ok(sys->file_info(fd, &there));
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

	ck_ok(sys->find_mapping((uintptr_t)address + 1, &mapping));
	ck_assert_uint_eq(mapping.end - mapping.start, 3 * HP_PAGE_2M);
	ck_assert(mapping.shared && mapping.writable);
	ck_ok(sys->file_info(fd, &info));
	ck_assert_uint_eq(mapping.inode, info.inode);
	copy = sys->open_mapping(&mapping);
	ck_ok(sys->file_info(copy, &other));
	ck_assert_uint_eq(other.inode, info.inode);

	address[HP_PAGE_2M] = 42;
	request.address = address;
	ck_result(sys->map(&request, &again), -EEXIST);
	request.address = address + 1;
	ck_result(sys->map(&request, &again), -EINVAL);
	request.address = address + HP_PAGE_2M;
	sys->unmap(request.address, HP_PAGE_2M);
	ck_result(sys->find_mapping((uintptr_t)request.address, &mapping),
		  -ENXIO);
	ck_ok(sys->map(&request, &again));
	ck_assert_ptr_eq(again, request.address);
	ck_assert_int_eq(address[HP_PAGE_2M], 42);
	ck_ok(sys->find_mapping((uintptr_t)address + 2 * HP_PAGE_2M, &mapping));
	ck_assert_uint_eq(mapping.offset, 2 * HP_PAGE_2M);
	sys->unmap(address, 3 * HP_PAGE_2M);
	ck_assert_int_eq(fake.maps, 0);

	address = fake_mmap(fd, 0, HP_PAGE_2M, FAKE_PRIVATE);
	ck_ok(sys->find_mapping((uintptr_t)address, &mapping));
	ck_assert(!mapping.shared);
	address = fake_mmap(-1, 0, 4096, 0);
	ck_ok(sys->find_mapping((uintptr_t)address, &mapping));
	ck_assert_uint_eq(mapping.inode, 0);
}
END_TEST

START_TEST(policies_are_recorded)
{
	int fd = huge_file(HP_PAGE_2M, 1);
	char *address = fake_mmap(fd, 0, HP_PAGE_2M, 0);
	unsigned long nodes = 2, unknown = 4;

	ck_ok(sys->set_policy(address, HP_PAGE_2M, HP_NUMA_BIND, &nodes, 2));
	ck_assert_uint_eq(fake_policy_count, 1);
	ck_assert_ptr_eq(fake_policies[0].address, address);
	ck_assert_uint_eq(fake_policies[0].nodes, 2);
	ck_result(
		sys->set_policy(address, HP_PAGE_2M, HP_NUMA_BIND, &unknown, 3),
		-EINVAL);
	fake.no_numa = true;
	ck_result(sys->set_policy(address, HP_PAGE_2M, HP_NUMA_BIND, &nodes, 2),
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
	ck_result(sys->kernel_release(second, 3), -E2BIG);
	ck_result(sys->read_text("/etc/motd", second, sizeof(second)), -ENOENT);
	fake_set_text("/etc/motd", "hello");
	ck_assert_int_eq(sys->read_text("/etc/motd", second, sizeof(second)),
			 5);
}
END_TEST

/* -- The service manager --------------------------------------------------- */

static void start_manager(void)
{
	fake.manager = true;
	fake_crash(); /* only a process that starts has it */
}

static int tell(const char *text, int fd)
{
	return sys->notify(sys->environment("NOTIFY_SOCKET"), text, &fd,
			   fd >= 0);
}

START_TEST(manager_keeps_descriptors_over_a_crash)
{
	int session;

	ck_assert_ptr_null(sys->environment("NOTIFY_SOCKET"));
	ck_result(sys->notify("/run/other", "READY=1", NULL, 0), -ECONNREFUSED);
	start_manager();
	ck_assert_ptr_null(sys->environment("LISTEN_FDS"));
	session = create_session("s");
	ck_ok(tell("FDSTORE=1\nFDNAME=one", session));
	ck_ok(tell("FDSTORE=1\nFDNAME=again", session)); /* has it */
	ck_ok(tell("FDSTORE=1\nFDNAME=wr:ong", fake_other_fd()));
	ck_assert_int_eq(fake_manager_has("one"), 1);
	ck_assert_int_eq(fake_manager_has("stored"), 1);
	ck_assert_int_eq(fake.stored, 2);
	fake_crash();
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_assert_str_eq(sys->environment("LISTEN_FDS"), "2");
	ck_assert_str_eq(sys->environment("LISTEN_FDNAMES"), "one:stored");
	ck_assert_int_eq(strtol(sys->environment("LISTEN_PID"), NULL, 10),
			 sys->getpid());
	ck_assert_int_eq(fake_inheritable(), 2);
	sys->set_cloexec(3);
	ck_assert_int_eq(fake_inheritable(), 1);
	sys->close(3);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_ok(tell("FDSTOREREMOVE=1\nFDNAME=one", -1));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
}
END_TEST

START_TEST(manager_answers_a_barrier_late)
{
	int fds[2];

	start_manager();
	fake.manager_delay = 50;
	ck_ok(sys->pipe(fds));
	ck_ok(tell("BARRIER=1", fds[1]));
	sys->close(fds[1]);
	ck_result(sys->wait_hangup(fds[0], 10), -ETIMEDOUT);
	ck_ok(sys->wait_hangup(fds[0], 100));
	ck_assert_uint_eq(fake.now, 50);
	fake.manager_stuck = true;
	ck_ok(sys->pipe(fds));
	ck_ok(tell("BARRIER=1", fds[1]));
	sys->close(fds[1]);
	ck_result(sys->wait_hangup(fds[0], 1000), -ETIMEDOUT);
	fake_manager_run();
	ck_ok(sys->wait_hangup(fds[0], 0));
}
END_TEST

START_TEST(manager_over_a_kexec)
{
	int session;

	start_manager();
	fake.manager_over_kexec = _i;
	session = create_session("s");
	ck_ok(tell("FDSTORE=1\nFDNAME=one", session));
	fake_kexec();
	ck_assert_int_eq(fake_manager_has("one"), _i);
	ck_assert_int_eq(fake.sessions_incoming, 1);
	if (_i) {
		ck_assert_str_eq(sys->environment("LISTEN_FDS"), "1");
		ck_result(preserve(3, -1, 1), -EINVAL); /* incoming */
		fake_manager_drop("one");
		ck_assert_int_eq(fake.sessions_incoming, 1);
		sys->close(3);
		ck_assert_int_eq(fake.sessions_incoming, 0);
	} else {
		ck_assert_ptr_null(sys->environment("LISTEN_FDS"));
	}
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
		manager_keeps_descriptors_over_a_crash,
		manager_answers_a_barrier_late,
		NULL,
	};
	Suite *suite = suite_of("fake more", tests);
	TCase *kexec = tcase_create("fake manager over kexec");

	tcase_add_checked_fixture(kexec, fake_boot, NULL);
	tcase_add_loop_test(kexec, manager_over_a_kexec, 0, 2);
	suite_add_tcase(suite, kexec);
	return suite;
}
