// SPDX-License-Identifier: MIT
/*
 * Every call to the system that an operation makes fails once, in turn. Each
 * time it must say why, leave nothing behind and work when asked again.
 */
#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *r;
static int fd;
static char *memory;

static const unsigned long node0 = 1;
static const struct hp_numa_range anywhere = {
	0, 0, HP_NUMA_BIND, 1, &node0, 0
};
static const struct hp_numa_range added = {
	.offset = 4 * MIB,
	.policy = HP_NUMA_BIND,
	.nodes_bits = 1,
	.nodes = &node0,
};

static void fresh(void)
{
	fake_boot();
	fake.nodes = 1;
	fake.pool_1g_pages = 1;
	ok(open_session("db", &s));
	r = NULL;
}

static void with_file(void)
{
	fresh();
	fd = fake_sys.memfd("mine", HP_PAGE_2M);
	ok(fake_sys.set_length(fd, 4 * MIB));
	memory = fake_mmap(fd, 0, 4 * MIB, 0);
}

static void with_region(void)
{
	struct hp_region_opts opts = region_opts();

	fresh();
	opts.numa = &anywhere;
	opts.numa_count = 1;
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
}

/* The manifest is read, what fails then is in test_failure.c. */
static void returned(void)
{
	live_update();
	fake.nodes = 1;
	ok(open_session("db", &s));
	is(hp_region_create(s, POOL, 2 * MIB, NULL, &r), -EEXIST);
	r = NULL;
}

static int create(void)
{
	struct hp_region_opts opts = region_opts();

	opts.numa = &anywhere;
	opts.numa_count = 1;
	opts.flags = HP_REGION_POPULATE;
	opts.populate_threads = 2;
	return hp_region_create(s, POOL, 8 * MIB, &opts, &r);
}

static int create_any(void)
{
	struct hp_region_opts opts = region_opts();

	opts.page_size = HP_PAGE_ANY;
	return hp_region_create(s, POOL, 6 * MIB, &opts, &r);
}

static int reclaim(void)
{
	struct hp_region_opts opts = region_opts();

	opts.numa = &anywhere;
	opts.numa_count = 1;
	return hp_region_reclaim(s, POOL, &opts, &r);
}

static int adopt(void)
{
	return hp_region_adopt(s, POOL, fd, NULL, &r);
}

static int adopt_mapping(void)
{
	return hp_region_adopt_mapping(s, POOL, memory, 4 * MIB, NULL, &r);
}

static int from_fd(void)
{
	return hp_region_from_fd_on(&fake_sys, fd, NULL, &r);
}

static int grow(void)
{
	struct hp_region_opts opts = region_opts();

	opts.numa = &added;
	opts.numa_count = 1;
	opts.flags = HP_REGION_POPULATE | HP_REGION_MAY_MOVE;
	opts.populate_threads = 2;
	return hp_region_grow(r, 8 * MIB, &opts);
}

static const struct {
	const char *name;
	void (*before)(void);
	int (*run)(void);
	uint64_t length; /* of the region, after it */
} operations[] = {
	{ "create", fresh, create, 8 * MIB },
	{ "create any", fresh, create_any, 6 * MIB },
	{ "reclaim", returned, reclaim, 4 * MIB },
	{ "adopt", with_file, adopt, 4 * MIB },
	{ "adopt mapping", with_file, adopt_mapping, 4 * MIB },
	{ "from fd", with_file, from_fd, 4 * MIB },
	{ "grow", with_region, grow, 8 * MIB },
};

/* What works in another way instead. */
static bool is_no_failure(int (*run)(void), enum fake_call call, int error)
{
	if (call == CALL_READ_TEXT || call == CALL_START_THREAD)
		return true;
	/* Then it moves. */
	return run == grow && call == CALL_MAP && error == ENOMEM;
}

static int expected(enum fake_call call, int error)
{
	if (call == CALL_ZALLOC || error == ENOMEM)
		return -ENOMEM;
	return error == EMFILE ? -EMFILE : -EPROTO;
}

/* False: there is no nth call of that kind. */
static bool attempt(int i, enum fake_call call, int nth, int error)
{
	const char *name = operations[i].name;
	int leaks, files, rc;
	uint64_t length;
	long used;

	operations[i].before();
	leaks = fake_leaks();
	used = fake.pool_used;
	files = fake.files;
	length = hp_region_length(r);
	fail_next(call, error);
	fake.fail_nth = nth;
	rc = operations[i].run();
	if (!fake.failed)
		return false;
	fake.failed = false;
	if (!rc) {
		ck_assert_msg(is_no_failure(operations[i].run, call, error),
			      "%s: %s", name, fake_call_name(call));
	} else {
		ck_assert_msg(rc == expected(call, error), "%s: %s: %d", name,
			      fake_call_name(call), rc);
		ck_assert_msg(fake_leaks() == leaks && fake.files == files &&
				      fake.pool_used == used,
			      "%s: %s, call %d: something is left", name,
			      fake_call_name(call), nth);
		ck_assert_uint_eq(hp_region_length(r), length);
		ok(operations[i].run());
	}
	ck_assert_uint_eq(hp_region_length(r), operations[i].length);
	ok(hp_region_close(r));
	return true;
}

START_TEST(each_call_fails_once)
{
	static const int errors[] = { ENOMEM, EMFILE, EXDEV };
	int total = 0;

	for (int call = 0; call < CALL_CAN_FAIL; call++) {
		for (int e = 0; e < 3; e++) {
			/* LUO remembers it. */
			if (call == CALL_RETRIEVE_FD && errors[e] == EXDEV)
				continue;
			for (int nth = 1; attempt(_i, call, nth, errors[e]);
			     nth++)
				total++;
		}
	}
	/* At least memory, the file and its mapping. */
	ck_assert_msg(total >= 9, "only %d failures", total);
}
END_TEST

/* Control: a descriptor that is lost on the way back is noticed. */
static void leaking_close(int lost)
{
	if (!fake.failed)
		fake_sys.close(lost);
}

START_TEST(a_leak_is_noticed)
{
	static struct hp_sys leaking;
	int before;

	leaking = fake_sys;
	leaking.close = leaking_close;
	fake.nodes = 1;
	ok(hp_session_open_on(&leaking, "db", NULL, &s));
	before = fake_leaks();
	fail_next(CALL_MAP, ENOMEM);
	is(create(), -ENOMEM);
	ck_assert_int_eq(fake_leaks(), before + 1);
}
END_TEST

Suite *region_errors_suite(void)
{
	const TTest *const tests[] = { a_leak_is_noticed, NULL };
	Suite *suite = suite_of("region errors", tests);
	TCase *each = tcase_create("region errors of each operation");

	tcase_add_checked_fixture(each, fake_boot, NULL);
	tcase_set_timeout(each, 20);
	tcase_add_loop_test(each, each_call_fails_once, 0,
			    sizeof(operations) / sizeof(operations[0]));
	suite_add_tcase(suite, each);
	return suite;
}
