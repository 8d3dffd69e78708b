// SPDX-License-Identifier: MIT
/*
 * The manifest as bytes: what is written is read, what is damaged is refused,
 * and a kexec at any store finds a valid list.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/checksum.h"
#include "suites.h"

#define SIZE HP_MANIFEST_SIZE
#define SLOT HP_MANIFEST_SLOT_SIZE
#define HEADER sizeof(struct hp_manifest_header)
#define ENTRY sizeof(struct hp_manifest_entry)

static struct hp_manifest written, parsed;
static uint64_t image[SIZE / 8]; /* a copy to damage */

/* The nth entry of all manifests here. */
static struct hp_manifest_entry entry(unsigned int i)
{
	struct hp_manifest_entry e = {
		.token = 10 + i,
		.length = (i + 1) * HP_PAGE_2M,
		.page_size = HP_PAGE_2M,
		.address = (i + 3) * HP_PAGE_2M,
		.layout = UINT64_MAX - i,
		.label = "label",
	};

	e.label[5] = (char)('a' + i % 26);
	return e;
}

static void add(unsigned int i)
{
	struct hp_manifest_entry e = entry(i);

	ok(hp_manifest_put(&written, &e));
}

static void make_manifest(void)
{
	memset(&written, 0, sizeof(written));
	ok(hp_manifest_create(&written, &fake_sys));
	written.about.generation = 7;
	written.about.updates = 5;
	hp_manifest_write(&written);
}

static void write_manifest(unsigned int count)
{
	make_manifest();
	for (unsigned int i = 0; i < count; i++)
		add(i);
	hp_manifest_write(&written);
	memcpy(image, written.slots, SIZE);
	hp_manifest_close(&written);
	ck_assert_int_eq(fake_leaks(), 0);
}

static void check_parsed(unsigned int count)
{
	ck_assert_uint_eq(parsed.count, count);
	for (unsigned int i = 0; i < count; i++) {
		struct hp_manifest_entry e = entry(i);

		ck_assert_mem_eq(&parsed.entries[i], &e, sizeof(e));
		ck_assert_ptr_eq(hp_manifest_find(&parsed, e.token),
				 &parsed.entries[i]);
	}
	ck_assert_uint_eq(parsed.about.id, written.about.id);
	ck_assert_uint_ne(parsed.about.id, 0);
	ck_assert_uint_eq(parsed.about.owner, fake_sys.process_id());
	ck_assert_uint_eq(parsed.about.generation, 7);
	ck_assert_uint_eq(parsed.about.updates, 5);
	ck_assert_uint_eq(parsed.about.written_ns, fake_sys.time_ns());
	ck_assert_str_eq(parsed.about.kernel, "7.3.4-fake0");
	ck_assert_str_eq(parsed.about.boot_id,
			 "00000000-0000-4000-8000-000000000000");
	ck_assert_str_eq(parsed.about.library, hp_version());
}

static unsigned char *slot(int index)
{
	return (unsigned char *)image + index * SLOT;
}

/* Of a slot, as far as its sizes let it be made. */
static uint64_t checksum_of(const unsigned char *slot, size_t size)
{
	const unsigned char *entry;
	struct hp_manifest_header h;
	uint64_t checksum = 0;

	memcpy(&h, slot, sizeof(h));
	if (h.header_size < HP_MANIFEST_FIXED || h.header_size > size ||
	    (uint64_t)h.count * h.entry_size > size - h.header_size)
		return 0;
	entry = slot + h.header_size;
	for (uint32_t i = 0; i < h.count && h.entry_size; i++) {
		checksum = hp_checksum_after(checksum, entry, h.entry_size);
		entry += h.entry_size;
	}
	return hp_manifest_checksum(checksum, slot, h.header_size);
}

/* Make the checksum right again, so that the check behind it is reached. */
static void sign(int index)
{
	uint64_t checksum = checksum_of(slot(index), SLOT);

	memcpy(slot(index) + offsetof(struct hp_manifest_header, checksum),
	       &checksum, sizeof(checksum));
}

