// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "incoming.h"
#include "luo.h"

static int retrieve(const struct hp_incoming *incoming,
		    const struct hp_sys *sys, uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = -1,
		.token = token,
	};
	int err;

	err = sys->ioctl(incoming->fd, LUO_RETRIEVE_FD, &arg);
	if (err < 0)
		return err;
	/* Linux 7.3 does so itself, but mm/memfd_luo.c promises otherwise. */
	sys->set_cloexec(arg.fd);
	return arg.fd;
}

/*
 * LUO remembers that a file could not be rebuilt and gives the same answer for
 * ever. Only the lack of a descriptor is found out before the attempt; requests
 * that the kernel does not know are not attempts at all.
 */
static int final_error(int err)
{
	switch (err) {
	case -EMFILE:
		return -EMFILE;
	case -ENOTTY:
	case -E2BIG:
		return -EPROTO;
	default:
		return -ENODATA;
	}
}

/*
 * Files in huge pages alone can be retrieved again after a lack of something
 * (mm/hugetlb_luo.c): nothing of them is lost. ENOMEM is a cgroup limit or
 * memory, ENOSPC no memory for the inode, ENFILE the limit of open files.
 */
static int region_error(int err)
{
	switch (err) {
	case -ENOMEM:
	case -ENOSPC:
		return -ENOMEM;
	case -ENFILE:
		return -EMFILE;
	default:
		return final_error(err);
	}
}

int hp_incoming_load(struct hp_incoming *incoming, const struct hp_sys *sys)
{
	struct hp_manifest *manifest;
	int err;

	if (incoming->manifest)
		return 0;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(*manifest)));
	if (!memory.memory)
		return -ENOMEM;
	manifest = memory.memory;

	HP_FD(file, sys, retrieve(incoming, sys, HP_TOKEN_RESERVED));
	if (file.fd >= 0) {
		err = hp_manifest_read(sys, file.fd, manifest);
		if (err == -EBADMSG || err == -EOPNOTSUPP)
			return err;
		if (err < 0)
			return hp_error_common(err);
	} else if (file.fd != -ENOENT) {
		return final_error(file.fd);
	}
	/*
	 * Without a manifest the kexec came between the creation of the session
	 * and its first file, and the session is empty.
	 */
	incoming->manifest = hp_memory_keep(&memory);
	return 0;
}

int hp_incoming_retrieve(const struct hp_incoming *incoming,
			 const struct hp_sys *sys, uint64_t token)
{
	int fd = retrieve(incoming, sys, token);

	return fd < 0 ? region_error(fd) : fd;
}

int hp_incoming_finish(struct hp_incoming *incoming, const struct hp_sys *sys)
{
	struct luo_finish_arg arg = { .size = sizeof(arg) };
	int err;

	err = sys->ioctl(incoming->fd, LUO_FINISH, &arg);
	switch (err) {
	case 0:
		break;
	case -EBUSY:
	case -EAGAIN:
	case -EINTR:
		return -EAGAIN;
	default:
		return hp_error_common(err);
	}
	hp_incoming_close(incoming, sys);
	return 0;
}

void hp_incoming_close(struct hp_incoming *incoming, const struct hp_sys *sys)
{
	if (incoming->fd >= 0)
		sys->close(incoming->fd);
	incoming->fd = -1;
	if (incoming->manifest)
		sys->free(incoming->manifest);
	incoming->manifest = NULL;
}
