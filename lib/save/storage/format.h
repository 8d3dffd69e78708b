/* SPDX-License-Identifier: MIT */
/*
 * The files of a save, version 1.
 *
 *	index		what the save consists of; the save is this file
 *	index.new	the next one, while it is written
 *	data-ID-NNNN	image of region NNNN of the save ID, both hexadecimal
 *	lock		empty; who works in the directory holds it (flock)
 *
 * ID is another one for each save, so the data files of a new save never touch
 * those of the old one, and one rename of the index exchanges all at once. A
 * data file that the index does not name is left over from a crash.
 *
 * A data file is as long as its region, and byte N of it is byte N of the
 * region wherever an extent says so; all else is zero in the region, whatever
 * the file has there (as a rule a hole).
 *
 * The index is a header, then region_count regions in ascending order of their
 * tokens, then extent_count extents, region by region and each in ascending
 * order. Integers are in the byte order of the writer; the magic number tells
 * a reader of the other one. Offsets in bytes:
 *
 *	header	 0 u64 magic
 *		 8 u32 version: 1; another one means that the rest is unknown
 *		12 u32 header_size: where the regions begin
 *		16 u32 region_size: from one region to the next
 *		20 u32 region_count
 *		24 u32 extent_size: from one extent to the next
 *		28 u32 features: bits that a reader must know; none yet
 *		32 u64 extent_count
 *		40 u64 file_size: of the index
 *		48 u64 checksum: XXH3-64 of the index, with this field 0
 *		56 u64 id: of the data files
 *		64 u64 generation: 1, and one more for each save that replaced
 *			another
 *		72 u64 written_ns: since 1970, UTC
 *		80 u64 flags: bit 0: written while the application went on
 *		88 char session[64]
 *		152 char kernel[72]
 *		224 char boot_id[40]
 *		264 char library[16]
 *		280 40 bytes of 0
 *	region	 0 u64 token
 *		 8 u64 length
 *		16 u64 page_size
 *		24 u64 address: of the mapping at the time of the save
 *		32 u64 layout
 *		40 u64 extent_count: extents of this region
 *		48 u64 shmem: 0, or 1: of HP_REGION_SHMEM; page_size is then that
 *			of its small pages
 *		56 8 bytes of 0
 *		64 char label[64]
 *	extent	 0 u64 offset: multiple of 4096
 *		 8 u64 length: multiple of 4096, at most HP_SAVE_BLOCK_MAX
 *		16 u64 checksum: XXH3-64 of these bytes
 *
 * The first 64 bytes are the same in every version. All three may grow at
 * their end, by multiples of 8; an older reader skips what it does not know, so
 * what it must know needs a feature bit. Strings end with a zero.
 */
#ifndef HP_SAVE_FORMAT_H
#define HP_SAVE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <hugepersist/hugepersist.h>

#define HP_SAVE_MAGIC UINT64_C(0x3130455641535048) /* "HPSAVE01" */
#define HP_SAVE_VERSION 1
#define HP_SAVE_ONLINE_BIT UINT64_C(1)

#define HP_SAVE_INDEX "index"
#define HP_SAVE_INDEX_NEW "index.new"
#define HP_SAVE_LOCK "lock"
#define HP_SAVE_DATA_FORMAT "data-%016llx-%04x"
#define HP_SAVE_DATA_NAME 27 /* with the terminating zero */

struct hp_save_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint32_t region_size;
	uint32_t region_count;
	uint32_t extent_size;
	uint32_t features;
	uint64_t extent_count;
	uint64_t file_size;
	uint64_t checksum;
	uint64_t id;
	uint64_t generation;
	uint64_t written_ns;
	uint64_t flags;
	char session[HP_NAME_MAX + 1];
	char kernel[72];
	char boot_id[40];
	char library[16];
	uint64_t zero[5];
};

struct hp_save_region {
	uint64_t token;
	uint64_t length;
	uint64_t page_size;
	uint64_t address;
	uint64_t layout;
	uint64_t extent_count;
	uint64_t shmem;
	uint64_t zero;
	char label[HP_LABEL_MAX + 1];
};

struct hp_save_extent {
	uint64_t offset;
	uint64_t length;
	uint64_t checksum;
};

/* That many bytes of the header are the same in every version. */
#define HP_SAVE_FIXED 64
#define HP_SAVE_ALIGN 4096

/* Limits of what is read into memory, from any version. */
#define HP_SAVE_INDEX_MAX (UINT64_C(1) << 30)
#define HP_SAVE_REGIONS_MAX 65535

_Static_assert(offsetof(struct hp_save_header, generation) == HP_SAVE_FIXED,
	       "save layout");
_Static_assert(sizeof(struct hp_save_header) == 320, "save layout");
_Static_assert(sizeof(struct hp_save_region) == 128, "save layout");
_Static_assert(sizeof(struct hp_save_extent) == 24, "save layout");

#endif
