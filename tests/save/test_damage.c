// SPDX-License-Identifier: MIT
/*
 * A save that is damaged, cut short, of someone else, newer, or made to harm.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/manifest/manifest.h"
#include "save_tests.h"

static struct hp_session *s;
static struct hp_region *r;

static unsigned char *index_bytes(void)
{
	uint64_t length;

	return disk_bytes(HP_SAVE_INDEX, &length);
}

static struct hp_save_header *header(void)
{
	return (struct hp_save_header *)index_bytes();
}

static struct hp_save_region *region(int number)
{
	return (struct hp_save_region *)(index_bytes() +
					 sizeof(struct hp_save_header)) +
	       number;
}

static struct hp_save_extent *extent(int number)
{
	return (struct hp_save_extent *)region((int)header()->region_count) +
	       number;
}

/* Right again for whatever was changed, as a writer would have it. */
static void seal(void)
{
	struct hp_save_header before = *header(), *h = header();
	uint64_t length;

	disk_bytes(HP_SAVE_INDEX, &length);
	hp_save_index_seal(index_bytes(), length);
	/* But for these, which the test may be about. */
	h->version = before.version;
	h->header_size = before.header_size;
	h->region_size = before.region_size;
	h->extent_size = before.extent_size;
	h->file_size = before.file_size;
	h->checksum = 0;
	h->checksum = hp_save_index_checksum(index_bytes(), length);
}

START_TEST(every_byte_of_index)
{
	uint64_t length;
	int rc;

	ok(save_version(1, NULL));
	disk_bytes(HP_SAVE_INDEX, &length);
	ck_assert_uint_gt(length, 500);
	for (uint64_t i = 0; i < length; i++) {
		index_bytes()[i] ^= 0x10;
		rc = load_version();
		ck_assert_msg(rc == -EBADMSG, "byte %d: %d", (int)i, rc);
		ck_assert_str_ne(last_error, "");
		index_bytes()[i] ^= 0x10;
	}
	ck_assert_int_eq(load_version(), 1);
}
END_TEST

START_TEST(every_length_of_index)
{
	uint64_t length;

	ok(save_version(1, NULL));
	disk_keep();
	disk_bytes(HP_SAVE_INDEX, &length);
	for (uint64_t i = 0; i < length; i++) {
		disk_truncate(HP_SAVE_INDEX, i);
		is(load_version(), -EBADMSG);
		disk_restore();
	}
	disk_truncate(HP_SAVE_INDEX, length + 1);
	is(load_version(), -EBADMSG);
	disk_truncate(HP_SAVE_INDEX, length);
	ck_assert_int_eq(load_version(), 1);
}
END_TEST

START_TEST(data)
{
	unsigned char *bytes;
	uint64_t length;
	int noticed = 0;

	ok(save_version(1, NULL));
	bytes = disk_bytes("data-", &length);
	/* A byte in each 64 KiB: in an extent it counts, in a hole it does not. */
	for (uint64_t i = 777; i < length; i += 65536) {
		int rc;

		bytes[i] ^= 1;
		last_error[0] = '\0';
		rc = load_version();
		ck_assert(rc == -EBADMSG || rc == 1);
		noticed += rc == -EBADMSG;
		if (rc == -EBADMSG)
			ck_assert_ptr_nonnull(strstr(last_error, "checksum"));
		bytes[i] ^= 1;
	}
	ck_assert_int_eq(noticed, MIB / 65536);
	disk_keep();
	/* Its last extent ends at 2 MiB or before. */
	disk_truncate("data-", MIB);
	is(load_version(), -EBADMSG);
	disk_restore();
	disk_truncate("data-", 0);
	is(load_version(), -EBADMSG);
	disk_restore();
	disk_remove("data-");
	is(load_version(), -EBADMSG);
	ck_assert_int_eq(fake.pool_used, 0);
	/* A damaged save does not stand in the way of the next one. */
	ok(save_version(2, NULL));
	ck_assert_int_eq(load_version(), 2);
	index_bytes()[100] ^= 1;
	ok(save_version(3, NULL));
	ck_assert_int_eq(load_version(), 3);
	ck_assert_int_eq(disk_files(), 2 + 2);
}
END_TEST

