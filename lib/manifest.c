// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

#include "cleanup.h"
#include "manifest.h"

/* Page sizes that some Linux has: 16 KiB to 16 GiB. */
#define PAGE_SIZE_MIN (UINT64_C(1) << 14)
#define PAGE_SIZE_MAX (UINT64_C(1) << 34)

/* Of header_size bytes of the header, with crc 0, and of what comes next. */
static uint32_t slot_crc(const struct hp_manifest_header *header,
			 size_t header_size, const unsigned char *next,
			 size_t length)
{
	struct hp_manifest_header h = *header;
	uLong crc;

	h.crc = 0;
	crc = crc32(0, (const Bytef *)&h, (uInt)header_size);
	return (uint32_t)crc32(crc, next, (uInt)length);
}

/* -- Reading --------------------------------------------------------------- */

/* In any version: what the checksum is about lies within the slot. */
static bool sizes_fit(const struct hp_manifest_header *h, size_t slot_size)
{
	uint64_t entries = (uint64_t)h->count * h->entry_size;

	return h->header_size >= HP_MANIFEST_FIXED &&
	       h->header_size <= slot_size &&
	       entries <= slot_size - h->header_size;
}

/* In ours: what we know lies within the header and the entries. */
static bool sizes_valid(const struct hp_manifest_header *h)
{
	return h->header_size >= sizeof(*h) && h->header_size % 8 == 0 &&
	       h->entry_size >= sizeof(struct hp_manifest_entry) &&
	       h->entry_size % 8 == 0;
}

static bool entry_valid(const struct hp_manifest_entry *e)
{
	return e->token != HP_TOKEN_RESERVED && e->length &&
	       e->length <= INT64_MAX && e->page_size >= PAGE_SIZE_MIN &&
	       e->page_size <= PAGE_SIZE_MAX &&
	       !(e->page_size & (e->page_size - 1)) &&
	       e->length % e->page_size == 0;
}

static bool entries_valid(const struct hp_manifest *manifest)
{
	for (uint32_t i = 0; i < manifest->count; i++) {
		if (!entry_valid(&manifest->entries[i]))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (manifest->entries[i].token ==
			    manifest->entries[j].token)
				return false;
	}
	return true;
}

/*
 * Is the slot whole? The kernel may have come in the middle of an update, so
 * one that is not is no error by itself. Nothing but the fields whose place
 * never changes is believed before the checksum is right.
 */
static bool slot_whole(const unsigned char *slot, size_t slot_size,
		       struct hp_manifest_header *h)
{
	size_t used, header;

	memcpy(h, slot, sizeof(*h));
	if (h->magic != HP_MANIFEST_MAGIC || !sizes_fit(h, slot_size))
		return false;
	used = h->header_size + (size_t)h->count * h->entry_size;
	header = used < sizeof(*h) ? used : sizeof(*h);
	return slot_crc(h, header, slot + header, used - header) == h->crc;
}

int hp_manifest_parse(const void *bytes, size_t size,
		      struct hp_manifest *manifest)
{
	size_t slot_size = size / HP_MANIFEST_SLOTS;
	struct hp_manifest_header best = { .count = 0 };
	const unsigned char *best_slot = NULL;

	if (size < HP_MANIFEST_SIZE_MIN || size > HP_MANIFEST_SIZE_MAX ||
	    slot_size % 8 || size % HP_MANIFEST_SLOTS)
		return -EBADMSG;
	for (int i = 0; i < HP_MANIFEST_SLOTS; i++) {
		const unsigned char *slot =
			(const unsigned char *)bytes + i * slot_size;
		struct hp_manifest_header h;

		if (!slot_whole(slot, slot_size, &h))
			continue;
		if (!best_slot || h.sequence > best.sequence) {
			best = h;
			best_slot = slot;
		}
	}
	if (!best_slot)
		return -EBADMSG;
	if (best.version != HP_MANIFEST_VERSION || best.features)
		return -EOPNOTSUPP;
	if (!sizes_valid(&best))
		return -EBADMSG;
	/* Whole, so it is no damage: a later library may allow more. */
	if (best.count > HP_REGIONS_MAX)
		return -EOPNOTSUPP;
	manifest->count = best.count;
	for (uint32_t i = 0; i < best.count; i++)
		memcpy(&manifest->entries[i],
		       best_slot + best.header_size +
			       (size_t)i * best.entry_size,
		       sizeof(manifest->entries[i]));
	return entries_valid(manifest) ? 0 : -EBADMSG;
}

