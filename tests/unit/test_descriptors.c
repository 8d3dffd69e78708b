// SPDX-License-Identifier: MIT
/*
 * The library's descriptors on the real kernel, and what forks and the program do
 * to them; with a service manager of thirty lines in another process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/system/descriptors.h"
#include "region_tests.h"

static const struct hp_sys *const sys = &hp_sys_linux;
static struct hp_session *s;
static struct hp_region *r;

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static ino_t inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

/* In a process of its own, whose checks count. */
static void in_child(void (*function)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		function();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* As ck_assert(), which a child of a test has not. */
#define MUST(condition)                                                    \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                               \
			_exit(1);                                          \
		}                                                          \
	} while (0)

/* -- A service manager ------------------------------------------------------- */

static char address[64];
static pid_t manager;

/* It keeps what comes with FDSTORE, and answers barriers. */
static void serve(int socket_fd)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		union {
			struct cmsghdr header;
			char room[CMSG_SPACE(sizeof(int))];
		} control;
		char text[512];
		struct iovec data = { text, sizeof(text) };
		struct msghdr message = {
			.msg_iov = &data,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t length = recvmsg(socket_fd, &message, 0);
		int fd = -1;

		MUST(length > 0);
		if (message.msg_controllen)
			memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		if (fd >= 0 && strncmp(text, "FDSTORE=1", 9) != 0)
			MUST(!close(fd));
	}
}

static void start_manager(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	socklen_t length;

	ck_assert_int_ge(fd, 0);
	(void)snprintf(address, sizeof(address), "@hugepersist-unit-%d",
		       (int)getpid());
	strcpy(name.sun_path + 1, address + 1);
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			     strlen(address));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, length), 0);
	manager = fork();
	ck_assert_int_ge(manager, 0);
	if (!manager)
		serve(fd);
	close(fd);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", address, 1), 0);
	ck_assert_int_eq(setenv("FDSTORE", "100", 1), 0);
}

static void stop_manager(void)
{
	if (manager <= 0)
		return;
	ck_assert_int_eq(kill(manager, SIGKILL), 0);
	ck_assert_int_eq(waitpid(manager, NULL, 0), manager);
	manager = 0;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("FDSTORE");
}

/* Of small pages, which every machine has. */
static struct hp_region_opts shmem(void)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_SHMEM;
	return opts;
}

static void preserve_one(void)
{
	const struct hp_region_opts opts = shmem();

	start_manager();
	ok(hp_session_open("unit", NULL, &s));
	ok(hp_region_open(s, 1, HP_PAGE_2M, &opts, &r));
	memset(hp_region_address(r), 0x5a, HP_PAGE_2M);
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
}

/* -- Numbers ----------------------------------------------------------------- */

static void without_standard_descriptors(void)
{
	int ends[2], fd, other;

	MUST(!close(0) && !close(1) && !close(2));
	fd = sys->memfd("low", 0);
	MUST(fd >= 3);
	other = sys->duplicate(fd);
	MUST(other >= 3);
	MUST(fcntl(other, F_GETFD) == FD_CLOEXEC);
	other = sys->reopen(fd);
	MUST(other >= 3);
	other = sys->open("/dev/null");
	MUST(other >= 3);
	MUST(fcntl(other, F_GETFD) == FD_CLOEXEC);
	MUST(!sys->pipe(ends) && ends[0] >= 3 && ends[1] >= 3);
	MUST(fcntl(ends[1], F_GETFD) == FD_CLOEXEC);
	/* What was lifted has left nothing below. */
	for (int i = 0; i < 3; i++)
		MUST(!is_open(i));
}

START_TEST(no_number_below_three)
{
	in_child(without_standard_descriptors);
}
END_TEST

START_TEST(no_number_is_free)
{
	MUST(sys->duplicate(-1) == -EBADF);
	MUST(sys->reopen(-1) == -EBADF);
	is(hp_descriptors_end((hp_descriptors_begin(), -EMFILE)), -EMFILE);
}
END_TEST

/* A number that the program has closed is not closed again. */
START_TEST(closed_by_the_program)
{
	int fd = sys->memfd("ours", 0), theirs;

	ck_assert_int_eq(close(fd), 0);
	sys->close(fd); /* nothing */
	theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(theirs, fd);
	sys->close(fd);
	ck_assert(is_open(theirs));
	close(theirs);

	/* The same, and the number is the program's when the library asks. */
	fd = sys->memfd("ours", 0);
	close(fd);
	theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(theirs, fd);
	sys->close(fd);
	ck_assert(is_open(theirs));
	/* Control: what is still ours is closed. */
	close(theirs);
	fd = sys->memfd("ours", 0);
	sys->close(fd);
	ck_assert(!is_open(fd));
}
END_TEST