/* With everything right but for one thing that can do harm. */
START_TEST(made_to_harm)
{
	ok(save_version(1, NULL));
	disk_keep();

	for (int i = 0;; i++) {
		int expected = -EBADMSG;

		disk_restore();
		switch (i) {
		case 0:
			header()->header_size = 8;
			break;
		case 1:
			header()->header_size = UINT32_MAX;
			break;
		case 2:
			header()->region_count = UINT32_MAX;
			break;
		case 3:
			header()->region_size = 0;
			break;
		case 4:
			header()->extent_size = 0;
			break;
		case 5:
			header()->extent_count = UINT64_MAX;
			break;
		case 6:
			header()->extent_count = UINT64_MAX / 24 + 2;
			break;
		case 7:
			header()->region_size -= 8;
			break;
		case 8:
			memset(header()->session, 'a',
			       sizeof(header()->session));
			break;
		case 9:
			header()->session[0] = '\0';
			break;
		case 10:
			memset(header()->library, 'a',
			       sizeof(header()->library));
			break;
		case 11:
			region(0)->token = region(1)->token;
			break;
		case 12:
			region(1)->token = HP_TOKEN_RESERVED;
			break;
		case 13:
			region(0)->length = 0;
			break;
		case 14:
			region(0)->length = UINT64_MAX - 4095;
			break;
		case 15:
			region(0)->page_size = 3 << 20;
			break;
		case 16:
			region(0)->page_size = 0;
			break;
		case 17:
			region(0)->length += 4096;
			break;
		case 18:
			memset(region(0)->label, 'a', sizeof(region(0)->label));
			break;
		case 19:
			region(0)->extent_count = UINT64_MAX;
			break;
		case 20:
			region(0)->extent_count--;
			break;
		case 21:
			extent(0)->offset = UINT64_MAX - 4095;
			break;
		case 22:
			extent(0)->offset += 1;
			break;
		case 23:
			extent(0)->length = 4 * MIB + 4096;
			break;
		case 24:
			extent(0)->length = UINT64_MAX - 4095;
			break;
		case 25:
			extent(0)->length = 0;
			break;
		case 26:
			extent(0)->length = 4095;
			break;
		case 27:
			extent(1)->offset = extent(0)->offset;
			break;
		case 28:
			region(0)->length = UINT64_C(1) << 40;
			extent(0)->length = HP_SAVE_BLOCK_MAX * 2;
			extent(1)->offset = HP_SAVE_BLOCK_MAX * 2;
			break;
		case 29:
			header()->version = 2;
			expected = -EOPNOTSUPP;
			break;
		case 30:
			header()->features = 1;
			expected = -EOPNOTSUPP;
			break;
		case 31:
			header()->magic = __builtin_bswap64(HP_SAVE_MAGIC);
			expected = -EOPNOTSUPP;
			break;
		case 32: /* longer than all memory, and than its file */
			region(0)->length = UINT64_C(1) << 40;
			expected = -ENOMEM;
			break;
		case 33: /* an extent that the file does not have */
			region(0)->length = UINT64_C(1) << 30;
			extent(1)->offset = UINT64_C(1) << 29;
			break;
		case 34:
			region(0)->shmem = 2;
			break;
		case 35: /* shmem of half a huge page */
			region(0)->shmem = 1;
			region(0)->page_size = 4096;
			region(0)->length += MIB;
			break;
		case 36: /* control: nothing */
			expected = 1;
			break;
		default:
			return;
		}
		if (i != 31)
			seal();
		ck_assert_msg(load_version() == expected, "%d: %d", i,
			      load_version());
		ck_assert_int_eq(fake.pool_used, 0);
	}
}
END_TEST

/* What a later version may add without a feature bit is skipped. */
START_TEST(longer_parts)
{
	struct hp_save_index index;
	const struct hp_save_header *h;
	unsigned char *old, *grown, *to;
	const char *reason;
	uint64_t length, size;

	ok(save_version(1, NULL));
	old = disk_bytes(HP_SAVE_INDEX, &length);
	h = (const struct hp_save_header *)old;
	size = sizeof(*h) + 8 + h->region_count * (128 + 16) +
	       h->extent_count * (24 + 8);
	grown = calloc(1, size);
	memcpy(grown, old, sizeof(*h));
	to = grown + sizeof(*h) + 8;
	for (uint32_t i = 0; i < h->region_count; i++, to += 128 + 16)
		memcpy(to, region((int)i), 128);
	for (uint64_t i = 0; i < h->extent_count; i++, to += 24 + 8)
		memcpy(to, extent((int)i), 24);
	((struct hp_save_header *)grown)->header_size += 8;
	((struct hp_save_header *)grown)->region_size += 16;
	((struct hp_save_header *)grown)->extent_size += 8;
	((struct hp_save_header *)grown)->file_size = size;
	((struct hp_save_header *)grown)->checksum =
		hp_save_index_checksum(grown, size);
	ok(hp_save_index_parse(grown, size, &index, &reason));
	ck_assert_uint_eq(hp_save_index_region(&index, 1).token, INDEX);
	ck_assert_uint_eq(hp_save_index_extent(&index, 1).checksum,
			  extent(1)->checksum);
	disk_truncate(HP_SAVE_INDEX, size);
	memcpy(index_bytes(), grown, size);
	ck_assert_int_eq(load_version(), 1);
	free(grown);
}
END_TEST

