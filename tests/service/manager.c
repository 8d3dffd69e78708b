// SPDX-License-Identifier: MIT
/*
 * A service manager, as small as the library can work with: one service, its
 * store of descriptors, and a restart when a signal ended it. It takes what
 * sd_notify(3) and sd_pid_notify_with_fds(3) describe and nothing else.
 *
 *	service-manager [OPTION]... SOCKET COMMAND...
 *
 *	--keep N		keep at most N descriptors, and say so (16)
 *	--take SESSION=FDNAME	first fetch what the previous kernel left
 *
 * Ends when the service exits, with its status; 3 after a notification that is
 * not by the rules, 4 when something is still in the store then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../vm/guest/liveupdate.h"

#define STORED 16
#define NAME 256
#define FIRST 3
/* Where the store's own numbers begin, so that 3 and up are free to pass. */
#define OUT_OF_THE_WAY 100

static struct {
	int fd;
	char name[NAME];
} store[STORED];
static int stored, keep = STORED;

static void must(bool good, const char *what)
{
	if (good)
		return;
	printf("service-manager: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void wrong(const char *why, const char *message)
{
	printf("service-manager: %s: \"%s\"\n", why, message);
	exit(3);
}

/* -- The store ------------------------------------------------------------- */

static bool same_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), 0 /* KCMP_FILE */, a, b) ==
	       0;
}

static void add(int fd, const char *name)
{
	for (int i = 0; i < stored; i++)
		if (same_file(store[i].fd, fd))
			return;
	if (stored == keep)
		return;
	store[stored].fd = fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
	must(store[stored].fd >= 0, "fcntl");
	snprintf(store[stored].name, NAME, "%s", name);
	stored++;
}

static void drop(const char *name)
{
	for (int i = stored - 1; i >= 0; i--) {
		if (strcmp(store[i].name, name) != 0)
			continue;
		close(store[i].fd);
		store[i] = store[--stored];
	}
}

static void take(const char *pair)
{
	struct lu_session arg = { .size = sizeof(arg), .fd = -1 };
	const char *equals = strchr(pair, '=');
	int device = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);

	must(device >= 0, "/dev/liveupdate");
	must(equals && equals - pair < (int)sizeof(arg.name), "--take");
	memcpy(arg.name, pair, (size_t)(equals - pair));
	must(!ioctl(device, LU_RETRIEVE_SESSION, &arg), pair);
	close(device);
	add(arg.fd, equals + 1);
	close(arg.fd);
}

/* -- Notifications --------------------------------------------------------- */

struct message {
	char text[4096];
	int fds[16];
	int count;
	pid_t sender;
};

static void receive_control(struct msghdr *header, struct message *m)
{
	struct cmsghdr *c;

	m->count = 0;
	m->sender = 0;
	for (c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		struct ucred sender;

		if (c->cmsg_type == SCM_RIGHTS) {
			m->count = (int)((c->cmsg_len - CMSG_LEN(0)) /
					 sizeof(int));
			memcpy(m->fds, CMSG_DATA(c),
			       (size_t)m->count * sizeof(int));
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&sender, CMSG_DATA(c), sizeof(sender));
			m->sender = sender.pid;
		}
	}
}

static bool receive(int fd, struct message *m)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(m->fds)) +
			   CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec text = { m->text, sizeof(m->text) - 1 };
	struct msghdr header = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length;

	length = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (length < 0 && errno == EAGAIN)
		return false;
	must(length >= 0, "recvmsg");
	m->text[length] = '\0';
	receive_control(&header, m);
	if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		wrong("cut", m->text);
	return true;
}

static bool name_is_good(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > 255)
		return false;
	for (; *name; name++)
		if (*name < ' ' || *name > '~' || *name == ':')
			return false;
	return true;
}

