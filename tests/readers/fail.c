// SPDX-License-Identifier: MIT
/*
 * Preloaded: call number HP_FAIL (from 1) of those below fails, as it can on a
 * machine that lacks something for a moment. It says so on standard error.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_int calls;

static int fails(const char *name, int number)
{
	const char *wanted = getenv("HP_FAIL");

	if (!wanted || atomic_fetch_add(&calls, 1) + 1 != atoi(wanted))
		return 0;
	dprintf(2, "failed: %s\n", name);
	errno = number;
	return 1;
}

#define FAIL(result, name, number, parameters, arguments) \
	result name parameters                            \
	{                                                 \
		result (*real) parameters = dlsym(RTLD_NEXT, #name); \
		if (fails(#name, number))                 \
			return (result)-1;                \
		return real arguments;                    \
	}

FAIL(int, memfd_create, ENOMEM, (const char *name, unsigned int flags), (name, flags))
FAIL(int, ftruncate, ENOMEM, (int fd, off_t length), (fd, length))
FAIL(int, fallocate, ENOSPC, (int fd, int mode, off_t from, off_t length),
     (fd, mode, from, length))
FAIL(void *, mmap, ENOMEM,
     (void *address, size_t length, int protection, int flags, int fd, off_t from),
     (address, length, protection, flags, fd, from))
FAIL(int, madvise, ENOMEM, (void *address, size_t length, int advice),
     (address, length, advice))
FAIL(int, flock, ENOLCK, (int fd, int operation), (fd, operation))
FAIL(int, dup3, EMFILE, (int from, int to, int flags), (from, to, flags))
FAIL(int, socket, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
FAIL(ssize_t, sendmsg, EAGAIN, (int fd, const struct msghdr *message, int flags),
     (fd, message, flags))
FAIL(int, pipe2, EMFILE, (int ends[2], int flags), (ends, flags))

int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
	va_list more;
	int mode;

	va_start(more, flags);
	mode = va_arg(more, int);
	va_end(more);
	return fails("open", EMFILE) ? -1 : real(path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
	int (*real)(int, int, ...) = dlsym(RTLD_NEXT, "fcntl");
	va_list more;
	void *argument;

	va_start(more, command);
	argument = va_arg(more, void *);
	va_end(more);
	return fails("fcntl", ENOLCK) ? -1 : real(fd, command, argument);
}
