// SPDX-License-Identifier: MIT
#include <errno.h>

#include "error.h"
#include "pool.h"
#include "populate.h"
#include "region_file.h"
#include "region_shmem.h"

/*
 * Linux puts the stack near the end of the address space that it gives to
 * programs, so there is no room for twice as much.
 */
static bool exceeds_addresses(uint64_t length)
{
	uint64_t high = (uintptr_t)__builtin_frame_address(0);

	return length > SIZE_MAX || length >> (63 - __builtin_clzll(high)) > 1;
}

int hp_region_check_length(uint64_t length, uint64_t page_size)
{
	if (!length || length % page_size)
		return -EINVAL;
	return length > INT64_MAX || exceeds_addresses(length) ? -EFBIG : 0;
}

int hp_region_check_huge(const struct hp_sys *sys, const struct hp_log *log,
			 int fd, const struct hp_region_opts *known,
			 struct hp_file_info *ret_info)
{
	uint64_t page_size = known->page_size;
	int err;

	err = sys->file_info(fd, ret_info);
	if (err < 0)
		return hp_error_common(err);
	if (known->flags & HP_REGION_SHMEM) {
		if (ret_info->shmem_page_size)
			return 0;
		hp_log(log, LOG_ERR, "the file is not on tmpfs: fstatfs");
		return -EMEDIUMTYPE;
	}
	if (!ret_info->page_size) {
		hp_log(log, LOG_ERR, "the file is not on hugetlbfs: fstatfs");
		return -EMEDIUMTYPE;
	}
	if (page_size && page_size != ret_info->page_size) {
		hp_log(log, LOG_ERR, "page size %llu, not %llu: fstatfs",
		       (unsigned long long)ret_info->page_size,
		       (unsigned long long)page_size);
		return -EINVAL;
	}
	return 0;
}

/* Huge page files report the lack of memory and of support in many ways. */
int hp_region_file_error(const struct hp_log *log, int err, uint64_t page_size)
{
	if (page_size)
		hp_log(log, LOG_ERR,
		       "pages of %llu kB: memfd_create(MFD_HUGETLB): %s",
		       (unsigned long long)(page_size >> 10), HP_ERRNO(err));
	else
		hp_log_call(log, LOG_ERR, "shmem", "memfd_create", err);
	switch (err) {
	case -ENODEV: /* no pages of that size */
	case -ENOENT:
	case -ENOSYS:
	case -EINVAL:
	case -EOPNOTSUPP:
		return -EOPNOTSUPP;
	case -ENOSPC:
		return -ENOMEM;
	case -EACCES:
	case -EPERM:
		return -EACCES;
	default:
		return hp_error_common(err);
	}
}

int hp_region_length_error(const struct hp_log *log, int err, uint64_t length)
{
	hp_log(log, LOG_ERR, "to %llu bytes: ftruncate: %s",
	       (unsigned long long)length, HP_ERRNO(err));
	switch (err) {
	case -EFBIG: /* RLIMIT_FSIZE, or what a file can be */
	case -EINVAL:
		return -EFBIG;
	case -EPERM: /* LUO holds it, and froze it, see hugetlbfs_setattr() */
		return -EBUSY;
	default:
		return hp_error_common(err);
	}
}

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

void hp_region_set_file(struct hp_region *region, int fd,
			const struct hp_file_info *info)
{
	region->fd = fd;
	region->device = info->device;
	region->inode = info->inode;
	region->length = info->length;
	region->page_size = hp_file_page_size(info);
	region->shmem = !info->page_size;
}

/* What comes after the mapping, which ends with a failure of it. */
static int prepare(struct hp_region *region, const struct hp_region_opts *known)
{
	int err;

	err = hp_numa_apply(&region->numa, region->sys, region->log,
			    region->address, 0, region->length);
	if (err < 0 || !(known->flags & HP_REGION_POPULATE))
		return err;
	return hp_populate(region, region->address, region->length,
			   known->populate_threads);
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
		hp_shmem_advise(region, *ret_address, request->length);
	return err;
}

static int map(struct hp_region *region, const struct hp_region_opts *known)
{
	struct hp_map_request request = {
		.length = region->length,
		.address = known->address,
	};
	void *address;
	int err;

	err = hp_region_map_part(region, &request, &address);
	if (err < 0)
		return hp_region_map_error(region, err, region->length);
	region->address = address;
	err = prepare(region, known);
	if (err < 0)
		region->sys->unmap(address, region->length);
	return err;
}

int hp_region_map(struct hp_region *region, const struct hp_region_opts *known)
{
	int err;

	if ((uintptr_t)known->address % hp_region_unit(region))
		return -EINVAL;
	err = hp_numa_check(region->sys, region->log, known->numa,
			    known->numa_count, 0, region->length,
			    hp_region_unit(region));
	if (err < 0)
		return err;
	err = hp_numa_join(&region->numa, region->sys, NULL, known->numa,
			   known->numa_count);
	if (err < 0)
		return err;
	err = map(region, known);
	if (err < 0)
		hp_numa_end(&region->numa, region->sys);
	return err;
}
