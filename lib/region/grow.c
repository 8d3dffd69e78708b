// SPDX-License-Identifier: MIT
/*
 * hp_region_grow(). Linux cannot make a mapping of huge pages longer
 * (mremap(2): EINVAL), so what is added is mapped behind it, or the whole file
 * once more elsewhere.
 */
#include <errno.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "memory/file.h"
#include "session/session.h"
#include "system/cleanup.h"

/* A grow on its way. */
struct grow {
	struct hp_region *region;
	const struct hp_region_opts *known;
	uint64_t before, length; /* of the region: now, and when it is done */
	struct hp_numa numa;	 /* for all of it */
	char *address;		 /* of the region when it is done */
	char *mapped;		 /* what was mapped for that */
	uint64_t mapped_length;
};

static int map_at(struct grow *grow, char *at, uint64_t offset)
{
	struct hp_region *region = grow->region;
	struct hp_map_request request = {
		.offset = offset,
		.length = grow->length - offset,
		.address = at,
	};
	void *mapped;
	int err;

	err = hp_region_map_part(region, &request, &mapped);
	if (err < 0)
		return err;
	grow->mapped = mapped;
	grow->mapped_length = request.length;
	grow->address = grow->mapped - offset;
	return 0;
}

static int map(struct grow *grow)
{
	char *now = grow->region->address;
	int err;

	err = map_at(grow, now + grow->before, grow->before);
	/* -ENOMEM is also what the end of the address space is told by. */
	if ((err == -EEXIST || err == -ENOMEM) &&
	    grow->known->flags & HP_REGION_MAY_MOVE)
		err = map_at(grow, NULL, 0);
	return err < 0 ? hp_region_map_error(grow->region, err,
					     grow->length - grow->before) :
			 0;
}

/* Make what was mapped what it is to be. */
static int prepare(struct grow *grow)
{
	const struct hp_region *region = grow->region;
	const struct hp_pages pages = hp_region_pages(region);
	bool moved = grow->mapped == grow->address;
	int err;

	err = hp_numa_apply(&grow->numa, region->sys, region->log,
			    grow->address, moved ? 0 : grow->before,
			    grow->length);
	if (err < 0 ||
	    !(region->held || grow->known->flags & HP_REGION_POPULATE))
		return err;
	err = hp_populate(&pages, grow->address + grow->before,
			  grow->length - grow->before,
			  grow->known->populate_threads);
	/* A kernel without the advice: the holder fills it. */
	return err == -EOPNOTSUPP &&
			       !(grow->known->flags & HP_REGION_POPULATE) ?
		       0 :
		       err;
}

/*
 * The point after which nothing fails. What is preserved stays so: the file was
 * first, the list is second, and has room for what it lists.
 */
static void finish(struct grow *grow)
{
	struct hp_region *region = grow->region;
	struct hp_session *session = region->session;
	char *old = region->address;

	hp_numa_end(&region->numa, region->sys);
	region->numa = grow->numa;
	/* In this order, so that no getter tells too long a mapping. */
	region->address = grow->address;
	region->length = grow->length;
	if (region->held) {
		session->manifest->about.sealed = 0;
		(void)hp_session_list(session, region);
		hp_manifest_write(session->manifest);
	} else {
		hp_session_break_seal(session);
	}
	if (old != grow->address)
		region->sys->unmap(old, grow->before);
}

static int grow_mapping(struct grow *grow)
{
	const struct hp_sys *sys = grow->region->sys;
	int err;

	err = map(grow);
	if (err < 0)
		return err;
	err = prepare(grow);
	if (err < 0) {
		sys->unmap(grow->mapped, grow->mapped_length);
		return err;
	}
	finish(grow);
	return 0;
}

static int grow_file(struct grow *grow)
{
	const struct hp_region *region = grow->region;
	int err, undo;

	err = region->sys->set_length(region->fd, grow->length);
	if (err < 0)
		return hp_file_length_error(region->log, err, grow->length);
	err = grow_mapping(grow);
	if (err < 0) {
		undo = region->sys->set_length(region->fd, grow->before);
		if (undo < 0)
			hp_log(region->log, LOG_ERR,
			       "the file stays too long for the region, which "
			       "cannot be preserved or grown: ftruncate: %s",
			       HP_ERRNO(undo));
	}
	return err;
}

/* May this region grow at all? The session is locked. */
static int check_state(const struct hp_region *region)
{
	struct hp_file_info info;

	if (region->session->incoming.fd >= 0 ||
	    (region->held && region->session->holder_kind != HP_HOLDER_STORE))
		return -EBUSY;
	if (region->foreign_mapping)
		return -EOPNOTSUPP;
	if (region->read_only)
		return -EROFS;
	return hp_region_check_file(region, &info);
}

static int grow(struct hp_region *region, uint64_t length,
		const struct hp_region_opts *known)
{
	struct grow work = {
		.region = region,
		.known = known,
		.before = region->length,
		.length = length,
	};
	int err;

	if (length < work.before)
		return -EINVAL;
	err = hp_region_check_length(length, hp_region_unit(region));
	if (err < 0)
		return err;
	err = hp_numa_check(region->sys, region->log, known->numa,
			    known->numa_count, work.before, length,
			    hp_region_unit(region));
	if (err < 0)
		return err;
	err = check_state(region);
	if (err < 0 || length == work.before)
		return err;
	err = hp_numa_join(&work.numa, region->sys, &region->numa, known->numa,
			   known->numa_count);
	if (err < 0)
		return err;
	err = grow_file(&work);
	if (err < 0)
		hp_numa_end(&work.numa, region->sys);
	return err;
}

HP_EXPORT int hp_region_grow(struct hp_region *region, uint64_t length,
			     const struct hp_region_opts *opts)
{
	struct hp_region_opts known;
	int err;

	if (!region)
		return -EINVAL;
	err = hp_session_check(region->session);
	if (err < 0)
		return err;
	err = hp_region_options_read(&known, opts, HP_TAKES_NUMA,
				     HP_REGION_MAY_MOVE | HP_REGION_POPULATE);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	return grow(region, length, &known);
}
