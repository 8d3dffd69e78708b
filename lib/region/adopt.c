// SPDX-License-Identifier: MIT
/*
 * Files that someone else made: hp_region_adopt() and hp_region_from_fd().
 */
#include <errno.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "memory/file.h"
#include "session/session.h"
#include "system/cleanup.h"

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

	err = hp_file_check_huge(sys, log, fd, known, ret_info);
	if (err < 0)
		return err;
	if (!ret_info->length || ret_info->length % hp_file_unit(ret_info))
		return -EINVAL;
	if (!ret_info->writable && !(known->flags & HP_REGION_READ_ONLY))
		return -EROFS;
	return 0;
}

/*
 * A region of a duplicate of fd. The parts lack only what is found out here. It
 * is in no list yet.
 */
static int attach(struct hp_region_parts *parts, int fd,
		  struct hp_region **ret_region)
{
	HP_FD(file, parts->sys, duplicate(parts->sys, fd));
	struct hp_file_info info;
	int err;

	if (file.fd < 0)
		return file.fd;
	err = check_file(parts->sys, parts->log, file.fd, parts->opts, &info);
	if (err < 0)
		return err;
	parts->fd = file.fd;
	parts->info = &info;
	err = hp_region_new(parts, ret_region);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	return 0;
}

HP_EXPORT int hp_region_adopt(struct hp_session *session, uint64_t token,
			      int fd, const struct hp_region_opts *opts,
			      struct hp_region **ret_region)
{
	struct hp_region_opts known;
	struct hp_region_parts parts;
	int err;

	err = hp_session_check_request(session, token, ret_region);
	if (err < 0)
		return err;
	err = hp_region_options_read(&known, opts,
				     HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL |
					     HP_TAKES_LAYOUT | HP_TAKES_ADDRESS,
				     HP_REGION_READ_ONLY);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = hp_session_check_token(session, token);
	if (err < 0)
		return err;
	parts = (struct hp_region_parts){
		.session = session,
		.sys = session->sys,
		.log = &session->log,
		.token = token,
		.layout = known.layout,
		.label = known.label,
		.origin = HP_ORIGIN_ADOPTED,
		.opts = &known,
	};
	err = attach(&parts, fd, ret_region);
	if (err < 0)
		return err;
	hp_session_add(session, *ret_region);
	hp_session_break_seal(session);
	return 0;
}

int hp_region_from_fd_on(const struct hp_sys *sys, int fd,
			 const struct hp_region_opts *opts,
			 struct hp_region **ret_region)
{
	static const struct hp_log nobody;
	struct hp_region_opts known;
	struct hp_region_parts parts = {
		.sys = sys,
		.log = &nobody,
		.origin = HP_ORIGIN_ATTACHED,
		.opts = &known,
	};
	int err;

	if (!ret_region)
		return -EINVAL;
	err = hp_region_options_read(&known, opts,
				     HP_TAKES_PAGE_SIZE | HP_TAKES_ADDRESS,
				     HP_REGION_READ_ONLY | HP_REGION_SHMEM);
	if (err < 0)
		return err;

	HP_UNCANCELLED();
	return attach(&parts, fd, ret_region);
}

HP_EXPORT int hp_region_from_fd(int fd, const struct hp_region_opts *opts,
				struct hp_region **ret_region)
{
	return hp_region_from_fd_on(&hp_sys_linux, fd, opts, ret_region);
}
