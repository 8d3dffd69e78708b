/* SPDX-License-Identifier: MIT */
/*
 * The manifest says what a session holds, since neither a store nor LUO can be
 * asked. It is a small memfd that the holder has beside the regions. One file
 * serves for the whole life of a session: each owner changes it in place. It is
 * read by libraries that may be older or newer, so the layout is fixed; integers
 * are in the byte order of the machine, which a kexec does not change.
 *
 * The file is two slots of half its size. A slot is a header, then count
 * entries. Offsets in bytes:
 *
 *	header	  0 u64 magic; 0 while the slot is being written
 *		  8 u32 version: 1; another one means that entries are unknown
 *		 12 u32 header_size: where the entries begin
 *		 16 u32 entry_size: from one entry to the next
 *		 20 u32 count
 *		 24 u64 sequence: of two valid slots the higher one counts
 *		 32 u64 checksum: see below
 *		 40 u32 features: bits that a reader must know; none yet
 *		 44 u32 0
 *		 48 u64 id of the session: random, not 0
 *		 56 u64 generation: see struct hp_manifest_about
 *		 64 u64 updates
 *		 72 u64 written_ns
 *		 80 u32 sealed: 0 or 1
 *		 84 u32 owner: process id
 *		 88 char kernel[72]
 *		160 char boot_id[40]
 *		200 char library[16]
 *		216
 *	entry	  0 u64 token
 *		  8 u64 length in bytes
 *		 16 u64 page_size in bytes; of shmem what length and address are
 *			multiples of
 *		 24 u64 address, or 0: not known
 *		 32 u64 layout: the application's number
 *		 40 u64 shmem_page_size: of its small pages, 0: pages of page_size
 *		 48 u64 incarnation: a part of its name in a store
 *		 56 8 bytes of 0
 *		 64 char label[64]
 *		128
 *
 * The checksum is XXH3-64 in a chain of parts: the entries one by one, the first
 * 48 bytes of the header with the field itself as 0, and the rest of the header.
 * The seed of each part is the checksum of the part before it; that of the first
 * part is 0.
 *
 * The first 48 bytes are the same in every version. Headers and entries may
 * grow at their end; sizes are multiples of 8. An older reader skips what it
 * does not know, so what it must know needs a feature bit. An older owner
 * writes the slots in its own layout.
 *
 * Strings end with a zero. They are for people, so a bad one is no reason to
 * refuse memory: the reader cuts it to its field and makes control characters
 * '?'. All else that cannot be true makes the manifest a damaged one.
 *
 * A crash or a kexec may come after any store. An update clears the magic of one
 * slot, changes it, sets the magic, and only then does the same to the other one.
 * The slot that the owner read is the last: the other one may be half written. So
 * one slot is always valid, an update takes effect with the one store of the
 * first magic, and between updates both say the same: a damaged slot cannot bring
 * back an older list.
 */
#ifndef HP_MANIFEST_H
#define HP_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hugepersist/hugepersist.h>

#include "system/sys.h"

#define HP_MANIFEST_MAGIC UINT64_C(0x314e414d53524550) /* "PERSMAN1" */
#define HP_MANIFEST_VERSION 1
#define HP_MANIFEST_SLOTS 2

/* What a manifest says about its session as a whole. */
struct hp_manifest_about {
	uint64_t id;
	uint64_t generation; /* one more for each owner */
	uint64_t updates;    /* owners whose kernel was another one than before */
	uint64_t written_ns; /* last change, since 1970, UTC */
	uint32_t sealed;     /* 1: the contents are consistent */
	uint32_t owner;	     /* process id of the owner, as it sees itself */
	char kernel[72];     /* release of the owner's kernel */
	char boot_id[40];    /* of the owner's kernel; "": not known */
	char library[16];    /* hp_version() of the owner */
};

struct hp_manifest_header {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint32_t entry_size;
	uint32_t count;
	uint64_t sequence;
	uint64_t checksum;
	uint32_t features;
	uint32_t zero;
	struct hp_manifest_about about;
};

struct hp_manifest_entry {
	uint64_t token;
	uint64_t length;
	uint64_t page_size;
	uint64_t address;
	uint64_t layout;
	uint64_t shmem_page_size;
	uint64_t incarnation;
	uint64_t zero;
	char label[HP_LABEL_MAX + 1];
};

/* That many bytes of the header are the same in every version. */
#define HP_MANIFEST_FIXED offsetof(struct hp_manifest_header, about)

