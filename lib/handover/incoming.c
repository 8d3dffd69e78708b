// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "handover/incoming.h"
#include "source/luo.h"

static int retrieve(const struct hp_incoming *incoming,
		    const struct hp_sys *sys, uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = -1,
		.token = token,
	};
	int fd;

	fd = sys->ioctl_fd(incoming->fd, LUO_RETRIEVE_FD, &arg, &arg.fd);
	if (fd < 0)
		hp_log(incoming->log, LOG_WARNING,
		       "LUO_RETRIEVE_FD of token %#llx: %s",
		       (unsigned long long)token, HP_ERRNO(fd));
	return fd;
}

/*
 * LUO remembers that a file could not be rebuilt and gives the same answer for
 * ever. Only the lack of a descriptor is found out before the attempt; requests
 * that the kernel does not know are not attempts at all.
 */
static int final_error(int err, int gone)
{
	switch (err) {
	case -EMFILE:
		return -EMFILE;
	case -ENOTTY:
	case -E2BIG:
		return -EPROTO;
	default:
		return gone;
	}
}

/*
 * Files in huge pages alone can be retrieved again after a lack of something
 * (mm/hugetlb_luo.c): nothing of them is lost. EAGAIN is a cgroup limit, memory
 * or the limit of open files. ENOMEM is memory for the descriptor, before the
 * attempt.
 */
static int region_error(int err)
{
	switch (err) {
	case -EAGAIN:
	case -ENOMEM:
		return -ENOMEM;
	default:
		return final_error(err, -ENODATA);
	}
}

int hp_incoming_manifest(const struct hp_incoming *incoming,
			 const struct hp_sys *sys)
{
	int fd = retrieve(incoming, sys, HP_TOKEN_RESERVED);

	if (fd == -ENOENT)
		return -ENOENT;
	return fd < 0 ? final_error(fd, -ENOMSG) : fd;
}

int hp_incoming_retrieve(const struct hp_incoming *incoming,
			 const struct hp_sys *sys, uint64_t token, bool shmem)
{
	int fd = retrieve(incoming, sys, token);

	if (fd >= 0)
		return fd;
	return shmem ? final_error(fd, -ENODATA) : region_error(fd);
}

int hp_incoming_retrieve_unlisted(const struct hp_incoming *incoming,
				  const struct hp_sys *sys, uint64_t token)
{
	int fd = retrieve(incoming, sys, token);

	if (fd == -ENOENT)
		return -ENOENT;
	return fd < 0 ? region_error(fd) : fd;
}

int hp_incoming_finish(struct hp_incoming *incoming, const struct hp_sys *sys)
{
	struct luo_finish_arg arg = { .size = sizeof(arg) };
	int err;

	err = sys->ioctl(incoming->fd, LUO_FINISH, &arg);
	if (err < 0)
		hp_log(incoming->log, LOG_WARNING, "LUO_FINISH: %s",
		       HP_ERRNO(err));
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
}
