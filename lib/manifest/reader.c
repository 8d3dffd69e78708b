// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/checksum.h"
#include "manifest/manifest.h"
#include "system/cleanup.h"

/* Page sizes that some Linux has: 16 KiB to 16 GiB. */
#define PAGE_SIZE_MIN (UINT64_C(1) << 14)
#define PAGE_SIZE_MAX (UINT64_C(1) << 34)
#define SMALL_PAGE_SIZE_MIN UINT64_C(4096)

static int refuse(struct hp_manifest *manifest, int err, const char *problem)
{
	manifest->problem = problem;
	return err;
}

/* In any version: what the checksum is about lies within the slot. */
static bool sizes_fit(const struct hp_manifest_header *h, size_t slot_size)
{
	uint64_t entries = (uint64_t)h->count * h->entry_size;

	/* Entries of no size could be more than anybody can count. */
	return h->header_size >= HP_MANIFEST_FIXED &&
	       h->header_size <= slot_size &&
	       entries <= slot_size - h->header_size &&
	       (!h->count || h->entry_size);
}

/* In ours: what this version knows lies within the header and the entries. */
static bool sizes_valid(const struct hp_manifest_header *h)
{
	return h->header_size >= sizeof(*h) && h->header_size % 8 == 0 &&
	       h->entry_size >= sizeof(struct hp_manifest_entry) &&
	       h->entry_size % 8 == 0;
}

static bool is_power_of_two(uint64_t number)
{
	return number && !(number & (number - 1));
}

uint64_t hp_manifest_checksum(uint64_t entries, const void *header,
			      size_t header_size)
{
	struct hp_manifest_header fixed;
	uint64_t checksum;

	memcpy(&fixed, header, HP_MANIFEST_FIXED);
	fixed.checksum = 0;
	checksum = hp_checksum_after(entries, &fixed, HP_MANIFEST_FIXED);
	return hp_checksum_after(checksum,
				 (const char *)header + HP_MANIFEST_FIXED,
				 header_size - HP_MANIFEST_FIXED);
}

/* Of a slot whose sizes fit. */
static uint64_t slot_checksum(const unsigned char *slot,
			      const struct hp_manifest_header *h)
{
	const unsigned char *entry = slot + h->header_size;
	uint64_t checksum = 0;

	for (uint32_t i = 0; i < h->count; i++, entry += h->entry_size)
		checksum = hp_checksum_after(checksum, entry, h->entry_size);
	return hp_manifest_checksum(checksum, slot, h->header_size);
}

/*
 * Is the slot whole? The kernel may have come in the middle of an update, so
 * one that is not is no error by itself. Nothing but the fields whose place
 * never changes is believed before the checksum is right.
 */
static bool slot_whole(const unsigned char *slot, size_t slot_size,
		       struct hp_manifest_header *h)
{
	memcpy(h, slot, sizeof(*h));
	return h->magic == HP_MANIFEST_MAGIC && sizes_fit(h, slot_size) &&
	       slot_checksum(slot, h) == h->checksum;
}

/* With a zero at its end, zeros behind it, and fit for a terminal. */
static void clean_string(char *string, size_t size)
{
	size_t length = strnlen(string, size - 1);

	memset(string + length, 0, size - length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)string[i] < ' ' || string[i] == 0x7f)
			string[i] = '?';
}

static int read_about(struct hp_manifest *manifest,
		      const struct hp_manifest_header *h)
{
	struct hp_manifest_about *about = &manifest->about;

	*about = h->about;
	manifest->sequence = h->sequence;
	if (!about->id)
		return refuse(manifest, -EBADMSG, "the session has no id");
	if (about->sealed > 1)
		return refuse(manifest, -EBADMSG, "sealed is not 0 or 1");
	clean_string(about->kernel, sizeof(about->kernel));
	clean_string(about->boot_id, sizeof(about->boot_id));
	clean_string(about->library, sizeof(about->library));
	return 0;
}

static const char *entry_problem(const struct hp_manifest_entry *e)
{
	if (e->token == HP_TOKEN_RESERVED)
		return "an entry has the token of the manifest";
	if (e->page_size < PAGE_SIZE_MIN || e->page_size > PAGE_SIZE_MAX ||
	    !is_power_of_two(e->page_size))
		return "the page size of an entry is impossible";
	if (e->shmem_page_size && (e->shmem_page_size < SMALL_PAGE_SIZE_MIN ||
				   e->shmem_page_size > e->page_size ||
				   !is_power_of_two(e->shmem_page_size)))
		return "the small page size of an entry is impossible";
	if (!e->length || e->length > INT64_MAX || e->length % e->page_size)
		return "the length of an entry is impossible";
	if (e->address % e->page_size || e->address > UINT64_MAX - e->length)
		return "the address of an entry is impossible";
	return NULL;
}

