/* SPDX-License-Identifier: MIT */
/*
 * Regions of shmem, HP_REGION_SHMEM: memory that transparent huge pages are
 * asked for, and that may have small ones.
 */
#ifndef HP_SHMEM_H
#define HP_SHMEM_H

#include "memory/region.h"

/* Count the bytes that are in huge pages right now. */
int hp_shmem_count_huge(const struct hp_region *region, uint64_t *ret_bytes);

#endif
