// SPDX-License-Identifier: MIT
/*
 * Run: which memory the program wants.
 */
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "machine/text.h"
#include "run/run.h"

#define LABEL_LETTERS                \
	"abcdefghijklmnopqrstuvwxyz" \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

static bool is_page_size(uint64_t size)
{
	return size >= 1 << 14 && !(size & (size - 1));
}

static const char *parse_sizes(struct run_region *region, const char *text)
{
	char length[32];
	const char *comma = strchr(text, ',');
	size_t size = comma ? (size_t)(comma - text) : strlen(text);

	if (size >= sizeof(length))
		return "the size is not a size, as 512M or 4G";
	memcpy(length, text, size);
	length[size] = '\0';
	if (!parse_size(length, &region->length))
		return "the size is not a size, as 512M or 4G";
	region->page_size = HP_PAGE_2M;
	region->shmem = comma && !strcmp(comma + 1, "shmem");
	if (comma && !region->shmem &&
	    (!parse_size(comma + 1, &region->page_size) ||
	     !is_page_size(region->page_size)))
		return "the page size is not a power of two, as 2M or 1G";
	if (region->length % region->page_size)
		return "the size is no multiple of the page size";
	return NULL;
}

const char *run_parse_region(struct run *run, const char *text)
{
	struct run_region *region = &run->regions[run->region_count];
	size_t length = strspn(text, LABEL_LETTERS);
	const char *problem;

	if (run->region_count == RUN_REGIONS_MAX)
		return "there are too many regions";
	if (!length || length > HP_LABEL_MAX || text[length] != '=')
		return "a region is LABEL=SIZE[,PAGE]; a label has letters, "
		       "digits, '-' and '_'";
	*region = (struct run_region){ .fd = -1 };
	memcpy(region->label, text, length);
	problem = parse_sizes(region, text + length + 1);
	if (problem)
		return problem;
	region->token = hp_checksum_after(0, region->label, length);
	if (region->token == HP_TOKEN_RESERVED)
		region->token--;
	for (unsigned int i = 0; i < run->region_count; i++)
		if (run->regions[i].token == region->token)
			return "two regions have the same label";
	run->region_count++;
	return NULL;
}
