// SPDX-License-Identifier: MIT
/*
 * Kernel images as they are, damaged, and at random: what update reads of them.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../../cli/held/held.h"
#include "../../cli/machine/parameters.h"
#include "../../cli/update/image.h"
#include "suites.h"

static unsigned char notes[1024];
static size_t notes_size;

static void note(const char *name, uint32_t type, const char *text)
{
	Elf64_Nhdr head = { (Elf64_Word)strlen(name) + 1,
			    (Elf64_Word)strlen(text) + 1, type };

	memcpy(notes + notes_size, &head, sizeof(head));
	notes_size += sizeof(head);
	memcpy(notes + notes_size, name, head.n_namesz);
	notes_size += (head.n_namesz + 3) / 4 * 4;
	memcpy(notes + notes_size, text, head.n_descsz);
	notes_size += (head.n_descsz + 3) / 4 * 4;
}

static void make_notes(void)
{
	memset(notes, 0, sizeof(notes));
	notes_size = 0;
	note("GNU", 3, "build");
	note("liveupdate", 1, "luo:v1");
	note("liveupdate", 2, "luo:v0");
	note("liveupdate", 9, "later:v1");
	note("liveupdate", 1, "file:hugetlb-v2");
}

START_TEST(formats)
{
	struct formats now, next;

	make_notes();
	formats_read(notes, notes_size, &now);
	is(now.count, 3);
	ck_assert_str_eq(now.formats[0].text, "luo:v1");
	ck_assert(now.formats[1].read_only);
	ck_assert_str_eq(now.formats[2].text, "file:hugetlb-v2");
	ck_assert_ptr_null(formats_missing(&now, &now));
	/* What it only reads it does not write. */
	next = now;
	strcpy(next.formats[1].text, "luo:v2");
	ck_assert_ptr_null(formats_missing(&now, &next));
	strcpy(next.formats[2].text, "file:hugetlb-v3");
	ck_assert_ptr_eq(formats_missing(&now, &next), &now.formats[2]);
	/* Cut off anywhere it is no more than it was. */
	for (size_t size = 0; size < notes_size; size++) {
		formats_read(notes, size, &next);
		ck_assert_uint_le(next.count, 3);
	}
}
END_TEST

/* An ELF file with the notes. */
static size_t make_kernel(unsigned char *kernel)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)kernel;
	Elf64_Phdr *part = (Elf64_Phdr *)(kernel + sizeof(*header));

	make_notes();
	memset(kernel, 0, 4096);
	memcpy(header->e_ident, ELFMAG, SELFMAG);
	header->e_ident[EI_CLASS] = ELFCLASS64;
	header->e_phentsize = sizeof(*part);
	header->e_phoff = sizeof(*header);
	header->e_phnum = 1;
	part->p_type = PT_NOTE;
	part->p_offset = 512;
	part->p_filesz = notes_size;
	memcpy(kernel + 512, notes, notes_size);
	return 512 + notes_size;
}

static void put(unsigned char *image, size_t offset, uint32_t number, int size)
{
	for (int i = 0; i < size; i++)
		image[offset + (size_t)i] = (unsigned char)(number >> 8 * i);
}

static char path[] = "/tmp/hugepersist-image-XXXXXX";

static void write_file(const void *bytes, size_t size)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	is(fwrite(bytes, 1, size, file), size);
	is(fclose(file), 0);
}

/* A bzImage with that payload; its size. */
static size_t make_image(unsigned char *image, const void *payload, size_t size)
{
	size_t whole = 2048 + (size + 15) / 16 * 16;

	memset(image, 0, whole);
	image[0x1f1] = 3;
	put(image, 0x1f4, (uint32_t)(whole - 2048) / 16, 4);
	memcpy(image + 0x202, "HdrS", 4);
	put(image, 0x206, 0x20f, 2);
	put(image, 0x20e, 0x200, 2);
	put(image, 0x236, 1, 2);
	put(image, 0x24c, (uint32_t)size, 4);
	strcpy((char *)image + 0x400, "7.3.5 (test)");
	memcpy(image + 2048, payload, size);
	write_file(image, whole);
	return whole;
}

static size_t gzip(const unsigned char *bytes, size_t size, unsigned char *to)
{
	z_stream stream = { .next_in = (unsigned char *)(uintptr_t)bytes,
			    .avail_in = (unsigned int)size,
			    .next_out = to,
			    .avail_out = 8192 };

	is(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
	   Z_OK);
	is(deflate(&stream, Z_FINISH), Z_STREAM_END);
	is(deflateEnd(&stream), Z_OK);
	return stream.total_out;
}

