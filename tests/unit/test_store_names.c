// SPDX-License-Identifier: MIT
/*
 * Names of descriptors in a store, and those that a process was started with.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/store/names.h"
#include "../../lib/store/passed.h"
#include "suites.h"

static char prefix[HP_STORE_PREFIX_SIZE], name[HP_STORE_NAME_SIZE];
static struct hp_store_name parsed;

static const struct hp_store_name region = {
	.id = UINT64_C(0x0123456789abcdef),
	.token = UINT64_MAX - 1,
	.incarnation = 5,
};
static const struct hp_store_name manifest = {
	.manifest = true,
	.id = UINT64_MAX,
};

START_TEST(as_documented)
{
	hp_store_prefix(prefix, "my-db_1");
	ck_assert_str_eq(prefix, "hugepersist.my-db_1.");
	hp_store_name(name, prefix, &manifest);
	ck_assert_str_eq(name, "hugepersist.my-db_1.ffffffffffffffff");
	hp_store_name(name, prefix, &region);
	ck_assert_str_eq(name, "hugepersist.my-db_1.0123456789abcdef."
			       "fffffffffffffffe.0000000000000005");
	hp_store_prefix(prefix, "a.b:c%\n\xff /");
	ck_assert_str_eq(prefix, "hugepersist.a%2Eb%3Ac%25%0A%FF%20%2F.");
}
END_TEST

static void check_round_trip(const struct hp_store_name *wanted)
{
	hp_store_name(name, prefix, wanted);
	/* systemd's rules for a name (fdname_is_valid()). */
	ck_assert_uint_le(strlen(name), 255);
	for (const char *c = name; *c; c++)
		ck_assert(*c > ' ' && *c < 127 && *c != ':');
	memset(&parsed, 0x55, sizeof(parsed));
	ck_assert(hp_store_parse(name, strlen(name), prefix, &parsed));
	ck_assert_int_eq(parsed.manifest, wanted->manifest);
	ck_assert_uint_eq(parsed.id, wanted->id);
	ck_assert_uint_eq(parsed.token, wanted->token);
	ck_assert_uint_eq(parsed.incarnation, wanted->incarnation);
}

/* Of every byte, also the longest there is. */
START_TEST(what_is_written_is_read)
{
	char session[HP_NAME_MAX + 1] = "";

	for (int c = 1; c < 256; c++) {
		memset(session, c, HP_NAME_MAX);
		hp_store_prefix(prefix, session);
		ck_assert_uint_lt(strlen(prefix), sizeof(prefix));
		check_round_trip(&manifest);
		check_round_trip(&region);
		session[1] = '\0';
		hp_store_prefix(prefix, session);
		check_round_trip(&region);
	}
}
END_TEST

/* No two sessions have the same prefix, and none begins with another's. */
START_TEST(sessions_are_told_apart)
{
	static const char *const sessions[] = { "a",   "ab",  "a.b", "a%2Eb",
						"A",   "a.",  ".a",  "a b",
						"a%b", "%2E", "." };
	const size_t count = sizeof(sessions) / sizeof(sessions[0]);

	for (size_t i = 0; i < count; i++) {
		char other[HP_STORE_PREFIX_SIZE];

		hp_store_prefix(prefix, sessions[i]);
		hp_store_name(name, prefix, &region);
		for (size_t j = 0; j < count; j++) {
			hp_store_prefix(other, sessions[j]);
			ck_assert_int_eq(hp_store_parse(name, strlen(name),
							other, &parsed),
					 i == j);
		}
	}
}
END_TEST

START_TEST(other_names)
{
	static const char *const wrong[] = {
		"",
		"hugepersist.db",
		"hugepersist.db.",
		"hugepersist.db.0123456789abcde",
		"hugepersist.db.0123456789abcdef0",
		"hugepersist.db.0123456789abcdeF",
		"hugepersist.db.0123456789abcdeg",
		"hugepersist.db.0123456789abcdef.",
		"hugepersist.db.0123456789abcdef.0123456789abcdef",
		"hugepersist.db.0123456789abcdef.0123456789abcdef.",
		"hugepersist.db.0123456789abcdef.0123456789abcdef."
		"0123456789abcde",
		"hugepersist.db.0123456789abcdef-0123456789abcdef."
		"0123456789abcdef",
		"hugepersist.db.0123456789abcdef.0123456789abcdef-"
		"0123456789abcdef",
		"hugepersist.db. 123456789abcdef",
		"hugepersist.db.+123456789abcdef",
		"hugepersist.db2.0123456789abcdef",
		"xhugepersist.db.0123456789abcdef",
		"http",
		"stored",
	};

	hp_store_prefix(prefix, "db");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!hp_store_parse(wrong[i], strlen(wrong[i]),
					      prefix, &parsed),
			      "%s", wrong[i]);
	/* The text goes on behind its length, as in LISTEN_FDNAMES. */
	ck_assert(hp_store_parse("hugepersist.db.0123456789abcdef:http", 31,
				 prefix, &parsed));
	ck_assert(parsed.manifest);
}
END_TEST

/* -- What was passed ------------------------------------------------------- */

#define MANIFEST "hugepersist.db.0000000000000007"
#define REGION MANIFEST ".0000000000000001.0000000000000009"

static struct hp_passed passed;
static char said[512];

static void hear(void *context, int priority, const char *message)
{
	(void)context;
	(void)priority;
	(void)snprintf(said, sizeof(said), "%s", message);
}

