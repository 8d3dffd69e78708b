// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "export.h"
#include "pool.h"
#include "region_file.h"
#include "region_options.h"
#include "session.h"

/* Smaller than any huge page, on every machine. */
#define PAGE_SMALL 4096

/* With a page size, 0: of shmem; all other options are those of the call. */
static int create(struct hp_session *session, uint64_t token, uint64_t length,
		  uint64_t page_size, const struct hp_region_opts *known,
		  struct hp_region **ret_region)
{
	const struct hp_sys *sys = session->sys;
	struct hp_region *region;
	struct hp_file_info info;
	int err;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(*region)));
	if (!memory.memory)
		return -ENOMEM;
	HP_FD(file, sys, sys->memfd("hugepersist region", page_size));
	if (file.fd < 0)
		return hp_region_file_error(&session->log, file.fd, page_size);
	err = sys->set_length(file.fd, length);
	if (err < 0)
		return hp_region_length_error(&session->log, err, length);
	err = sys->file_info(file.fd, &info);
	if (err < 0)
		return hp_error_common(err);

	region = memory.memory;
	region->session = session;
	region->sys = sys;
	region->log = &session->log;
	region->token = token;
	region->layout = known->layout;
	region->origin = HP_ORIGIN_CREATED;
	hp_region_options_label(region->label, known);
	hp_region_set_file(region, file.fd, &info);
	err = hp_region_map(region, known);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	hp_region_enlist(session, hp_memory_keep(&memory));
	*ret_region = region;
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
static int create_any(struct hp_session *session, uint64_t token,
		      uint64_t length, const struct hp_region_opts *known,
		      struct hp_region **ret_region)
{
	bool visible = hp_pool_visible(session->sys);
	int shift = __builtin_ctzll(length);
	int result = -EINVAL;

	if (shift > HP_POOL_SHIFT_MAX)
		shift = HP_POOL_SHIFT_MAX;
	for (; shift >= HP_POOL_SHIFT_MIN; shift--) {
		uint64_t page_size = UINT64_C(1) << shift;
		int err;

		err = check_pool(session->sys, visible, page_size, length);
		if (!err)
			err = create(session, token, length, page_size, known,
				     ret_region);
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

/* HP_PAGE_ANY is 1: whatever is by whole bytes passes here. */
int hp_region_check_new(const struct hp_region_opts *known, uint64_t length)
{
	uint64_t page_size = known->page_size ? known->page_size : HP_PAGE_2M;
	int err;

	if (page_size != HP_PAGE_ANY && page_size <= PAGE_SMALL)
		return -EINVAL;
	err = hp_region_check_length(length, page_size);
	if (err < 0)
		return err;
	if ((uintptr_t)known->address % page_size)
		return -EINVAL;
	return hp_numa_check_ranges(known->numa, known->numa_count, 0, length,
				    page_size);
}

int hp_region_create_locked(struct hp_session *session, uint64_t token,
			    uint64_t length, const struct hp_region_opts *opts,
			    struct hp_region **ret_region)
{
	struct hp_region_opts known;
	bool shmem;
	int err;

	err = hp_region_options_read(&known, opts,
				     HP_TAKES_PAGE_SIZE | HP_TAKES_LABEL |
					     HP_TAKES_LAYOUT |
					     HP_TAKES_ADDRESS | HP_TAKES_NUMA,
				     HP_REGION_POPULATE | HP_REGION_SHMEM);
	if (err < 0)
		return err;
	shmem = known.flags & HP_REGION_SHMEM;
	/* Of shmem that is what its length is a multiple of. */
	if (!known.page_size)
		known.page_size = HP_PAGE_2M;
	err = hp_region_check_new(&known, length);
	if (err < 0)
		return err;
	err = hp_region_check_token(session, token);
	if (err < 0)
		return err;
	if (known.page_size == HP_PAGE_ANY)
		return create_any(session, token, length, &known, ret_region);
	return create(session, token, length, shmem ? 0 : known.page_size,
		      &known, ret_region);
}

HP_EXPORT int hp_region_create(struct hp_session *session, uint64_t token,
			       uint64_t length,
			       const struct hp_region_opts *opts,
			       struct hp_region **ret_region)
{
	int err;

	err = hp_region_check_request(session, token, ret_region);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	return hp_region_create_locked(session, token, length, opts,
				       ret_region);
}