#define HP_MANIFEST_AT(type, field, offset)                                    \
	_Static_assert(offsetof(struct hp_manifest_##type, field) == (offset), \
		       "manifest layout: " #field)

HP_MANIFEST_AT(header, magic, 0);
HP_MANIFEST_AT(header, version, 8);
HP_MANIFEST_AT(header, header_size, 12);
HP_MANIFEST_AT(header, entry_size, 16);
HP_MANIFEST_AT(header, count, 20);
HP_MANIFEST_AT(header, sequence, 24);
HP_MANIFEST_AT(header, checksum, 32);
HP_MANIFEST_AT(header, features, 40);
HP_MANIFEST_AT(header, about.id, 48);
HP_MANIFEST_AT(header, about.generation, 56);
HP_MANIFEST_AT(header, about.updates, 64);
HP_MANIFEST_AT(header, about.written_ns, 72);
HP_MANIFEST_AT(header, about.sealed, 80);
HP_MANIFEST_AT(header, about.owner, 84);
HP_MANIFEST_AT(header, about.kernel, 88);
HP_MANIFEST_AT(header, about.boot_id, 160);
HP_MANIFEST_AT(header, about.library, 200);
_Static_assert(sizeof(struct hp_manifest_header) == 216, "manifest layout");
HP_MANIFEST_AT(entry, token, 0);
HP_MANIFEST_AT(entry, length, 8);
HP_MANIFEST_AT(entry, page_size, 16);
HP_MANIFEST_AT(entry, address, 24);
HP_MANIFEST_AT(entry, layout, 32);
HP_MANIFEST_AT(entry, shmem_page_size, 40);
HP_MANIFEST_AT(entry, incarnation, 48);
HP_MANIFEST_AT(entry, label, 64);
_Static_assert(sizeof(struct hp_manifest_entry) == 128, "manifest layout");

/* By whole pages, so that slots share none. */
#define HP_MANIFEST_SLOT_SIZE                                         \
	((sizeof(struct hp_manifest_header) +                         \
	  HP_REGIONS_MAX * sizeof(struct hp_manifest_entry) + 4095) / \
	 4096 * 4096)
#define HP_MANIFEST_SIZE (HP_MANIFEST_SLOTS * HP_MANIFEST_SLOT_SIZE)

/* What a manifest file may measure, from any version. */
#define HP_MANIFEST_SIZE_MIN 8192
#define HP_MANIFEST_SIZE_MAX (16 << 20)

/* Twice as many places as entries, so that a search is short. */
#define HP_MANIFEST_PLACES 2048

struct hp_manifest {
	const char *problem; /* what is wrong with it, for people; or NULL */
	struct hp_manifest_about about;
	uint64_t sequence;
	uint32_t count;
	struct hp_manifest_entry entries[HP_REGIONS_MAX];
	/* By a hash of the token: number of the entry, from 1. 0: free. */
	uint16_t places[HP_MANIFEST_PLACES];

	/* The file, once hp_manifest_create() or hp_manifest_open() is done. */
	const struct hp_sys *sys;
	int fd;
	unsigned char *slots; /* NULL: it is only read */
	int whole;	      /* number of the slot that was read */
	uint64_t size;
	uint64_t device, inode; /* what fd is of */
};

/* -- Reading --------------------------------------------------------------- */

/*
 * What the checksum of a header must say. entries is the checksum of the last
 * entry; 0: there is none. header_size is what the header says of itself.
 */
uint64_t hp_manifest_checksum(uint64_t entries, const void *header,
			      size_t header_size);

/*
 * Read the bytes of a manifest file, aligned to 8. They are not trusted.
 * -EBADMSG: damaged; -EOPNOTSUPP: of a version that is not known here.
 */
int hp_manifest_parse(const void *bytes, size_t size,
		      struct hp_manifest *manifest);

/*
 * Read a manifest file, of which the bytes are not trusted either. Errors as
 * above, with a problem in the manifest; those of the system as they are.
 */
int hp_manifest_read(const struct hp_sys *sys, int fd,
		     struct hp_manifest *manifest);

/* The entry of that token, or NULL. Until the next change of the manifest. */
struct hp_manifest_entry *hp_manifest_find(struct hp_manifest *manifest,
					   uint64_t token);

/* Make the places of the entries. False: a token is listed twice. */
bool hp_manifest_index(struct hp_manifest *manifest);

/* What hp_region_page_size() said of the region. */
static inline uint64_t
hp_manifest_page_size(const struct hp_manifest_entry *entry)
{
	return entry->shmem_page_size ? entry->shmem_page_size :
					entry->page_size;
}

/* -- Writing --------------------------------------------------------------- */

/* Make the file, for a new session. The system's errors as they are. */
int hp_manifest_create(struct hp_manifest *manifest, const struct hp_sys *sys);

/*
 * Read a file and become its owner: from now on it is written. The descriptor
 * becomes the manifest's if all goes well. Errors as of hp_manifest_read().
 */
int hp_manifest_open(struct hp_manifest *manifest, const struct hp_sys *sys,
		     int fd);

/*
 * Is the file still behind the descriptor? The program has the number, too.
 * -EUCLEAN: no.
 */
int hp_manifest_check(const struct hp_manifest *manifest);

/* The file is now under another number, which takes over. */
void hp_manifest_renumber(struct hp_manifest *manifest, int fd);

/*
 * Say who the owner is now: one more generation, and one more update if another
 * kernel wrote it last. Says nothing about the seal.
 */
void hp_manifest_sign(struct hp_manifest *manifest);

/*
 * Change the list in memory: hp_manifest_write() makes it so in the file.
 * -E2BIG: the list is full.
 */
int hp_manifest_put(struct hp_manifest *manifest,
		    const struct hp_manifest_entry *entry);
void hp_manifest_remove(struct hp_manifest *manifest, uint64_t token);

/* The file says what the memory says, by one store. */
void hp_manifest_write(struct hp_manifest *manifest);

/* Say that the contents are consistent, or that they are not. */
void hp_manifest_seal(struct hp_manifest *manifest, bool sealed);

/* Unmap and close the file; NULL or one that is only read: nothing. */
void hp_manifest_close(struct hp_manifest *manifest);

#endif
