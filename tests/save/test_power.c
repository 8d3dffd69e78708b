// SPDX-License-Identifier: MIT
/*
 * The power goes, or the process, before every single call while version 2
 * replaces version 1. Afterwards one of the two is there, whole; when the save
 * had returned, it is version 2.
 */
#include <errno.h>

#include "save_tests.h"

static int moments, problems, mixed, lost;

/* Outlive the jump. */
static struct hp_session *session;
static bool returned;
static int found;

static void save_until(int stop_at)
{
	disk_restore();
	returned = false;
	session = make_version(2);
	disk.stop_at = stop_at;
	if (setjmp(disk.stop))
		return;
	ok(save(session, NULL));
	returned = true;
}

/* What is there now, and does life go on from it? */
static void check_what_is_left(void)
{
	int version = load_version();

	moments++;
	if (version < 0 || version == MIXED)
		mixed++;
	else if (returned && version != 2)
		lost++;
	else if (version != 1 && version != 2)
		problems++;
	ok(save_version(3, NULL));
	problems += load_version() != 3;
	/* All that the crash left over is gone. */
	problems += disk_files() != 2 + 2;
}

static void cut_everywhere(enum disk_cut cut)
{
	moments = problems = mixed = lost = 0;
	for (int stop_at = 1;; stop_at++) {
		save_until(stop_at);
		disk.stop_at = 0;
		fake_crash();
		disk_power_cut(cut);
		check_what_is_left();
		fake_crash();
		if (returned)
			break;
	}
}

START_TEST(nothing_is_left)
{
	ok(save_version(1, NULL));
	disk_keep();
	cut_everywhere(DISK_CUT_NOTHING);
	ck_assert_int_gt(moments, 50);
	ck_assert_int_eq(mixed + lost + problems, 0);
}
END_TEST

START_TEST(all_is_left)
{
	ok(save_version(1, NULL));
	disk_keep();
	cut_everywhere(DISK_CUT_ALL);
	ck_assert_int_gt(moments, 50);
	ck_assert_int_eq(mixed + lost + problems, 0);
}
END_TEST

START_TEST(some_is_left)
{
	ok(save_version(1, NULL));
	disk_keep();
	for (int i = 0; i < 3; i++) {
		cut_everywhere(DISK_CUT_SOME);
		ck_assert_int_eq(mixed + lost + problems, 0);
	}
}
END_TEST

START_TEST(process_dies)
{
	ok(save_version(1, NULL));
	disk_keep();
	moments = problems = mixed = lost = returned = 0;
	for (int stop_at = 1; !returned; stop_at++) {
		save_until(stop_at);
		new_process();
		check_what_is_left();
		fake_crash();
	}
	ck_assert_int_gt(moments, 50);
	ck_assert_int_eq(mixed + lost + problems, 0);
}
END_TEST

/* The first save: before it there is none, and none is a legal result. */
START_TEST(first_save)
{
	int version;

	for (int i = 0; i < 4; i++) {
		disk_keep();
		returned = false;
		for (int stop_at = 1; !returned; stop_at++) {
			save_until(stop_at);
			fake_crash();
			disk_power_cut(i < 3 ? (enum disk_cut)i :
					       DISK_CUT_SOME);
			version = load_version();
			ck_assert(version == 2 ||
				  (version == -ENOENT && !returned));
		}
		disk_format();
	}
}
END_TEST

/* Removal: the save is there whole, or not at all. */
START_TEST(removal)
{
	int version, rc;

	ok(save_version(1, NULL));
	disk_keep();
	for (int i = 0; i < 6; i++) {
		returned = false;
		for (int stop_at = 1; !returned; stop_at++) {
			disk_restore();
			disk.stop_at = stop_at;
			if (!setjmp(disk.stop)) {
				rc = hp_save_remove_on(&disk_io,
						       DISK_DIRECTORY);
				ok(rc);
				returned = true;
			}
			fake_crash();
			disk_power_cut(i < 2 ? (enum disk_cut)i :
					       DISK_CUT_SOME);
			version = load_version();
			ck_assert(version == -ENOENT ||
				  (version == 1 && !returned));
		}
	}
}
END_TEST

/* Control: with a disk that lies about what is safe, this finds out. */
START_TEST(a_disk_that_lies)
{
	found = 0;

	ok(save_version(1, NULL));
	disk_keep();
	for (int stop_at = 30; stop_at < 80; stop_at++) {
		int version;

		disk_restore();
		disk.lies = true;
		session = make_version(2);
		disk.stop_at = stop_at;
		returned = false;
		if (!setjmp(disk.stop)) {
			ok(save(session, NULL));
			returned = true;
		}
		fake_crash();
		disk_power_cut(DISK_CUT_SOME);
		version = load_version();
		found += version < 0 || version == MIXED ||
			 (returned && version != 2);
	}
	ck_assert_int_gt(found, 10);
}
END_TEST

Suite *power_suite(void)
{
	const TTest *const tests[] = { nothing_is_left,	 all_is_left,
				       some_is_left,	 process_dies,
				       first_save,	 removal,
				       a_disk_that_lies, NULL };

	return suite_of("power", tests);
}
