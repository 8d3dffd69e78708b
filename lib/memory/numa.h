/* SPDX-License-Identifier: MIT */
/*
 * From which nodes a region takes its pages. The kernel keeps that with the
 * mapping, not with the file, so it has to be told again for every mapping; the
 * region remembers what it was asked for.
 */
#ifndef HP_NUMA_H
#define HP_NUMA_H

#include <hugepersist/hugepersist.h>

#include "base/log.h"
#include "system/sys.h"

/* Ranges with their masks, in memory of their own. */
struct hp_numa {
	struct hp_numa_range *ranges; /* one allocation; NULL: none */
	unsigned int count;
};

/*
 * Are the ranges as hp_numa_check_ranges() wants them, and with nodes that this
 * process may use? -EINVAL: no.
 */
int hp_numa_check(const struct hp_sys *sys, const struct hp_log *log,
		  const struct hp_numa_range *ranges, unsigned int count,
		  uint64_t from, uint64_t to, uint64_t page_size);

/*
 * Make a copy of what was known and what is added. A length of 0 stays so: such a
 * range also holds for what the region grows by.
 */
int hp_numa_join(struct hp_numa *ret_numa, const struct hp_sys *sys,
		 const struct hp_numa *known,
		 const struct hp_numa_range *ranges, unsigned int count);

/*
 * Tell the kernel the policy, for the part between these offsets of a region that is
 * mapped at that address. Nothing is there to be undone but the mapping.
 */
int hp_numa_apply(const struct hp_numa *numa, const struct hp_sys *sys,
		  const struct hp_log *log, void *address, uint64_t from,
		  uint64_t to);

/* Free what hp_numa_join() made. */
void hp_numa_end(struct hp_numa *numa, const struct hp_sys *sys);

#endif
