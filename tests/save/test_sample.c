// SPDX-License-Identifier: MIT
/*
 * Saves that other versions of the library wrote: see samples/README.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save_tests.h"

static unsigned char bytes[4 << 20];

static void put_file(int directory, const char *name, uint64_t length)
{
	int fd = disk_io.open(directory, name, HP_IO_WRITE | HP_IO_NEW);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(disk_io.write(fd, bytes, length, 0), (int)length);
	disk_io.close(fd);
}

static void put_sample(const char *name)
{
	static const uint64_t tokens[] = { POOL, THIRD, INDEX };
	struct hp_save_header header;
	char text[512];
	int directory;
	size_t size;
	FILE *file;

	(void)snprintf(text, sizeof(text), "%s/%s", HP_SAVE_SAMPLES, name);
	file = fopen(text, "rb");
	ck_assert_msg(file, "%s: %s", text, strerror(errno));
	size = fread(bytes, 1, sizeof(bytes), file);
	ck_assert(!ferror(file) && feof(file));
	(void)fclose(file);
	memcpy(&header, bytes, sizeof(header));
	ck_ok(disk_io.make_directory(DISK_DIRECTORY));
	directory = disk_io.open_directory(DISK_DIRECTORY);
	put_file(directory, HP_SAVE_INDEX, size);
	for (unsigned int i = 0; i < 3; i++) {
		(void)snprintf(text, sizeof(text), HP_SAVE_DATA_FORMAT,
			       (unsigned long long)header.id, i);
		expected_bytes(tokens[i], 2, bytes, expected_length(tokens[i]));
		put_file(directory, text, expected_length(tokens[i]));
	}
	disk_io.close(directory);
}

START_TEST(of_0_2)
{
	struct hp_save_info info = { .size = sizeof(info) };
	struct hp_region_info region = { .size = sizeof(region) };
	uint64_t length;

	put_sample("index-0.2");
	ck_assert_int_eq(load_version(), 2);
	ck_ok(hp_save_info_on(&disk_io, &fake_sys, DISK_DIRECTORY, &info));
	ck_assert_str_eq(info.session, "db");
	ck_assert_str_eq(info.library, "0.2.0");
	ck_assert_uint_eq(info.generation, 1);
	ck_assert_uint_eq(info.region_count, 3);
	ck_assert_uint_eq(info.stored_bytes, 3 * MIB);
	ck_ok(hp_save_region_info_on(&disk_io, &fake_sys, DISK_DIRECTORY, 0,
				     &region));
	ck_assert_uint_eq(region.layout, LAYOUT);
	ck_assert_str_eq(region.label, "pool");
	ck_assert_uint_ne(region.address, 0);
	/* Control: it is the checksums of the sample that agree. */
	disk_bytes("data-", &length)[0] ^= 1;
	ck_result(load_version(), -EBADMSG);
}
END_TEST

Suite *sample_suite(void)
{
	const TTest *const tests[] = { of_0_2, NULL };

	return suite_of("sample", tests);
}
