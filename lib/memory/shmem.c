// SPDX-License-Identifier: MIT
#include <errno.h>

#include "memory/shmem.h"

/* -- How much of it is huge ------------------------------------------------ */

static int count_error(const struct hp_region *region, const char *call,
		       int err)
{
	hp_log_call(region->log, LOG_ERR, "counting huge pages", call, err);
	switch (err) {
	case -ENOTTY:	  /* before Linux 6.7 */
	case -EOPNOTSUPP: /* before Linux 5.14 */
	case -ENOENT:	  /* no /proc, or a kernel without page maps */
		return -EOPNOTSUPP;
	case -EACCES:
	case -EPERM:
		return -EACCES;
	case -EHWPOISON:
		return -EHWPOISON;
	case -EFAULT: /* someone made the file shorter meanwhile */
		return -EUCLEAN;
	default:
		return hp_error_common(err);
	}
}

/*
 * Of a part without holes. Which pages are huge shows in the page table, so
 * they have to be in there; that takes no memory where there are no holes.
 */
static int count_part(const struct hp_region *region, uint64_t start,
		      uint64_t end, uint64_t *bytes)
{
	char *address = (char *)region->address + start;
	uint64_t huge;
	int err;

	err = region->sys->populate_read(address, end - start);
	if (err < 0)
		return count_error(region, "madvise(MADV_POPULATE_READ)", err);
	err = region->sys->count_huge(address, end - start, &huge);
	if (err < 0)
		return count_error(region, "ioctl(PAGEMAP_SCAN)", err);
	*bytes += huge;
	return 0;
}

int hp_shmem_count_huge(const struct hp_region *region, uint64_t *ret_bytes)
{
	uint64_t start, end = 0, bytes = 0;
	struct hp_file_info info;
	int err;

	/* Of another process: that may have made it longer. */
	err = hp_region_check_same(region, &info);
	if (err < 0)
		return err;
	if (info.length < region->length)
		return -EUCLEAN;
	while (end < region->length) {
		err = region->sys->find_data(region->fd, end, &start, &end);
		if (err == -ENXIO || (!err && start >= region->length))
			break;
		if (err < 0)
			return count_error(region, "lseek(SEEK_DATA)", err);
		if (end > region->length)
			end = region->length;
		err = count_part(region, start, end, &bytes);
		if (err < 0)
			return err;
	}
	*ret_bytes = bytes;
	return 0;
}
