// SPDX-License-Identifier: MIT
/*
 * Files that someone else made: hp_region_adopt() and hp_region_from_fd().
 */
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "export.h"
#include "region_file.h"
#include "region_options.h"
#include "session.h"

/* A duplicate: what the caller's number is may change at any time. */
static int duplicate(const struct hp_sys *sys, int fd)
{
	int copy = fd < 0 ? -EBADF : sys->duplicate(fd);

	if (copy == -EBADF)
		return -EINVAL;
	return copy < 0 ? hp_error_common(copy) : copy;
}

static int check_file(const struct hp_sys *sys, const struct hp_log *log,
		      int fd, const struct hp_region_opts *known,
		      struct hp_file_info *ret_info)
{
	int err;

	err = hp_region_check_huge(sys, log, fd, known, ret_info);
	if (err < 0)
		return err;
	if (!ret_info->length || ret_info->length % hp_file_unit(ret_info))
		return -EINVAL;
	if (!ret_info->writable && !(known->flags & HP_REGION_READ_ONLY))
		return -EROFS;
	return 0;
}

/* A region that is in no list yet; its session and token are the caller's. */
static int attach(const struct hp_sys *sys, const struct hp_log *log, int fd,
		  const struct hp_region_opts *known,
		  struct hp_region **ret_region)
{
	struct hp_region *region;
	struct hp_file_info info;
	int err;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(*region)));
	if (!memory.memory)
		return -ENOMEM;
	HP_FD(file, sys, duplicate(sys, fd));
	if (file.fd < 0)
		return file.fd;
	err = check_file(sys, log, file.fd, known, &info);
	if (err < 0)
		return err;

	region = memory.memory;
	region->sys = sys;
	region->log = log;
	region->read_only = known->flags & HP_REGION_READ_ONLY;
	hp_region_set_file(region, file.fd, &info);
	err = hp_region_map(region, known);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	*ret_region = hp_memory_keep(&memory);
	return 0;
}

HP_EXPORT int hp_region_adopt(struct hp_session *session, uint64_t token,
			      int fd, const struct hp_region_opts *opts,
			      struct hp_region **ret_region)
{
	struct hp_region_opts known;
	struct hp_region *region;
	int err;

	err = hp_region_check_request(session, token, ret_region);
	if (err < 0)
		return err;
	err = hp_region_options_read(&known, opts,
				     HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL |
					     HP_TAKES_LAYOUT | HP_TAKES_ADDRESS,
				     HP_REGION_READ_ONLY);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = hp_region_check_token(session, token);
	if (err < 0)
		return err;
	err = attach(session->sys, &session->log, fd, &known, &region);
	if (err < 0)
		return err;
	region->session = session;
	region->token = token;
	region->layout = known.layout;
	region->origin = HP_ORIGIN_ADOPTED;
	hp_region_options_label(region->label, &known);
	hp_region_enlist(session, region);
	*ret_region = region;
	return 0;
}

int hp_region_from_fd_on(const struct hp_sys *sys, int fd,
			 const struct hp_region_opts *opts,
			 struct hp_region **ret_region)
{
	static const struct hp_log nobody;
	struct hp_region_opts known;
	struct hp_region *region;
	int err;

	if (!ret_region)
		return -EINVAL;
	err = hp_region_options_read(&known, opts,
				     HP_TAKES_PAGE_SIZE | HP_TAKES_ADDRESS,
				     HP_REGION_READ_ONLY | HP_REGION_SHMEM);
	if (err < 0)
		return err;

	HP_UNCANCELLED();
	err = attach(sys, &nobody, fd, &known, &region);
	if (err < 0)
		return err;
	region->origin = HP_ORIGIN_ATTACHED;
	*ret_region = region;
	return 0;
}

HP_EXPORT int hp_region_from_fd(int fd, const struct hp_region_opts *opts,
				struct hp_region **ret_region)
{
	return hp_region_from_fd_on(&hp_sys_linux, fd, opts, ret_region);
}