/* Put the same bytes into both slots. */
static void put(size_t offset, const void *bytes, size_t length)
{
	for (int i = 0; i < HP_MANIFEST_SLOTS; i++)
		memcpy(slot(i) + offset, bytes, length);
}

START_TEST(what_is_written_is_read)
{
	static const unsigned int counts[] = { 0, 1, 2, 17, HP_REGIONS_MAX };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		write_manifest(counts[i]);
		memset(&parsed, 0x55, sizeof(parsed));
		ok(hp_manifest_parse(image, SIZE, &parsed));
		check_parsed(counts[i]);
		ck_assert_ptr_null(hp_manifest_find(&parsed, 9));
	}
}
END_TEST

/* A field of the header, or of entry 1, the value, and the verdict. */
static const struct {
	size_t offset;
	size_t width;
	uint64_t value;
	int expected;
} damages[] = {
#define HEADER_FIELD(f, value, expected)                                      \
	{                                                                     \
		offsetof(struct hp_manifest_header, f),                       \
			sizeof(((struct hp_manifest_header *)0)->f), (value), \
			(expected)                                            \
	}
#define ENTRY_FIELD(f, value, expected)                                    \
	{                                                                  \
		HEADER + ENTRY + offsetof(struct hp_manifest_entry, f), 8, \
			(value), (expected)                                \
	}
	HEADER_FIELD(magic, 0, -EBADMSG),
	HEADER_FIELD(magic, 1, -EBADMSG),
	HEADER_FIELD(version, 0, -EOPNOTSUPP),
	HEADER_FIELD(version, 2, -EOPNOTSUPP),
	HEADER_FIELD(header_size, 0, -EBADMSG),
	HEADER_FIELD(header_size, 56, -EBADMSG),
	HEADER_FIELD(header_size, 212, -EBADMSG),
	HEADER_FIELD(header_size, SLOT, -EBADMSG),
	HEADER_FIELD(header_size, UINT32_MAX - 7, -EBADMSG),
	HEADER_FIELD(entry_size, 0, -EBADMSG),
	HEADER_FIELD(entry_size, 56, -EBADMSG),
	HEADER_FIELD(entry_size, 132, -EBADMSG),
	HEADER_FIELD(entry_size, SLOT, -EBADMSG),
	HEADER_FIELD(entry_size, UINT32_MAX - 7, -EBADMSG),
	HEADER_FIELD(count, (SLOT - HEADER) / ENTRY + 1, -EBADMSG),
	HEADER_FIELD(count, HP_REGIONS_MAX + 1, -EOPNOTSUPP),
	HEADER_FIELD(count, UINT32_MAX, -EBADMSG),
	/* An entry of zeros. */
	HEADER_FIELD(count, 4, -EBADMSG),
	HEADER_FIELD(features, 1, -EOPNOTSUPP),
	HEADER_FIELD(features, 0x80000000, -EOPNOTSUPP),
	ENTRY_FIELD(token, 10, -EBADMSG), /* that of entry 0 */
	ENTRY_FIELD(token, 12, -EBADMSG), /* that of entry 2 */
	ENTRY_FIELD(token, HP_TOKEN_RESERVED, -EBADMSG),
	ENTRY_FIELD(length, 0, -EBADMSG),
	ENTRY_FIELD(length, HP_PAGE_2M + 4096, -EBADMSG),
	ENTRY_FIELD(length, UINT64_C(1) << 63, -EBADMSG),
	ENTRY_FIELD(page_size, 0, -EBADMSG),
	ENTRY_FIELD(page_size, 4096, -EBADMSG),
	ENTRY_FIELD(page_size, HP_PAGE_2M + 1, -EBADMSG),
	ENTRY_FIELD(page_size, HP_PAGE_2M * 3, -EBADMSG),
	ENTRY_FIELD(page_size, UINT64_C(1) << 63, -EBADMSG),
	ENTRY_FIELD(address, -HP_PAGE_2M, -EBADMSG), /* wraps */
	ENTRY_FIELD(address, UINT64_MAX, -EBADMSG),
	ENTRY_FIELD(address, 1, -EBADMSG),
	ENTRY_FIELD(address, HP_PAGE_2M / 2, -EBADMSG),
	ENTRY_FIELD(shmem_page_size, 1, -EBADMSG),
	ENTRY_FIELD(shmem_page_size, 2048, -EBADMSG),
	ENTRY_FIELD(shmem_page_size, 3 * 4096, -EBADMSG),
	ENTRY_FIELD(shmem_page_size, 2 * HP_PAGE_2M, -EBADMSG),
	ENTRY_FIELD(shmem_page_size, UINT64_C(1) << 63, -EBADMSG),
	HEADER_FIELD(about.id, 0, -EBADMSG),
	HEADER_FIELD(about.sealed, 2, -EBADMSG),
	HEADER_FIELD(about.sealed, UINT32_MAX, -EBADMSG),
	/* The controls: these are fine. */
	HEADER_FIELD(about.sealed, 1, 0),
	HEADER_FIELD(about.owner, UINT32_MAX, 0),
	HEADER_FIELD(about.id, 1, 0),
	HEADER_FIELD(zero, 1, 0),
	HEADER_FIELD(about.generation, UINT64_MAX, 0),
	HEADER_FIELD(about.updates, UINT64_MAX, 0),
	HEADER_FIELD(about.written_ns, UINT64_MAX, 0),
	ENTRY_FIELD(address, 0, 0),
	/* Its end is the end of all addresses. */
	ENTRY_FIELD(address, -3 * HP_PAGE_2M, 0),
	ENTRY_FIELD(layout, 0, 0),
	HEADER_FIELD(count, 3, 0),
	HEADER_FIELD(count, 2, 0),
	HEADER_FIELD(sequence, UINT64_MAX, 0),
	ENTRY_FIELD(zero, 1, 0), /* a newer field that may be skipped */
	ENTRY_FIELD(shmem_page_size, 4096, 0),
	ENTRY_FIELD(shmem_page_size, 65536, 0), /* of some arm64 */
	ENTRY_FIELD(token, 99, 0),
	ENTRY_FIELD(length, HP_PAGE_2M * 9, 0),
	ENTRY_FIELD(page_size, HP_PAGE_2M / 2, 0),
};