/* Any bytes at all, in a block that is exactly as long. */
START_TEST(noise)
{
	struct hp_save_index index;
	const char *reason;
	uint64_t state = 1;

	ok(save_version(2, NULL));
	for (int i = 0; i < 20000; i++) {
		uint64_t length;
		unsigned char *copy, *from;

		from = disk_bytes(HP_SAVE_INDEX, &length);
		state = state * 6364136223846793005 + 1442695040888963407;
		copy = malloc(length);
		memcpy(copy, from, length);
		/* Behind the checksum, so that it is not the one to refuse. */
		for (int n = 0; n < 3; n++) {
			uint64_t at = 12 + (state >> (n * 16)) % (length - 12);

			copy[at] ^= (unsigned char)(state >> 56);
		}
		((struct hp_save_header *)copy)->file_size = length;
		((struct hp_save_header *)copy)->checksum =
			hp_save_index_checksum(copy, length);
		(void)hp_save_index_parse(copy, length, &index, &reason);
		free(copy);
	}
}
END_TEST

/* -EBADMSG, and the save is fine: what came back is not known. */
START_TEST(damaged_manifest)
{
	static const unsigned char junk[HP_MANIFEST_SIZE];
	struct hp_session_info info = { .size = sizeof(info) };

	s = make_version(1);
	ok(save(s, NULL));
	ok(hp_region_get(s, INDEX, &r));
	ok(hp_region_preserve(r));
	fake_kexec();
	disk_crash();
	fake_returned_write(HP_TOKEN_RESERVED, 0, junk, sizeof(junk));
	ok(open_logged("db", &s));
	is(hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, NULL, NULL, &r),
	   -EBADMSG);
	ok(hp_session_info(s, &info));
	ck_assert_int_eq(info.manifest_error, -EBADMSG);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, NULL, NULL,
			     &r));
}
END_TEST

START_TEST(someone_elses)
{
	struct hp_save_opts opts = { .size = sizeof(opts) };

	ok(save_version(1, NULL));
	ok(open_logged("other", &s));
	is(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL),
	   -ENOENT);
	is(hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, NULL, NULL, &r),
	   -ENOENT);
	is(save(s, NULL), -EBUSY);
	ck_assert_ptr_nonnull(strstr(last_error, "'db'"));
	ck_assert_int_eq(load_version(), 1);
	opts.flags = HP_SAVE_REPLACE;
	ok(hp_session_save_on(&disk_io, s, DISK_DIRECTORY, &opts, NULL));
	is(load_version(), -ENOENT);
	ck_assert_int_eq(disk_files(), 2);
}
END_TEST

START_TEST(newer)
{
	struct hp_save_opts opts = { .size = sizeof(opts) };
	struct hp_save_info info = { .size = sizeof(info) };

	ok(save_version(1, NULL));
	header()->version = 2;
	seal();
	is(load_version(), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(last_error, "newer"));
	is(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info), -EOPNOTSUPP);
	is(save_version(2, NULL), -EBUSY);
	header()->version = 1;
	seal();
	ck_assert_int_eq(load_version(), 1);
	header()->version = 2;
	seal();
	s = make_version(2);
	opts.flags = HP_SAVE_REPLACE;
	ok(hp_session_save_on(&disk_io, s, DISK_DIRECTORY, &opts, NULL));
	ok(hp_session_close(s));
	ck_assert_int_eq(load_version(), 2);
	header()->version = 3;
	seal();
	ok(hp_save_remove_on(&disk_io, DISK_DIRECTORY));
	is(load_version(), -ENOENT);
}
END_TEST

Suite *save_damage_suite(void)
{
	const TTest *const tests[] = { every_byte_of_index,
				       every_length_of_index,
				       data,
				       made_to_harm,
				       damaged_manifest,
				       longer_parts,
				       noise,
				       someone_elses,
				       newer,
				       NULL };

	return suite_of("damage", tests);
}
