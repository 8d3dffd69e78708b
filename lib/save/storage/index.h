/* SPDX-License-Identifier: MIT */
/*
 * The index of a save in memory.
 */
#ifndef HP_SAVE_INDEX_H
#define HP_SAVE_INDEX_H

#include "save/storage/format.h"

/* An index that was checked; points into the bytes that it was read from. */
struct hp_save_index {
	struct hp_save_header header;
	const unsigned char *regions;
	const unsigned char *extents;
};

/*
 * Check the bytes of an index file. They are not trusted. -EBADMSG: damaged, or
 * no index; -EOPNOTSUPP: of a version or byte order that is not known here. In
 * both cases ret_reason says what it was, in words.
 */
int hp_save_index_parse(const void *bytes, size_t size,
			struct hp_save_index *ret_index,
			const char **ret_reason);

/* One of the regions of the index. */
struct hp_save_region hp_save_index_region(const struct hp_save_index *index,
					   uint32_t number);

/* One of all extents of the index; number does not begin anew with a region. */
struct hp_save_extent hp_save_index_extent(const struct hp_save_index *index,
					   uint64_t number);

/* What the field checksum of the header must say. */
uint64_t hp_save_index_checksum(const void *bytes, size_t size);

/* Fill in what follows from the whole: sizes and checksum. */
void hp_save_index_seal(void *bytes, size_t size);

#endif
