// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>

#include "error.h"
#include "luo.h"
#include "outgoing.h"
#include "region.h"

static int preserve(int session, const struct hp_sys *sys, int fd,
		    uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return sys->ioctl(session, LUO_PRESERVE_FD, &arg);
}

static int preserve_error(int err)
{
	switch (err) {
	case -ENOENT:	  /* no handler takes the file */
	case -EOPNOTSUPP: /* the handler does not take this one */
		return -EOPNOTSUPP;
	case -EBUSY:
		return -EALREADY;
	case -EEXIST: /* taken earlier and not listed, see below */
		return -EEXIST;
	case -EAGAIN: /* not from 7.3: pages it cannot pin are ENOMEM there */
	case -EINTR:  /* from 7.3 only to a process that a signal kills */
		return -EAGAIN;
	case -ENOSPC:
	case -EFBIG:
	case -EHWPOISON:
		return err;
	default:
		return hp_error_common(err);
	}
}

static int manifest_error(int err)
{
	switch (err) {
	case -ENOSPC: /* tmpfs means memory */
	case -EAGAIN: /* mlockall(MCL_FUTURE) and the limit of locked memory */
		return -ENOMEM;
	case -EACCES:
	case -EPERM:
		return -EACCES;
	default:
		return hp_error_common(err);
	}
}

/*
 * The manifest goes first: a session that holds a region without one would come
 * back looking empty, and the region would be freed.
 */
static int start(struct hp_outgoing *outgoing, struct hp_source *source,
		 const char *name)
{
	const struct hp_sys *sys = source->sys;
	int err;

	err = hp_manifest_start(&outgoing->manifest, sys);
	if (err < 0)
		return manifest_error(err);
	err = hp_source_create(source, name, &outgoing->fd);
	if (err < 0) {
		hp_manifest_stop(&outgoing->manifest);
		return err;
	}
	err = preserve(outgoing->fd, sys, outgoing->manifest.fd,
		       HP_TOKEN_RESERVED);
	if (err < 0) {
		hp_outgoing_stop(outgoing, sys);
		return preserve_error(err);
	}
	return 0;
}

/* LUO took the file that the region was, and with memory for all of it? */
static int check_taken(const struct hp_region *region)
{
	struct hp_file_info info;
	int err;

	err = hp_region_check_file(region, &info);
	if (err < 0)
		return err;
	return info.allocated < region->length ? -EUCLEAN : 0;
}

int hp_outgoing_preserve(struct hp_outgoing *outgoing, struct hp_source *source,
			 const char *name, const struct hp_region *region)
{
	const struct hp_sys *sys = source->sys;
	bool first = outgoing->fd < 0;
	struct hp_file_info info;
	int err;

	err = hp_region_check_file(region, &info);
	if (err < 0)
		return err;
	if (first) {
		err = start(outgoing, source, name);
		if (err < 0)
			return err;
	}
	if (outgoing->manifest.count == HP_REGIONS_MAX)
		return -ENOSPC;
	err = preserve(outgoing->fd, sys, region->fd, region->token);
	if (err < 0)
		err = preserve_error(err);
	else
		err = check_taken(region);
	if (err < 0) {
		/*
		 * An empty session would block the name for others. If there is
		 * more in it, a file that LUO took stays there, since LUO gives
		 * no single one back. It is not listed, as what is in it is not
		 * the region, so the next kernel frees it at commit.
		 */
		if (first)
			hp_outgoing_stop(outgoing, sys);
		return err;
	}
	/*
	 * Listed last: a kexec before this leaves a region that did not come
	 * back, as if it had come before the request; the other way round there
	 * would be one that is missing.
	 */
	hp_manifest_add(&outgoing->manifest, region->token, region->length,
			region->page_size);
	return 0;
}

void hp_outgoing_stop(struct hp_outgoing *outgoing, const struct hp_sys *sys)
{
	if (outgoing->fd < 0)
		return;
	/* The last close of a session unpreserves all its files. */
	sys->close(outgoing->fd);
	outgoing->fd = -1;
	hp_manifest_stop(&outgoing->manifest);
}