START_TEST(each_field_is_checked)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		int rc;

		write_manifest(3);
		put(damages[i].offset, &damages[i].value,
		    damages[i].width > 8 ? 8 : damages[i].width);
		sign(0);
		sign(1);
		rc = hp_manifest_parse(image, SIZE, &parsed);
		ck_assert_msg(rc == damages[i].expected,
			      "damage %zu at %zu, value %#llx: %d", i,
			      damages[i].offset,
			      (unsigned long long)damages[i].value, rc);
	}
}
END_TEST

/* A manifest whose only entry is this one; or header, when there is none. */
static int parse_one(const struct hp_manifest_header *header,
		     const struct hp_manifest_entry *entry)
{
	write_manifest(entry ? 1 : 0);
	if (header)
		put(0, header, sizeof(*header));
	if (entry)
		put(HEADER, entry, sizeof(*entry));
	sign(0);
	sign(1);
	return hp_manifest_parse(image, SIZE, &parsed);
}

/* Fields that another check would catch unless the rest fits them. */
START_TEST(fields_that_fit_each_other)
{
	struct hp_manifest_header h = {
		.magic = HP_MANIFEST_MAGIC,
		.version = HP_MANIFEST_VERSION,
		.header_size = HEADER,
		.entry_size = ENTRY,
		.about.id = 1,
	};
	struct hp_manifest_entry e = {
		.token = 1,
		.length = HP_PAGE_2M,
		.page_size = HP_PAGE_2M,
	};

	ok(parse_one(&h, NULL));
	h.header_size = HEADER + 4;
	is(parse_one(&h, NULL), -EBADMSG);
	h.header_size = HEADER;
	h.entry_size = ENTRY + 4;
	is(parse_one(&h, NULL), -EBADMSG);
	h.entry_size = ENTRY - 8;
	is(parse_one(&h, NULL), -EBADMSG);
	h.entry_size = ENTRY;
	ok(parse_one(&h, NULL));
	h.header_size = HEADER - 8;
	is(parse_one(&h, NULL), -EBADMSG);
	h.header_size = HEADER;
	ok(parse_one(&h, NULL));

	ok(parse_one(NULL, &e));
	e.length = e.page_size = 3 * HP_PAGE_2M;
	is(parse_one(NULL, &e), -EBADMSG);
	e.length = e.page_size = UINT64_C(1) << 34;
	ok(parse_one(NULL, &e));
	e.length = e.page_size = UINT64_C(1) << 35;
	is(parse_one(NULL, &e), -EBADMSG);
}
END_TEST

