// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "memory/file.h"
#include "region/create.h"
#include "session/session.h"
#include "system/cleanup.h"
#include "system/pool.h"

/* What is to be made. */
struct request {
	struct hp_session *session;
	uint64_t token, length;
	const struct hp_region_opts *known;
	enum hp_origin origin;
};

/* With a page size; 0: of shmem. */
static int create(const struct request *request, uint64_t page_size,
		  struct hp_region **ret_region)
{
	const struct hp_region_opts *known = request->known;
	struct hp_session *session = request->session;
	const struct hp_sys *sys = session->sys;
	struct hp_file_info info;
	int err;

	HP_FD(file, sys, sys->memfd("hugepersist region", page_size));
	if (file.fd < 0)
		return hp_file_make_error(&session->log, file.fd, page_size);
	err = sys->set_length(file.fd, request->length);
	if (err < 0)
		return hp_file_length_error(&session->log, err,
					    request->length);
	err = sys->file_info(file.fd, &info);
	if (err < 0)
		return hp_error_common(err);

	err = hp_region_new(
		&(struct hp_region_parts){
			.session = session,
			.sys = sys,
			.log = &session->log,
			.token = request->token,
			.layout = known->layout,
			.label = known->label,
			.origin = request->origin,
			.fd = file.fd,
			.info = &info,
			.opts = known,
		},
		ret_region);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	return 0;
}

/*
 * Is it worth a try with pages of that size? -ENOMEM: not enough are free,
 * -ENOENT: there are none.
 */
static int check_pool(const struct hp_sys *sys, bool visible,
		      uint64_t page_size, uint64_t length)
{
	uint64_t available;
	int err;

	/* /sys is hidden: the kernel tells by what it does. */
	if (!visible)
		return page_size == HP_PAGE_1G || page_size == HP_PAGE_2M ?
			       0 :
			       -ENOENT;
	err = hp_pool_available(sys, page_size, &available);
	if (err < 0)
		return err == -ENOENT ? -ENOENT : 0;
	return available < length / page_size ? -ENOMEM : 0;
}

/* HP_PAGE_ANY. What was seen free may be gone, then the next size is tried. */
static int create_any(const struct request *request,
		      struct hp_region **ret_region)
{
	const struct hp_session *session = request->session;
	bool visible = hp_pool_visible(session->sys);
	int shift = __builtin_ctzll(request->length);
	int result = -EINVAL;

	if (shift > HP_POOL_SHIFT_MAX)
		shift = HP_POOL_SHIFT_MAX;
	for (; shift >= HP_POOL_SHIFT_MIN; shift--) {
		uint64_t page_size = UINT64_C(1) << shift;
		int err;

		err = check_pool(session->sys, visible, page_size,
				 request->length);
		if (!err)
			err = create(request, page_size, ret_region);
		switch (err) {
		case -ENOMEM:
			hp_log(&session->log, LOG_DEBUG,
			       "any page size: not enough pages of %llu kB",
			       (unsigned long long)(page_size >> 10));
			result = -ENOMEM;
			break;
		case -EOPNOTSUPP: /* no NUMA, no populate; /sys is hidden */
			if (result == -EINVAL)
				result = -EOPNOTSUPP;
			break;
		case -ENOENT:
		case -EINVAL: /* options that are not by whole pages of it */
			break;
		default:
			return err;
		}
	}
	return result;
}

int hp_region_make(struct hp_session *session, uint64_t token, uint64_t length,
		   const struct hp_region_opts *known, enum hp_origin origin,
		   struct hp_region **ret_region)
{
	struct hp_region_opts opts = *known;
	const struct request request = {
		.session = session,
		.token = token,
		.length = length,
		.known = &opts,
		.origin = origin,
	};
	int err;

	/* Of shmem that is what its length is a multiple of. */
	if (!opts.page_size)
		opts.page_size = HP_PAGE_2M;
	err = hp_region_options_check_new(&opts, length);
	if (err < 0)
		return err;
	if (opts.page_size == HP_PAGE_ANY)
		err = create_any(&request, ret_region);
	else
		err = create(&request,
			     opts.flags & HP_REGION_SHMEM ? 0 : opts.page_size,
			     ret_region);
	if (err < 0)
		return err;
	hp_session_add(session, *ret_region);
	hp_session_break_seal(session);
	return 0;
}

static int create_checked(struct hp_session *session, uint64_t token,
			  uint64_t length, const struct hp_region_opts *opts,
			  struct hp_region **ret_region)
{
	struct hp_region_opts known;
	int err;

	err = hp_region_options_read(
		&known, opts,
		HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL | HP_TAKES_LAYOUT |
			HP_TAKES_ADDRESS | HP_TAKES_NUMA,
		HP_REGION_POPULATE | HP_REGION_SHMEM | HP_REGION_LOADED);
	if (!err)
		err = hp_session_check_token(session, token);
	if (err < 0)
		return err;
	return hp_region_make(session, token, length, &known,
			      known.flags & HP_REGION_LOADED ?
				      HP_ORIGIN_SAVE :
				      HP_ORIGIN_CREATED,
			      ret_region);
}

HP_EXPORT int hp_region_create(struct hp_session *session, uint64_t token,
			       uint64_t length,
			       const struct hp_region_opts *opts,
			       struct hp_region **ret_region)
{
	int err;

	err = hp_session_check_request(session, token, ret_region);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	return create_checked(session, token, length, opts, ret_region);
}
