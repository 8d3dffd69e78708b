/* SPDX-License-Identifier: MIT */
/*
 * The pools of huge pages that the kernel keeps, one for each page size, as
 * /sys/kernel/mm/hugepages shows them.
 */
#ifndef HP_POOL_H
#define HP_POOL_H

#include "system/sys.h"

/* A page of 4 KiB is not huge anywhere; 2^62 is the largest power in a file. */
#define HP_POOL_SHIFT_MIN 13
#define HP_POOL_SHIFT_MAX 62

/*
 * A counter of the pool, as "nr_hugepages". Errors as for hp_pool_available();
 * -EPROTO: it is no number.
 */
int hp_pool_count(const struct hp_sys *sys, uint64_t page_size,
		  const char *counter, uint64_t *ret_count);

/*
 * Pages that are free and not promised to anyone. -ENOENT: there is no such
 * size, or /sys is hidden from this process; other errors: it cannot be read.
 */
int hp_pool_available(const struct hp_sys *sys, uint64_t page_size,
		      uint64_t *ret_pages);

/* Does /sys show pools, of any size? */
bool hp_pool_visible(const struct hp_sys *sys);

#endif
