// SPDX-License-Identifier: MIT
/*
 * Saves of real huge pages to the directory where the test runs.
 */
#include <errno.h>
#include <hugepersist/save.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

static char directory[64];
static struct hp_region *r;

static void make_place(void)
{
	strcpy(directory, "hp-save-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_place(void)
{
	char name[96];

	ok(hp_save_remove(directory));
	(void)snprintf(name, sizeof(name), "%s/lock", directory);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

/* Huge pages that the file has. */
static uint64_t pages(struct hp_region *region)
{
	struct stat st;

	ck_assert_int_eq(fstat(hp_region_fd(region), &st), 0);
	return (uint64_t)st.st_blocks * 512 / (2 * MIB);
}

static struct hp_save_result result_of(void)
{
	return (struct hp_save_result){ .size = sizeof(struct hp_save_result) };
}

START_TEST(only_what_is_there)
{
	struct hp_save_result result = result_of();
	unsigned char *bytes, *other;

	make_place();
	ok(hp_region_create(s, 1, 16 * MIB, NULL, &r));
	bytes = hp_region_address(r);
	bytes[2 * MIB + 5] = 1;
	/* Zero, but touched. */
	bytes[6 * MIB] = 0;
	/* By someone else: this mapping does not know of the page. */
	other = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED,
		     hp_region_fd(r), 0);
	ck_assert_ptr_ne(other, MAP_FAILED);
	other[10 * MIB + 7] = 2;
	ck_assert_int_eq(munmap(other, 16 * MIB), 0);
	ck_assert_uint_eq(pages(r), 3);
	ok(hp_session_save(s, directory, NULL, &result));
	ck_assert_uint_eq(pages(r), 3);
	ck_assert_uint_eq(result.moved_bytes, 2 * MIB);
	ok(hp_region_close(r));

	ok(hp_session_load(s, directory, NULL, NULL));
	ok(hp_region_get(s, 1, &r));
	ck_assert_uint_eq(pages(r), 2);
	bytes = hp_region_address(r);
	ck_assert_int_eq(bytes[2 * MIB + 5], 1);
	ck_assert_int_eq(bytes[10 * MIB + 7], 2);
	bytes[2 * MIB + 5] = bytes[10 * MIB + 7] = 0;
	ck_assert(!bytes[0] && !memcmp(bytes, bytes + 1, 16 * MIB - 1));
	remove_place();
}
END_TEST

/* In every way to move bytes, from and to huge pages. */
START_TEST(every_way)
{
	struct hp_save_opts opts = { .size = sizeof(opts) };
	struct hp_save_result result = result_of();
	unsigned char *bytes;

	make_place();
	for (unsigned int i = 0; i < 4; i++) {
		opts.flags = (i & 1 ? HP_SAVE_BUFFERED : 0) |
			     (i & 2 ? HP_SAVE_NO_URING : 0);
		ok(hp_region_create(s, 1, 8 * MIB, NULL, &r));
		memset(hp_region_address(r), 40 + (int)i, 8 * MIB);
		ok(hp_session_save(s, directory, &opts, &result));
		ok(hp_region_close(r));
		ok(hp_region_restore(s, 1, 8 * MIB, directory, NULL, &opts,
				     &r));
		ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_SAVE);
		bytes = hp_region_address(r);
		ck_assert_int_eq(bytes[0], 40 + (int)i);
		ck_assert_mem_eq(bytes, bytes + 1, 8 * MIB - 1);
		ok(hp_region_close(r));
	}
	remove_place();
}
END_TEST

/* What a live update needs of memory is free again at once. */
START_TEST(nothing_stays_pinned)
{
	make_place();
	for (int i = 0; i < 20; i++) {
		/* Nearly all of the pool, time and again. */
		ok(hp_region_create(s, 1, 32 * MIB, NULL, &r));
		memset(hp_region_address(r), i + 1, 32 * MIB);
		ok(hp_session_save(s, directory, NULL, NULL));
		ok(hp_region_close(r));
		ok(hp_session_load(s, directory, NULL, NULL));
		ok(hp_region_get(s, 1, &r));
		ck_assert_int_eq(*(char *)hp_region_address(r), i + 1);
		ok(hp_region_close(r));
	}
	remove_place();
}
END_TEST

/* A process without any right: the limit of locked memory is in its way. */
START_TEST(without_rights)
{
	int status;
	pid_t child;

	make_place();
	ck_assert_int_eq(chmod(directory, 0777), 0);
	child = fork();
	if (!child) {
		struct hp_session_opts opts = { .size = sizeof(opts),
						.flags = HP_SESSION_LOCAL };
		struct hp_save_result result = result_of();
		struct hp_session *session;
		int rc = 0;

		if (!geteuid() && (setgid(65534) || setuid(65534)))
			_exit(100);
		rc = hp_session_open("hugepersist-system.none", &opts,
				     &session);
		if (!rc)
			rc = hp_region_create(session, 1, 32 * MIB, NULL, &r);
		if (rc)
			_exit(101);
		memset(hp_region_address(r), 7, 32 * MIB);
		rc = hp_session_save(session, directory, NULL, &result);
		if (!rc)
			rc = hp_region_close(r);
		if (!rc)
			rc = hp_session_load(session, directory, NULL, NULL);
		if (!rc)
			rc = hp_save_remove(directory);
		_exit(rc ? -rc : result.moved_bytes == 32 * MIB ? 0 : 102);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	remove_place();
}
END_TEST

Suite *save_suite(void)
{
	const TTest *const tests[] = { only_what_is_there, every_way,
				       nothing_stays_pinned, without_rights,
				       NULL };

	return suite_of("save", tests);
}
