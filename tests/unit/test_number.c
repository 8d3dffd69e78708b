// SPDX-License-Identifier: MIT
/*
 * Numbers in the files of the kernel: digits and nothing else.
 */
#include <errno.h>

#include "../../cli/machine/text.h"
#include "../../lib/system/pool.h"
#include "suites.h"

#define COUNTERS "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define FILE_NAME "/sys/number"

static const char *const bad_numbers[] = {
	" ",	"\t1",	" 1",	"1 ",
	"+1",	"-2",	"-01",	"--1",
	"1-",	"0x1",	"1f",	"a",
	"1\n",	"1\n2", "0x",	"18446744073709551616",
	"max1", "1.0",	"-max", "99999999999999999999999",
};

static const struct {
	const char *text;
	uint64_t number;
} good_numbers[] = {
	{ "0", 0 },
	{ "7", 7 },
	{ "0000000000000000000000000012", 12 },
	{ "18446744073709551615", UINT64_MAX },
};

START_TEST(no_number)
{
	uint64_t number = 5;

	fake_set_text(FILE_NAME, bad_numbers[_i]);
	is(read_number(&fake_sys, FILE_NAME, &number), -EPROTO);
	fake_set_text(COUNTERS "free_hugepages", bad_numbers[_i]);
	is(hp_pool_available(&fake_sys, HP_PAGE_2M, &number), -EPROTO);
	fake_set_text(COUNTERS "free_hugepages", "1");
	fake_set_text(COUNTERS "resv_hugepages", bad_numbers[_i]);
	is(hp_pool_available(&fake_sys, HP_PAGE_2M, &number), -EPROTO);
	ck_assert_uint_eq(number, 5);
}
END_TEST

START_TEST(a_number)
{
	uint64_t number = 5;

	fake_set_text(FILE_NAME, good_numbers[_i].text);
	ok(read_number(&fake_sys, FILE_NAME, &number));
	ck_assert_uint_eq(number, good_numbers[_i].number);
	number = 5;
	fake_set_text(COUNTERS "free_hugepages", good_numbers[_i].text);
	fake_set_text(COUNTERS "resv_hugepages", "0");
	ok(hp_pool_available(&fake_sys, HP_PAGE_2M, &number));
	ck_assert_uint_eq(number, good_numbers[_i].number);
}
END_TEST

/* A limit that is none; a count of pages is a number. */
START_TEST(no_limit)
{
	static const char *const texts[] = { "max", "-1" };
	uint64_t number;

	for (int i = 0; i < 2; i++) {
		number = 5;
		fake_set_text(FILE_NAME, texts[i]);
		ok(read_number(&fake_sys, FILE_NAME, &number));
		ck_assert_uint_eq(number, UINT64_MAX);
		number = 5;
		fake_set_text(COUNTERS "free_hugepages", texts[i]);
		is(hp_pool_available(&fake_sys, HP_PAGE_2M, &number), -EPROTO);
		ck_assert_uint_eq(number, 5);
	}
}
END_TEST

Suite *number_suite(void)
{
	const TTest *const tests[] = { no_limit, NULL };
	Suite *suite = suite_of("number", tests);
	TCase *tcase = tcase_create("number texts");

	tcase_add_checked_fixture(tcase, fake_boot, NULL);
	tcase_add_loop_test(tcase, no_number, 0,
			    sizeof(bad_numbers) / sizeof(bad_numbers[0]));
	tcase_add_loop_test(tcase, a_number, 0,
			    sizeof(good_numbers) / sizeof(good_numbers[0]));
	suite_add_tcase(suite, tcase);
	return suite;
}
