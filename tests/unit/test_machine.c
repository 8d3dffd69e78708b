// SPDX-License-Identifier: MIT
/*
 * The real system calls that the program adds. Each check is one that any user
 * on any Linux passes; children are given what the test machine may not have.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"

static const struct machine *const machine = &machine_linux;

START_TEST(what_is_seen_and_may_be_used)
{
	char path[] = "/tmp/hugepersist-unit-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ok(machine->can_see(path));
	ok(machine->can_use(path));
	ok(machine->can_see("/proc"));
	ck_assert_int_eq(unlink(path), 0);
	is(machine->can_see(path), -ENOENT);
	is(machine->can_use(path), -ENOENT);
	is(machine->can_see("/dev/null/more"), -ENOTDIR);
}
END_TEST

/* In a child that gave up being root, if the test is. */
START_TEST(without_rights)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (!child) {
		if (!geteuid() && setuid(65534) < 0)
			_exit(2);
		if (machine->has_capability(CAP_SYS_BOOT) != 0 ||
		    machine->has_capability(CAP_CHECKPOINT_RESTORE) != 0)
			_exit(3);
		if (machine->can_see("/etc/passwd") ||
		    machine->can_use("/etc/passwd") != -EACCES)
			_exit(4);
		/* Before anything else is looked at. */
		if (machine->try_kexec_file() != -EPERM &&
		    machine->try_kexec_file() != -ENOSYS)
			_exit(5);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "status %x",
		      (unsigned int)status);
}
END_TEST

START_TEST(capabilities_are_those_of_the_kernel)
{
	unsigned long long effective = 0;
	char line[128];
	FILE *file = fopen("/proc/self/status", "re");

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	fclose(file);
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		ck_assert_int_eq(machine->has_capability(i),
				 effective >> i & 1);
}
END_TEST

START_TEST(limits_are_those_of_the_kernel)
{
	struct rlimit before, less;
	uint64_t soft, hard;

	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &before), 0);
	less = before;
	less.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &less), 0);
	ok(machine->get_limit(RLIMIT_CORE, &soft, &hard));
	ck_assert_uint_eq(soft, 0);
	ck_assert_uint_eq(hard, before.rlim_max == RLIM_INFINITY ?
					UINT64_MAX :
					before.rlim_max);
	ck_assert_int_eq(setrlimit(RLIMIT_CORE, &before), 0);
	is(machine->get_limit(-1, &soft, &hard), -EINVAL);
}
END_TEST

/* Refuse one system call, as a container does. */
static int refuse(unsigned int number, int errnum)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
			 SECCOMP_RET_ERRNO | (unsigned int)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(*filter),
		.filter = filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

START_TEST(io_uring_under_a_filter)
{
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after, status;
	pid_t child;

	/* Whatever the answer, no descriptor is left. */
	close(before);
	(void)machine->try_uring();
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(before, after);
	close(after);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		if (refuse(SYS_io_uring_setup, EPERM) < 0)
			_exit(2);
		_exit(machine->try_uring() == -EPERM ? 0 : 3);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "status %x",
		      (unsigned int)status);
}
END_TEST

START_TEST(random_bytes)
{
	uint64_t one = 0, other = 0;

	ok(machine->random(&one, sizeof(one)));
	ok(machine->random(&other, sizeof(other)));
	ck_assert_uint_ne(one, other);
}
END_TEST

START_TEST(environment)
{
	ck_assert_int_eq(setenv("HP_TEST", "x", 1), 0);
	ck_assert_str_eq(machine->environment("HP_TEST"), "x");
	ck_assert_int_eq(unsetenv("HP_TEST"), 0);
	ck_assert_ptr_null(machine->environment("HP_TEST"));
}
END_TEST

/* Where it is shown at all, two options that exclude each other. */
START_TEST(how_the_kernel_was_built)
{
	int wide = machine->kernel_config("64BIT");
	int none =
		machine->kernel_config("HUGEPERSIST_THERE_IS_NO_SUCH_OPTION");

	if (wide == -ENOENT) {
		is(none, -ENOENT);
		return;
	}
	ck_assert_int_eq(wide, sizeof(long) == 8);
	is(none, 0);
	/* Not the beginning of a longer name. */
	is(machine->kernel_config("64BI"), 0);
}
END_TEST

Suite *machine_suite(void)
{
	const TTest *const tests[] = {
		what_is_seen_and_may_be_used,
		without_rights,
		capabilities_are_those_of_the_kernel,
		limits_are_those_of_the_kernel,
		io_uring_under_a_filter,
		random_bytes,
		environment,
		how_the_kernel_was_built,
		NULL,
	};

	return suite_of("machine", tests);
}
