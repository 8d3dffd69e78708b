// SPDX-License-Identifier: MIT
/*
 * A region, from wherever its bytes are.
 */
#include <errno.h>

#include "base/export.h"
#include "base/options.h"
#include "save/task.h"
#include "system/cleanup.h"

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

static int reclaim(struct hp_session *session, uint64_t token,
		   const struct hp_region_opts *known,
		   struct hp_region **ret_region)
{
	struct hp_region_opts opts = options_for(known, HP_REGION_OLD_ADDRESS);

	opts.page_size = 0;
	opts.label = NULL;
	/* Its pages are where they are, and it may be shorter than expected. */
	opts.numa = NULL;
	opts.numa_count = 0;
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

/* Of what is lost, too: the region tells. */
static int create(struct hp_session *session, uint64_t token, uint64_t length,
		  const struct hp_region_opts *known,
		  struct hp_region **ret_region)
{
	struct hp_region_opts opts =
		options_for(known, HP_REGION_POPULATE | HP_REGION_SHMEM);

	return hp_region_open(session, token, length, &opts, ret_region);
}

/*
 * All at once, so that a mistake does not wait for the day when the region is
 * found elsewhere.
 */
static int check_options(struct hp_region_opts *ret_known,
			 const struct hp_region_opts *region_opts,
			 uint64_t length, const char *directory,
			 const struct hp_save_opts *opts)
{
	struct hp_save_opts save_known;
	int err;

	err = hp_region_options_read(
		ret_known, region_opts,
		HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL | HP_TAKES_LAYOUT |
			HP_TAKES_ADDRESS | HP_TAKES_NUMA,
		HP_REGION_OLD_ADDRESS | HP_REGION_POPULATE | HP_REGION_SHMEM);
	if (!err)
		err = hp_region_options_check_new(ret_known, length);
	if (!err)
		err = hp_save_options_read(&save_known, opts, HP_SAVE_LOADS);
	if (err < 0)
		return err;
	return directory && !directory[0] ? -EINVAL : 0;
}

/* In a session that is locked: the calls are one step for other threads. */
static int find(const struct hp_io *io, struct hp_session *session,
		uint64_t token, uint64_t length, const char *directory,
		const struct hp_region_opts *known,
		const struct hp_save_opts *opts, struct hp_region **ret_region)
{
	int err = reclaim(session, token, known, ret_region);

	if ((err == -ENOENT || err == -ENODATA) && directory)
		err = load(io, session, token, directory, known, opts,
			   ret_region);
	if (err == -ENOENT || err == -ENODATA)
		err = create(session, token, length, known, ret_region);
	return err;
}

int hp_region_restore_on(const struct hp_io *io, struct hp_session *session,
			 uint64_t token, uint64_t length, const char *directory,
			 const struct hp_region_opts *region_opts,
			 const struct hp_save_opts *opts,
			 struct hp_region **ret_region)
{
	struct hp_region_opts known;
	int err;

	HP_UNCANCELLED();
	err = hp_session_lock(session);
	if (err < 0)
		return err;
	if (!ret_region || token == HP_TOKEN_RESERVED)
		err = -EINVAL;
	if (!err)
		err = check_options(&known, region_opts, length, directory,
				    opts);
	if (!err)
		err = find(io, session, token, length, directory, &known, opts,
			   ret_region);
	hp_session_unlock(session);
	return err;
}

HP_EXPORT int hp_region_restore(struct hp_session *session, uint64_t token,
				uint64_t length, const char *directory,
				const struct hp_region_opts *region_opts,
				const struct hp_save_opts *opts,
				struct hp_region **ret_region)
{
	return hp_region_restore_on(&hp_io_linux, session, token, length,
				    directory, region_opts, opts, ret_region);
}
