/* SPDX-License-Identifier: MIT */
/* Patterns and numbers. */
#include <stdio.h>

#include "glob.h"
#include "number.h"
#include "suites.h"

static const struct {
	const char *pattern;
	const char *text;
	bool matches;
} globs[] = {
	{ "*", "", true }, { "*", "abc", true }, { "", "", true },
	{ "", "a", false }, { "a", "", false }, { "abc", "abc", true },
	{ "abc", "abd", false }, { "a?c", "abc", true }, { "a?c", "ac", false },
	{ "a*c", "ac", true }, { "a*c", "abbbc", true }, { "a*c", "acb", false },
	{ "*b*", "abc", true }, { "**", "abc", true }, { "h[ae]llo", "hallo", true },
	{ "h[ae]llo", "hillo", false }, { "h[^e]llo", "hallo", true },
	{ "h[^e]llo", "hello", false }, { "[a-c]", "b", true },
	{ "[c-a]", "b", true }, { "[a-c]", "d", false }, { "[a\\]]", "]", true },
	{ "[ab", "b", true }, { "[", "[", false }, { "\\*", "*", true },
	{ "\\*", "a", false }, { "a\\", "a\\", true }, { "a*b*c", "aXbYc", true },
	{ "a*b*c", "aXbY", false }, { "*.c", "x.c.c", true },
	{ "A", "a", false },
};

START_TEST(glob)
{
	bool matches = glob_match(slice_of(globs[_i].pattern),
				  slice_of(globs[_i].text));

	ck_assert_msg(matches == globs[_i].matches, "'%s' and '%s'",
		      globs[_i].pattern, globs[_i].text);
}
END_TEST

START_TEST(glob_is_bounded)
{
	static char text[20000], pattern[200];

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(pattern); i += 2) {
		pattern[i] = '*';
		pattern[i + 1] = 'a';
	}
	pattern[sizeof(pattern) - 1] = 'b';
	/* Trying all ways would take longer than the world has. */
	ck_assert(!glob_match((struct slice){ pattern, sizeof(pattern) },
			      (struct slice){ text, sizeof(text) }));
}
END_TEST

START_TEST(numbers)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "01",
		"-0", "1.0", "0x1", "9223372036854775808",
		"-9223372036854775809", "99999999999999999999" };
	char text[24];
	int64_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!number_parse(slice_of(bad[i]), &n), "'%s'",
			      bad[i]);
	ck_assert(number_parse(slice_of("0"), &n) && n == 0);
	ck_assert(number_parse(slice_of("-1"), &n) && n == -1);
	ck_assert(number_parse(slice_of("9223372036854775807"), &n) &&
		  n == INT64_MAX);
	ck_assert(number_parse(slice_of("-9223372036854775808"), &n) &&
		  n == INT64_MIN);
	ck_assert_int_eq(number_print(INT64_MIN, text), 20);
	ck_assert_str_eq(text, "-9223372036854775808");
}
END_TEST

START_TEST(bytes)
{
	static const char *const bad[] = { "", "x", "-1", "1X", "1Mx", "M",
		"99999999999T", " 1", "1 M" };
	uint64_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!number_parse_bytes(bad[i], &n), "'%s'", bad[i]);
	ck_assert(number_parse_bytes("4096", &n) && n == 4096);
	ck_assert(number_parse_bytes("64M", &n) && n == 64 << 20);
	ck_assert(number_parse_bytes("2k", &n) && n == 2048);
	ck_assert(number_parse_bytes("1GiB", &n) && n == 1 << 30);
	ck_assert(number_parse_bytes("1TB", &n) && n == UINT64_C(1) << 40);
}
END_TEST

Suite *text_suite(void)
{
	Suite *suite = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, glob, 0, sizeof(globs) / sizeof(globs[0]));
	tcase_add_test(tc, glob_is_bounded);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, bytes);
	suite_add_tcase(suite, tc);
	return suite;
}
