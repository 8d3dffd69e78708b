// SPDX-License-Identifier: MIT
/*
 * A region that came back, or a new one.
 */
#include <errno.h>

#include "base/export.h"
#include "base/options.h"
#include "memory/file.h"
#include "region/create.h"
#include "session/session.h"
#include "system/cleanup.h"

#define FIELDS                                                   \
	(HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL | HP_TAKES_LAYOUT | \
	 HP_TAKES_ADDRESS | HP_TAKES_NUMA)

/* What the caller asks for. */
struct request {
	struct hp_session *session;
	uint64_t token;
	uint64_t length; /* 0: any */
	struct hp_region_opts known;
	bool once; /* do not wait for what passes */
};

static int mismatch(const struct hp_region *region, const char *what,
		    uint64_t is, uint64_t wanted)
{
	hp_log(region->log, LOG_ERR, "token %#llx has %s %llu, not %llu",
	       (unsigned long long)region->token, what, (unsigned long long)is,
	       (unsigned long long)wanted);
	return -ESTALE;
}

/* Is what came back what is asked for? */
static int check(const struct hp_region *region, const struct request *request)
{
	const struct hp_region_opts *known = &request->known;

	if (region->damaged && !(known->flags & HP_REGION_UNLISTED))
		return -EUCLEAN;
	if (!hp_region_unit(region) || !region->length ||
	    region->length % hp_region_unit(region))
		return -EUCLEAN;
	if (request->length && request->length != region->length)
		return mismatch(region, "length", region->length,
				request->length);
	if (known->page_size && known->page_size != HP_PAGE_ANY &&
	    known->page_size != region->page_size)
		return mismatch(region, "page size", region->page_size,
				known->page_size);
	if (known->layout && known->layout != region->layout)
		return mismatch(region, "layout", region->layout,
				known->layout);
	return 0;
}

/* The options as hp_region_map() takes them for memory that is there. */
static int map_options(const struct hp_region *region,
		       const struct request *request,
		       struct hp_region_opts *ret_opts)
{
	*ret_opts = request->known;
	/* Its pages are there. */
	ret_opts->flags &= ~(unsigned int)HP_REGION_POPULATE;
	ret_opts->populate_threads = 0;
	if (!(ret_opts->flags & HP_REGION_OLD_ADDRESS))
		return 0;
	if (!region->old_address || region->old_address > UINTPTR_MAX) {
		hp_log(region->log, LOG_ERR, "the old address is not known");
		return -EADDRINUSE;
	}
	ret_opts->address = (void *)(uintptr_t)region->old_address;
	return 0;
}

static int check_writable(const struct hp_region *region,
			  const struct request *request)
{
	struct hp_file_info info;
	int err = hp_region_check_same(region, &info);

	if (err < 0)
		return err;
	return info.writable || request->known.flags & HP_REGION_READ_ONLY ?
		       0 :
		       -EROFS;
}

static int open_returned(struct hp_region *region,
			 const struct request *request,
			 struct hp_region **ret_region)
{
	struct hp_region_opts opts;
	int err;

	if (region->open)
		return -EEXIST;
	err = check(region, request);
	if (!err)
		err = check_writable(region, request);
	if (!err)
		err = map_options(region, request, &opts);
	if (!err)
		err = hp_region_map(region, &opts);
	if (err < 0)
		return err;
	if (!region->read_only)
		hp_session_break_seal(request->session);
	*ret_region = region;
	return 0;
}

static int open_new(const struct request *request, bool lost,
		    struct hp_region **ret_region)
{
	struct hp_region_opts known = request->known;

	if (known.flags & HP_REGION_MUST_EXIST)
		return lost ? -ENODATA : -ENOENT;
	known.flags &= HP_REGION_POPULATE | HP_REGION_SHMEM;
	return hp_region_make(request->session, request->token, request->length,
			      &known, lost ? HP_ORIGIN_LOST : HP_ORIGIN_CREATED,
			      ret_region);
}

/* Memory that came back is waited for; new memory is not. */
static int open_once(const struct request *request, bool *returned,
		     struct hp_region **ret_region)
{
	bool unlisted = request->known.flags & HP_REGION_UNLISTED;
	struct hp_region *region;
	int err;

	*returned = true;
	err = hp_session_fetch(request->session, request->token, unlisted,
			       &region);
	if (err < 0)
		return err;
	if (region && !region->lost)
		return open_returned(region, request, ret_region);
	*returned = false;
	return open_new(request, region || request->session->all_lost,
			ret_region);
}

static int open_region(const struct request *request,
		       struct hp_region **ret_region)
{
	struct hp_patience patience = hp_patience_begin(request->session);
	bool returned;
	int err, wait;

	do {
		err = open_once(request, &returned, ret_region);
		if (request->once || !returned)
			return err;
		wait = err ? hp_patience_wait(&patience, err) : err;
	} while (err && !wait);
	return wait;
}

/*
 * All at once, so that a mistake does not wait for the day when the region is
 * found elsewhere.
 */
static int check_request(const struct request *request)
{
	const struct hp_region_opts *known = &request->known;

	if (known->flags & HP_REGION_OLD_ADDRESS && known->address)
		return -EINVAL;
	if (known->flags & HP_REGION_MUST_EXIST && !request->length)
		return 0;
	return hp_region_options_check_new(known, request->length);
}

HP_EXPORT int hp_region_open(struct hp_session *session, uint64_t token,
			     uint64_t length, const struct hp_region_opts *opts,
			     struct hp_region **ret_region)
{
	struct request request = {
		.session = session,
		.token = token,
		.length = length,
	};
	int err;

	err = hp_session_check_request(session, token, ret_region);
	if (!err)
		err = hp_region_options_read(
			&request.known, opts, FIELDS,
			HP_REGION_POPULATE | HP_REGION_READ_ONLY |
				HP_REGION_OLD_ADDRESS | HP_REGION_UNLISTED |
				HP_REGION_SHMEM | HP_REGION_MUST_EXIST);
	if (!err)
		err = check_request(&request);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	return open_region(&request, ret_region);
}

HP_EXPORT int hp_region_reclaim(struct hp_session *session, uint64_t token,
				const struct hp_region_opts *opts,
				struct hp_region **ret_region)
{
	struct request request = {
		.session = session,
		.token = token,
		.once = true,
	};
	int err;

	err = hp_session_check_request(session, token, ret_region);
	if (!err)
		err = hp_region_options_read(
			&request.known, opts,
			HP_TAKES_PAGE_SIZE | HP_TAKES_LAYOUT |
				HP_TAKES_ADDRESS | HP_TAKES_NUMA,
			HP_REGION_OLD_ADDRESS | HP_REGION_READ_ONLY |
				HP_REGION_UNLISTED);
	if (err < 0)
		return err;
	request.known.flags |= HP_REGION_MUST_EXIST;
	if (request.known.flags & HP_REGION_OLD_ADDRESS &&
	    request.known.address)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	return open_region(&request, ret_region);
}
