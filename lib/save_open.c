// SPDX-License-Identifier: MIT
/*
 * A region, from wherever its bytes are.
 */
#include <errno.h>

#include "cleanup.h"
#include "export.h"
#include "options.h"
#include "region.h"
#include "save_task.h"
#include "smallest.h"

/* The caller's options as one of the calls takes them. */
static struct hp_region_opts options_for(const struct hp_region_opts *known,
					 unsigned int flags)
{
	struct hp_region_opts opts = *known;

	opts.size = sizeof(opts);
	opts.flags &= flags;
	if (!(opts.flags & HP_REGION_POPULATE))
		opts.populate_threads = 0;
	return opts;
}

/* Who comes first tells what is wrong with the options for all. */
static int reclaim(struct hp_session *session, uint64_t token,
		   const struct hp_region_opts *known,
		   struct hp_region **ret_region)
{
	struct hp_region_opts opts = options_for(known, HP_REGION_OLD_ADDRESS);

	opts.page_size = 0;
	opts.label = NULL;
	return hp_region_reclaim(session, token, &opts, ret_region);
}

static int load(const struct hp_io *io, struct hp_session *session,
		uint64_t token, const char *directory,
		const struct hp_region_opts *known,
		const struct hp_save_opts *opts, struct hp_region **ret_region)
{
	struct hp_region_opts region_opts =
		options_for(known, HP_REGION_OLD_ADDRESS | HP_REGION_POPULATE |
					   HP_REGION_SHMEM);

	region_opts.page_size = 0;
	region_opts.label = NULL;
	return hp_region_load_on(io, session, token, directory, &region_opts,
				 opts, ret_region);
}

static int create(struct hp_session *session, uint64_t token, uint64_t length,
		  const struct hp_region_opts *known,
		  struct hp_region **ret_region)
{
	struct hp_region_opts opts =
		options_for(known, HP_REGION_POPULATE | HP_REGION_SHMEM);

	return hp_region_create(session, token, length, &opts, ret_region);
}

int hp_region_open_on(const struct hp_io *io, struct hp_session *session,
		      uint64_t token, uint64_t length, const char *directory,
		      const struct hp_region_opts *region_opts,
		      const struct hp_save_opts *opts,
		      struct hp_region **ret_region)
{
	const unsigned int flags =
		HP_REGION_OLD_ADDRESS | HP_REGION_POPULATE | HP_REGION_SHMEM;
	struct hp_region_opts known;
	int err;

	err = hp_options_read(&known, sizeof(known), region_opts,
			      HP_REGION_OPTS_SMALLEST);
	if (err < 0)
		return err;
	/* Where these two meet, the page size is not that of the load. */
	if (known.flags & ~flags ||
	    (known.flags & HP_REGION_SHMEM && known.page_size))
		return -EINVAL;
	err = reclaim(session, token, &known, ret_region);
	if (err == -ENOENT && directory)
		err = load(io, session, token, directory, &known, opts,
			   ret_region);
	if (err == -ENOENT)
		err = create(session, token, length, &known, ret_region);
	return err;
}

HP_EXPORT int hp_region_open(struct hp_session *session, uint64_t token,
			     uint64_t length, const char *directory,
			     const struct hp_region_opts *region_opts,
			     const struct hp_save_opts *opts,
			     struct hp_region **ret_region)
{
	return hp_region_open_on(&hp_io_linux, session, token, length,
				 directory, region_opts, opts, ret_region);
}

HP_EXPORT int hp_region_get(struct hp_session *session, uint64_t token,
			    struct hp_region **ret_region)
{
	struct hp_region *region;
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	if (!ret_region)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	region = hp_region_find(session, token);
	if (!region)
		return -ENOENT;
	*ret_region = region;
	return 0;
}