START_TEST(moved_and_left)
{
	int fd = sys->memfd("first", 0), to = sys->memfd("second", 0);
	ino_t first = inode_of(fd), second = inode_of(to);
	struct stat st;

	ok(sys->move(fd, to));
	ck_assert(!is_open(fd));
	ck_assert_uint_eq(inode_of(to), first);
	ck_assert_int_eq(fcntl(to, F_GETFD), FD_CLOEXEC);
	sys->leave(to);
	ck_assert_uint_ne(inode_of(to), first);
	ck_assert_uint_ne(inode_of(to), second);
	ck_assert_int_eq(fstat(to, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	/* It is nobody's now: a close of the library is none. */
	sys->close(to);
	ck_assert(is_open(to));
	close(to);
	/* A number of ours that the program has used for something else. */
	fd = sys->memfd("ours", 0);
	close(fd);
	ck_assert_int_eq(open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
	first = inode_of(fd);
	sys->leave(fd);
	ck_assert_uint_eq(inode_of(fd), first);
	close(fd);
}
END_TEST

/* Which of several copies the manager has. */
START_TEST(locks_by_number)
{
	int fd = sys->memfd("file", 0), one = sys->reopen(fd),
	    two = sys->reopen(fd);

	is(sys->is_locked(fd, 0), 0);
	ok(sys->lock(one, 4));
	is(sys->is_locked(fd, 4), 1);
	is(sys->is_locked(fd, 0), 0);
	is(sys->is_locked(fd, 8), 0);
	is(sys->is_locked(one, 4), 0); /* its own */
	ok(sys->lock(two, UINT64_MAX));
	is(sys->is_locked(fd, UINT64_MAX), 1);
	sys->close(one);
	is(sys->is_locked(fd, 4), 0);
	is(sys->is_locked(fd, UINT64_MAX), 1);
	/* A duplicate keeps it, another description does not. */
	one = sys->duplicate(two);
	sys->close(two);
	is(sys->is_locked(fd, UINT64_MAX), 1);
	sys->close(one);
	is(sys->is_locked(fd, UINT64_MAX), 0);
	/* That of the whole file is another one. */
	ok(sys->lock_whole(fd));
	ok(sys->lock_whole(fd));
	one = sys->reopen(fd);
	is(sys->lock_whole(one), -EAGAIN);
	is(sys->is_locked(one, 4), 0);
	sys->close(fd);
	ok(sys->lock_whole(one));
	sys->close(one);
}
END_TEST

/* -- Forks ------------------------------------------------------------------- */

static int ours, theirs;

static void has_only_theirs(void)
{
	MUST(!is_open(ours));
	MUST(is_open(theirs));
}

START_TEST(fork_closes_them_in_the_child)
{
	ok(sys->watch_forks());
	ours = sys->memfd("ours", 0);
	theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
	in_child(has_only_theirs);
	ck_assert(is_open(ours));
	/* A number that changed hands is not touched there either. */
	close(ours);
	close(theirs);
	theirs = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(theirs, theirs < ours ? theirs : ours);
	if (theirs != ours)
		ck_assert_int_eq(dup2(theirs, ours), ours);
	theirs = ours;
	ours = sys->memfd("more", 0);
	in_child(has_only_theirs);
}
END_TEST

static void child_of_a_session(void)
{
	MUST(hp_region_is_preserved(r) == -ECHILD);
	MUST(hp_region_fd(r) == -ECHILD);
	MUST(hp_session_abort(s) == -ECHILD);
	MUST(!is_open(ours));
	MUST(((char *)hp_region_address(r))[77] == 0x5a);
	MUST(hp_session_close(s) == 0);
}

/* S1-4: the children of a server that forks keep nothing alive. */
START_TEST(abort_while_a_child_lives)
{
	int ends[2], status;
	pid_t child;

	preserve_one();
	ours = hp_region_fd(r);
	in_child(child_of_a_session);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		char byte;

		close(ends[1]);
		MUST(read(ends[0], &byte, 1) == 0);
		_exit(0);
	}
	close(ends[0]);
	ok(hp_session_abort(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ok(hp_region_grow(
		r, 2 * HP_PAGE_2M,
		&(struct hp_region_opts){ .size = sizeof(struct hp_region_opts),
					  .flags = HP_REGION_MAY_MOVE }));
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ok(hp_session_drop(s));
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	stop_manager();
}
END_TEST

static void first_of_a_second_namespace(void)
{
	MUST(getpid() == 1);
	MUST(hp_region_set_layout(r, 1) == -ECHILD);
	MUST(hp_region_grow(r, 2 * HP_PAGE_2M, NULL) == -ECHILD);
	MUST(hp_session_abort(s) == -ECHILD);
	MUST(hp_session_drop(s) == -ECHILD);
}

/* It is process 1, and so is its child. */
static void first_of_a_namespace(void)
{
	const struct hp_region_opts opts = shmem();
	int status;
	pid_t pid;

	MUST(getpid() == 1);
	MUST(!hp_session_open("unit", NULL, &s));
	MUST(!hp_region_open(s, 1, HP_PAGE_2M, &opts, &r));
	MUST(!unshare(CLONE_NEWPID));
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		first_of_a_second_namespace();
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	MUST(!status);
	MUST(!hp_region_set_layout(r, 1));
	MUST(!hp_session_drop(s));
}

static void in_a_namespace(void)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0) {
		printf("not tested: a fork into a PID namespace (unshare: "
		       "%s)\n",
		       strerror(errno));
		return;
	}
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		first_of_a_namespace();
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	MUST(!status);
}

/* S3-1: the number of a process tells nothing. */
START_TEST(fork_into_a_pid_namespace)
{
	start_manager();
	in_child(in_a_namespace);
	stop_manager();
}
END_TEST

/* -- What the program does ---------------------------------------------------- */

/* In a process of its own: the numbers of the test program go as well. */
static void close_all_and_reuse(void)
{
	ino_t inodes[16];
	int fds[16], count = 0;
	struct stat st;

	preserve_one();
	for (int fd = 3; fd < 256; fd++)
		(void)close(fd);
	MUST(hp_region_is_preserved(r) == -EUCLEAN);
	MUST(hp_region_check(r) == -EUCLEAN);
	/* The numbers are the program's now. */
	for (; count < 16; count++) {
		fds[count] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		MUST(fds[count] >= 3 && !fstat(fds[count], &st));
		inodes[count] = st.st_ino;
	}
	MUST(hp_region_is_preserved(r) == -EUCLEAN);
	MUST(hp_session_preserve(s) == -EUCLEAN);
	MUST(hp_session_seal(s) == -EUCLEAN);
	((char *)hp_region_address(r))[77] = 1; /* the mapping is there */
	MUST(hp_session_close(s) == 0);
	for (int i = 0; i < count; i++) {
		MUST(fcntl(fds[i], F_GETFD) == FD_CLOEXEC);
		MUST(!fstat(fds[i], &st) && st.st_ino == inodes[i]);
	}
	MUST(!kill(manager, SIGKILL));
	MUST(waitpid(manager, NULL, 0) == manager);
}

START_TEST(closefrom_and_reuse)
{
	in_child(close_all_and_reuse);
}
END_TEST

/* The manager goes, and with it what it had: seen at once. */
START_TEST(manager_that_dies)
{
	struct hp_session_info info = { .size = sizeof(info) };

	preserve_one();
	ok(hp_session_info(s, &info));
	ck_assert_int_eq(info.holder, HP_HOLDER_STORE);
	ck_assert_uint_eq(info.preserved_count, 1);
	stop_manager();
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ok(hp_session_info(s, &info));
	ck_assert_uint_eq(info.preserved_count, 0);
	ok(hp_session_drop(s));
}
END_TEST

/* Of one that the program has unset, what it was started with. */
START_TEST(environment)
{
	char *value;
	int err = 0;

	ck_assert_ptr_null(sys->environment("HUGEPERSIST_NONE", &err));
	ck_assert_int_eq(setenv("HUGEPERSIST_SET", "late", 1), 0);
	value = sys->environment("HUGEPERSIST_SET", &err);
	ck_assert_str_eq(value, "late");
	sys->free(value);
	ck_assert_int_eq(unsetenv("HUGEPERSIST_SET"), 0);
	ck_assert_ptr_null(sys->environment("HUGEPERSIST_SET", &err));
	/* tests/unit/CMakeLists.txt starts the program with it. */
	if (!getenv("HUGEPERSIST_STARTED_WITH"))
		return;
	ck_assert_int_eq(unsetenv("HUGEPERSIST_STARTED_WITH"), 0);
	value = sys->environment("HUGEPERSIST_STARTED_WITH", &err);
	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(value, "this:value");
	sys->free(value);
	/* Not one whose name only begins so. */
	ck_assert_ptr_null(sys->environment("HUGEPERSIST_STARTED", &err));
	ck_assert_int_eq(err, 0);
}
END_TEST

/* That is not the same as a variable that is not set. */
START_TEST(environment_without_a_free_number)
{
	struct rlimit before, none;
	char *value;
	int err = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	value = sys->environment("HUGEPERSIST_NONE", &err);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_ptr_null(value);
	ck_assert_int_eq(err, -EMFILE);
}
END_TEST

START_TEST(a_line_in_a_file)
{
	char path[] = "/tmp/hugepersist-unit-XXXXXX", file[64], text[32];

	ck_assert_ptr_nonnull(mkdtemp(path));
	(void)snprintf(file, sizeof(file), "%s/line", path);
	ok(sys->write_text(file, NULL)); /* not there */
	ok(sys->write_text(file, "one\n"));
	is(sys->read_text(file, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "one");
	ok(sys->write_text(file, "two\n"));
	is(sys->read_text(file, text, sizeof(text)), 3);
	ck_assert_str_eq(text, "two");
	ok(sys->write_text(file, NULL));
	is(sys->read_text(file, text, sizeof(text)), -ENOENT);
	is(sys->write_text("/nonexistent/line", "x"), -ENOENT);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

Suite *descriptors_suite(void)
{
	const TTest *const tests[] = {
		no_number_below_three,
		no_number_is_free,
		closed_by_the_program,
		moved_and_left,
		locks_by_number,
		fork_closes_them_in_the_child,
		abort_while_a_child_lives,
		fork_into_a_pid_namespace,
		closefrom_and_reuse,
		manager_that_dies,
		environment,
		environment_without_a_free_number,
		a_line_in_a_file,
		NULL,
	};

	return suite_of("descriptors", tests);
}