int hp_manifest_read(const struct hp_sys *sys, int fd,
		     struct hp_manifest *manifest)
{
	struct hp_file_info info;
	int err;

	err = sys->file_info(fd, &info);
	if (err < 0)
		return err;
	if (info.length < HP_MANIFEST_SIZE_MIN ||
	    info.length > HP_MANIFEST_SIZE_MAX)
		return -EBADMSG;

	/* A private copy: nobody can change it between check and use. */
	HP_MEMORY(copy, sys, sys->zalloc((size_t)info.length));
	if (!copy.memory)
		return -ENOMEM;
	err = sys->read_at(fd, copy.memory, (size_t)info.length, 0);
	if (err < 0)
		return err == -ENODATA ? -EBADMSG : err;
	return hp_manifest_parse(copy.memory, (size_t)info.length, manifest);
}

const struct hp_manifest_entry *
hp_manifest_find(const struct hp_manifest *manifest, uint64_t token)
{
	for (uint32_t i = 0; i < manifest->count; i++)
		if (manifest->entries[i].token == token)
			return &manifest->entries[i];
	return NULL;
}

/* -- Writing --------------------------------------------------------------- */

/* Word by word, so that the order of stores is the order of the program. */
static void put_words(const struct hp_sys *sys, void *to, const void *from,
		      size_t length)
{
	uint64_t *address = to;
	uint64_t word;

	for (size_t i = 0; i < length / sizeof(word); i++) {
		memcpy(&word, (const char *)from + i * sizeof(word),
		       sizeof(word));
		sys->store(address + i, word);
	}
}

static void write_slot(struct hp_manifest_writer *writer, int index,
		       const struct hp_manifest_entry *added)
{
	unsigned char *slot = writer->slots + index * HP_MANIFEST_SLOT_SIZE;
	unsigned char *entries = slot + sizeof(struct hp_manifest_header);
	struct hp_manifest_header h = {
		.magic = HP_MANIFEST_MAGIC,
		.version = HP_MANIFEST_VERSION,
		.header_size = sizeof(h),
		.entry_size = sizeof(*added),
		.count = writer->count,
		.sequence = writer->sequence,
	};

	writer->sys->store((uint64_t *)slot, 0);
	if (added)
		put_words(writer->sys, entries + (h.count - 1) * sizeof(*added),
			  added, sizeof(*added));
	h.crc = slot_crc(&h, sizeof(h), entries, h.count * sizeof(*added));
	put_words(writer->sys, slot + sizeof(h.magic),
		  (const char *)&h + sizeof(h.magic),
		  sizeof(h) - sizeof(h.magic));
	writer->sys->store((uint64_t *)slot, h.magic);
}

static void write_slots(struct hp_manifest_writer *writer,
			const struct hp_manifest_entry *added)
{
	writer->sequence++;
	for (int i = HP_MANIFEST_SLOTS - 1; i >= 0; i--)
		write_slot(writer, i, added);
}

int hp_manifest_start(struct hp_manifest_writer *writer,
		      const struct hp_sys *sys)
{
	HP_FD(file, sys, sys->memfd("hugepersist manifest", 0));
	struct hp_map_request request = {
		.fd = file.fd,
		.length = HP_MANIFEST_SIZE,
	};
	void *slots;
	int err;

	if (file.fd < 0)
		return file.fd;
	/* With memory behind every page no store below can raise SIGBUS. */
	err = sys->allocate(file.fd, HP_MANIFEST_SIZE);
	if (err < 0)
		return err;
	err = sys->map(&request, &slots);
	if (err < 0)
		return err;
	*writer = (struct hp_manifest_writer){
		.sys = sys,
		.fd = hp_fd_keep(&file),
		.slots = slots,
	};
	write_slots(writer, NULL);
	return 0;
}

void hp_manifest_add(struct hp_manifest_writer *writer, uint64_t token,
		     uint64_t length, uint64_t page_size)
{
	struct hp_manifest_entry entry = {
		.token = token,
		.length = length,
		.page_size = page_size,
	};

	writer->count++;
	write_slots(writer, &entry);
}

void hp_manifest_stop(struct hp_manifest_writer *writer)
{
	writer->sys->unmap(writer->slots, HP_MANIFEST_SIZE);
	writer->sys->close(writer->fd);
}
