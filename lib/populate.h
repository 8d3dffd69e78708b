/* SPDX-License-Identifier: MIT */
#ifndef HP_POPULATE_H
#define HP_POPULATE_H

#include "region.h"

/*
 * Take and zero all pages of a part of a region, in up to that many threads,
 * which end before the return; 0: in this one. Fewer when no more can be
 * started. Shmem gets huge pages, as far as there are any.
 */
int hp_populate(const struct hp_region *region, void *address, uint64_t length,
		unsigned int threads);

#endif
