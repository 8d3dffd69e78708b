/* SPDX-License-Identifier: MIT */
/*
 * A file that a region can be of.
 */
#ifndef HP_FILE_H
#define HP_FILE_H

#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "base/log.h"
#include "system/sys.h"

/* Its page size; of shmem that of the small pages. 0: it can be no region. */
static inline uint64_t hp_file_page_size(const struct hp_file_info *info)
{
	return info->page_size ? info->page_size : info->shmem_page_size;
}

/* What the length of such a file is a multiple of, to be a region. */
static inline uint64_t hp_file_unit(const struct hp_file_info *info)
{
	return info->page_size ? info->page_size : HP_PAGE_2M;
}

/*
 * Is the file in huge pages, of the size that the options expect (0: any); with
 * HP_REGION_SHMEM, is it shmem? -EMEDIUMTYPE or -EINVAL: no, and a word to the
 * log.
 */
int hp_file_check_huge(const struct hp_sys *sys, const struct hp_log *log,
		       int fd, const struct hp_region_opts *opts,
		       struct hp_file_info *ret_info);

/* Does the file have memory for all of its length? 1, 0 or an error. */
int hp_file_is_full(const struct hp_sys *sys, int fd,
		    const struct hp_file_info *info);

/*
 * What an error of making a file means, and a word to the log. The pages were
 * to be of that size; 0: shmem.
 */
int hp_file_make_error(const struct hp_log *log, int err, uint64_t page_size);

/* What an error of setting the length means, and a word to the log. */
int hp_file_length_error(const struct hp_log *log, int err, uint64_t length);

#endif
