/* SPDX-License-Identifier: MIT */
/*
 * The file of a region and its mapping, as create, reclaim, adopt and grow need
 * them.
 */
#ifndef HP_REGION_FILE_H
#define HP_REGION_FILE_H

#include "region.h"

/* Is the length by whole pages, and none that nothing can have? -EFBIG. */
int hp_region_check_length(uint64_t length, uint64_t page_size);

/*
 * Is it a file in huge pages, of the size expected (0: any); with
 * HP_REGION_SHMEM, of shmem? -EMEDIUMTYPE, -EINVAL, and a word to the log.
 */
int hp_region_check_huge(const struct hp_sys *sys, const struct hp_log *log,
			 int fd, const struct hp_region_opts *known,
			 struct hp_file_info *ret_info);

/*
 * What the system's errors mean, and a word to the log. The length is what was
 * asked for, in pages of that size; 0: shmem.
 */
int hp_region_file_error(const struct hp_log *log, int err, uint64_t page_size);
int hp_region_length_error(const struct hp_log *log, int err, uint64_t length);
int hp_region_map_error(const struct hp_region *region, int err,
			uint64_t length);

/*
 * Map the file of a region whose other fields are set, as the options say, with
 * NUMA policy, and populate it. A failure leaves nothing behind.
 */
int hp_region_map(struct hp_region *region, const struct hp_region_opts *known);

/* Map a part of the file of a region, as such a mapping is to be. */
int hp_region_map_part(const struct hp_region *region,
		       struct hp_map_request *request, void **ret_address);

/* The descriptor, its file and its properties become the region's. */
void hp_region_set_file(struct hp_region *region, int fd,
			const struct hp_file_info *info);

#endif
