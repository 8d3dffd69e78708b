// SPDX-License-Identifier: MIT
/*
 * A service that is killed, and what its next start finds:
 *
 *	service-client killed	a session, and gives it up the third time
 *	service-client lost	nothing, as the manager keeps nothing
 *	service-client wrong	says what is against the protocol
 *	service-client left	exits with its session in the store
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/luo.h"
#include "../../lib/session.h"
#include "luo.h"

static struct hp_sys sys;
static struct hp_session *s;
static struct hp_region *r;

#define TRUE(condition)                                                   \
	do {                                                              \
		if (!(condition)) {                                       \
			printf("service-client: line %d: %s\n", __LINE__, \
			       #condition);                               \
			exit(1);                                          \
		}                                                         \
	} while (0)

static void say(void *context, int priority, const char *message)
{
	(void)context;
	printf("service-client: <%d>%s\n", priority, message);
}

static int nth_start(void)
{
	return atoi(getenv("SERVICE_START"));
}

static void open_db(void)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_SERVICE,
		.log = say,
	};

	TRUE(!hp_session_open_on(&sys, "db", &opts, &s));
}

static struct hp_session_info info(void)
{
	struct hp_session_info known = { .size = sizeof(known) };

	TRUE(!hp_session_info(s, &known));
	return known;
}

static void preserve(void)
{
	TRUE(!hp_region_create(s, 1, UINT64_C(1) << 21, NULL, &r));
	TRUE(!hp_region_preserve(r));
}

static bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

/* A child has the environment, which is not about it. */
static void check_child(void)
{
	int status;
	pid_t pid = fork();

	TRUE(pid >= 0);
	if (!pid) {
		open_db();
		_exit(info().inherited ? 1 : 0);
	}
	TRUE(waitpid(pid, &status, 0) == pid && !status);
}

/* The number is free again, and must not be taken for the manager's. */
static void check_taken_over(void)
{
	struct hp_session *first = s;

	TRUE(is_cloexec(s->outgoing.inherited_fd));
	TRUE(fcntl(3, F_GETFD) == -1 && errno == EBADF);
	open_db();
	TRUE(!info().inherited);
	TRUE(!hp_session_close(s));
	s = first;
}

/* The kernel would give the new session the number of the inherited one. */
static int create_at_3(int fd, unsigned long request, void *arg)
{
	struct luo_session_arg *session = arg;
	struct hp_sys plain;
	int err;

	luo_on_memfd(&plain);
	if (request == LUO_CREATE_SESSION)
		(void)close(3);
	err = plain.ioctl(fd, request, arg);
	TRUE(request != LUO_CREATE_SESSION || session->fd == 3);
	return err;
}

static void killed(void)
{
	open_db();
	TRUE(info().inherited == (nth_start() > 1));
	if (nth_start() == 1) {
		preserve();
		TRUE(info().stored);
		raise(SIGKILL);
	}
	check_child();
	check_taken_over();
	TRUE(hp_session_abort(s) == 0);
	TRUE(!info().stored);
	TRUE(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) == 3);
	sys.ioctl = create_at_3;
	preserve();
	TRUE(info().stored);
	TRUE(s->outgoing.fd > 3 && is_cloexec(s->outgoing.fd));
	TRUE(fcntl(3, F_GETFD) == -1 && errno == EBADF);
	if (nth_start() == 2)
		raise(SIGKILL);
	TRUE(!hp_session_abort(s));
	TRUE(!hp_session_close(s));
}

static void lost(void)
{
	open_db();
	TRUE(!info().inherited);
	preserve();
	TRUE(!info().stored);
	if (nth_start() < 3)
		raise(SIGKILL);
}

static void wrong(void)
{
	TRUE(!sys.notify(getenv("NOTIFY_SOCKET"), "BARRIER=1", NULL, 0));
}

static void left(void)
{
	open_db();
	preserve();
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} lives[] = {
		{ "killed", killed },
		{ "lost", lost },
		{ "wrong", wrong },
		{ "left", left },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	luo_on_memfd(&sys);
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		if (argc == 2 && !strcmp(argv[1], lives[i].name)) {
			lives[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: service-client killed|lost|wrong|left\n");
	return 2;
}
