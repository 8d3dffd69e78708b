// SPDX-License-Identifier: MIT
/*
 * The same on this machine's own file systems and io_uring: in the directory
 * where the test runs, on a full tmpfs, past a limit, and killed at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "save_tests.h"

static char directory[64];
static struct hp_session *s;

/* The real file system, for regions of the fake kernel. */
static struct hp_io real_io;
static const struct hp_io *io = &real_io;

static void make_place(void)
{
	real_io = hp_io_linux;
	real_io.sys = &save_sys;
	strcpy(directory, "hp-save-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	strcat(directory, "/save");
}

static void remove_place(void)
{
	char command[128];

	*strrchr(directory, '/') = '\0';
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	ck_assert_int_eq(system(command), 0);
}

static int save_real_session(struct hp_session *session)
{
	struct hp_save_opts opts = { .size = sizeof(opts),
				     .flags = replace_flag(session) };

	return hp_session_save_on(io, session, directory, &opts, NULL);
}

static int save_real(int version)
{
	int rc;

	s = make_version(version);
	rc = save_real_session(s);
	ok(hp_session_close(s));
	return rc;
}

static int load_real(void)
{
	int rc, version;

	ok(open_logged("db", &s));
	rc = hp_session_load_on(io, s, directory, NULL, NULL);
	for (version = 1; !rc && version < 5; version++)
		if (check_regions(s, version))
			rc = version;
	ok(hp_session_close(s));
	return rc ? rc : MIXED;
}

START_TEST(on_this_machine)
{
	struct hp_save_opts opts = { .size = sizeof(opts) };

	make_place();
	for (unsigned int flags = 0; flags < 4; flags++) {
		s = make_version(2);
		opts.flags = (flags & 1 ? HP_SAVE_BUFFERED : 0) |
			     (flags & 2 ? HP_SAVE_NO_URING : 0);
		ok(hp_session_save_on(&real_io, s, directory, &opts, NULL));
		ok(hp_session_close(s));
		ck_assert_int_eq(load_real(), 2);
		ok(save_real(1));
		ck_assert_int_eq(load_real(), 1);
	}
	ok(hp_save_remove_on(&real_io, directory));
	is(load_real(), -ENOENT);
	remove_place();
}
END_TEST

/* As under a low RLIMIT_MEMLOCK, which root does not notice. */
static int open_unregistered(const struct hp_io_queue_setup *setup,
			     struct hp_io_queue **ret_queue,
			     bool *ret_registered)
{
	struct hp_io_queue_setup other = *setup;

	other.buffers_count = 0;
	return hp_io_linux.queue_open(&other, ret_queue, ret_registered);
}

START_TEST(memory_that_is_not_registered)
{
	struct hp_io unregistered;

	make_place();
	unregistered = real_io;
	unregistered.queue_open = open_unregistered;
	io = &unregistered;
	ok(save_real(2));
	ck_assert_int_eq(load_real(), 2);
	remove_place();
	io = &real_io;
}
END_TEST

/* Of the working directory, where a save makes it; with and without slashes. */
START_TEST(names_of_directories)
{
	static const char *const ends[] = { "", "/", "//" };

	for (int i = 0; i < 3; i++) {
		make_place();
		*strrchr(directory, '/') = '\0';
		ck_assert_int_eq(rmdir(directory), 0);
		strcat(directory, ends[i]);
		ok(save_real(1));
		ck_assert_int_eq(load_real(), 1);
		strcat(directory, "/");
		remove_place();
	}
}
END_TEST

/* What the calls say that fail, which is what callers are told. */
START_TEST(errors_of_the_system)
{
	const struct hp_io_queue_setup none = { .depth = 0, .fd = -1 };
	struct hp_io_queue *queue;
	uint64_t length;
	bool registered;
	char byte = 0;

	is(hp_io_linux.make_directory("/nonexistent/save"), -ENOENT);
	is(hp_io_linux.open_directory("/nonexistent/save"), -ENOENT);
	is(hp_io_linux.list(-1, NULL, NULL), -EBADF);
	is(hp_io_linux.unlink(-1, "index"), -EBADF);
	is(hp_io_linux.rename(-1, "index", "lock"), -EBADF);
	is(hp_io_linux.open(-1, "index", 0), -EBADF);
	is(hp_io_linux.sync(-1), -EBADF);
	is(hp_io_linux.lock(-1, true), -EOPNOTSUPP);
	is(hp_io_linux.length(-1, &length), -EBADF);
	is(hp_io_linux.set_length(-1, 1), -EBADF);
	is(hp_io_linux.allocate(-1, 0, 1), -EBADF);
	is(hp_io_linux.set_buffered(-1), -EBADF);
	ck_assert_int_eq(hp_io_linux.read(-1, &byte, 1, 0), -EBADF);
	ck_assert_int_eq(hp_io_linux.write(-1, &byte, 1, 0), -EBADF);
	ck_assert_int_lt(hp_io_linux.queue_open(&none, &queue, &registered), 0);
}
END_TEST

START_TEST(file_that_is_buffered_again)
{
	char name[] = "hp-save-XXXXXX";
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	hp_io_linux.close(fd);
	fd = hp_io_linux.open(AT_FDCWD, name, HP_IO_WRITE | HP_IO_DIRECT);
	/* Not every file system can do without the page cache. */
	if (fd != -EINVAL) {
		ck_assert_int_ne(fcntl(fd, F_GETFL) & O_DIRECT, 0);
		ok(hp_io_linux.set_buffered(fd));
		ck_assert_int_eq(fcntl(fd, F_GETFL) & O_DIRECT, 0);
		hp_io_linux.close(fd);
	}
	ck_assert_int_eq(unlink(name), 0);
}
END_TEST

START_TEST(strange_files)
{
	char name[128];

	make_place();
	ok(save_real(1));
	(void)snprintf(name, sizeof(name), "%s/index", directory);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	is(load_real(), -EBADMSG);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(symlink("/dev/zero", name), 0);
	is(load_real(), -EBADMSG);
	ok(save_real(2));
	ck_assert_int_eq(load_real(), 2);
	/* A file where the directory should be. */
	(void)snprintf(directory + strlen(directory), 8, "/index");
	is(load_real(), -EINVAL);
	is(save_real(1), -EINVAL);
	*strrchr(directory, '/') = '\0';
	remove_place();
}
END_TEST

START_TEST(two_processes)
{
	char name[128];
	int fd;

	make_place();
	ok(save_real(1));
	(void)snprintf(name, sizeof(name), "%s/lock", directory);
	fd = open(name, O_RDWR);
	ok(hp_io_linux.lock(fd, false));
	is(save_real(2), -EAGAIN);
	ck_assert_int_eq(load_real(), 1);
	hp_io_linux.unlock(fd);
	ok(hp_io_linux.lock(fd, true));
	is(load_real(), -EAGAIN);
	hp_io_linux.unlock(fd);
	ok(save_real(2));
	close(fd);
	remove_place();
}
END_TEST

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Root in a name space of its own, which any user may be. */
static void enter_name_space(void)
{
	char map[64];

	(void)snprintf(map, sizeof(map), "0 %d 1", (int)getuid());
	if (!geteuid()) {
		ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	} else {
		ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
		write_text("/proc/self/uid_map", map);
	}
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

/* A disk that has room for one save, and not for a second beside it. */
START_TEST(full_disk)
{
	enter_name_space();
	make_place();
	*strrchr(directory, '/') = '\0';
	ck_assert_int_eq(mount("tmpfs", directory, "tmpfs", 0, "size=9m"), 0);
	strcat(directory, "/save");
	ok(save_real(1));
	ck_assert_int_eq(load_real(), 1);
	is(save_real(2), -ENOSPC);
	ck_assert_int_eq(load_real(), 1);
	/* What the failure left is gone, so a small one fits. */
	ok(hp_save_remove_on(&real_io, directory));
	ok(save_real(2));
	ck_assert_int_eq(load_real(), 2);
	*strrchr(directory, '/') = '\0';
	ck_assert_int_eq(umount(directory), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}
END_TEST

START_TEST(past_a_limit)
{
	const struct rlimit limit = { 1 << 20, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	make_place();
	ok(save_real(1));
	s = make_version(2);
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	is(hp_session_save_on(&real_io, s, directory, NULL, NULL), -EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ok(hp_session_close(s));
	ck_assert_int_eq(load_real(), 1);
	remove_place();
}
END_TEST

/* Versions 2 and 1 in turn, for ever. */
static void save_for_ever(void)
{
	struct hp_session *one, *two;

	one = make_version(1);
	two = make_version(2);
	for (;;) {
		(void)save_real_session(two);
		(void)save_real_session(one);
	}
}

START_TEST(killed)
{
	struct timespec moment = { 0, 0 };
	int versions[3] = { 0 }, version, status;
	pid_t child;

	make_place();
	ok(save_real(1));
	srand(1);
	for (int i = 0; i < 40; i++) {
		child = fork();
		if (!child)
			save_for_ever();
		moment.tv_nsec = 1000000 * (10 + rand() % 250);
		(void)nanosleep(&moment, NULL);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status));
		version = load_real();
		ck_assert_msg(version == 1 || version == 2, "%d", version);
		versions[version]++;
	}
	/* Control: it was in the middle of something. */
	ck_assert_int_gt(versions[1], 0);
	ck_assert_int_gt(versions[2], 0);
	remove_place();
}
END_TEST

Suite *real_suite(void)
{
	const TTest *const tests[] = {
		on_this_machine,
		memory_that_is_not_registered,
		names_of_directories,
		errors_of_the_system,
		file_that_is_buffered_again,
		strange_files,
		two_processes,
		full_disk,
		past_a_limit,
		killed,
		NULL,
	};

	return suite_of("real", tests);
}
