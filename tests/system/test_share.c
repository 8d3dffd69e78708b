// SPDX-License-Identifier: MIT
/*
 * hp_region_from_fd(): several processes with one region.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

static struct hp_region *r;

static void send_fd(int to, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 'x';
	struct iovec text = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	ck_assert_int_eq(sendmsg(to, &message, 0), 1);
}

static int receive_fd(int from)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec text = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(int));
	return fd;
}

static void wait_for(pid_t child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status),
		      "child: status %#x, line %d modulo 256", status,
		      WEXITSTATUS(status));
}

/* The other process: knows nothing but the socket. */
static void other_process(int socket)
{
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();
	struct hp_region *mine, *reader;
	int fd = receive_fd(socket);
	char byte = 'x';
	char *bytes;

	check(fd >= 0);
	opts.page_size = HP_PAGE_1G;
	check(hp_region_from_fd(fd, &opts, &mine) == -EINVAL);
	check(hp_region_from_fd(fd, NULL, &mine) == 0);
	opts.page_size = HP_PAGE_2M;
	opts.flags = HP_REGION_READ_ONLY;
	opts.address = free_place(4 * MIB);
	check(hp_region_from_fd(fd, &opts, &reader) == 0);
	check(hp_region_address(reader) == opts.address);
	close(fd);
	bytes = hp_region_address(mine);
	check(!strcmp(bytes, "from the owner"));
	strcpy(bytes + 2 * MIB, "from the other");
	check(!strcmp((char *)opts.address + 2 * MIB, "from the other"));
	check(hp_region_token(mine) == 0);
	check(hp_region_length(mine) == 4 * MIB);
	check(hp_region_origin(mine) == HP_ORIGIN_ATTACHED);
	check(hp_region_info(mine, &info) == 0);
	check(info.state == HP_REGION_IS_OPEN && info.length == 4 * MIB);
	check(hp_region_preserve(mine) == -EINVAL);
	check(hp_region_grow(mine, 6 * MIB, NULL) == -EINVAL);
	check(hp_region_set_layout(mine, 1) == -EINVAL);
	check(write(socket, &byte, 1) == 1);
	/* The owner is gone with its region. */
	check(read(socket, &byte, 1) == 1);
	check(!strcmp(bytes, "from the owner"));
	check(hp_region_close(mine) == 0);
	check(!strcmp(opts.address, "from the owner"));
	check(!is_mapped(bytes, 2 * MIB));
	check(hp_region_close(reader) == 0);
	_exit(0);
}

/* The first process of a new PID namespace, or 77: that is not allowed here. */
static int first_of_namespace(void (*program)(void))
{
	int status;
	pid_t child;

	if (unshare(CLONE_NEWPID) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		return 77;
	child = fork();
	if (!child) {
		program();
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return 78;
	return WEXITSTATUS(status);
}

static struct hp_session *parents;

/* It has the number of its parent, and is another process. */
static void sandboxed_child(void)
{
	check(getpid() == 1);
	check(hp_session_abort(parents) == -ECHILD);
	check(hp_region_set_layout(r, 1) == -ECHILD);
	check(hp_region_grow(r, 6 * MIB, NULL) == -ECHILD);
	check(hp_session_close(parents) == 0);
}

static void container(void)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_LOCAL,
	};

	check(getpid() == 1);
	check(hp_session_open("container", &opts, &parents) == 0);
	check(hp_region_create(parents, 1, 4 * MIB, NULL, &r) == 0);
	check(first_of_namespace(sandboxed_child) == 0);
	check(hp_region_set_layout(r, 1) == 0);
	check(hp_session_close(parents) == 0);
}

START_TEST(child_with_the_number_of_its_parent)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (!child)
		_exit(first_of_namespace(container));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status),
		      "status %#x: 77 is no right to a namespace, others are "
		      "lines modulo 256",
		      (unsigned int)status);
}
END_TEST

START_TEST(two_processes)
{
	int sockets[2];
	char byte = 'x';
	pid_t child;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	ok(hp_session_close(s));
	s = NULL;
	child = fork();
	if (!child)
		other_process(sockets[0]);
	close(sockets[0]);
	ok(hp_session_open("hugepersist-system.share",
			   &(struct hp_session_opts){
				   .size = sizeof(struct hp_session_opts),
				   .flags = HP_SESSION_LOCAL },
			   &s));
	ok(hp_region_create(s, 1, 4 * MIB, NULL, &r));
	strcpy(hp_region_address(r), "from the owner");
	send_fd(sockets[1], hp_region_fd(r));
	ck_assert_int_eq(read(sockets[1], &byte, 1), 1);
	ck_assert_str_eq((char *)hp_region_address(r) + 2 * MIB,
			 "from the other");
	ok(hp_region_close(r));
	ck_assert_int_eq(write(sockets[1], &byte, 1), 1);
	wait_for(child);
}
END_TEST

/* A write to a region for reading ends the process. */
START_TEST(reading_only)
{
	struct hp_region_opts opts = region_opts();
	struct hp_region *reader;
	pid_t child;
	int status;

	opts.flags = HP_REGION_READ_ONLY;
	ok(hp_region_create(s, 1, 2 * MIB, NULL, &r));
	ok(hp_region_from_fd(hp_region_fd(r), &opts, &reader));
	child = fork();
	if (!child) {
		/* Not that of a sanitizer. */
		signal(SIGSEGV, SIG_DFL);
		*(volatile char *)hp_region_address(reader) = 1;
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSEGV);
	ok(hp_region_close(reader));
}
END_TEST

/* A forked child may use it and close it; the parent's stays. */
START_TEST(forked_child)
{
	struct hp_region *mine;
	pid_t child;

	ok(hp_region_create(s, 1, 2 * MIB, NULL, &r));
	ok(hp_region_from_fd(hp_region_fd(r), NULL, &mine));
	child = fork();
	if (!child) {
		strcpy(hp_region_address(mine), "child");
		check(hp_region_close(mine) == 0);
		check(hp_region_set_layout(r, 1) == -ECHILD);
		check(hp_region_grow(r, 4 * MIB, NULL) == -ECHILD);
		_exit(0);
	}
	wait_for(child);
	ck_assert_str_eq(hp_region_address(mine), "child");
	ck_assert_str_eq(hp_region_address(r), "child");
	ok(hp_region_close(mine));
}
END_TEST

Suite *share_suite(void)
{
	const TTest *const tests[] = {
		child_with_the_number_of_its_parent,
		two_processes,
		reading_only,
		forked_child,
		NULL,
	};

	return suite_of("share", tests);
}
