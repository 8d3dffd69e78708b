/* SPDX-License-Identifier: MIT */
/* The clock that lifetimes are counted by, when the machine's clock is wrong. */
#include <check.h>

#include "clock.h"
#include "suites.h"

#define SECOND	INT64_C(1000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define NOTED	(INT64_C(1800000000) * SECOND)

static struct clock clock_of;
static struct clock_reading now;

/* A kernel that has just started, with its clock this far from the note. */
static void start(int64_t ahead)
{
	now = (struct clock_reading){
		.real_ms = NOTED + ahead,
		.boot_ms = 5 * SECOND,
	};
	clock_start(&clock_of, NOTED, -1, &now);
}

/* Time passes, and somebody sets the machine's clock meanwhile. */
static void pass(int64_t ms, int64_t jump)
{
	for (int64_t left = ms; left > 0; left -= 100) {
		now.real_ms += 100;
		now.boot_ms += 100;
		clock_follow(&clock_of, &now);
	}
	now.real_ms += jump;
	clock_follow(&clock_of, &now);
}

static const int64_t wrong[] = { DAY, -DAY, 10 * 365 * DAY, -10 * 365 * DAY,
				 11 * MINUTE, -SECOND };

START_TEST(wrong_at_the_start)
{
	start(wrong[_i]);
	ck_assert_int_eq(clock_of.ms, NOTED);
	pass(MINUTE, 0);
	ck_assert_int_eq(clock_of.ms, NOTED + MINUTE);
	/* It is set right, and then the kernel is told that it is. */
	pass(0, 20 * SECOND - wrong[_i]);
	ck_assert_int_eq(clock_of.ms, NOTED + MINUTE);
	pass(MINUTE, 0);
	ck_assert_int_eq(clock_of.ms, NOTED + 2 * MINUTE);
	now.is_synchronized = true;
	pass(0, 0);
	ck_assert_int_eq(clock_of.ms, NOTED + 2 * MINUTE + 20 * SECOND);
}
END_TEST

/* Without any network that is all there is. */
START_TEST(steady_for_an_hour)
{
	start(wrong[_i]);
	pass(HOUR - SECOND, 0);
	ck_assert_int_eq(clock_of.ms, NOTED + HOUR - SECOND);
	pass(SECOND, 0);
	ck_assert_int_eq(clock_of.ms, now.real_ms);
	ck_assert_int_eq(clock_of.ms, NOTED + wrong[_i] + HOUR);
}
END_TEST

static const int64_t plausible[] = { 0, 16 * SECOND, 10 * MINUTE };

START_TEST(an_update_takes_so_long)
{
	start(plausible[_i]);
	ck_assert_int_eq(clock_of.ms, NOTED + plausible[_i]);
}
END_TEST

START_TEST(same_kernel)
{
	/* Two days without a process, and the clock set meanwhile. */
	now = (struct clock_reading){
		.real_ms = NOTED + wrong[_i],
		.boot_ms = 2 * DAY + HOUR,
	};
	clock_start(&clock_of, NOTED, HOUR, &now);
	ck_assert_int_eq(clock_of.ms, NOTED + 2 * DAY);
}
END_TEST

START_TEST(jump_while_running)
{
	start(SECOND);
	pass(2 * HOUR, wrong[_i]);
	pass(HOUR - SECOND, 0);
	if (wrong[_i] != -SECOND)
		ck_assert_int_eq(clock_of.ms, NOTED + 3 * HOUR);
	pass(SECOND, 0);
	ck_assert_int_eq(clock_of.ms, now.real_ms);
}
END_TEST

/* The note is untrusted input. */
static const int64_t notes[] = { 0, -1, INT64_MIN, INT64_MAX };

START_TEST(no_note)
{
	now = (struct clock_reading){ .real_ms = NOTED, .boot_ms = HOUR };
	clock_start(&clock_of, notes[_i], -1, &now);
	ck_assert_int_eq(clock_of.ms, NOTED);
	/* Written later than now, which cannot be. */
	clock_start(&clock_of, NOTED - DAY, 2 * HOUR, &now);
	ck_assert_int_eq(clock_of.ms, NOTED - DAY);
	clock_start(&clock_of, NOTED, INT64_MIN, &now);
	ck_assert_int_eq(clock_of.ms, NOTED);
	now.is_synchronized = true;
	clock_start(&clock_of, INT64_MAX, -1, &now);
	ck_assert_int_eq(clock_of.ms, NOTED);
}
END_TEST

START_TEST(note_in_the_region)
{
	static _Alignas(4096) unsigned char memory[1 << 20];
	static const unsigned char secret[KV_SECRET_SIZE];
	struct clock again;
	struct store s;

	ck_assert_int_eq(store_format(&s, memory, sizeof(memory), secret, 1), 0);
	clock_open(&clock_of, &s);
	/* The machine's clock is an hour behind what was noted here. */
	clock_of.ms += HOUR;
	s.header->clock_ms += HOUR;
	clock_open(&again, &s);
	if (clock_read().is_synchronized)
		return;
	ck_assert_int_ge(again.ms, clock_of.ms);
	ck_assert_int_le(again.ms, clock_of.ms + MINUTE);
	clock_tick(&again, &s);
	ck_assert_int_ge((int64_t)s.header->clock_ms, clock_of.ms);
	/* Another kernel's. */
	s.header->clock_boot_id[0]++;
	s.header->clock_ms += DAY;
	clock_open(&clock_of, &s);
	ck_assert_int_ge(clock_of.ms, again.ms + DAY);
}
END_TEST

Suite *clock_suite(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("clock");

	tcase_add_loop_test(tc, wrong_at_the_start, 0, 6);
	tcase_add_loop_test(tc, steady_for_an_hour, 0, 6);
	tcase_add_loop_test(tc, an_update_takes_so_long, 0, 3);
	tcase_add_loop_test(tc, same_kernel, 0, 6);
	tcase_add_loop_test(tc, jump_while_running, 0, 6);
	tcase_add_loop_test(tc, no_note, 0, 4);
	tcase_add_test(tc, note_in_the_region);
	suite_add_tcase(suite, tc);
	return suite;
}
