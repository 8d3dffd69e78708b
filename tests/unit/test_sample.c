// SPDX-License-Identifier: MIT
/*
 * Manifests of other versions of the library, from files: see samples/README.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "suites.h"

/* As large as any of them. */
static uint64_t image[HP_MANIFEST_SIZE / 8];
static struct hp_session *s;
static struct hp_session_info about;
static struct hp_region_info region;

static size_t read_sample(const char *name)
{
	char path[512];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", HP_SAMPLES, name);
	file = fopen(path, "rb");
	ck_assert_msg(file, "%s: %s", path, strerror(errno));
	size = fread(image, 1, sizeof(image), file);
	ck_assert(!ferror(file) && fgetc(file) == EOF);
	fclose(file);
	return size;
}

/* A session that came back with this manifest, and POOL and INDEX in it. */
static void return_with(const char *name)
{
	size_t size = read_sample(name);

	live_update();
	fake_returned_set_length(HP_TOKEN_RESERVED, size);
	fake_returned_write(HP_TOKEN_RESERVED, 0, image, size);
	ck_ok(open_session("db", &s));
	about.size = sizeof(about);
	ck_ok(hp_session_info(s, &about));
	ck_assert_uint_eq(about.state, HP_STATE_RETURNED);
}

static void check_region(unsigned int index, struct hp_region_info expected)
{
	region.size = sizeof(region);
	ck_ok(hp_session_region(s, index, &region));
	expected.size = sizeof(expected);
	expected.state = HP_REGION_IS_RETURNED;
	ck_assert_mem_eq(&region, &expected, sizeof(region));
}

static void check_end(unsigned int index)
{
	region.size = sizeof(region);
	ck_assert_uint_eq(about.region_count, index);
	ck_result(hp_session_region(s, index, &region), -ENOENT);
}

START_TEST(of_0_1)
{
	struct hp_region *r;

	return_with("manifest-0.1");
	ck_assert_int_eq(about.manifest_error, 0);
	/* It did not know these. */
	ck_assert_uint_eq(about.generation, 0);
	ck_assert_uint_eq(about.updates, 0);
	ck_assert_uint_eq(about.written_ns, 0);
	ck_assert_uint_eq(about.sealed, 0);
	ck_assert_str_eq(about.kernel, "");
	ck_assert_str_eq(about.boot_id, "");
	ck_assert_str_eq(about.library, "");
	check_region(0, (struct hp_region_info){ .token = POOL,
						 .length = 4 * MIB,
						 .page_size = HP_PAGE_2M });
	check_region(1, (struct hp_region_info){ .token = INDEX,
						 .length = 2 * MIB,
						 .page_size = HP_PAGE_2M });
	check_region(2, (struct hp_region_info){ .token = 42,
						 .length = 6 * MIB,
						 .page_size = HP_PAGE_2M });
	check_end(3);

	/* And the way on. */
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ck_ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_ok(hp_region_preserve(r));
	ck_ok(hp_session_info(s, &about));
	ck_assert_uint_eq(about.next_generation, 1);
	fake_kexec();
	ck_ok(open_session("db", &s));
	ck_ok(hp_session_info(s, &about));
	ck_assert_uint_eq(about.generation, 1);
	/* That of 0.1, at least, and this one. */
	ck_assert_uint_eq(about.updates, 2);
}
END_TEST

START_TEST(of_0_2)
{
	return_with("manifest-0.2");
	ck_assert_int_eq(about.manifest_error, 0);
	ck_assert_uint_eq(about.generation, 3);
	ck_assert_uint_eq(about.updates, 2);
	ck_assert_uint_eq(about.written_ns, UINT64_C(1795404000123456789));
	ck_assert_uint_eq(about.sealed, 1);
	ck_assert_str_eq(about.kernel, "7.3.4-hugepersist");
	ck_assert_str_eq(about.boot_id, "01234567-89ab-4cde-8f01-23456789abcd");
	ck_assert_str_eq(about.library, "0.2.0");
	check_region(0, (struct hp_region_info){ .token = POOL,
						 .length = 4 * MIB,
						 .page_size = HP_PAGE_2M,
						 .address = 0x7f0000000000,
						 .layout = 9,
						 .label = "pool" });
	check_region(1, (struct hp_region_info){ .token = INDEX,
						 .length = 2 * MIB,
						 .page_size = HP_PAGE_2M,
						 .address = 0x7f0000400000 });
	check_region(2, (struct hp_region_info){
				.token = 42,
				.length = 3 * HP_PAGE_1G,
				.page_size = HP_PAGE_1G,
				.address = 0x7e0040000000,
				.layout = UINT64_MAX,
				.label = "pages of 1 GiB; a label as long as "
					 "labels may be, 63 bytes ...x" });
	check_end(3);
}
END_TEST

START_TEST(of_a_later_library)
{
	return_with("manifest-future");
	ck_assert_int_eq(about.manifest_error, 0);
	ck_assert_uint_eq(about.generation, 12);
	ck_assert_uint_eq(about.updates, 11);
	ck_assert_uint_eq(about.sealed, 1);
	ck_assert_str_eq(about.kernel, "9.1.0-future");
	ck_assert_str_eq(about.library, "0.9.3");
	check_region(0, (struct hp_region_info){ .token = POOL,
						 .length = 4 * MIB,
						 .page_size = HP_PAGE_2M,
						 .address = 0x7f0000000000,
						 .layout = 10,
						 .label = "pool" });
	check_region(1, (struct hp_region_info){ .token = 7,
						 .length = 64 * MIB,
						 .page_size = 32 * MIB });
	check_end(2);
}
END_TEST

/* What it does not understand it does not guess. */
START_TEST(of_a_later_library_for_later_readers)
{
	const struct hp_region_opts unlisted = {
		.size = sizeof(unlisted),
		.flags = HP_REGION_UNLISTED,
	};
	struct hp_region *r;

	return_with("manifest-future-feature");
	ck_assert_int_eq(about.manifest_error, -EOPNOTSUPP);
	ck_assert_uint_eq(about.generation, 0);
	ck_assert_str_eq(about.library, "");
	check_end(0);
	ck_result(hp_region_reclaim(s, POOL, NULL, &r), -EOPNOTSUPP);
	ck_result(hp_session_commit(s, 0), -EOPNOTSUPP);
	ck_ok(hp_region_reclaim(s, POOL, &unlisted, &r));
	check_filled(r);
}
END_TEST

/* Control: it is the bytes of these files that are judged. */
START_TEST(damage_in_a_sample_is_seen)
{
	static struct hp_manifest parsed;
	static const char *const names[] = {
		"manifest-0.1",
		"manifest-0.2",
		"manifest-future",
		"manifest-future-feature",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = read_sample(names[i]);

		image[20] ^= 1;
		image[size / 16 + 20] ^= 1;
		ck_result(hp_manifest_parse(image, size, &parsed), -EBADMSG);
	}
}
END_TEST

Suite *sample_suite(void)
{
	const TTest *const tests[] = {
		of_0_1,
		of_0_2,
		of_a_later_library,
		of_a_later_library_for_later_readers,
		damage_in_a_sample_is_seen,
		NULL,
	};

	return suite_of("sample", tests);
}
