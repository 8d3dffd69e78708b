// SPDX-License-Identifier: MIT
/* luo: sessions */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "liveupdate.h"

static int device(void)
{
	int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The device is open only as long as a session is made or fetched */
static int session(char **argv, unsigned long request)
{
	struct lu_session arg = { .size = sizeof(arg), .fd = -1 };
	int fd = device(), rc;

	if (fd < 0)
		return fd;
	snprintf(arg.name, sizeof(arg.name), "%s", argv[1]);
	rc = ioctl(fd, request, &arg) ? -errno : 0;
	close(fd);
	if (!rc)
		thing_new(argv[1], arg.fd);
	return rc;
}

static int create(int argc, char **argv)
{
	(void)argc;
	return session(argv, LU_CREATE_SESSION);
}

static int incoming(int argc, char **argv)
{
	(void)argc;
	return session(argv, LU_RETRIEVE_SESSION);
}

static int preserve(int argc, char **argv)
{
	struct lu_file arg = { .size = sizeof(arg) };

	(void)argc;
	arg.fd = fd_of(argv[2]);
	arg.token = number(argv[3]);
	return ioctl(fd_of(argv[1]), LU_PRESERVE_FD, &arg) ? -errno : 0;
}

static int retrieve(int argc, char **argv)
{
	struct lu_file arg = { .size = sizeof(arg), .fd = -1 };

	(void)argc;
	arg.token = number(argv[3]);
	if (ioctl(fd_of(argv[1]), LU_RETRIEVE_FD, &arg))
		return -errno;
	thing_new(argv[2], arg.fd);
	return 0;
}

static int finish(int argc, char **argv)
{
	struct lu_finish arg = { .size = sizeof(arg) };

	(void)argc;
	return ioctl(fd_of(argv[1]), LU_FINISH, &arg) ? -errno : 0;
}

/* kind SESSION outgoing|incoming|unknown: what the kernel says it is for */
static int kind(int argc, char **argv)
{
	static const char *const names[] = { "unknown", "outgoing", "incoming" };
	struct lu_name arg = { .size = sizeof(arg) };

	(void)argc;
	/* Twice: what it says the first time must be good for the next */
	for (int i = 0; i < 2; i++)
		if (ioctl(fd_of(argv[1]), LU_GET_NAME, &arg))
			return -errno;
	if (strcmp(arg.name, argv[1]))
		return wrong("its name is %s", arg.name);
	if (arg.kind > 2 || strcmp(names[arg.kind], argv[2]))
		return wrong("its kind is %u", arg.kind);
	return 0;
}

/* jump: into the loaded kernel; comes back only if that fails */
static int jump(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	return -errno;
}

static int open_device(int argc, char **argv)
{
	int fd = device();

	(void)argc;
	if (fd < 0)
		return fd;
	thing_new(argv[1], fd);
	return 0;
}

const struct command session_commands[] = {
	{ "device", "NAME", 1, 1, open_device },
	{ "create", "SESSION", 1, 1, create },
	{ "incoming", "SESSION", 1, 1, incoming },
	{ "preserve", "SESSION FILE TOKEN", 3, 3, preserve },
	{ "retrieve", "SESSION NEWFILE TOKEN", 3, 3, retrieve },
	{ "finish", "SESSION", 1, 1, finish },
	{ "kind", "SESSION outgoing|incoming|unknown", 2, 2, kind },
	{ "jump", "", 0, 0, jump },
	{ NULL, NULL, 0, 0, NULL },
};