/* In a file that is larger than ours: it must not run over our table. */
START_TEST(more_entries_than_we_have_room_for)
{
	for (uint32_t count = HP_REGIONS_MAX; count < HP_REGIONS_MAX + 2;
	     count++) {
		unsigned char *bytes = calloc(4, SLOT);
		struct hp_manifest_header h;

		ck_assert_ptr_nonnull(bytes);
		write_manifest(HP_REGIONS_MAX);
		memcpy(bytes, slot(0), SLOT);
		/* One more, unlike the others. */
		memcpy(bytes + SLOT, slot(0) + HEADER, ENTRY);
		bytes[SLOT] = 9;
		memcpy(&h, bytes, sizeof(h));
		h.count = count;
		memcpy(bytes, &h, sizeof(h));
		h.checksum = checksum_of(bytes, 2 * SLOT);
		memcpy(bytes, &h, sizeof(h));
		is(hp_manifest_parse(bytes, 4 * SLOT, &parsed),
		   count > HP_REGIONS_MAX ? -EOPNOTSUPP : 0);
		free(bytes);
	}
}
END_TEST

/* Of a later version only the start of the header is as we know it. */
START_TEST(later_version_of_any_layout)
{
	static const struct {
		uint32_t header_size, entry_size, count;
		int expected;
	} layouts[] = {
		{ HEADER, ENTRY, 1, -EOPNOTSUPP },
		{ HP_MANIFEST_FIXED, ENTRY, 1, -EOPNOTSUPP },
		{ HP_MANIFEST_FIXED, 0, 0, -EOPNOTSUPP },
		{ HEADER, 24, HP_REGIONS_MAX + 1, -EOPNOTSUPP },
		{ HEADER, 4, 2 * HP_REGIONS_MAX, -EOPNOTSUPP },
		/* Entries of no size are none that anybody could count. */
		{ SLOT, 0, UINT32_MAX, -EBADMSG },
		/* Controls: beyond the slot, and within the fixed part. */
		{ HEADER, ENTRY, SLOT / ENTRY, -EBADMSG },
		{ HEADER, UINT32_MAX, UINT32_MAX, -EBADMSG },
		{ HP_MANIFEST_FIXED - 8, ENTRY, 1, -EBADMSG },
		{ SLOT + 8, 0, 0, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct hp_manifest_header h = {
			.magic = HP_MANIFEST_MAGIC,
			.version = HP_MANIFEST_VERSION + 1,
			.header_size = layouts[i].header_size,
			.entry_size = layouts[i].entry_size,
			.count = layouts[i].count,
		};
		int rc = parse_one(&h, NULL);

		ck_assert_msg(rc == layouts[i].expected, "layout %zu: %d", i,
			      rc);
	}
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
	const size_t used = HEADER + 2 * ENTRY;

	write_manifest(2);
	for (size_t bit = 0; bit < used * 8; bit++) {
		slot(0)[bit / 8] ^= 1 << bit % 8;
		/* The other slot says the same and is whole. */
		ok(hp_manifest_parse(image, SIZE, &parsed));
		check_parsed(2);
		slot(1)[bit / 8] ^= 1 << bit % 8;
		is(hp_manifest_parse(image, SIZE, &parsed), -EBADMSG);
		slot(0)[bit / 8] ^= 1 << bit % 8;
		ok(hp_manifest_parse(image, SIZE, &parsed));
		check_parsed(2);
		slot(1)[bit / 8] ^= 1 << bit % 8;
	}
	/* Control: behind what is used nothing matters. */
	slot(0)[used] ^= 1;
	slot(1)[used] ^= 1;
	ok(hp_manifest_parse(image, SIZE, &parsed));
}
END_TEST

START_TEST(the_higher_sequence_counts)
{
	uint64_t sequence = 1000;

	write_manifest(2);
	for (int newer = 0; newer < 2; newer++) {
		struct hp_manifest_header h;

		memcpy(&h, slot(newer), sizeof(h));
		h.count = 1;
		h.sequence = sequence++;
		memcpy(slot(newer), &h, sizeof(h));
		sign(newer);
		memcpy(&h, slot(!newer), sizeof(h));
		h.count = 2;
		memcpy(slot(!newer), &h, sizeof(h));
		sign(!newer);
		ok(hp_manifest_parse(image, SIZE, &parsed));
		check_parsed(1);
	}
}
END_TEST

START_TEST(sizes_of_the_file)
{
	static const size_t wrong[] = { 0,
					1,
					64,
					8184,
					8193,
					SIZE - 8,
					SIZE - 1,
					SIZE / 2 - 8,
					HP_MANIFEST_SIZE_MIN - 8 };

	write_manifest(1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		is(hp_manifest_parse(image, wrong[i], &parsed), -EBADMSG);
	is(hp_manifest_parse(image, HP_MANIFEST_SIZE_MAX + 16, &parsed),
	   -EBADMSG);
	/* The control, and a file of another version's size. */
	ok(hp_manifest_parse(image, SIZE, &parsed));
	memcpy(slot(0) + 4096, slot(1), 4096);
	ok(hp_manifest_parse(image, 8192, &parsed));
	check_parsed(1);
}
END_TEST

/* The same list in structures that are shorter or longer than ours. */
static void relay(uint32_t header_size, uint32_t entry_size, unsigned int count)
{
	struct hp_manifest_header h;
	uint64_t more = 77;

	write_manifest(count);
	memcpy(&h, slot(0), sizeof(h));
	memset(image, 0, sizeof(image));
	h.header_size = header_size;
	h.entry_size = entry_size;
	put(0, &h, header_size < HEADER ? header_size : HEADER);
	if (header_size > HEADER)
		put(HEADER, &more, sizeof(more));
	for (unsigned int i = 0; i < count; i++) {
		struct hp_manifest_entry e = entry(i);
		size_t at = header_size + (size_t)i * entry_size;

		put(at, &e, entry_size < ENTRY ? entry_size : ENTRY);
		if (entry_size > ENTRY)
			put(at + ENTRY, &more, sizeof(more));
	}
	sign(0);
	sign(1);
}

START_TEST(larger_structures_are_skipped_over)
{
	relay(HEADER + 56, ENTRY + 32, 2);
	ok(hp_manifest_parse(image, SIZE, &parsed));
	check_parsed(2);
}
END_TEST

/* None of a release is. */
START_TEST(smaller_structures_are_refused)
{
	relay(HEADER - 8, ENTRY, 2);
	is(hp_manifest_parse(image, SIZE, &parsed), -EBADMSG);
	relay(HEADER, ENTRY - 8, 2);
	is(hp_manifest_parse(image, SIZE, &parsed), -EBADMSG);
	relay(HEADER, ENTRY, 2);
	ok(hp_manifest_parse(image, SIZE, &parsed));
}
END_TEST

/* They are for people: no reason to refuse, but fit for a terminal. */
START_TEST(strings_are_cut_and_cleaned)
{
	struct hp_manifest_entry e = entry(0);
	struct hp_manifest_about a = { .id = 1, .generation = 1 };

	memset(a.kernel, 'k', sizeof(a.kernel));
	memset(a.boot_id, 0x1b, sizeof(a.boot_id));
	memcpy(a.library, "9.9\0rubbish", 12);
	memset(e.label, 'x', sizeof(e.label));
	memcpy(e.label, "\n\x7f\xc3\xa4", 4);
	write_manifest(1);
	put(HP_MANIFEST_FIXED, &a, sizeof(a));
	put(HEADER, &e, sizeof(e));
	sign(0);
	sign(1);
	ok(hp_manifest_parse(image, SIZE, &parsed));
	ck_assert_uint_eq(strlen(parsed.about.kernel), sizeof(a.kernel) - 1);
	ck_assert_uint_eq(strlen(parsed.about.boot_id), sizeof(a.boot_id) - 1);
	ck_assert_uint_eq(strspn(parsed.about.boot_id, "?"),
			  sizeof(a.boot_id) - 1);
	ck_assert_mem_eq(parsed.about.library, "9.9\0\0\0\0\0\0\0\0\0\0\0\0\0",
			 16);
	ck_assert_uint_eq(strlen(parsed.entries[0].label), HP_LABEL_MAX);
	/* What is no ASCII may be a letter. */
	ck_assert_mem_eq(parsed.entries[0].label, "??\xc3\xa4xx", 6);
}
END_TEST

/* Tokens that all hash to one place: found, told apart, and no endless walk. */
START_TEST(tokens_that_meet_in_one_place)
{
	static uint64_t tokens[HP_REGIONS_MAX];
	unsigned int count = 0;

	for (uint64_t token = 1; count < HP_REGIONS_MAX; token++)
		if (token * 0x9e3779b97f4a7c15 >> 53 == 2047)
			tokens[count++] = token;
	for (int twice = 0; twice < 2; twice++) {
		struct hp_manifest_entry e = entry(0);

		make_manifest();
		for (unsigned int i = 0; i < count; i++) {
			e.token = tokens[i];
			ok(hp_manifest_put(&written, &e));
		}
		if (twice)
			written.entries[count - 1].token = tokens[0];
		hp_manifest_write(&written);
		memcpy(image, written.slots, SIZE);
		hp_manifest_close(&written);
		is(hp_manifest_parse(image, SIZE, &parsed),
		   twice ? -EBADMSG : 0);
		for (unsigned int i = 0; i < count && !twice; i++)
			ck_assert_uint_eq(
				hp_manifest_find(&parsed, tokens[i])->token,
				tokens[i]);
	}
	ck_assert_ptr_null(hp_manifest_find(&parsed, 12345));
}
END_TEST

/* Whatever the bytes are, nothing outside of them is touched (ASan, UBSan). */
START_TEST(arbitrary_bytes_are_refused)
{
	srandom(1);
	for (int round = 0; round < 300; round++) {
		struct hp_manifest_header h = {
			.magic = HP_MANIFEST_MAGIC,
			.version = HP_MANIFEST_VERSION,
			.header_size = (uint32_t)(random() % 256),
			.entry_size = (uint32_t)(random() % 256),
			.count = (uint32_t)(random() % 2048),
		};
		/* On the heap and tight, so that ASan sees the end. */
		unsigned char *bytes = malloc(HP_MANIFEST_SIZE_MIN);

		ck_assert_ptr_nonnull(bytes);
		for (int i = 0; i < HP_MANIFEST_SIZE_MIN; i++)
			bytes[i] = (unsigned char)random();
		memcpy(bytes, &h, sizeof(h));
		is(hp_manifest_parse(bytes, HP_MANIFEST_SIZE_MIN, &parsed),
		   -EBADMSG);
		free(bytes);
	}
}
END_TEST

/* -- A kexec at every store ------------------------------------------------ */

static unsigned int snapshots, broken, before, after;
static const unsigned char *watched;

static void look(void)
{
	snapshots++;
	if (hp_manifest_parse(watched, SIZE, &parsed) < 0 ||
	    parsed.count < before || parsed.count > after) {
		broken++;
		return;
	}
	check_parsed(parsed.count);
	/* A slot that says it is whole is whole, without luck in checksums. */
	for (int i = 0; i < HP_MANIFEST_SLOTS; i++) {
		memcpy(image, watched, SIZE);
		if (*(const uint64_t *)slot(i) == 0)
			continue;
		memset(slot(!i), 0, SLOT);
		broken += hp_manifest_parse(image, SIZE, &parsed) < 0;
	}
}

START_TEST(every_store_leaves_a_valid_list)
{
	make_manifest();
	watched = written.slots;
	fake.on_store = look;
	for (unsigned int i = 0; i < 20; i++) {
		snapshots = 0;
		before = i;
		after = i + 1;
		add(i);
		hp_manifest_write(&written);
		ck_assert_uint_gt(snapshots, 20);
		ck_assert_uint_eq(broken, 0);
		/* Done: in both slots, whichever gets lost. */
		for (int j = 0; j < HP_MANIFEST_SLOTS; j++) {
			memcpy(image, written.slots, SIZE);
			memset(slot(j), 0, SLOT);
			ok(hp_manifest_parse(image, SIZE, &parsed));
			check_parsed(i + 1);
		}
	}
	fake.on_store = NULL;
	hp_manifest_close(&written);
}
END_TEST

/* Control: an update in place, checksum last, is seen to be broken. */
START_TEST(an_update_in_place_is_found_out)
{
	struct hp_manifest_entry e = entry(1);
	const uint64_t *words = (const uint64_t *)&e;
	struct hp_manifest_header h;

	static uint64_t place[SIZE / 8];
	unsigned char *bytes = (unsigned char *)place;

	write_manifest(1);
	memcpy(place, image, SLOT);
	watched = bytes;
	before = 1;
	after = 2;
	fake.on_store = look;
	for (size_t i = 0; i < ENTRY / 8; i++)
		fake_sys.store(place + (HEADER + ENTRY) / 8 + i, words[i]);
	ck_assert_uint_eq(broken, 0);
	memcpy(&h, bytes, sizeof(h));
	h.count = 2;
	memcpy(bytes, &h, sizeof(h));
	fake_sys.store(place + 3, h.sequence + 1);
	ck_assert_uint_gt(broken, 0);
}
END_TEST

/* As many changes as there are, in place: in every moment the old or the new. */
START_TEST(a_list_that_gets_shorter)
{
	broken = 0; /* without fork the control before counts too */
	make_manifest();
	watched = written.slots;
	for (unsigned int i = 0; i < 20; i++)
		add(i);
	hp_manifest_write(&written);
	fake.on_store = look;
	/* From the end, so that look() knows them by their places. */
	for (unsigned int i = 20; i > 0; i--) {
		before = i - 1;
		after = i;
		hp_manifest_remove(&written, entry(i - 1).token);
		hp_manifest_write(&written);
		ck_assert_uint_eq(broken, 0);
	}
	fake.on_store = NULL;
	hp_manifest_remove(&written, 4711); /* not there: nothing */
	ck_assert_uint_eq(written.count, 0);
	hp_manifest_close(&written);
	hp_manifest_close(&written); /* of a closed one: nothing */
	hp_manifest_close(NULL);
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(one_of_the_middle)
{
	make_manifest();
	for (unsigned int i = 0; i < 5; i++)
		add(i);
	hp_manifest_remove(&written, entry(1).token);
	ck_assert_uint_eq(written.count, 4);
	ck_assert_ptr_null(hp_manifest_find(&written, entry(1).token));
	for (unsigned int i = 0; i < 5; i++) {
		struct hp_manifest_entry e = entry(i);

		if (i != 1)
			ck_assert_mem_eq(hp_manifest_find(&written, e.token),
					 &e, sizeof(e));
	}
	/* A token that is there keeps its place. */
	ok(hp_manifest_put(&written,
			   &(struct hp_manifest_entry){ .token = 12 }));
	ck_assert_uint_eq(written.count, 4);
	ck_assert_uint_eq(written.entries[1].token, 12);
	ck_assert_uint_eq(written.entries[1].length, 0);
	hp_manifest_close(&written);
}
END_TEST

START_TEST(a_list_that_is_full)
{
	struct hp_manifest_entry e = entry(0);

	make_manifest();
	for (unsigned int i = 0; i < HP_REGIONS_MAX; i++)
		add(i);
	e.token = 5000;
	is(hp_manifest_put(&written, &e), -E2BIG);
	ck_assert_uint_eq(written.count, HP_REGIONS_MAX);
	ck_assert_ptr_null(hp_manifest_find(&written, 5000));
	add(3); /* which is there */
	hp_manifest_remove(&written, entry(3).token);
	ok(hp_manifest_put(&written, &e));
	hp_manifest_close(&written);
}
END_TEST

/* The next owner, in the same kernel and in another one. */
START_TEST(signed_by_each_owner)
{
	static struct hp_manifest next;
	int fd;

	make_manifest();
	add(0);
	written.about.sealed = 1;
	hp_manifest_write(&written);
	fd = fake_sys.duplicate(written.fd);
	ok(hp_manifest_open(&next, &fake_sys, fd));
	ck_assert_uint_eq(next.about.generation, 7);
	hp_manifest_sign(&next);
	ck_assert_uint_eq(next.about.generation, 8);
	ck_assert_uint_eq(next.about.updates, 5);
	ck_assert_uint_eq(next.about.sealed, 1);
	ck_assert_uint_eq(next.about.id, written.about.id);
	fake.boots++;
	hp_manifest_sign(&next);
	ck_assert_uint_eq(next.about.updates, 6);
	ck_assert_str_eq(next.about.kernel, "7.3.4-fake1");
	next.about.generation = next.about.updates = UINT64_MAX;
	fake.boots++;
	hp_manifest_sign(&next);
	ck_assert_uint_eq(next.about.generation, UINT64_MAX);
	ck_assert_uint_eq(next.about.updates, UINT64_MAX);
	hp_manifest_close(&next);
	hp_manifest_close(&written);
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* Nobody makes it shorter under the mapping; the number is checked. */
START_TEST(the_file_of_the_manifest)
{
	int fd;

	make_manifest();
	ok(hp_manifest_check(&written));
	is(fake_sys.set_length(written.fd, SIZE / 2), -EPERM);
	fd = written.fd;
	fake_close_behind(fd);
	is(hp_manifest_check(&written), -EUCLEAN);
	ck_assert_int_eq(fake_sys.memfd("another", 0), fd);
	is(hp_manifest_check(&written), -EUCLEAN);
}
END_TEST

Suite *manifest_suite(void)
{
	const TTest *const tests[] = {
		what_is_written_is_read,
		each_field_is_checked,
		fields_that_fit_each_other,
		more_entries_than_we_have_room_for,
		later_version_of_any_layout,
		every_flipped_bit_is_found,
		the_higher_sequence_counts,
		sizes_of_the_file,
		larger_structures_are_skipped_over,
		smaller_structures_are_refused,
		strings_are_cut_and_cleaned,
		tokens_that_meet_in_one_place,
		arbitrary_bytes_are_refused,
		every_store_leaves_a_valid_list,
		an_update_in_place_is_found_out,
		a_list_that_gets_shorter,
		one_of_the_middle,
		a_list_that_is_full,
		signed_by_each_owner,
		the_file_of_the_manifest,
		NULL,
	};

	return suite_of("manifest", tests);
}