/*
 * The place of a token, or the free one where it would go. Tokens that were
 * chosen to meet in one place cost no more than a walk through all of them.
 */
static unsigned int find_place(const struct hp_manifest *manifest,
			       uint64_t token)
{
	unsigned int place = (unsigned int)(token * 0x9e3779b97f4a7c15 >> 53);

	while (manifest->places[place] &&
	       manifest->entries[manifest->places[place] - 1].token != token)
		place = (place + 1) % HP_MANIFEST_PLACES;
	return place;
}

_Static_assert(HP_MANIFEST_PLACES == 1 << (64 - 53), "all that a hash can be");
_Static_assert(HP_MANIFEST_PLACES > HP_REGIONS_MAX, "one place is free");

bool hp_manifest_index(struct hp_manifest *manifest)
{
	memset(manifest->places, 0, sizeof(manifest->places));
	for (uint32_t i = 0; i < manifest->count; i++) {
		unsigned int place =
			find_place(manifest, manifest->entries[i].token);

		if (manifest->places[place])
			return false;
		manifest->places[place] = (uint16_t)(i + 1);
	}
	return true;
}

static int read_entries(struct hp_manifest *manifest,
			const struct hp_manifest_header *h,
			const unsigned char *slot)
{
	const unsigned char *bytes = slot + h->header_size;

	manifest->count = h->count;
	for (uint32_t i = 0; i < h->count; i++, bytes += h->entry_size) {
		struct hp_manifest_entry *e = &manifest->entries[i];
		const char *problem;

		memcpy(e, bytes, sizeof(*e));
		problem = entry_problem(e);
		if (problem)
			return refuse(manifest, -EBADMSG, problem);
		clean_string(e->label, sizeof(e->label));
	}
	if (!hp_manifest_index(manifest))
		return refuse(manifest, -EBADMSG, "a token is listed twice");
	return 0;
}

int hp_manifest_parse(const void *bytes, size_t size,
		      struct hp_manifest *manifest)
{
	size_t slot_size = size / HP_MANIFEST_SLOTS;
	struct hp_manifest_header best = { .count = 0 };
	const unsigned char *best_slot = NULL;
	int err;

	manifest->problem = NULL;
	if (size < HP_MANIFEST_SIZE_MIN || size > HP_MANIFEST_SIZE_MAX ||
	    slot_size % 8 || size % HP_MANIFEST_SLOTS)
		return refuse(manifest, -EBADMSG,
			      "the file has an impossible length");
	for (int i = 0; i < HP_MANIFEST_SLOTS; i++) {
		const unsigned char *slot =
			(const unsigned char *)bytes + i * slot_size;
		struct hp_manifest_header h;

		if (!slot_whole(slot, slot_size, &h))
			continue;
		if (!best_slot || h.sequence > best.sequence) {
			best = h;
			best_slot = slot;
			manifest->whole = i;
		}
	}
	if (!best_slot)
		return refuse(manifest, -EBADMSG,
			      "neither copy has a right checksum");
	if (best.version != HP_MANIFEST_VERSION || best.features)
		return refuse(manifest, -EOPNOTSUPP,
			      "a newer library wrote it for newer readers");
	if (!sizes_valid(&best))
		return refuse(manifest, -EBADMSG,
			      "header or entries have an impossible size");
	/* Whole, so it is no damage: a later library may allow more. */
	if (best.count > HP_REGIONS_MAX)
		return refuse(manifest, -EOPNOTSUPP,
			      "it lists more regions than this library can");
	err = read_about(manifest, &best);
	if (err < 0)
		return err;
	return read_entries(manifest, &best, best_slot);
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
		return refuse(manifest, -EBADMSG,
			      "the file has an impossible length");

	/* A private copy: nobody can change it between check and use. */
	HP_MEMORY(copy, sys, sys->zalloc((size_t)info.length));
	if (!copy.memory)
		return -ENOMEM;
	err = sys->read_at(fd, copy.memory, (size_t)info.length, 0);
	if (err == -ENODATA)
		return refuse(manifest, -EBADMSG,
			      "the file is shorter than it says");
	if (err < 0)
		return err;
	return hp_manifest_parse(copy.memory, (size_t)info.length, manifest);
}

struct hp_manifest_entry *hp_manifest_find(struct hp_manifest *manifest,
					   uint64_t token)
{
	unsigned int number = manifest->places[find_place(manifest, token)];

	return number ? &manifest->entries[number - 1] : NULL;
}
