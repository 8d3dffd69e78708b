// SPDX-License-Identifier: MIT
/*
 * A session of 1,000 regions, and as many as there can be.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "suites.h"

#define MANY 1000

static struct hp_session *s;
static struct hp_region *r;

/* Not in the order of their places in the list. */
static uint64_t token(unsigned int i)
{
	return i * UINT64_C(0x9e3779b97f4a7c15);
}

/* Each file of the fake kernel is one of the real kernel. */
static void make_room(unsigned int regions)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_msg(limit.rlim_max >= regions + 64,
		      "raise the hard limit of open files (ulimit -Hn)");
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	fake.pool_pages = regions;
}

static void create_and_preserve(unsigned int first, unsigned int end)
{
	for (unsigned int i = first; i < end; i++) {
		ok(hp_region_create(s, token(i), 2 * MIB, NULL, &r));
		fill(r);
		ok(hp_region_preserve(r));
	}
}

/* All of them in their order, all in that state, then the end. */
static void list(unsigned int count, unsigned int state)
{
	struct hp_region_info info = { .size = sizeof(info) };
	unsigned int i;

	for (i = 0; !hp_session_region(s, i, &info); i++) {
		ck_assert_uint_eq(info.token, token(i));
		ck_assert_uint_eq(info.state, state);
	}
	ck_assert_uint_eq(i, count);
}

static void reclaim(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		ok(hp_region_reclaim(s, token(i), NULL, &r));
		check_filled(r);
	}
}

START_TEST(a_thousand_regions)
{
	struct hp_session_info info = { .size = sizeof(info) };
	struct timespec start, end;
	double seconds;

	make_room(MANY);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	ok(open_session("db", &s));
	create_and_preserve(0, MANY);
	list(MANY, HP_REGION_IS_OPEN | HP_REGION_IS_PRESERVED);
	ok(hp_session_seal(s));
	fake_kexec();
	ok(open_session("db", &s));
	list(MANY, HP_REGION_IS_RETURNED);
	ok(hp_session_info(s, &info));
	ck_assert_uint_eq(info.region_count, MANY);
	ck_assert_uint_eq(info.sealed, 1);
	reclaim(MANY);
	list(MANY, HP_REGION_IS_OPEN);
	ok(hp_session_commit(s, 0));
	list(MANY, HP_REGION_IS_OPEN);
	ok(hp_session_close(s));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = (double)(end.tv_sec - start.tv_sec) +
		  (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	/* Some 0.2 s; with sanitizers and valgrind far more. */
	ck_assert_double_lt(seconds, 10);
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(the_session_is_full)
{
	make_room(HP_REGIONS_MAX + 1);
	ok(open_session("db", &s));
	create_and_preserve(0, HP_REGIONS_MAX);
	ok(hp_region_create(s, token(HP_REGIONS_MAX), 2 * MIB, NULL, &r));
	is(hp_region_preserve(r), -E2BIG);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	fake_kexec();
	ok(open_session("db", &s));
	list(HP_REGIONS_MAX, HP_REGION_IS_RETURNED);
	reclaim(HP_REGIONS_MAX);
	ok(hp_session_commit(s, 0));
}
END_TEST

Suite *many_suite(void)
{
	const TTest *const tests[] = {
		a_thousand_regions,
		the_session_is_full,
		NULL,
	};

	return suite_of("many", tests);
}
