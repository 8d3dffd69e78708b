/* SPDX-License-Identifier: MIT */
/* The request parser: however the bytes arrive, whatever they are. */
#include <stdio.h>
#include <stdlib.h>

#include "resp.h"
#include "suites.h"

static struct buf in;
static struct resp_parser parser;
static char error[128];

static void setup(void)
{
	buf_init(&in, 1 << 30);
	resp_parser_init(&parser);
}

static void teardown(void)
{
	buf_free(&in);
	resp_parser_free(&parser);
}

/* The requests in @bytes, as "a|b;c;" or "...!error", given @step at a time. */
static void parse_all(struct slice bytes, size_t step, char *out, size_t size)
{
	size_t n = 0;

	teardown();
	setup();
	for (size_t at = 0; at < bytes.n; ) {
		size_t take = bytes.n - at < step ? bytes.n - at : step;
		enum resp_status status;

		buf_add(&in, bytes.p + at, take);
		at += take;
		while ((status = resp_parse(&parser, &in, error)) ==
		       RESP_REQUEST) {
			for (int i = 0; i < parser.argc; i++)
				n += snprintf(out + n, size - n, "%s%.*s",
					      i ? "|" : "",
					      (int)parser.argv[i].n,
					      parser.argv[i].p);
			n += snprintf(out + n, size - n, ";");
			resp_done(&parser, &in);
		}
		if (status == RESP_ERROR) {
			snprintf(out + n, size - n, "!%s", error);
			return;
		}
	}
}

static const struct {
	const char *bytes;
	const char *expected;
} cases[] = {
	{ "PING\r\n", "PING;" },
	{ "PING\n", "PING;" },
	{ "\r\n\r\nPING\r\n", ";;PING;" },
	{ "  set  a \"b c\"  \r\n", "set|a|b c;" },
	{ "set a 'it\\'s' \"\\x41\\\"\"\r\n", "set|a|it's|A\";" },
	{ "set a \"b\r\n", "!Protocol error: unbalanced quotes in request" },
	{ "set a \"b\"c\r\n", "!Protocol error: unbalanced quotes in request" },
	{ "*1\r\n$4\r\nPING\r\n", "PING;" },
	{ "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n", "GET|a;PING;" },
	{ "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "ECHO|;" },
	{ "*2\r\n$4\r\nECHO\r\n$2\r\n\r\n\r\nPING\r\n", "ECHO|\r\n;PING;" },
	{ "*0\r\nPING\r\n", ";PING;" },
	{ "*-1\r\nPING\r\n", ";PING;" },
	{ "*1\r\n$4\r\nPING\r\nPING\r\n", "PING;PING;" },
	{ "*abc\r\n", "!Protocol error: invalid multibulk length" },
	{ "*\r\n", "!Protocol error: invalid multibulk length" },
	{ "*1048577\r\n", "!Protocol error: invalid multibulk length" },
	{ "*99999999999999999999\r\n",
	  "!Protocol error: invalid multibulk length" },
	{ "*1\r\n$abc\r\n", "!Protocol error: invalid bulk length" },
	{ "*1\r\n$-1\r\n", "!Protocol error: invalid bulk length" },
	{ "*1\r\n$536870913\r\n", "!Protocol error: invalid bulk length" },
	{ "*1\r\n:4\r\n", "!Protocol error: expected '$', got ':'" },
	{ "*2\r\n$4\r\nECHO\r\nx\r\n", "!Protocol error: expected '$', got 'x'" },
	{ "*3\r\n$3\r\nSET\r\n", "" },
};

START_TEST(requests)
{
	struct slice bytes = slice_of(cases[_i].bytes);
	char out[512];

	for (size_t step = 1; step <= bytes.n; step++) {
		out[0] = '\0';
		parse_all(bytes, step, out, sizeof(out));
		ck_assert_str_eq(out, cases[_i].expected);
	}
}
END_TEST

static void ck_long_line(const char *begin, const char *expected)
{
	char *bytes = malloc(RESP_LINE_MAX + 64), out[256] = "";
	size_t n = strlen(begin);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'x', RESP_LINE_MAX + 64);
	memcpy(bytes, begin, n);
	parse_all((struct slice){ bytes, RESP_LINE_MAX + 64 }, 4096, out,
		  sizeof(out));
	ck_assert_str_eq(out, expected);
	free(bytes);
}

