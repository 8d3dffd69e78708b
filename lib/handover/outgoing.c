// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "handover/outgoing.h"
#include "memory/file.h"
#include "memory/shmem.h"
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
	return err;
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

/* Counts that came from outside stay at their end. */
static uint64_t one_more(uint64_t count)
{
	return count < UINT64_MAX ? count + 1 : count;
}

void hp_outgoing_follow(struct hp_outgoing *outgoing,
			const struct hp_manifest_about *about)
{
	outgoing->generation = about->generation;
	outgoing->updates = about->updates ? about->updates : 1;
}

/*
 * The manifest goes first: a session that holds a region without one would come
 * back looking empty, and the region would be freed.
 */
int hp_outgoing_begin(struct hp_outgoing *outgoing, struct hp_source *source,
		      const char *name)
{
	const struct hp_manifest_about about = {
		.generation = one_more(outgoing->generation),
		.updates = one_more(outgoing->updates),
	};
	const struct hp_sys *sys = source->device.sys;
	int err;

	if (outgoing->fd >= 0)
		return 0;
	err = hp_manifest_start(&outgoing->manifest, sys, &about);
	if (err < 0) {
		hp_log(source->device.log, LOG_WARNING, "making a manifest: %s",
		       HP_ERRNO(err));
		return manifest_error(err);
	}
	err = hp_source_create(source, name, &outgoing->fd);
	if (err < 0) {
		hp_manifest_stop(&outgoing->manifest);
		return err;
	}
	err = preserve(outgoing->fd, source, outgoing->manifest.fd,
		       HP_TOKEN_RESERVED);
	if (err < 0) {
		hp_source_undo_create(source, outgoing->fd);
		outgoing->fd = -1;
		hp_manifest_stop(&outgoing->manifest);
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
	return hp_file_is_full(region->sys, region->fd, &info) ? 0 : -EUCLEAN;
}

static struct hp_manifest_entry entry_of(const struct hp_region *region)
{
	struct hp_manifest_entry entry = {
		.token = region->token,
		.length = region->length,
		.page_size = hp_region_unit(region),
		.address = (uintptr_t)region->address,
		.layout = region->layout,
		.shmem_page_size = region->shmem ? region->page_size : 0,
	};

	memcpy(entry.label, region->label, sizeof(entry.label));
	return entry;
}

int hp_outgoing_add(struct hp_outgoing *outgoing, struct hp_source *source,
		    struct hp_region *region)
{
	struct hp_manifest_entry entry;
	int err;

	if (outgoing->manifest.count == HP_REGIONS_MAX)
		return -ENOSPC;
	err = preserve(outgoing->fd, source, region->fd, region->token);
	if (err < 0)
		return preserve_error(err);
	/*
	 * If this fails, the file that LUO took stays there, since LUO gives no
	 * single one back. It is not listed, as what is in it is not the
	 * region, so the next kernel frees it at commit.
	 */
	err = check_taken(region);
	region->unlisted = err < 0;
	if (err < 0) {
		hp_log(source->device.log, LOG_ERR,
		       "token %#llx: the file is not what the kernel took",
		       (unsigned long long)region->token);
		return err;
	}
	/*
	 * Listed last: a kexec before this leaves a region that did not come
	 * back, as if it had come before the request; the other way round there
	 * would be one that is missing.
	 */
	entry = entry_of(region);
	hp_manifest_add(&outgoing->manifest, &entry);
	return 0;
}

void hp_outgoing_settle(struct hp_outgoing *outgoing,
			const struct hp_source *source)
{
	/*
	 * An empty session would block the name for others. One that was lent
	 * does so anyway, and there is no second one.
	 */
	if (outgoing->manifest.count)
		outgoing->generation = outgoing->manifest.about.generation;
	else if (!source->lent)
		hp_outgoing_close(outgoing, source->device.sys);
}

int hp_outgoing_preserve(struct hp_outgoing *outgoing, struct hp_source *source,
			 const char *name, struct hp_region *region)
{
	struct hp_file_info info;
	int err;

	/* First: it must not arrive sealed with half of what is asked for. */
	if (outgoing->fd >= 0)
		hp_manifest_seal(&outgoing->manifest, false);
	err = hp_region_check_file(region, &info);
	if (!err && region->shmem)
		err = hp_shmem_fill(region);
	if (err < 0)
		return err;
	err = hp_outgoing_begin(outgoing, source, name);
	if (err < 0)
		return err;
	err = hp_outgoing_add(outgoing, source, region);
	hp_outgoing_settle(outgoing, source);
	if (outgoing->fd < 0)
		region->unlisted = false;
	return err;
}

void hp_outgoing_stop(struct hp_outgoing *outgoing, const struct hp_sys *sys)
{
	/* Whoever still has a copy must not hand it over as sealed. */
	if (outgoing->fd >= 0)
		hp_manifest_seal(&outgoing->manifest, false);
	hp_outgoing_close(outgoing, sys);
}

void hp_outgoing_close(struct hp_outgoing *outgoing, const struct hp_sys *sys)
{
	if (outgoing->fd < 0)
		return;
	/* The last close of a session unpreserves all its files. */
	sys->close(outgoing->fd);
	outgoing->fd = -1;
	hp_manifest_stop(&outgoing->manifest);
}
