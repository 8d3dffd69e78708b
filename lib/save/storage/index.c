// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <hugepersist/save.h>

#include "base/checksum.h"
#include "save/storage/index.h"

#define PAGE_SIZE_MIN UINT64_C(4096)
#define PAGE_SIZE_MAX (UINT64_C(1) << 34)

uint64_t hp_save_index_checksum(const void *bytes, size_t size)
{
	unsigned char fixed[HP_SAVE_FIXED];
	const uint64_t none = 0;

	memcpy(fixed, bytes, sizeof(fixed));
	memcpy(fixed + offsetof(struct hp_save_header, checksum), &none,
	       sizeof(none));
	return hp_checksum_two(fixed, sizeof(fixed),
			       (const unsigned char *)bytes + sizeof(fixed),
			       size - sizeof(fixed));
}

/* In any version: the parts fill the file, and nothing wraps around. */
static bool parts_fit(const struct hp_save_header *h, uint64_t size)
{
	uint64_t regions = (uint64_t)h->region_count * h->region_size;
	uint64_t rest;

	if (h->header_size < HP_SAVE_FIXED || h->header_size > size)
		return false;
	rest = size - h->header_size;
	if (regions > rest)
		return false;
	rest -= regions;
	if (!h->extent_count)
		return !rest;
	return h->extent_size && rest / h->extent_size == h->extent_count &&
	       rest % h->extent_size == 0;
}

/* In ours: what we know lies within them. */
static bool sizes_valid(const struct hp_save_header *h)
{
	return h->header_size >= sizeof(*h) && h->header_size % 8 == 0 &&
	       h->region_size >= sizeof(struct hp_save_region) &&
	       h->region_size % 8 == 0 &&
	       h->extent_size >= sizeof(struct hp_save_extent) &&
	       h->extent_size % 8 == 0;
}

#define ENDS(array) (memchr(array, 0, sizeof(array)) != NULL)

static bool header_valid(const struct hp_save_header *h)
{
	return h->session[0] && ENDS(h->session) && ENDS(h->kernel) &&
	       ENDS(h->boot_id) && ENDS(h->library);
}

static bool region_valid(const struct hp_save_region *r)
{
	uint64_t unit = r->shmem ? HP_PAGE_2M : r->page_size;

	return r->token != HP_TOKEN_RESERVED && r->length &&
	       r->length <= INT64_MAX && r->shmem <= 1 &&
	       r->page_size >= PAGE_SIZE_MIN && r->page_size <= PAGE_SIZE_MAX &&
	       !(r->page_size & (r->page_size - 1)) && r->length % unit == 0 &&
	       ENDS(r->label);
}

static bool extent_valid(const struct hp_save_extent *e, uint64_t from,
			 uint64_t length)
{
	return e->offset % HP_SAVE_ALIGN == 0 &&
	       e->length % HP_SAVE_ALIGN == 0 && e->length &&
	       e->length <= HP_SAVE_BLOCK_MAX && e->offset >= from &&
	       e->offset <= length && e->length <= length - e->offset;
}

static bool regions_valid(const struct hp_save_index *index)
{
	uint64_t extent = 0, left = index->header.extent_count;
	uint64_t last_token = 0;

	for (uint32_t i = 0; i < index->header.region_count; i++) {
		struct hp_save_region r = hp_save_index_region(index, i);
		uint64_t from = 0;

		if (!region_valid(&r) || r.extent_count > left)
			return false;
		if (i && r.token <= last_token)
			return false;
		last_token = r.token;
		left -= r.extent_count;
		for (; r.extent_count; r.extent_count--) {
			struct hp_save_extent e =
				hp_save_index_extent(index, extent++);

			if (!extent_valid(&e, from, r.length))
				return false;
			from = e.offset + e.length;
		}
	}
	return !left;
}

int hp_save_index_parse(const void *bytes, size_t size,
			struct hp_save_index *ret_index,
			const char **ret_reason)
{
	const unsigned char *b = bytes;
	struct hp_save_index index = { .regions = NULL };
	struct hp_save_header *h = &index.header;
	size_t known = size < sizeof(*h) ? size : sizeof(*h);

	*ret_reason = "it is too short for an index";
	if (size < HP_SAVE_FIXED)
		return -EBADMSG;
	memcpy(h, b, known);
	*ret_reason = "it is of a machine of the other byte order";
	if (h->magic == __builtin_bswap64(HP_SAVE_MAGIC))
		return -EOPNOTSUPP;
	*ret_reason = "it does not begin as an index";
	if (h->magic != HP_SAVE_MAGIC)
		return -EBADMSG;
	*ret_reason = "its length is not the one that it says";
	if (h->file_size != size || !parts_fit(h, size))
		return -EBADMSG;
	*ret_reason = "its checksum is wrong";
	if (hp_save_index_checksum(b, size) != h->checksum)
		return -EBADMSG;
	/* It is as it was written. Is it written for us? */
	*ret_reason = "its format is newer than this library";
	if (h->version != HP_SAVE_VERSION || h->features ||
	    h->region_count > HP_SAVE_REGIONS_MAX)
		return -EOPNOTSUPP;
	*ret_reason = "its header is wrong";
	if (!sizes_valid(h) || !header_valid(h))
		return -EBADMSG;
	index.regions = b + h->header_size;
	index.extents =
		index.regions + (size_t)h->region_count * h->region_size;
	*ret_reason = "its list of regions is wrong";
	if (!regions_valid(&index))
		return -EBADMSG;
	*ret_reason = NULL;
	*ret_index = index;
	return 0;
}

struct hp_save_region hp_save_index_region(const struct hp_save_index *index,
					   uint32_t number)
{
	struct hp_save_region region;

	memcpy(&region,
	       index->regions + (size_t)number * index->header.region_size,
	       sizeof(region));
	return region;
}

struct hp_save_extent hp_save_index_extent(const struct hp_save_index *index,
					   uint64_t number)
{
	struct hp_save_extent extent;

	memcpy(&extent,
	       index->extents + (size_t)number * index->header.extent_size,
	       sizeof(extent));
	return extent;
}

void hp_save_index_seal(void *bytes, size_t size)
{
	struct hp_save_header h;

	memcpy(&h, bytes, sizeof(h));
	h.magic = HP_SAVE_MAGIC;
	h.version = HP_SAVE_VERSION;
	h.header_size = sizeof(h);
	h.region_size = sizeof(struct hp_save_region);
	h.extent_size = sizeof(struct hp_save_extent);
	h.file_size = size;
	memcpy(bytes, &h, sizeof(h));
	h.checksum = hp_save_index_checksum(bytes, size);
	memcpy(bytes, &h, sizeof(h));
}
