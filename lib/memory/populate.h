/* SPDX-License-Identifier: MIT */
#ifndef HP_POPULATE_H
#define HP_POPULATE_H

#include <stdbool.h>

#include "base/log.h"
#include "system/sys.h"

/* What the memory of a region is in. */
struct hp_pages {
	const struct hp_sys *sys;
	const struct hp_log *log;
	uint64_t unit; /* what its length is a multiple of */
	uint64_t page_size;
	bool shmem;
};

/*
 * Take and zero all pages of a part of a mapping, in up to that many threads,
 * which end before the return; 0: in this one. Fewer when no more can be
 * started. Shmem gets huge pages, as far as there are any.
 */
int hp_populate(const struct hp_pages *pages, void *address, uint64_t length,
		unsigned int threads);

#endif
