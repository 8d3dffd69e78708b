/* SPDX-License-Identifier: MIT */
/*
 * Regions of shmem, HP_REGION_SHMEM: memory that transparent huge pages are
 * asked for, and that may have small ones.
 */
#ifndef HP_REGION_SHMEM_H
#define HP_REGION_SHMEM_H

#include "region.h"

/* Ask for huge pages in a mapping. A kernel that has none is no error. */
void hp_shmem_advise(const struct hp_region *region, void *address,
		     uint64_t length);

/*
 * Memory for all of it, in huge pages if there are any: what the kernel fills
 * at preserve, it fills with small ones.
 */
int hp_shmem_fill(const struct hp_region *region);

/* Does the file, of shmem or not, have memory for all of its length? */
bool hp_file_is_full(const struct hp_sys *sys, int fd,
		     const struct hp_file_info *info);

#endif
