// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/options.h"

/* No such structure gets larger: a size beyond it is an unset variable. */
#define SIZE_SANE 4096

/* Smaller than any huge page, on every machine. */
#define PAGE_SMALL 4096

/* The kernel refuses a mask of nodes that is longer than a page. */
#define NODES_BITS_MAX (4096 * CHAR_BIT)

#define WORD_BITS (sizeof(unsigned long) * CHAR_BIT)

int hp_options_read(void *known, size_t known_size, const void *options)
{
	const unsigned char *bytes = options;
	size_t size;

	memset(known, 0, known_size);
	if (!options)
		return 0;
	memcpy(&size, options, sizeof(size));
	if (size < known_size || size > SIZE_SANE)
		return -EINVAL;
	for (size_t i = known_size; i < size; i++)
		if (bytes[i])
			return -EINVAL;
	memcpy(known, options, known_size);
	return 0;
}

int hp_info_check(const void *info, size_t known_size)
{
	size_t size;

	if (!info)
		return -EINVAL;
	memcpy(&size, info, sizeof(size));
	return size < known_size || size > SIZE_SANE ? -EINVAL : 0;
}

void hp_info_fill(void *info, const void *known, size_t known_size)
{
	size_t size;

	memcpy(&size, info, sizeof(size));
	memset(info, 0, size);
	memcpy(info, known, known_size);
	memcpy(info, &size, sizeof(size));
}

/* -- Options of a region --------------------------------------------------- */

static bool is_power_of_two(uint64_t number)
{
	return number && !(number & (number - 1));
}

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
	int err = hp_options_read(known, sizeof(*known), opts);

	if (err < 0)
		return err;
	if (known->reserved || known->flags & ~flags ||
	    fields_set(known) & ~fields)
		return -EINVAL;
	/* HP_PAGE_ANY is a power of two as well. */
	if (known->page_size && !is_power_of_two(known->page_size))
		return -EINVAL;
	/* Shmem is by that, in whatever pages it is. */
	if (known->flags & HP_REGION_SHMEM && known->page_size == HP_PAGE_2M)
		known->page_size = 0;
	if (known->flags & HP_REGION_SHMEM && known->page_size)
		return -EINVAL;
	if (known->populate_threads && !(known->flags & HP_REGION_POPULATE))
		return -EINVAL;
	if (known->label &&
	    strnlen(known->label, HP_LABEL_MAX + 1) > HP_LABEL_MAX)
		return -EINVAL;
	return known->numa_count && !known->numa ? -EINVAL : 0;
}

int hp_region_check_length(uint64_t length, uint64_t page_size)
{
	if (!length || length % page_size)
		return -EINVAL;
	return length > INT64_MAX ? -EFBIG : 0;
}

/* HP_PAGE_ANY is 1: whatever is by whole bytes passes here. */
int hp_region_options_check_new(const struct hp_region_opts *known,
				uint64_t length)
{
	uint64_t page_size = known->page_size ? known->page_size : HP_PAGE_2M;
	int err;

	if (page_size != HP_PAGE_ANY && page_size <= PAGE_SMALL)
		return -EINVAL;
	err = hp_region_check_length(length, page_size);
	if (err < 0)
		return err;
	if ((uintptr_t)known->address % page_size)
		return -EINVAL;
	return hp_numa_check_ranges(known->numa, known->numa_count, 0, length,
				    page_size);
}

/* -- Ranges of nodes ------------------------------------------------------- */

int hp_numa_has_node(const struct hp_numa_range *range, unsigned int node)
{
	return range->nodes[node / WORD_BITS] >> (node % WORD_BITS) & 1;
}

static bool has_any_node(const struct hp_numa_range *range)
{
	for (unsigned int node = 0; node < range->nodes_bits; node++)
		if (hp_numa_has_node(range, node))
			return true;
	return false;
}

static bool is_range_sane(const struct hp_numa_range *range, uint64_t from,
			  uint64_t to, uint64_t page_size)
{
	switch (range->policy) {
	case HP_NUMA_BIND:
	case HP_NUMA_PREFERRED:
	case HP_NUMA_INTERLEAVE:
		break;
	default:
		return false;
	}
	if (range->reserved || range->offset % page_size ||
	    range->length % page_size)
		return false;
	if (range->offset < from || range->offset >= to ||
	    range->length > to - range->offset)
		return false;
	return range->nodes && range->nodes_bits &&
	       range->nodes_bits <= NODES_BITS_MAX && has_any_node(range);
}

int hp_numa_check_ranges(const struct hp_numa_range *ranges, unsigned int count,
			 uint64_t from, uint64_t to, uint64_t page_size)
{
	for (unsigned int i = 0; i < count; i++)
		if (!is_range_sane(&ranges[i], from, to, page_size))
			return -EINVAL;
	return 0;
}
