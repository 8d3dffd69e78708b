// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "memory/file.h"
#include "memory/region.h"
#include "system/cleanup.h"
#include "system/pool.h"

/* -- The mapping ----------------------------------------------------------- */

/* Why there is no memory: what was asked for, and what the pool has. */
static void log_shortage(const struct hp_region *region, uint64_t length)
{
	unsigned long long size = region->page_size >> 10;
	uint64_t available;

	if (!region->log->function)
		return;
	if (hp_pool_available(region->sys, region->page_size, &available) < 0)
		hp_log(region->log, LOG_ERR,
		       "no room for %llu pages of %llu kB: mmap: ENOMEM",
		       (unsigned long long)(length / region->page_size), size);
	else
		hp_log(region->log, LOG_ERR,
		       "no room for %llu pages of %llu kB, of which %llu are "
		       "free and not reserved now: mmap: ENOMEM",
		       (unsigned long long)(length / region->page_size), size,
		       (unsigned long long)available);
}

int hp_region_map_error(const struct hp_region *region, int err,
			uint64_t length)
{
	if (err == -ENOMEM)
		log_shortage(region, length);
	else
		hp_log(region->log, LOG_ERR, "%llu bytes: mmap: %s",
		       (unsigned long long)length, HP_ERRNO(err));
	switch (err) {
	case -EEXIST:
		return -EADDRINUSE;
	case -EAGAIN: /* mlockall(MCL_FUTURE) and the limit of locked memory */
		return -ENOMEM;
	case -EACCES:
	case -EPERM: /* a security policy */
		return -EACCES;
	case -EBADF: /* a descriptor to be adopted that is O_PATH */
		return -EINVAL;
	default:
		return hp_error_common(err);
	}
}

/* Ask for huge pages of shmem. A kernel that has none is no error. */
static void advise(const struct hp_region *region, void *address,
		   uint64_t length)
{
	int err = region->sys->advise_huge(address, length);

	if (err < 0)
		hp_log_call(region->log, LOG_WARNING, "shmem in small pages",
			    "madvise(MADV_HUGEPAGE)", err);
}

int hp_region_map_part(const struct hp_region *region,
		       struct hp_map_request *request, void **ret_address)
{
	int err;

	request->fd = region->fd;
	request->read_only = region->read_only;
	request->alignment = region->shmem ? HP_PAGE_2M : 0;
	err = region->sys->map(request, ret_address);
	if (!err && region->shmem)
		advise(region, *ret_address, request->length);
	return err;
}

/* What comes after the mapping, which ends with a failure of it. */
static int prepare(struct hp_region *region, const struct hp_region_opts *opts)
{
	const struct hp_pages pages = hp_region_pages(region);
	int err;

	err = hp_numa_apply(&region->numa, region->sys, region->log,
			    region->address, 0, region->length);
	if (err < 0 || !(opts->flags & HP_REGION_POPULATE))
		return err;
	return hp_populate(&pages, region->address, region->length,
			   opts->populate_threads);
}

static int map_all(struct hp_region *region, const struct hp_region_opts *opts)
{
	struct hp_map_request request = {
		.length = region->length,
		.address = opts->address,
	};
	void *address;
	int err;

	err = hp_region_map_part(region, &request, &address);
	if (err < 0)
		return hp_region_map_error(region, err, region->length);
	region->address = address;
	err = prepare(region, opts);
	if (err < 0)
		region->sys->unmap(address, region->length);
	return err;
}

int hp_region_map(struct hp_region *region, const struct hp_region_opts *opts)
{
	int err;

	region->read_only = opts->flags & HP_REGION_READ_ONLY;

	if ((uintptr_t)opts->address % hp_region_unit(region))
		return -EINVAL;
	err = hp_numa_check(region->sys, region->log, opts->numa,
			    opts->numa_count, 0, region->length,
			    hp_region_unit(region));
	if (err < 0)
		return err;
	err = hp_numa_join(&region->numa, region->sys, NULL, opts->numa,
			   opts->numa_count);
	if (err < 0)
		return err;
	err = map_all(region, opts);
	if (err < 0)
		hp_numa_end(&region->numa, region->sys);
	region->open = !err;
	return err;
}

void hp_region_unmap(struct hp_region *region)
{
	void *address = region->address;

	region->address = NULL;
	region->open = false;
	if (!region->foreign_mapping)
		region->sys->unmap(address, region->length);
	region->foreign_mapping = false;
	hp_numa_end(&region->numa, region->sys);
}

/* -- The region ------------------------------------------------------------ */

static void set_label(struct hp_region *region, const char *label)
{
	size_t length = strnlen(label, HP_LABEL_MAX);

	memcpy(region->label, label, length);
	region->label[length] = '\0';
}

int hp_region_new(const struct hp_region_parts *parts,
		  struct hp_region **ret_region)
{
	const struct hp_file_info *info = parts->info;
	const struct hp_sys *sys = parts->sys;
	struct hp_region *region;
	int err;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(*region)));
	if (!memory.memory)
		return -ENOMEM;
	region = memory.memory;
	region->session = parts->session;
	region->sys = sys;
	region->log = parts->log;
	region->forks = sys->forks();
	region->token = parts->token;
	region->layout = parts->layout;
	region->origin = parts->origin;
	if (parts->label)
		set_label(region, parts->label);
	region->fd = parts->fd;
	region->device = info->device;
	region->inode = info->inode;
	region->length = info->length;
	region->page_size = hp_file_page_size(info);
	region->shmem = !info->page_size;
	region->foreign_mapping = parts->mapped;
	region->address = parts->mapped;
	region->open = parts->mapped;
	if (parts->opts && !parts->mapped) {
		err = hp_region_map(region, parts->opts);
		if (err < 0)
			return err;
	}
	*ret_region = hp_memory_keep(&memory);
	return 0;
}

void hp_region_free(struct hp_region *region)
{
	const struct hp_sys *sys = region->sys;

	if (region->open)
		hp_region_unmap(region);
	if (region->fd >= 0 && region->passed)
		sys->leave(region->fd);
	else if (region->fd >= 0)
		sys->close(region->fd);
	sys->free(region);
}

int hp_region_check_same(const struct hp_region *region,
			 struct hp_file_info *ret_info)
{
	int err;

	err = region->sys->file_info(region->fd, ret_info);
	if (err == -EBADF) /* closed */
		return -EUCLEAN;
	if (err < 0)
		return hp_error_common(err);
	if (ret_info->device != region->device ||
	    ret_info->inode != region->inode ||
	    hp_file_page_size(ret_info) != region->page_size)
		return -EUCLEAN;
	return 0;
}

int hp_region_check_file(const struct hp_region *region,
			 struct hp_file_info *ret_info)
{
	int err = hp_region_check_same(region, ret_info);

	if (err < 0)
		return err;
	return ret_info->length != region->length ? -EUCLEAN : 0;
}
