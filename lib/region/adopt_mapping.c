// SPDX-License-Identifier: MIT
/*
 * Memory that the application mapped itself becomes a region, where it is.
 */
#include <errno.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "memory/file.h"
#include "session/session.h"
#include "system/cleanup.h"

static int find_error(const struct hp_log *log, int err, uint64_t address)
{
	hp_log(log, LOG_ERR, "at %#llx: /proc/self/maps: %s",
	       (unsigned long long)address, HP_ERRNO(err));
	switch (err) {
	case -ENXIO:
		return -ENXIO;
	case -ENOENT: /* no /proc */
	case -EACCES:
	case -EPERM:
		return -EACCES;
	default:
		return hp_error_common(err);
	}
}

static int open_error(const struct hp_log *log, int err)
{
	hp_log_call(log, LOG_ERR, "the file of the memory",
		    "open /proc/self/map_files", err);
	switch (err) {
	case -ENOENT:
	case -EACCES:
	case -EPERM: /* neither CAP_SYS_ADMIN nor CAP_CHECKPOINT_RESTORE */
		return -EACCES;
	case -EROFS: /* the mount */
		return -EROFS;
	default:
		return hp_error_common(err);
	}
}

/* The mapping there, if it is one that can be handed over at all. */
static int find_shared(const struct hp_sys *sys, const struct hp_log *log,
		       uint64_t address, struct hp_mapping *ret_mapping)
{
	int err;

	err = sys->find_mapping(address, ret_mapping);
	if (err < 0)
		return find_error(log, err, address);
	if (ret_mapping->shared)
		return 0;
	hp_log(log, LOG_ERR, "at %#llx, MAP_PRIVATE: /proc/self/maps",
	       (unsigned long long)address);
	return -ENXIO;
}

/*
 * One mapping may have become several: mprotect(2), mbind(2) and others split
 * it. Together they must still be the file from its start to its end.
 */
static int check_mappings(const struct hp_sys *sys, const struct hp_log *log,
			  uint64_t address, const struct hp_file_info *file)
{
	uint64_t end = address + file->length;
	bool writable = false, whole = true;
	struct hp_mapping mapping;
	uint64_t at;
	int err;

	for (at = address; at < end; at = mapping.end) {
		err = find_shared(sys, log, at, &mapping);
		if (err < 0)
			return err;
		if (mapping.device != file->device ||
		    mapping.inode != file->inode ||
		    mapping.offset + (at - mapping.start) != at - address)
			whole = false;
		writable |= mapping.writable;
	}
	if (!whole || at != end) {
		hp_log(log, LOG_ERR,
		       "more than one file, or not from its start on: "
		       "/proc/self/maps");
		return -ERANGE;
	}
	return writable ? 0 : -EROFS;
}

static int check_file(const struct hp_sys *sys, const struct hp_log *log,
		      int fd, uint64_t length,
		      const struct hp_region_opts *known,
		      struct hp_file_info *ret_info)
{
	int err;

	err = hp_file_check_huge(sys, log, fd, known, ret_info);
	if (err < 0)
		return err;
	if (ret_info->length != length) {
		hp_log(log, LOG_ERR, "the file has %llu bytes, not %llu: fstat",
		       (unsigned long long)ret_info->length,
		       (unsigned long long)length);
		return -ERANGE;
	}
	return 0;
}

static int adopt(struct hp_session *session, uint64_t token, void *address,
		 uint64_t length, const struct hp_region_opts *known,
		 struct hp_region **ret_region)
{
	const struct hp_log *log = &session->log;
	const struct hp_sys *sys = session->sys;
	uint64_t start = (uintptr_t)address;
	struct hp_mapping mapping;
	struct hp_file_info info;
	int err;

	err = find_shared(sys, log, start, &mapping);
	if (err < 0)
		return err;
	HP_FD(file, sys, sys->open_mapping(&mapping));
	if (file.fd < 0)
		return open_error(log, file.fd);
	err = check_file(sys, log, file.fd, length, known, &info);
	if (!err)
		err = check_mappings(sys, log, start, &info);
	if (err < 0)
		return err;

	err = hp_region_new(
		&(struct hp_region_parts){
			.session = session,
			.sys = sys,
			.log = log,
			.token = token,
			.layout = known->layout,
			.label = known->label,
			.origin = HP_ORIGIN_ADOPTED,
			.fd = file.fd,
			.info = &info,
			.opts = known,
			.mapped = address,
		},
		ret_region);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	hp_session_add(session, *ret_region);
	hp_session_break_seal(session);
	return 0;
}

HP_EXPORT int hp_region_adopt_mapping(struct hp_session *session,
				      uint64_t token, void *address,
				      uint64_t length,
				      const struct hp_region_opts *opts,
				      struct hp_region **ret_region)
{
	struct hp_region_opts known;
	int err;

	err = hp_session_check_request(session, token, ret_region);
	if (err < 0)
		return err;
	if (!address || !length || length > UINTPTR_MAX - (uintptr_t)address)
		return -EINVAL;
	err = hp_region_options_read(
		&known, opts,
		HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL | HP_TAKES_LAYOUT, 0);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = hp_session_check_token(session, token);
	if (err < 0)
		return err;
	return adopt(session, token, address, length, &known, ret_region);
}