/* As literals, then a match of eight zeros, then literals. */
static size_t lz4(const unsigned char *bytes, size_t size, unsigned char *to)
{
	unsigned char *at = to + 8;
	size_t left;

	memcpy(to, "\x02\x21\x4c\x18", 4);
	/* 64 bytes; the last one again, four times and four more */
	*at++ = 0xf4;
	*at++ = 64 - 15;
	memcpy(at, bytes, 64);
	at += 64;
	*at++ = 1;
	*at++ = 0;
	*at++ = 0xf0;
	for (left = size - 72 - 15; left >= 255; left -= 255)
		*at++ = 255;
	*at++ = (unsigned char)left;
	memcpy(at, bytes + 72, size - 72);
	at += size - 72;
	put(to, 4, (uint32_t)(at - to - 8), 4);
	put(at, 0, (uint32_t)size, 4);
	return (size_t)(at - to) + 4;
}

static void check_unpacked(const unsigned char *kernel, size_t size)
{
	struct image image;
	struct formats found;
	unsigned char *bytes;
	size_t length;

	is(image_read(path, &image), 0);
	is(image.whole, image.size);
	ck_assert_str_eq(image.machine, "x86_64");
	ck_assert_str_eq(image.version, "7.3.5 (test)");
	is(image_unpack(&image, &bytes, &length), 0);
	is(length, size);
	ck_assert(!memcmp(bytes, kernel, size));
	is(formats_of_kernel(bytes, length, &found), 0);
	is(found.count, 3);
	free(bytes);
	image_free(&image);
}

START_TEST(images)
{
	unsigned char kernel[4096], packed[8192], image[16384];
	size_t size = make_kernel(kernel);

	(void)make_image(image, packed, gzip(kernel, size, packed));
	check_unpacked(kernel, size);
	(void)unlink(path);
}
END_TEST

START_TEST(lz4_kernel)
{
	unsigned char kernel[4096], packed[8192], image[16384], *bytes;
	size_t size = 2000, length;
	struct image read;

	for (size_t i = 0; i < size; i++)
		kernel[i] = (unsigned char)(i * 7 % 251);
	memset(kernel + 64, kernel[63], 8);
	(void)make_image(image, packed, lz4(kernel, size, packed));
	is(image_read(path, &read), 0);
	is(image_unpack(&read, &bytes, &length), 0);
	is(length, size);
	ck_assert(!memcmp(bytes, kernel, size));
	free(bytes);
	image_free(&read);
	(void)unlink(path);
}
END_TEST

START_TEST(cut_off_and_others)
{
	unsigned char kernel[4096], packed[8192], image[16384];
	size_t size = make_kernel(kernel), whole;
	struct image read;

	whole = make_image(image, packed, gzip(kernel, size, packed));
	write_file(image, whole - 16);
	is(image_read(path, &read), 0);
	is(read.whole, whole);
	is(read.size, whole - 16);
	image_free(&read);
	write_file(image, 0x200);
	is(image_read(path, &read), -ENOEXEC);
	image[0x203] = 'x';
	write_file(image, whole);
	is(image_read(path, &read), -ENOEXEC);
	(void)unlink(path);
	is(image_read(path, &read), -ENOENT);
	is(formats_of_kernel(kernel, 40, &(struct formats){ 0 }), -EBADMSG);
	is(formats_of_kernel(packed, 4096, &(struct formats){ 0 }), -EBADMSG);
}
END_TEST

/* An Image of arm64: its notes are anywhere, its length is in the header of PE. */
static size_t make_arm64(unsigned char *image)
{
	memset(image, 0, 4096);
	memcpy(image + 0x38, "ARM\x64", 4);
	put(image, 0x3c, 0x40, 4);
	memcpy(image + 0x40, "PE\0\0", 4);
	put(image, 0x40 + 6, 2, 2);
	put(image, 0x40 + 20, 160, 2);
	put(image, 0x40 + 24 + 160 + 16, 0x400, 4);
	put(image, 0x40 + 24 + 160 + 20, 0x200, 4);
	put(image, 0x40 + 24 + 200 + 16, 0xa00, 4);
	put(image, 0x40 + 24 + 200 + 20, 0x600, 4);
	strcpy((char *)image + 1024, "Linux version 7.3.5 (test)\n");
	make_notes();
	memcpy(image + 2052, notes, notes_size);
	write_file(image, 4096);
	return 4096;
}

