// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "number.h"
#include "options.h"
#include "region_options.h"
#include "smallest.h"

/* Fields that are set, as HP_TAKES_*. */
static unsigned int fields_set(const struct hp_region_opts *opts)
{
	unsigned int set = 0;

	if (opts->page_size)
		set |= HP_TAKES_PAGE_SIZE;
	if (opts->label)
		set |= HP_TAKES_LABEL;
	if (opts->layout)
		set |= HP_TAKES_LAYOUT;
	if (opts->address)
		set |= HP_TAKES_ADDRESS;
	if (opts->numa || opts->numa_count)
		set |= HP_TAKES_NUMA;
	return set;
}

int hp_region_options_read(struct hp_region_opts *known,
			   const struct hp_region_opts *opts,
			   unsigned int fields, unsigned int flags)
{
	int err;

	err = hp_options_read(known, sizeof(*known), opts,
			      HP_REGION_OPTS_SMALLEST);
	if (err < 0)
		return err;
	if (known->reserved || known->flags & ~flags ||
	    fields_set(known) & ~fields)
		return -EINVAL;
	/* HP_PAGE_ANY is a power of two as well. */
	if (known->page_size && !hp_number_is_power_of_two(known->page_size))
		return -EINVAL;
	if (known->flags & HP_REGION_SHMEM && known->page_size)
		return -EINVAL;
	if (known->populate_threads && !(known->flags & HP_REGION_POPULATE))
		return -EINVAL;
	if (known->label &&
	    strnlen(known->label, HP_LABEL_MAX + 1) > HP_LABEL_MAX)
		return -EINVAL;
	return known->numa_count && !known->numa ? -EINVAL : 0;
}

void hp_region_options_label(char label[HP_LABEL_MAX + 1],
			     const struct hp_region_opts *known)
{
	size_t length;

	if (!known->label)
		return;
	length = strnlen(known->label, HP_LABEL_MAX);
	memcpy(label, known->label, length);
	label[length] = '\0';
}
