// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "run/notify.h"
#include "run/process.h"
#include "run/run.h"

#define SEND_SECONDS 5 /* for a manager that is busy */
#define SETTLE_MS 200  /* systemd refuses a moment later */

/* -- The program's end ----------------------------------------------------- */

/* The kernel chooses a name that no file has: nothing stays behind. */
static int make_socket(char *address)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(name);
	const int yes = 1;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (const struct sockaddr *)&name, sizeof(sa_family_t)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&name, &length) < 0)
		return -1;
	length -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
	memcpy(address, name.sun_path, length);
	address[0] = '@';
	address[length] = '\0';
	return fd;
}

bool notify_open(struct notify *notify)
{
	const char *above = getenv("NOTIFY_SOCKET");

	*notify = (struct notify){ 0 };
	if (above && strlen(above) < sizeof(notify->above))
		strcpy(notify->above, above);
	notify->fd = make_socket(notify->address);
	if (notify->fd >= 0)
		return true;
	(void)command_error(&run_command, "no socket for the program: %s",
			    strerror(errno));
	return false;
}

void notify_close_all(const struct message *message)
{
	for (unsigned int i = 0; i < message->fd_count; i++)
		(void)close(message->fds[i]);
}

/* What came beside the text; the sender, or 0. */
static pid_t take_control(struct msghdr *datagram, struct message *message)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(datagram);
	struct ucred sender = { 0 };

	message->fd_count = 0;
	for (; part; part = CMSG_NXTHDR(datagram, part)) {
		size_t length = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET)
			continue;
		if (part->cmsg_type == SCM_CREDENTIALS &&
		    length == sizeof(sender))
			memcpy(&sender, CMSG_DATA(part), length);
		if (part->cmsg_type == SCM_RIGHTS &&
		    length <= sizeof(message->fds)) {
			memcpy(message->fds, CMSG_DATA(part), length);
			message->fd_count =
				(unsigned int)(length / sizeof(int));
		}
	}
	return sender.pid;
}

/* What is wrong with the message; or NULL. */
static const char *problem(const struct msghdr *datagram, ssize_t length,
			   const struct message *message, pid_t sender)
{
	if (datagram->msg_flags & MSG_TRUNC)
		return "it is too long";
	if (datagram->msg_flags & MSG_CTRUNC)
		return "there is no room for its descriptors";
	if (strlen(message->text) != (size_t)length)
		return "it is no text";
	return process_is_descendant(sender) ? NULL :
					       "it is not of the program";
}

bool notify_receive(const struct notify *notify, struct message *message)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct ucred)) +
			  CMSG_SPACE(sizeof(int) * NOTIFY_FDS_MAX)];
	} control;

	for (;;) {
		struct iovec text = {
			.iov_base = message->text,
			.iov_len = sizeof(message->text) - 1,
		};
		struct msghdr datagram = {
			.msg_iov = &text,
			.msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control),
		};
		ssize_t length = recvmsg(notify->fd, &datagram,
					 MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		const char *wrong;
		pid_t sender;

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return false;
		message->text[length] = '\0';
		sender = take_control(&datagram, message);
		wrong = problem(&datagram, length, message, sender);
		if (!wrong)
			return true;
		(void)command_error(&run_command,
				    "a message of process %ld is not taken: %s",
				    (long)sender, wrong);
		notify_close_all(message);
	}
}

/* -- The manager above ----------------------------------------------------- */

static int send_to(const char *address, struct msghdr *datagram)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = SEND_SECONDS };
	size_t length = strlen(address);
	int err = 0, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memcpy(to.sun_path, address, length);
	if (address[0] == '@')
		to.sun_path[0] = '\0';
	datagram->msg_name = &to;
	datagram->msg_namelen =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (sendmsg(fd, datagram, MSG_NOSIGNAL) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

void notify_pass_on(const struct notify *notify, const char *text,
		    const int *fds, unsigned int fd_count)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * NOTIFY_FDS_MAX)];
	} control = { 0 };
	struct iovec part = {
		.iov_base = (void *)(uintptr_t)text,
		.iov_len = strlen(text),
	};
	struct msghdr datagram = { .msg_iov = &part, .msg_iovlen = 1 };
	int err;

	if (!*notify->above)
		return;
	if (fd_count) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * fd_count);
		datagram.msg_control = &control;
		datagram.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
	}
	err = send_to(notify->above, &datagram);
	if (err < 0)
		(void)command_error(&run_command,
				    "the service manager does not get '%.*s': "
				    "%s",
				    (int)strcspn(text, "\n"), text,
				    strerror(-err));
}

/* -- Has it a store? ------------------------------------------------------- */

/* As the library does it: a lock on what only the manager has then. */
static bool takes_one(struct hp_manager *manager)
{
	const struct hp_sys *sys = manager->sys;
	int fd = sys->memfd(NOTIFY_TRIAL, 0), theirs = -1, taken = 0;

	if (fd >= 0)
		theirs = sys->reopen(fd);
	if (theirs >= 0 && sys->lock(theirs, 0) >= 0 &&
	    hp_manager_store(manager, NOTIFY_TRIAL, theirs) >= 0) {
		sys->close(theirs);
		theirs = -1;
		if (hp_manager_wait(manager) >= 0) {
			sys->sleep_ms(SETTLE_MS);
			taken = sys->is_locked(fd, 0);
		}
		(void)hp_manager_remove(manager, NOTIFY_TRIAL);
		(void)hp_manager_wait(manager);
	}
	if (theirs >= 0)
		sys->close(theirs);
	if (fd >= 0)
		sys->close(fd);
	hp_manager_close(manager);
	return taken > 0;
}

bool notify_has_store(void)
{
	struct hp_manager manager;

	if (hp_manager_find(&manager, &hp_sys_linux, &run_log, 0) < 0 ||
	    !manager.address[0])
		return false;
	return manager.has_store || takes_one(&manager);
}
