/* SPDX-License-Identifier: MIT */
/*
 * The manifest says what a session holds, since LUO cannot be asked. It is a
 * small memfd that travels under HP_TOKEN_RESERVED and is read by a library
 * that may be older or newer, so the layout is fixed; integers are in the byte
 * order of the machine, which is the same before and after a kexec.
 *
 * The file is two slots of half its size. A slot is a header, then count
 * entries. Offsets in bytes:
 *
 *	header	 0 u64 magic; 0 while the slot is being written
 *		 8 u32 version: 1; another one means that entries are unknown
 *		12 u32 header_size: where the entries begin
 *		16 u32 entry_size: from one entry to the next
 *		20 u32 count
 *		24 u64 sequence: of two valid slots the higher one counts
 *		32 u32 crc: zlib's crc32 of header and entries, with crc itself 0
 *		36 u32 features: bits that a reader must know; none yet
 *		40 24 bytes of 0
 *	entry	 0 u64 token
 *		 8 u64 length in bytes
 *		16 u64 page_size in bytes
 *		24 40 bytes of 0
 *
 * The first 40 bytes are the same in every version. Headers and entries may grow
 * at their end; sizes are multiples of 8. An older reader skips what it does not
 * know, so what it must know needs a feature bit.
 *
 * The kexec may come after any store. An update clears the magic of slot 1,
 * changes it, sets the magic, and only then does the same to slot 0. So one
 * slot is always valid, and between updates both say the same: a damaged slot
 * cannot bring back an older list.
 */
#ifndef HP_MANIFEST_H
#define HP_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include <hugepersist/hugepersist.h>

#include "sys.h"

#define HP_MANIFEST_MAGIC UINT64_C(0x314e414d53524550) /* "PERSMAN1" */
#define HP_MANIFEST_VERSION 1
#define HP_MANIFEST_SLOTS 2

struct hp_manifest_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint32_t entry_size;
	uint32_t count;
	uint64_t sequence;
	uint32_t crc;
	uint32_t features;
	uint64_t zero[3];
};

struct hp_manifest_entry {
	uint64_t token;
	uint64_t length;
	uint64_t page_size;
	uint64_t zero[5];
};

/* That many bytes of the header are the same in every version. */
#define HP_MANIFEST_FIXED offsetof(struct hp_manifest_header, zero)

_Static_assert(HP_MANIFEST_FIXED == 40, "manifest layout");
_Static_assert(sizeof(struct hp_manifest_header) == 64, "manifest layout");
_Static_assert(sizeof(struct hp_manifest_entry) == 64, "manifest layout");

#define HP_MANIFEST_SLOT_SIZE                \
	(sizeof(struct hp_manifest_header) + \
	 HP_REGIONS_MAX * sizeof(struct hp_manifest_entry))
#define HP_MANIFEST_SIZE (HP_MANIFEST_SLOTS * HP_MANIFEST_SLOT_SIZE)

/* What a manifest file may measure, from any version. */
#define HP_MANIFEST_SIZE_MIN 8192
#define HP_MANIFEST_SIZE_MAX (16 << 20)

/* A manifest that was read. */
struct hp_manifest {
	uint32_t count;
	struct hp_manifest_entry entries[HP_REGIONS_MAX];
};

/*
 * Read the bytes of a manifest file, aligned to 8. They are not trusted.
 * -EBADMSG: damaged; -EOPNOTSUPP: of a version that is not known here.
 */
int hp_manifest_parse(const void *bytes, size_t size,
		      struct hp_manifest *manifest);

/* Same, from the file. The system's errors as they are. */
int hp_manifest_read(const struct hp_sys *sys, int fd,
		     struct hp_manifest *manifest);

const struct hp_manifest_entry *
hp_manifest_find(const struct hp_manifest *manifest, uint64_t token);

/* A manifest that is being written, in a file that the kernel takes along. */
struct hp_manifest_writer {
	const struct hp_sys *sys;
	int fd;
	unsigned char *slots;
	uint64_t sequence;
	uint32_t count;
};

/* Make the file, with no entry. The system's errors as they are. */
int hp_manifest_start(struct hp_manifest_writer *writer,
		      const struct hp_sys *sys);

/* Add an entry in place. The caller has seen that count is below the limit. */
void hp_manifest_add(struct hp_manifest_writer *writer, uint64_t token,
		     uint64_t length, uint64_t page_size);

void hp_manifest_stop(struct hp_manifest_writer *writer);

#endif