START_TEST(arm64)
{
	unsigned char image[4096];
	struct formats found;
	struct image read;
	size_t whole = make_arm64(image);

	is(image_read(path, &read), 0);
	ck_assert_str_eq(read.machine, "aarch64");
	ck_assert_str_eq(read.version, "7.3.5 (test)");
	is(read.whole, whole);
	ck_assert(!read.is_signed);
	is(formats_of_image(&read, &found), 0);
	is(found.count, 3);
	ck_assert_str_eq(found.formats[0].text, "luo:v1");
	ck_assert(found.formats[1].read_only);
	image_free(&read);
	write_file(image, whole - 16);
	is(image_read(path, &read), 0);
	is(read.whole, whole);
	is(read.size, whole - 16);
	image_free(&read);
	put(image, 0x40 + 24 + 112 + 4 * 8 + 4, 1, 4); /* certificates */
	write_file(image, whole);
	is(image_read(path, &read), 0);
	ck_assert(read.is_signed);
	image_free(&read);
	/* Cut off anywhere it is no Image, or one with less in it. */
	for (size_t size = 0; size < whole; size += 4) {
		write_file(image, size);
		if (image_read(path, &read) < 0) {
			ck_assert_uint_lt(size, 0x40);
			continue;
		}
		is(formats_of_image(&read, &found), 0);
		ck_assert_uint_le(found.count, 3);
		image_free(&read);
	}
	srandom(17);
	for (int round = 0; round < 2000; round++) {
		(void)make_arm64(image);
		for (int i = 0; i < 3; i++)
			image[round % 2 ? 0x3c + random() % 0x100 :
					  2052 + random() % 100] =
				(unsigned char)random();
		write_file(image, whole);
		if (image_read(path, &read) < 0)
			continue;
		(void)formats_of_image(&read, &found);
		image_free(&read);
	}
	(void)unlink(path);
}
END_TEST

/* Whatever is in the file, reading it ends, within the file. */
START_TEST(random_damage)
{
	unsigned char kernel[4096], packed[8192], image[16384], copy[16384];
	size_t size = make_kernel(kernel), whole, length, packed_size;
	struct formats found;
	struct image read;
	unsigned char *bytes;

	srandom(16);
	for (int round = 0; round < 2000; round++) {
		packed_size = round % 2 ? gzip(kernel, size, packed) :
					  lz4(kernel, size, packed);
		whole = make_image(image, packed, packed_size);
		memcpy(copy, image, whole);
		for (int i = 0; i < 3; i++)
			copy[(round % 3 ?
				      0x1f1 + random() % 0x70 :
				      2048 + random() % (long)packed_size)] =
				(unsigned char)random();
		write_file(copy, whole);
		if (image_read(path, &read) < 0)
			continue;
		if (!image_unpack(&read, &bytes, &length)) {
			(void)formats_of_kernel(bytes, length, &found);
			free(bytes);
		}
		image_free(&read);
		memcpy(copy, kernel, size);
		copy[random() % 200] = (unsigned char)random();
		copy[512 + random() % (long)notes_size] =
			(unsigned char)random();
		(void)formats_of_kernel(copy, size, &found);
	}
	(void)unlink(path);
}
END_TEST

START_TEST(store_names)
{
	struct hp_store_name parts;
	char session[200];

	ck_assert(held_parse("hugepersist.my%20db.0000000000000001", session,
			     sizeof(session), &parts));
	ck_assert_str_eq(session, "my%20db");
	ck_assert(parts.manifest && parts.id == 1);
	ck_assert(held_parse("hugepersist.a.0000000000000001.0000000000000002."
			     "0000000000000003",
			     session, sizeof(session), &parts));
	ck_assert(!parts.manifest && parts.token == 2 &&
		  parts.incarnation == 3);
	ck_assert(!held_parse("hugepersist..0000000000000001", session,
			      sizeof(session), &parts));
	ck_assert(!held_parse("hugepersist.a\033[2J.0000000000000001", session,
			      sizeof(session), &parts));
	ck_assert(
		!held_parse("hugepersist.a", session, sizeof(session), &parts));
	ck_assert(!held_parse("other.a.0000000000000001", session,
			      sizeof(session), &parts));
}
END_TEST

/* hugepersist run --hold in a unit */
START_TEST(lives_held)
{
	struct unit unit = {
		.store_max = 4,
		.holds = true,
		.goes_at_shutdown = true,
		.kill_mode = "control-group",
	};

	is(lives_of_unit(&unit, 252, ANSWER_YES).kexec.answer, ANSWER_NO);
	is(lives_of_holding_unit(&unit, 252, ANSWER_YES).kexec.answer,
	   ANSWER_NO);
	unit.goes_at_shutdown = false;
	is(lives_of_holding_unit(&unit, 252, ANSWER_YES).kexec.answer,
	   ANSWER_YES);
	is(lives_of_holding_unit(&unit, 252, ANSWER_NO).kexec.answer,
	   ANSWER_NO);
	is(lives_of_holding_unit(&unit, 252, ANSWER_YES).stop.answer,
	   ANSWER_NO);
	strcpy(unit.user, "nobody");
	is(lives_of_holding_unit(&unit, 252, ANSWER_YES).kexec.answer,
	   ANSWER_NO);
	unit.survives = true;
	is(lives_of_holding_unit(&unit, 257, ANSWER_YES).kexec.answer,
	   ANSWER_NO);
	strcpy(unit.user, "root");
	is(lives_of_holding_unit(&unit, 257, ANSWER_YES).kexec.answer,
	   ANSWER_YES);
	unit.holds = false;
	is(lives_of_holding_unit(&unit, 257, ANSWER_YES).kexec.answer,
	   ANSWER_NO);
}
END_TEST

