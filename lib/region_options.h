/* SPDX-License-Identifier: MIT */
/*
 * struct hp_region_opts serves five calls, and each takes another part of it.
 */
#ifndef HP_REGION_OPTIONS_H
#define HP_REGION_OPTIONS_H

#include <hugepersist/hugepersist.h>

/* Fields that a call takes, as bits. */
enum {
	HP_TAKES_PAGE_SIZE = 1 << 0,
	HP_TAKES_LABEL = 1 << 1,
	HP_TAKES_LAYOUT = 1 << 2,
	HP_TAKES_ADDRESS = 1 << 3,
	HP_TAKES_NUMA = 1 << 4,
};

/*
 * Copy the caller's options into known; fields and flags are those that the
 * call takes. -EINVAL: something else is set, or cannot be so.
 */
int hp_region_options_read(struct hp_region_opts *known,
			   const struct hp_region_opts *opts,
			   unsigned int fields, unsigned int flags);

/* Put the label of the options, which were read, there. */
void hp_region_options_label(char label[HP_LABEL_MAX + 1],
			     const struct hp_region_opts *known);

#endif
