// SPDX-License-Identifier: MIT
/*
 * The behaviours of tests/behaviour on the fake kernel. The virtual machine
 * runs the same list on the real one (behaviours-*.sh in tests/vm/cases).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/memory/region.h"
#include "../../lib/source/luo.h"
#include "../behaviour/behaviour.h"
#include "suites.h"

/* Not under Check: a failure ends the process. */
static bool plain_process;

void bh_failed(const char *file, int line, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (plain_process) {
		fprintf(stderr, "%s:%d: %s\n", file, line, text);
		_exit(1);
	}
	ck_abort_msg("%s:%d: %s", file, line, text);
	abort();
}

/* -- The library on the fake kernel ---------------------------------------- */

int bh_open(const char *name, const struct hp_session_opts *opts,
	    struct hp_session **ret_session)
{
	return hp_session_open_on(&fake_sys, name, opts, ret_session);
}

int bh_from_fd(int fd, const struct hp_region_opts *opts,
	       struct hp_region **ret_region)
{
	return hp_region_from_fd_on(&fake_sys, fd, opts, ret_region);
}

/* -- Files and mappings ---------------------------------------------------- */

int bh_memfd(uint64_t page_size, uint64_t length)
{
	int fd = fake_sys.memfd("application", page_size);

	check(fd >= 0);
	ok(fake_sys.set_length(fd, length));
	return fd;
}

int bh_mounted_file(uint64_t length)
{
	return bh_memfd(PAGE, length);
}

int bh_read_only(int fd)
{
	return fake_read_only(fd);
}

int bh_set_length(int fd, uint64_t length)
{
	return fake_sys.set_length(fd, length);
}

void bh_write(int fd, const void *bytes, size_t length)
{
	void *memory;

	ok(fake_sys.allocate(fd, length));
	memory = fake_mmap(fd, 0, length, 0);
	memcpy(memory, bytes, length);
	fake_sys.unmap(memory, length);
}

void bh_close(int fd)
{
	fake_close_any(fd);
}

void *bh_map(int fd, uint64_t offset, uint64_t length, enum map_kind kind)
{
	static const unsigned int flags[] = {
		[MAP_OF_ALL] = 0,
		[MAP_OF_ONE] = FAKE_PRIVATE,
		[MAP_TO_READ] = FAKE_READ_ONLY,
	};
	bool anonymous = fd < 0;
	void *memory;

	/* Linux makes a file for it, too. */
	if (anonymous)
		fd = bh_memfd(PAGE, length);
	memory = fake_mmap(fd, offset, length, flags[kind]);
	if (anonymous)
		fake_close_any(fd);
	return memory;
}

void *bh_map_small(uint64_t length)
{
	int fd = bh_memfd(0, length);
	void *memory = fake_mmap(fd, 0, length, 0);

	fake_close_any(fd);
	return memory;
}

void bh_unmap(void *address, uint64_t length)
{
	fake_sys.unmap(address, length);
}

/* -- LUO ------------------------------------------------------------------- */

int bh_take_device(void)
{
	int fd = fake_sys.open(LUO_DEVICE);

	check(fd >= 0);
	return fd;
}

static int request_session(unsigned long request, const char *name)
{
	struct luo_session_arg arg = { .size = sizeof(arg) };
	int device = bh_take_device(), err;

	check(strlen(name) < sizeof(arg.name));
	memcpy(arg.name, name, strlen(name));
	err = fake_sys.ioctl(device, request, &arg);
	fake_close_any(device);
	return err < 0 ? err : arg.fd;
}

int bh_luo_create(const char *name)
{
	return request_session(LUO_CREATE_SESSION, name);
}

int bh_luo_retrieve(const char *name)
{
	return request_session(LUO_RETRIEVE_SESSION, name);
}

int bh_luo_preserve(int session, int fd, uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return fake_sys.ioctl(session, LUO_PRESERVE_FD, &arg);
}

/* -- The machine ----------------------------------------------------------- */

long bh_pool_free(uint64_t page_size)
{
	if (page_size == HP_PAGE_1G)
		return fake.pool_1g_pages - fake.pool_1g_used;
	return fake.pool_pages - fake.pool_used;
}

void bh_kernel(char release[72], char boot_id[40])
{
	check(fake_sys.kernel_release(release, 72) > 0);
	check(fake_sys.read_text("/proc/sys/kernel/random/boot_id", boot_id,
				 40) > 0);
}

void bh_limit_fds(bool on)
{
	fake.no_fds = on;
}

void bh_limit_memory(bool on)
{
	fake.no_room = on;
}

/* -- Processes ------------------------------------------------------------- */

/* What the first process, its child and the other one are in the fake. */
enum { SELF, CHILD, OTHER_PROCESS };

void bh_in_child(void (*function)(void))
{
	pid_t pid;
	int status;

	fake_fork(CHILD);
	pid = fork();
	check(pid >= 0);
	if (!pid) {
		plain_process = true;
		fake_switch(CHILD);
		function();
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid);
	fake_exit(CHILD);
	check(status == 0);
}

void bh_child_stays(void)
{
	fake_fork(CHILD);
}

void bh_child_ends(void)
{
	fake_exit(CHILD);
}

void bh_other_stays(void (*function)(int fd), int fd)
{
	int passed = -1;

	fake_switch(OTHER_PROCESS);
	fake_switch(SELF);
	if (fd >= 0)
		passed = fake_pass_fd(fd, OTHER_PROCESS);
	fake_switch(OTHER_PROCESS);
	function(passed);
	fake_switch(SELF);
}

void bh_other_ends(void)
{
	fake_exit(OTHER_PROCESS);
}

void bh_other(void (*function)(int fd), int fd)
{
	bh_other_stays(function, fd);
	bh_other_ends();
}

/* -- Running the list ------------------------------------------------------ */

static void run_stages(const struct behaviour *behaviour)
{
	fake_boot();
	fake.pool_pages = behaviour->need == LARGE ? 1100 : 64;
	fake.pool_1g_pages = behaviour->need == GIGANTIC ? 2 : 0;
	set_case(behaviour);
	for (int i = 0; i < STAGES_MAX && behaviour->stages[i]; i++) {
		if (i)
			fake_kexec();
		behaviour->stages[i]();
	}
	/* The process ends with its last stage, and nothing is left. */
	fake_crash();
	equal(fake_leaks(), 0);
	equal(fake.pool_used, 0);
	equal(fake.sessions_incoming + fake.sessions_outgoing, 0);
}

START_TEST(behaviour)
{
	run_stages(behaviours[_i]);
}
END_TEST

/* Control: a case whose expectation is wrong does fail. */
START_TEST(wrong_expectation_fails)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		/* The message would look like a failure. */
		ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
		plain_process = true;
		run_stages(controls[_i]);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 1 << 8);
}
END_TEST

Suite *behaviour_suite(void)
{
	Suite *suite = suite_create("behaviour");
	TCase *cases = tcase_create("behaviours");
	TCase *wrong = tcase_create("behaviour controls");

	tcase_set_timeout(cases, 20);
	tcase_add_loop_test(cases, behaviour, 0, (int)behaviours_count);
	suite_add_tcase(suite, cases);
	tcase_add_loop_test(wrong, wrong_expectation_fails, 0,
			    (int)controls_count);
	suite_add_tcase(suite, wrong);
	return suite;
}
