// SPDX-License-Identifier: MIT
/*
 * Behaviours on the real kernel: processes.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

/* -- Children -------------------------------------------------------------- */

static void live(void)
{
	for (;;)
		pause();
}

static void end(pid_t pid)
{
	check(!kill(pid, SIGKILL));
	check(waitpid(pid, NULL, 0) == pid);
}

static pid_t child(void (*function)(void))
{
	pid_t pid = fork();

	check(pid >= 0);
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	function();
	_exit(0);
}

void bh_in_child(void (*function)(void))
{
	pid_t pid = child(function);
	int status;

	check(waitpid(pid, &status, 0) == pid);
	check(status == 0);
}

static pid_t staying;
static int started[2];

static void say_and_live(void)
{
	check(write(started[1], "", 1) == 1);
	live();
}

/* Its fork handlers have run: they may come after fork(2) has returned here. */
void bh_child_stays(void)
{
	char byte;

	check(!pipe(started));
	staying = child(say_and_live);
	check(read(started[0], &byte, 1) == 1);
	(void)close(started[0]);
	(void)close(started[1]);
}

void bh_child_ends(void)
{
	end(staying);
}

/* -- Another process ------------------------------------------------------- */

struct request {
	enum { RUN, STAY, END } what;
	void (*function)(int fd);
	bool has_fd;
};

static int helper;

static void send_request(int to, const struct request *request, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec data = { (void *)request, sizeof(*request) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

	if (request->has_fd) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	check(sendmsg(to, &message, MSG_NOSIGNAL) == sizeof(*request));
}

/* False: the case is over. */
static bool receive_request(int from, struct request *request, int *ret_fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec data = { request, sizeof(*request) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	*ret_fd = -1;
	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) != sizeof(*request))
		return false;
	if (request->has_fd) {
		check(message.msg_controllen >= CMSG_LEN(sizeof(int)));
		memcpy(ret_fd, CMSG_DATA(&control.header), sizeof(int));
	}
	return true;
}

/* Its end is that of the function, or of the process. */
static pid_t start_other(void (*function)(int fd), int fd, bool *ret_passed)
{
	int done[2];
	char byte;
	pid_t pid;

	check(!pipe(done));
	pid = fork();
	check(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(done[0]);
		function(fd);
		check(write(done[1], "", 1) == 1);
		live();
	}
	(void)close(done[1]);
	if (fd >= 0)
		(void)close(fd);
	*ret_passed = read(done[0], &byte, 1) == 1;
	(void)close(done[0]);
	return pid;
}

static void help(int from)
{
	struct request request;
	bool passed = true;
	pid_t pid = 0;
	int fd;

	while (receive_request(from, &request, &fd)) {
		if (request.what != END)
			pid = start_other(request.function, fd, &passed);
		if (request.what != STAY)
			end(pid);
		check(write(from, passed ? "y" : "n", 1) == 1);
	}
	_exit(0);
}

void other_start(void)
{
	int ends[2];
	pid_t pid;

	check(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	pid = fork();
	check(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ends[0]);
		help(ends[1]);
	}
	(void)close(ends[1]);
	helper = ends[0];
}

static void ask(int what, void (*function)(int fd), int fd)
{
	struct request request = {
		.what = what,
		.function = function,
		.has_fd = fd >= 0,
	};
	char answer = 'n';

	send_request(helper, &request, fd);
	check(read(helper, &answer, 1) == 1);
	check(answer == 'y');
}

void bh_other(void (*function)(int fd), int fd)
{
	ask(RUN, function, fd);
}

void bh_other_stays(void (*function)(int fd), int fd)
{
	ask(STAY, function, fd);
}

void bh_other_ends(void)
{
	ask(END, NULL, -1);
}