START_TEST(lives)
{
	struct unit unit = { .store_max = 4, .preserve = "yes" };

	is(lives_of_unit(&unit, 262, ANSWER_YES).kexec.answer, ANSWER_YES);
	is(lives_of_unit(&unit, 262, ANSWER_NO).kexec.answer, ANSWER_NO);
	is(lives_of_unit(&unit, 262, ANSWER_UNKNOWN).kexec.answer,
	   ANSWER_UNKNOWN);
	is(lives_of_unit(&unit, 257, ANSWER_YES).kexec.answer, ANSWER_NO);
	is(lives_of_unit(&unit, 257, ANSWER_YES).stop.answer, ANSWER_NO);
	is(lives_of_unit(&unit, 257, ANSWER_YES).restart.answer, ANSWER_YES);
	strcpy(unit.file_state, "enabled");
	is(lives_of_unit(&unit, 257, ANSWER_YES).stop.answer, ANSWER_YES);
	is(lives_of_unit(&unit, 252, ANSWER_YES).stop.answer, ANSWER_NO);
	strcpy(unit.preserve, "restart");
	is(lives_of_unit(&unit, 262, ANSWER_YES).stop.answer, ANSWER_NO);
	is(lives_of_unit(&unit, 262, ANSWER_YES).kexec.answer, ANSWER_NO);
	strcpy(unit.preserve, "on-success");
	is(lives_of_unit(&unit, 262, ANSWER_YES).kexec.answer, ANSWER_UNKNOWN);
	strcpy(unit.preserve, "no");
	is(lives_of_unit(&unit, 262, ANSWER_YES).restart.answer, ANSWER_NO);
	is(lives_of_unit(&unit, 262, ANSWER_YES).kexec.answer, ANSWER_NO);
	unit.store_max = 0;
	is(lives_of_unit(&unit, 262, ANSWER_YES).restart.answer, ANSWER_NO);
	is(lives_of_process(PROCESS_SPARED, ANSWER_YES).kexec.answer,
	   ANSWER_YES);
	is(lives_of_process(PROCESS_SPARED, ANSWER_NO).kexec.answer, ANSWER_NO);
	is(lives_of_process(PROCESS_KILLED, ANSWER_YES).kexec.answer,
	   ANSWER_NO);
	is(lives_of_process(PROCESS_WITHOUT_LUO, ANSWER_YES).kexec.answer,
	   ANSWER_NO);
}
END_TEST

/* Words of one kind, in their order, whatever is between them */
START_TEST(parameters)
{
	static const struct {
		const char *line, *other;
		bool agree;
	} lines[] = {
		{ "", "", true },
		{ "a mem=1G b\n", "mem=1G", true },
		{ "mem=1G mem=2G", "x mem=1G\tmem=2G", true },
		{ "mem=1G mem=2G", "mem=2G mem=1G", false },
		{ "mem=1G mem=2G", "mem=1G", false },
		{ "mem=1G", "mem=10G", false },
		{ "mem=10G", "mem=1G", false },
		{ "xmem=1G", "", true },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		ck_assert_msg(parameters_agree(lines[i].line, lines[i].other,
					       "mem=") == lines[i].agree,
			      "'%s' and '%s'", lines[i].line, lines[i].other);
	ck_assert(parameter_is_there("root=/dev/vda ro", "root="));
	ck_assert(!parameter_is_there("nfsroot=x", "root="));
}
END_TEST

static void make_path(void)
{
	int fd;

	strcpy(path, "/tmp/hugepersist-image-XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

Suite *update_suite(void)
{
	Suite *suite = suite_create("update");
	TCase *group = tcase_create("update");

	tcase_set_timeout(group, 60);
	tcase_add_checked_fixture(group, make_path, NULL);
	tcase_add_test(group, formats);
	tcase_add_test(group, images);
	tcase_add_test(group, lz4_kernel);
	tcase_add_test(group, cut_off_and_others);
	tcase_add_test(group, arm64);
	tcase_add_test(group, random_damage);
	tcase_add_test(group, store_names);
	tcase_add_test(group, parameters);
	tcase_add_test(group, lives);
	tcase_add_test(group, lives_held);
	suite_add_tcase(suite, group);
	return suite;
}
