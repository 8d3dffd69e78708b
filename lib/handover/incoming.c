// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "handover/incoming.h"
#include "source/luo.h"
#include "system/cleanup.h"

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
	if (err < 0) {
		hp_log(incoming->log, LOG_WARNING,
		       "LUO_RETRIEVE_FD of token %#llx: %s",
		       (unsigned long long)token, HP_ERRNO(err));
		return err;
	}
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
		return final_error(err);
	}
}

static void log_manifest(const struct hp_incoming *incoming)
{
	const struct hp_manifest_about *about = &incoming->about;

	hp_log(incoming->log, LOG_INFO,
	       "manifest: %u regions, generation %llu, %ssealed, written by "
	       "library '%s' on kernel '%s'",
	       incoming->count, (unsigned long long)about->generation,
	       about->sealed ? "" : "not ", about->library, about->kernel);
}

/* 0 also when there is no manifest: then it stays empty. */
static int load(struct hp_incoming *incoming, const struct hp_sys *sys,
		struct hp_manifest *manifest)
{
	int err;

	HP_FD(file, sys, retrieve(incoming, sys, HP_TOKEN_RESERVED));
	/*
	 * Without a manifest the kexec came between the creation of the session
	 * and its first file, and the session is empty.
	 */
	if (file.fd == -ENOENT)
		return 0;
	if (file.fd < 0)
		return final_error(file.fd);
	err = hp_manifest_read(sys, file.fd, manifest);
	if (err < 0 && !manifest->problem) {
		hp_log(incoming->log, LOG_ERR, "reading the manifest: %s",
		       HP_ERRNO(err));
		return hp_error_common(err);
	}
	if (err < 0)
		hp_log(incoming->log, LOG_ERR, "manifest: %s",
		       manifest->problem);
	return err;
}

int hp_incoming_load(struct hp_incoming *incoming, const struct hp_sys *sys)
{
	struct hp_manifest *manifest;
	int err;

	if (incoming->manifest || incoming->manifest_error)
		return incoming->manifest_error;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(*manifest)));
	if (!memory.memory)
		return -ENOMEM;
	manifest = memory.memory;
	err = load(incoming, sys, manifest);
	if (err == -EBADMSG || err == -EOPNOTSUPP || err == -ENODATA)
		incoming->manifest_error = err;
	if (err < 0)
		return err;
	incoming->about = manifest->about;
	incoming->count = manifest->count;
	incoming->manifest = hp_memory_keep(&memory);
	log_manifest(incoming);
	return 0;
}

int hp_incoming_retrieve(const struct hp_incoming *incoming,
			 const struct hp_sys *sys, uint64_t token)
{
	int fd = retrieve(incoming, sys, token);

	return fd < 0 ? region_error(fd) : fd;
}

int hp_incoming_retrieve_shmem(const struct hp_incoming *incoming,
			       const struct hp_sys *sys, uint64_t token)
{
	int fd = retrieve(incoming, sys, token);

	return fd < 0 ? final_error(fd) : fd;
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
	/* Dropped unread: what it said is gone. */
	if (!incoming->manifest && !incoming->manifest_error)
		incoming->manifest_error = -ENODATA;
	hp_incoming_close(incoming, sys);
	incoming->committed = true;
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