static int find(void)
{
	static const struct hp_log log = { .function = hear };

	hp_store_prefix(prefix, "db");
	said[0] = '\0';
	return hp_passed_find(&passed, &fake_sys, &log, prefix);
}

static void set(const char *names, const char *count, const char *pid)
{
	fake_setenv("LISTEN_FDNAMES", names);
	fake_setenv("LISTEN_FDS", count);
	fake_setenv("LISTEN_PID", pid);
}

/* Ours. */
static const char *this_process(void)
{
	static char text[16];

	(void)snprintf(text, sizeof(text), "%d", (int)fake_sys.process_id());
	return text;
}

START_TEST(nothing_of_ours)
{
	static const struct {
		const char *names, *count, *pid;
	} cases[] = {
		{ NULL, NULL, NULL },
		{ "", "0", "1" },
		/* Whatever else is wrong there is no business of ours. */
		{ "http:https", "2", "1" },
		{ "http", "99", "x" },
		{ ":::", NULL, NULL },
		{ "hugepersist.other.0000000000000007", "1", "1" },
		{ NULL, "3", "1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set(cases[i].names, cases[i].count, cases[i].pid);
		ok(find());
		ck_assert_uint_eq(passed.count, 0);
		ck_assert_ptr_null(passed.fds);
	}
}
END_TEST

START_TEST(beside_others)
{
	const struct hp_store_name wanted = {
		.id = 7,
		.token = 1,
		.incarnation = 9,
	};

	set("http:" REGION "::https:" MANIFEST ":" REGION, "6", this_process());
	ok(find());
	ck_assert_uint_eq(passed.count, 3);
	ck_assert_int_eq(passed.fds[0].fd, 4);
	ck_assert_uint_eq(passed.fds[0].name.token, 1);
	ck_assert_int_eq(passed.fds[1].fd, 7);
	ck_assert(passed.fds[1].name.manifest);
	ck_assert_int_eq(passed.fds[2].fd, 8);
	/* The first of a name. */
	ck_assert_ptr_eq(hp_passed_get(&passed, &wanted), &passed.fds[0]);
	ck_assert_ptr_null(hp_passed_get(
		&passed, &(struct hp_store_name){ .id = 7, .token = 1 }));
	fake_sys.free(passed.fds);
}
END_TEST

START_TEST(of_another_process)
{
	set(REGION, "1", "1");
	is(find(), -ESRCH);
	ck_assert_ptr_nonnull(strstr(said, "process 1 "));
	ck_assert_ptr_nonnull(strstr(said, this_process()));
	ck_assert_ptr_nonnull(strstr(said, "exec"));
	ck_assert_uint_eq(passed.count, 0);
}
END_TEST

START_TEST(not_by_the_rules)
{
	static const struct {
		const char *names, *count, *pid; /* NULL: this process */
	} cases[] = {
		{ REGION, NULL, "unset" },
		{ REGION, "1", "" },
		{ REGION, "", "" },
		{ REGION, "2", NULL },
		{ REGION ":http", "1", NULL },
		{ REGION, "0", NULL },
		{ REGION, "-1", NULL },
		{ REGION, " 1", NULL },
		{ REGION, "1x", NULL },
		{ REGION, "+1", NULL },
		{ REGION, "0x1", NULL },
		{ REGION, "1", "0x10" },
		{ REGION, "1", "99999999999" },
		{ REGION, "4294967297", NULL },
		{ REGION ":", "1", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *pid = cases[i].pid ? cases[i].pid : this_process();

		set(cases[i].names, cases[i].count,
		    strcmp(pid, "unset") ? pid : NULL);
		ck_assert_msg(find() == -EPROTO, "case %zu", i);
		ck_assert_ptr_nonnull(strstr(said, "LISTEN_FDS"));
	}
	/* Control. */
	set(REGION, "1", this_process());
	ok(find());
	fake_sys.free(passed.fds);
	set(REGION, "1", this_process());
	fake.fail_call = CALL_ZALLOC;
	fake.fail_nth = 1;
	fake.fail_errno = ENOMEM;
	is(find(), -ENOMEM);
	ck_assert_int_eq(fake.allocations, 0);
}
END_TEST

/* What a number was at first is remembered. */
START_TEST(number_that_is_reused)
{
	struct hp_session *s;
	struct hp_region *r;

	fake_manager_start(10);
	ok(open_session("db", &s));
	ok(hp_region_create(s, 1, 2 * MIB, NULL, &r));
	ok(hp_session_preserve(s));
	fake_restart();
	ok(find());
	ck_assert_uint_eq(passed.count, 2);
	for (unsigned int i = 0; i < 2; i++)
		ck_assert(hp_passed_is_same(&passed.fds[i], &fake_sys));
	fake_close_behind(3);
	ck_assert(!hp_passed_is_same(&passed.fds[0], &fake_sys));
	ck_assert(hp_passed_is_same(&passed.fds[1], &fake_sys));
	fake_sys.free(passed.fds);
}
END_TEST

Suite *store_names_suite(void)
{
	const TTest *const tests[] = {
		as_documented,		 what_is_written_is_read,
		sessions_are_told_apart, other_names,
		nothing_of_ours,	 beside_others,
		of_another_process,	 not_by_the_rules,
		number_that_is_reused,	 NULL,
	};

	return suite_of("store names", tests);
}
