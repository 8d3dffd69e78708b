/* SPDX-License-Identifier: MIT */
/*
 * Regions of shmem, HP_REGION_SHMEM: memory that transparent huge pages are
 * asked for, and that may have small ones.
 */
#ifndef HP_SHMEM_H
#define HP_SHMEM_H

#include "memory/region.h"

/*
 * Take memory for all of the region, in huge pages if there are any: what the
 * kernel fills at preserve, it fills with small ones.
 */
int hp_shmem_fill(const struct hp_region *region);

/* Count the bytes that are in huge pages right now. */
int hp_shmem_count_huge(const struct hp_region *region, uint64_t *ret_bytes);

#endif
