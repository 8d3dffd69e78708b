// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "handover/outgoing.h"
#include "memory/file.h"
#include "source/luo.h"

static int preserve(int session, const struct hp_source *source, int fd,
		    uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};
	int err;

	err = source->device.sys->ioctl(session, LUO_PRESERVE_FD, &arg);
	if (err < 0)
		hp_log(source->device.log, LOG_WARNING,
		       "LUO_PRESERVE_FD of token %#llx: %s",
		       (unsigned long long)token, HP_ERRNO(err));
	switch (err) {
	case 0:
		return 0;
	case -ENOENT:	  /* no handler takes the file */
	case -EOPNOTSUPP: /* the handler does not take this one */
		return -EOPNOTSUPP;
	case -EBUSY:
		return -EALREADY;
	case -EBADF: /* closed; or not both readable and writable */
		return -EUCLEAN;
	case -EAGAIN: /* not from 7.3: pages it cannot pin are ENOMEM there */
	case -EINTR:  /* from 7.3 only to a process that a signal kills */
		return -EAGAIN;
	case -EEXIST:
	case -ENOSPC:
	case -EFBIG:
	case -EHWPOISON:
		return err;
	default:
		return hp_error_common(err);
	}
}

int hp_outgoing_begin(struct hp_outgoing *outgoing, struct hp_source *source,
		      const char *name, int manifest_fd)
{
	int err, fd;

	if (outgoing->fd >= 0)
		return 0;
	err = hp_source_create(source, name, &fd);
	if (err < 0)
		return err;
	err = preserve(fd, source, manifest_fd, HP_TOKEN_RESERVED);
	if (err < 0)
		hp_source_undo_create(source, fd);
	else
		outgoing->fd = fd;
	return err;
}

/* LUO took the file that the region was, and with memory for all of it? */
static int check_taken(const struct hp_region *region)
{
	struct hp_file_info info;
	int err;

	err = hp_region_check_file(region, &info);
	if (err < 0)
		return err;
	err = hp_file_is_full(region->sys, region->fd, &info);
	if (err)
		return err < 0 ? err : 0;
	return -EUCLEAN;
}

int hp_outgoing_add(struct hp_outgoing *outgoing,
		    const struct hp_source *source,
		    const struct hp_region *region)
{
	int err;

	err = preserve(outgoing->fd, source, region->fd, region->token);
	if (err < 0)
		return err;
	err = check_taken(region);
	if (err < 0)
		hp_log(source->device.log, LOG_ERR,
		       "token %#llx: the file is not what the kernel took",
		       (unsigned long long)region->token);
	return err;
}

bool hp_outgoing_is_open(const struct hp_outgoing *outgoing,
			 const struct hp_sys *sys)
{
	return outgoing->fd >= 0 && sys->is_session(outgoing->fd);
}

void hp_outgoing_close(struct hp_outgoing *outgoing, const struct hp_sys *sys)
{
	if (outgoing->fd >= 0)
		sys->close(outgoing->fd);
	outgoing->fd = -1;
}
