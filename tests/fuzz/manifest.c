// SPDX-License-Identifier: MIT
/*
 * hp_manifest_parse(). The input is taken as it is, and then as the two slots of
 * a file whose checksums are right: no mutation finds a checksum by luck.
 */
#include <errno.h>

#include "../../lib/base/checksum.h"
#include "../../lib/manifest/manifest.h"
#include "fuzz.h"

#define SLOT_MIN (HP_MANIFEST_SIZE_MIN / HP_MANIFEST_SLOTS)

static struct hp_manifest manifest;

/* It ends within the field, zeros follow, and a terminal can show it. */
static void check_string(const char *string, size_t size)
{
	size_t length = strnlen(string, size);

	check(length < size);
	for (size_t i = 0; i < size; i++)
		if (i < length)
			check((unsigned char)string[i] >= ' ' &&
			      string[i] != 0x7f);
		else
			check(!string[i]);
}

static void check_entry(const struct hp_manifest_entry *e)
{
	check(e->token != HP_TOKEN_RESERVED);
	check(e->page_size && !(e->page_size & (e->page_size - 1)));
	check(e->length && e->length <= INT64_MAX);
	check(e->length % e->page_size == 0);
	check(e->address % e->page_size == 0);
	check(e->address + e->length >= e->address);
	check_string(e->label, sizeof(e->label));
	/* Which it cannot be if another one has the token too. */
	check(hp_manifest_find(&manifest, e->token) == e);
}

static void parse(const void *bytes, size_t size)
{
	int err = hp_manifest_parse(bytes, size, &manifest);

	if (err) {
		check(err == -EBADMSG || err == -EOPNOTSUPP);
		check(manifest.problem && manifest.problem[0]);
		return;
	}
	check(!manifest.problem);
	check(manifest.count <= HP_REGIONS_MAX);
	check(manifest.about.sealed <= 1);
	check_string(manifest.about.kernel, sizeof(manifest.about.kernel));
	check_string(manifest.about.boot_id, sizeof(manifest.about.boot_id));
	check_string(manifest.about.library, sizeof(manifest.about.library));
#ifdef HP_FUZZ_PLANT
	/* As if sealed were not checked: a value that no seed has. */
	check(manifest.about.updates >> 56 != 0x7e);
#endif
	for (uint32_t i = 0; i < manifest.count; i++)
		check_entry(&manifest.entries[i]);
	check(!hp_manifest_find(&manifest, HP_TOKEN_RESERVED));
}

/* Make the checksum right, if the sizes let it be. */
static void sign(unsigned char *slot, size_t slot_size)
{
	struct hp_manifest_header h;
	const unsigned char *entry;
	uint64_t used, checksum = 0;

	memcpy(&h, slot, sizeof(h));
	used = h.header_size + (uint64_t)h.count * h.entry_size;
	if (h.header_size < HP_MANIFEST_FIXED || used > slot_size)
		return;
	entry = slot + h.header_size;
	for (uint32_t i = 0; i < h.count && h.entry_size; i++) {
		checksum = hp_checksum_after(checksum, entry, h.entry_size);
		entry += h.entry_size;
	}
	h.checksum = hp_manifest_checksum(checksum, slot, h.header_size);
	memcpy(slot, &h, sizeof(h));
}

static void parse_signed(const uint8_t *data, size_t size)
{
	size_t half = size / 2;
	size_t slot = (half / SLOT_MIN + 1) * SLOT_MIN;
	unsigned char *file = calloc(HP_MANIFEST_SLOTS, slot);

	check(file);
	if (half) {
		memcpy(file, data, half);
		memcpy(file + slot, data + half, half);
	}
	sign(file, slot);
	parse(file, HP_MANIFEST_SLOTS * slot);
	sign(file + slot, slot);
	parse(file, HP_MANIFEST_SLOTS * slot);
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *bytes = fuzz_copy(data, size);

	parse(bytes, size);
	free(bytes);
	parse_signed(data, size);
	return 0;
}
