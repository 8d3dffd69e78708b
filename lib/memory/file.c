// SPDX-License-Identifier: MIT
#include <errno.h>

#include "memory/file.h"

int hp_file_check_huge(const struct hp_sys *sys, const struct hp_log *log,
		       int fd, const struct hp_region_opts *opts,
		       struct hp_file_info *ret_info)
{
	uint64_t page_size = opts->page_size;
	int err;

	err = sys->file_info(fd, ret_info);
	if (err < 0)
		return hp_error_common(err);
	if (opts->flags & HP_REGION_SHMEM) {
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

int hp_file_is_full(const struct hp_sys *sys, int fd,
		    const struct hp_file_info *info)
{
	uint64_t start, end;
	int err;

	if (info->page_size)
		return info->allocated >= info->length;
	/* However the kernel counts the blocks of what came back. */
	err = sys->find_data(fd, 0, &start, &end);
	if (err == -ENXIO)
		return 0;
	if (err < 0)
		return hp_error_common(err);
	return !start && end >= info->length;
}

/* Huge page files report the lack of memory and of support in many ways. */
int hp_file_make_error(const struct hp_log *log, int err, uint64_t page_size)
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

int hp_file_length_error(const struct hp_log *log, int err, uint64_t length)
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
