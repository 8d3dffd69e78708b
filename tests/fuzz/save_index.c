// SPDX-License-Identifier: MIT
/*
 * hp_save_index_parse(). The input is taken as it is, and then with its length
 * and its checksum made right: no mutation finds these by luck.
 */
#include <errno.h>

#include <hugepersist/save.h>

#include "../../lib/base/checksum.h"
#include "../../lib/save/storage/index.h"
#include "fuzz.h"

static void check_string(const char *string, size_t size)
{
	check(memchr(string, 0, size));
}

static uint64_t check_region(const struct hp_save_index *index, uint32_t number,
			     uint64_t extent)
{
	struct hp_save_region r = hp_save_index_region(index, number);
	uint64_t end = 0;

	check(r.token != HP_TOKEN_RESERVED);
	check(!number ||
	      hp_save_index_region(index, number - 1).token < r.token);
	check(r.page_size && !(r.page_size & (r.page_size - 1)));
	check(r.length && r.length <= INT64_MAX);
	check(r.length % r.page_size == 0);
	check_string(r.label, sizeof(r.label));
	check(r.extent_count <= index->header.extent_count - extent);
	for (uint64_t i = 0; i < r.extent_count; i++) {
		struct hp_save_extent e =
			hp_save_index_extent(index, extent + i);

		check(e.offset >= end && e.length);
		check(e.length <= HP_SAVE_BLOCK_MAX);
		check(e.offset % HP_SAVE_ALIGN == 0);
		check(e.length % HP_SAVE_ALIGN == 0);
		end = e.offset + e.length;
		check(end > e.offset && end <= r.length);
	}
	return extent + r.extent_count;
}

static void parse(const void *bytes, size_t size)
{
	const struct hp_save_header *h;
	struct hp_save_index index;
	const char *reason;
	uint64_t extent = 0;
	int err = hp_save_index_parse(bytes, size, &index, &reason);

	if (err) {
		check(err == -EBADMSG || err == -EOPNOTSUPP);
		check(reason && reason[0]);
		return;
	}
	h = &index.header;
	check(!reason);
	check(h->session[0]);
	check_string(h->session, sizeof(h->session));
	check_string(h->kernel, sizeof(h->kernel));
	check_string(h->boot_id, sizeof(h->boot_id));
	check_string(h->library, sizeof(h->library));
	for (uint32_t i = 0; i < h->region_count; i++)
		extent = check_region(&index, i, extent);
	check(extent == h->extent_count);
	/* Every byte of the file has its place. */
	check(index.extents + h->extent_count * h->extent_size ==
	      (const unsigned char *)bytes + size);
}

static void sign(unsigned char *bytes, size_t size)
{
	struct hp_save_header h;

	memcpy(&h, bytes, HP_SAVE_FIXED);
	h.file_size = size;
	h.checksum = 0;
	memcpy(bytes, &h, HP_SAVE_FIXED);
	h.checksum = hp_checksum(bytes, size);
	memcpy(bytes, &h, HP_SAVE_FIXED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *bytes = fuzz_copy(data, size);

	parse(bytes, size);
	if (size >= HP_SAVE_FIXED) {
		sign(bytes, size);
		parse(bytes, size);
	}
	free(bytes);
	return 0;
}
