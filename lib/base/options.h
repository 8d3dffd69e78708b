/* SPDX-License-Identifier: MIT */
/*
 * Structures of the public headers that begin with their own size, so that an
 * application and the library may be of different versions; and what the
 * options of a region may say.
 */
#ifndef HP_OPTIONS_H
#define HP_OPTIONS_H

#include <stddef.h>

#include <hugepersist/hugepersist.h>

/*
 * Copy the caller's options into known, which is of known_size bytes. -EINVAL:
 * the caller's structure is shorter, as none of a release is, or sets something
 * that this version does not have. NULL: all 0.
 */
int hp_options_read(void *known, size_t known_size, const void *options);

/*
 * Can the library fill in this structure of the caller, of which it knows
 * known_size bytes? -EINVAL: the pointer is NULL or the structure is shorter.
 */
int hp_info_check(const void *info, size_t known_size);

/*
 * Copy known into the caller's structure, which was checked. What the caller
 * knows and this version does not becomes 0. The size stays.
 */
void hp_info_fill(void *info, const void *known, size_t known_size);

/* Fields of struct hp_region_opts that a call takes, as bits. */
enum {
	HP_TAKES_PAGE_SIZE = 1 << 0,
	HP_TAKES_LABEL = 1 << 1,
	HP_TAKES_LAYOUT = 1 << 2,
	HP_TAKES_ADDRESS = 1 << 3,
	HP_TAKES_NUMA = 1 << 4,
};

/*
 * Copy the caller's options of a region into known; fields and flags are those
 * that the call takes. -EINVAL: something else is set, or cannot be so.
 */
int hp_region_options_read(struct hp_region_opts *known,
			   const struct hp_region_opts *opts,
			   unsigned int fields, unsigned int flags);

/*
 * Could there be a new region with these options, which were read, whatever the
 * machine has? -EINVAL: no. -EFBIG: it is longer than a file can be.
 */
int hp_region_options_check_new(const struct hp_region_opts *known,
				uint64_t length);

/* Is the length by whole pages? -EINVAL: no. -EFBIG: longer than any file. */
int hp_region_check_length(uint64_t length, uint64_t page_size);

/*
 * Are all ranges by whole pages and between these two offsets of the region,
 * with a policy and with nodes? -EINVAL: no.
 */
int hp_numa_check_ranges(const struct hp_numa_range *ranges, unsigned int count,
			 uint64_t from, uint64_t to, uint64_t page_size);

/* Does a range name that node? */
int hp_numa_has_node(const struct hp_numa_range *range, unsigned int node);

#endif
