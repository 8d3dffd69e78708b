// SPDX-License-Identifier: MIT
/*
 * A service that holds memory in its manager's store, without our library:
 *
 *	hold [--shmem] [--sparse] [--again same|new] [FILES]
 *
 * Each start takes FILES memfds (1) from the store, or makes those that are not
 * there and pushes them. It checks what the last life wrote, writes something
 * new, and prints a line:
 *
 *	new 1 STATE...		nothing was there
 *	kept N STATE...		every byte of the N-th write was there
 *	damaged ...		not every byte
 *
 * There is a STATE for each file: locked, if somebody has the description with
 * the lock (which hold has given away), else free. On SIGUSR1 hold writes again
 * and prints "wrote N STATE...".
 *
 *	--shmem		in small pages
 *	--sparse	each file has four pages, and all but the first are holes
 *	--again same	push each file twice, through one description
 *	--again new	push each file twice, the second time through another one
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FILES_MAX 16
#define PAGE (2UL << 20)
#define PAGES 4

struct file {
	int own;		/* a description that nobody else has */
	uint64_t *words;
	const char *state;
};

static struct file files[FILES_MAX];
static int count = 1, shmem, sparse;
static const char *again;

/* One message of the sd_notify protocol, with or without a descriptor */
static void notify(const char *text, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec text_part = { (void *)text, strlen(text) };
	struct msghdr message = { .msg_name = &address, .msg_iov = &text_part,
				  .msg_iovlen = 1 };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || s < 0 || strlen(path) >= sizeof(address.sun_path))
		errx(1, "no manager to speak to");
	strcpy(address.sun_path, path);
	message.msg_namelen = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (path[0] == '@')
		address.sun_path[0] = 0;
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.head = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET,
						 SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
	}
	if (sendmsg(s, &message, MSG_NOSIGNAL) < 0)
		err(1, "the manager does not listen");
	close(s);
}

/* Everything that was sent before has been seen */
static void barrier(void)
{
	int ends[2];
	struct pollfd wait;

	if (pipe2(ends, O_CLOEXEC))
		err(1, "pipe");
	notify("BARRIER=1", ends[1]);
	close(ends[1]);
	wait = (struct pollfd){ .fd = ends[0] };
	if (poll(&wait, 1, 30000) != 1)
		errx(1, "the manager does not answer a barrier");
	close(ends[0]);
}

static int reopen(int fd)
{
	char path[32];
	int other;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDWR | O_CLOEXEC);
	if (other < 0)
		err(1, "%s", path);
	return other;
}

static size_t size(void)
{
	return sparse ? PAGE : PAGES * PAGE;
}

static void put_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	if (fcntl(fd, F_OFD_SETLK, &lock))
		err(1, "lock");
}

static const char *ask_lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	if (fcntl(fd, F_OFD_GETLK, &lock))
		err(1, "ask for the lock");
	return lock.l_type == F_UNLCK ? "free" : "locked";
}

static void push(int fd, int i)
{
	char text[64];

	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=memory-%d\nFDPOLL=0", i);
	notify(text, fd);
}

/* The number that systemd passed under the name of this file, or -1 */
static int inherited(int i)
{
	const char *names = getenv("LISTEN_FDNAMES"), *pid = getenv("LISTEN_PID");
	char name[32];
	size_t length;
	int fd;

	if (!names || !pid || atoi(pid) != getpid())
		return -1;
	snprintf(name, sizeof(name), "memory-%d", i);
	for (fd = 3; *names; fd++, names += length + (names[length] == ':')) {
		length = strcspn(names, ":");
		if (length == strlen(name) && !memcmp(names, name, length))
			return fd;
	}
	return -1;
}

static void map(struct file *file, int fd)
{
	file->own = reopen(fd);
	file->words = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | (sparse ? MAP_NORESERVE : 0), file->own, 0);
	if (file->words == MAP_FAILED)
		err(1, "map");
}

static void write_all(uint64_t number)
{
	size_t at;
	int i;

	for (i = 0; i < count; i++)
		for (at = 0; at < size() / 8; at++)
			files[i].words[at] = at ? number * 1000003 + at + i : number;
}

static int damaged(void)
{
	uint64_t number = files[0].words[0];
	size_t at;
	int i;

	for (i = 0; i < count; i++)
		for (at = 0; at < size() / 8; at++)
			if (files[i].words[at] != (at ? number * 1000003 + at + i : number)) {
				printf("damaged file %d word %zu\n", i, at);
				return 1;
			}
	return 0;
}

static void say(const char *what, uint64_t number)
{
	int i;

	printf("%s %ju", what, (uintmax_t)number);
	for (i = 0; i < count; i++)
		printf(" %s", files[i].state);
	printf("\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int i, fd, other, found = 0, made = 0, signal_number;
	sigset_t usr1;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--shmem"))
			shmem = 1;
		else if (!strcmp(argv[i], "--sparse"))
			sparse = 1;
		else if (!strcmp(argv[i], "--again") && i + 1 < argc)
			again = argv[++i];
		else
			count = atoi(argv[i]);
	}
	if (count < 1 || count > FILES_MAX)
		errx(1, "between 1 and %d files", FILES_MAX);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);

	for (i = 0; i < count; i++) {
		fd = inherited(i);
		if (fd >= 0) {
			found++;
			map(&files[i], fd);
			files[i].state = ask_lock(files[i].own);
			/* After a kexec nobody has it */
			if (!strcmp(files[i].state, "free"))
				put_lock(fd);
		} else {
			made++;
			fd = memfd_create("hold", MFD_CLOEXEC | (shmem ? 0 : MFD_HUGETLB));
			if (fd < 0 || ftruncate(fd, PAGES * PAGE))
				err(1, "memory");
			map(&files[i], fd);
			put_lock(fd);
			push(fd, i);
			if (again && !strcmp(again, "same"))
				push(fd, i);
			if (again && !strcmp(again, "new")) {
				other = reopen(fd);
				push(other, i);
				close(other);
			}
			barrier();
		}
		close(fd);
		if (!found)
			files[i].state = ask_lock(files[i].own);
	}
	if (found && made)
		printf("only %d of %d\n", found, count);
	else if (!found || !damaged())
		say(found ? "kept" : "new", found ? files[0].words[0] : 1);
	write_all(found && !made ? files[0].words[0] + 1 : 1);
	fflush(stdout);
	notify("READY=1", -1);
	while (sigwait(&usr1, &signal_number) == 0) {
		write_all(files[0].words[0] + 1);
		for (i = 0; i < count; i++)
			files[i].state = ask_lock(files[i].own);
		say("wrote", files[0].words[0]);
	}
	return 1;
}