/* Each line is one assignment; FDNAME and FDPOLL are about the others. */
static void obey(const struct message *m)
{
	bool put = false, gone = false, barrier = false;
	char text[sizeof(m->text)], name[NAME] = "", *line, *rest = text;

	strcpy(text, m->text);
	printf("service-manager: \"%s\" with %d\n", m->text, m->count);
	while ((line = strsep(&rest, "\n"))) {
		if (!strcmp(line, "FDSTORE=1"))
			put = true;
		else if (!strcmp(line, "FDSTOREREMOVE=1"))
			gone = true;
		else if (!strcmp(line, "BARRIER=1"))
			barrier = true;
		else if (!strncmp(line, "FDNAME=", 7) && name_is_good(line + 7))
			strcpy(name, line + 7);
		else if (strcmp(line, "FDPOLL=0") != 0)
			wrong("unknown assignment", m->text);
	}
	if (put + gone + barrier != 1)
		wrong("not one thing at a time", m->text);
	if (barrier && (m->count != 1 || strcmp(m->text, "BARRIER=1") != 0))
		wrong("a barrier is alone, with one descriptor", m->text);
	if (put && m->count < 1)
		wrong("nothing to store", m->text);
	if (gone && (m->count || !*name))
		wrong("remove what?", m->text);
	for (int i = 0; put && i < m->count; i++)
		add(m->fds[i], *name ? name : "stored");
	if (gone)
		drop(name);
}

static void read_all(int fd, pid_t service)
{
	struct message m;

	while (receive(fd, &m)) {
		if (m.sender != service)
			wrong("not from the service", m.text);
		obey(&m);
		/* Of a barrier this is the answer. */
		for (int i = 0; i < m.count; i++)
			close(m.fds[i]);
	}
}

static int bind_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1;

	must(fd >= 0, "socket");
	must(strlen(path) < sizeof(address.sun_path), path);
	strcpy(address.sun_path, path);
	unlink(path);
	must(!bind(fd, (struct sockaddr *)&address, sizeof(address)), path);
	must(!setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)),
	     "SO_PASSCRED");
	return fd;
}

/* -- The service ----------------------------------------------------------- */

static void set_number(const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	setenv(name, text, 1);
}

/* In the child: everything that a service is started with. */
static void run(char **command, int nth)
{
	char names[STORED * NAME] = "";

	set_number("SERVICE_START", nth);
	if (keep)
		set_number("FDSTORE", keep);
	for (int i = 0; i < stored; i++) {
		must(dup2(store[i].fd, FIRST + i) >= 0, "dup2");
		strcat(names, i ? ":" : "");
		strcat(names, store[i].name);
	}
	if (stored) {
		set_number("LISTEN_PID", getpid());
		set_number("LISTEN_FDS", stored);
		setenv("LISTEN_FDNAMES", names, 1);
	}
	execvp(command[0], command);
	must(false, command[0]);
}

/* Its status when it has ended. */
static int serve(int fd, char **command, int nth)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
			       { .events = POLLIN } };
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid)
		run(command, nth);
	p[1].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	must(p[1].fd >= 0, "pidfd_open");
	while (!p[1].revents) {
		must(poll(p, 2, -1) >= 0 || errno == EINTR, "poll");
		read_all(fd, pid);
	}
	read_all(fd, pid);
	close(p[1].fd);
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return status;
}

int main(int argc, char **argv)
{
	int fd, status, nth = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (argv++, argc--; argc > 1 && !strncmp(*argv, "--", 2);
	     argv += 2, argc -= 2) {
		if (!strcmp(argv[0], "--keep"))
			keep = atoi(argv[1]);
		else if (!strcmp(argv[0], "--take"))
			take(argv[1]);
		else
			argc = 0;
	}
	if (argc < 2 || keep > STORED) {
		fprintf(stderr,
			"usage: service-manager [--keep N] "
			"[--take SESSION=FDNAME]... SOCKET COMMAND...\n");
		return 2;
	}
	fd = bind_socket(argv[0]);
	setenv("NOTIFY_SOCKET", argv[0], 1);
	do
		status = serve(fd, argv + 1, ++nth);
	while (WIFSIGNALED(status));
	unlink(argv[0]);
	for (int i = 0; i < stored; i++)
		printf("service-manager: \"%s\" is left\n", store[i].name);
	if (WEXITSTATUS(status))
		return WEXITSTATUS(status);
	return stored ? 4 : 0;
}
