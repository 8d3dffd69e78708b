// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/luo.h"
#include "luo.h"

#define PREFIX "/memfd:luo "
#define SUFFIX " (deleted)"
#define HUGE (UINT64_C(1) << 21)

static const struct hp_sys *const linux_sys = &hp_sys_linux;

/* The name of a session; -ENOTTY for other files. */
static int name_of(int fd, char *name, size_t size)
{
	char link[512];
	int length = linux_sys->read_fd_link(fd, link, sizeof(link));

	if (length < 0)
		return length;
	if (strncmp(link, PREFIX, strlen(PREFIX)) != 0)
		return -ENOTTY;
	length -= (int)(strlen(PREFIX) + strlen(SUFFIX));
	if (length < 0 || (size_t)length >= size)
		return -ENOTTY;
	memcpy(name, link + strlen(PREFIX), (size_t)length);
	name[length] = '\0';
	return 0;
}

static int luo_open(const char *path)
{
	return linux_sys->open(strcmp(path, LUO_DEVICE) ? path : "/dev/null");
}

static int luo_read_fd_link(int fd, char *buffer, size_t size)
{
	char name[LUO_NAME_SIZE];
	int length;

	if (name_of(fd, name, sizeof(name)) < 0)
		return linux_sys->read_fd_link(fd, buffer, size);
	length = snprintf(buffer, size, LUO_SESSION_LINK "%s", name);
	return (size_t)length < size ? length : -E2BIG;
}

static int create(struct luo_session_arg *arg)
{
	char name[LUO_NAME_SIZE + 8];

	(void)snprintf(name, sizeof(name), "luo %s", arg->name);
	arg->fd = memfd_create(name, MFD_CLOEXEC);
	return arg->fd < 0 ? -errno : 0;
}

static int preserve(int session, const struct luo_file_arg *arg)
{
	uint64_t token;
	off_t at = 0;

	for (; pread(session, &token, sizeof(token), at) == sizeof(token);
	     at += sizeof(token))
		if (token == arg->token)
			return -EEXIST;
	if (arg->fd < 0)
		return -EBADF;
	if (pwrite(session, &arg->token, sizeof(token), at) != sizeof(token))
		return -ENOMEM;
	return 0;
}

static int luo_ioctl(int fd, unsigned long request, void *arg)
{
	struct luo_name_arg *name = arg;

	switch (request) {
	case LUO_RETRIEVE_SESSION:
		return -ENOENT;
	case LUO_CREATE_SESSION:
		return create(arg);
	case LUO_GET_NAME:
		return name_of(fd, name->name, sizeof(name->name));
	case LUO_PRESERVE_FD:
		return preserve(fd, arg);
	default:
		return -ENOTTY;
	}
}

static int luo_memfd(const char *name, uint64_t page_size)
{
	(void)page_size;
	return linux_sys->memfd(name, 0);
}

static int luo_file_info(int fd, struct hp_file_info *ret_info)
{
	int err = linux_sys->file_info(fd, ret_info);

	ret_info->page_size = HUGE;
	ret_info->allocated = ret_info->length;
	return err;
}

void luo_on_memfd(struct hp_sys *ret_sys)
{
	*ret_sys = *linux_sys;
	ret_sys->open = luo_open;
	ret_sys->read_fd_link = luo_read_fd_link;
	ret_sys->ioctl = luo_ioctl;
	ret_sys->memfd = luo_memfd;
	ret_sys->file_info = luo_file_info;
}