START_TEST(lines_without_end)
{
	ck_long_line("GET ", "!Protocol error: too big inline request");
	ck_long_line("*1", "!Protocol error: too big mbulk count string");
	ck_long_line("*1\r\n$1", "!Protocol error: too big bulk count string");
}
END_TEST

/* Announcing much must not cost much. */
START_TEST(claims_are_free)
{
	buf_add(&in, "*1048576\r\n$536870912\r\nabc", 26);
	ck_assert_int_eq(resp_parse(&parser, &in, error), RESP_MORE);
	ck_assert_int_le(parser.argv_room, 1024);
	ck_assert_uint_le(in.capacity, 4096);
	ck_assert_uint_gt(resp_wanted(&parser, &in), 500000000);
}
END_TEST

START_TEST(garbage)
{
	static const char alphabet[] = "*$\r\n0123456789-+ \"'\\xabGETSET\0\377";
	char bytes[400];

	srandom(_i + 1);
	for (int round = 0; round < 20000; round++) {
		size_t n = 1 + random() % sizeof(bytes);
		enum resp_status status = RESP_MORE;

		for (size_t i = 0; i < n; i++)
			bytes[i] = alphabet[random() % (sizeof(alphabet) - 1)];
		if (random() % 2)
			bytes[0] = '*';
		for (size_t at = 0; at < n && status != RESP_ERROR; ) {
			size_t take = 1 + random() % (n - at);

			buf_add(&in, bytes + at, take);
			at += take;
			while ((status = resp_parse(&parser, &in, error)) ==
			       RESP_REQUEST) {
				size_t sum = 0;

				for (int i = 0; i < parser.argc; i++)
					sum += parser.argv[i].n;
				ck_assert_uint_le(sum, n);
				resp_done(&parser, &in);
			}
		}
		teardown();
		setup();
	}
}
END_TEST

START_TEST(replies)
{
	struct buf out;
	static const char expected[] =
		"+OK\r\n-ERR a b  c\r\n:-9223372036854775808\r\n"
		"$3\r\na\r\n\r\n$-1\r\n*2\r\n";

	buf_init(&out, 4096);
	resp_status(&out, "OK");
	resp_error(&out, "ERR %s", "a b\r\nc");
	resp_integer(&out, INT64_MIN);
	resp_bulk(&out, (struct slice){ "a\r\n", 3 });
	resp_null(&out, 2);
	resp_array(&out, 2);
	ck_assert_uint_eq(buf_size(&out), sizeof(expected) - 1);
	ck_assert(!memcmp(out.p, expected, sizeof(expected) - 1));
	buf_free(&out);
}
END_TEST

START_TEST(replies_of_both_versions)
{
	struct buf out;
	static const char *const expected[] = {
		"$-1\r\n*-1\r\n*4\r\n*3\r\n$2\r\nhi\r\n",
		"_\r\n_\r\n%2\r\n~3\r\n=6\r\ntxt:hi\r\n",
	};

	buf_init(&out, 4096);
	resp_null(&out, _i + 2);
	resp_null_array(&out, _i + 2);
	resp_map(&out, _i + 2, 2);
	resp_set(&out, _i + 2, 3);
	resp_shown(&out, _i + 2, slice_of("hi"));
	buf_add(&out, "", 1);
	ck_assert_str_eq(out.p, expected[_i]);
	buf_free(&out);
}
END_TEST

START_TEST(buffer_limit)
{
	static char block[1000];
	struct buf b;

	buf_init(&b, 4096);
	for (int i = 0; i < 4; i++)
		buf_add(&b, block, sizeof(block));
	ck_assert(!b.failed);
	buf_add(&b, block, sizeof(block));
	ck_assert(b.failed);
	ck_assert_uint_eq(buf_size(&b), 4000);
	b.failed = false;
	buf_take(&b, 3000);
	buf_add(&b, block, sizeof(block));
	ck_assert(!b.failed);
	buf_free(&b);
}
END_TEST

Suite *resp_suite(void)
{
	Suite *suite = suite_create("resp");
	TCase *tc = tcase_create("resp");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, requests, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, lines_without_end);
	tcase_add_test(tc, claims_are_free);
	tcase_add_loop_test(tc, garbage, 0, 3);
	tcase_add_test(tc, replies);
	tcase_add_loop_test(tc, replies_of_both_versions, 0, 2);
	tcase_add_test(tc, buffer_limit);
	suite_add_tcase(suite, tc);
	return suite;
}
