// SPDX-License-Identifier: MIT
/*
 * struct hp_region_opts: what each call takes, and what is refused.
 */
#include <stdio.h>
#include <sys/mman.h>

#include "region_tests.h"

char region_last_log[512];

static void keep_last(void *context, int priority, const char *message)
{
	(void)context;
	(void)priority;
	(void)snprintf(region_last_log, sizeof(region_last_log), "%s", message);
}

int open_listened(const struct hp_sys *sys, struct hp_session **session)
{
	struct hp_session_opts opts = { .size = sizeof(opts) };

	opts.log = keep_last;
	region_last_log[0] = '\0';
	return hp_session_open_on(sys, "db", &opts, session);
}

char *region_place(void)
{
	static const uint64_t room = UINT64_C(1) << 36, gib = UINT64_C(1) << 30;
	static char *place;
	char *start;

	if (place)
		return place;
	start = mmap(NULL, room, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(start, MAP_FAILED);
	munmap(start, room);
	/* At its start: Linux gives the end away first. */
	place = start + gib - (uintptr_t)start % gib;
	return place;
}

static struct hp_session *s;
static struct hp_region *r;

/* -- The calls, each as it succeeds ---------------------------------------- */

static int call_create(const struct hp_region_opts *opts)
{
	return hp_region_create(s, 77, 2 * MIB, opts, &r);
}

static int call_reclaim(const struct hp_region_opts *opts)
{
	return hp_region_reclaim(s, POOL, opts, &r);
}

static int huge_file(void)
{
	int fd = fake_sys.memfd("mine", HP_PAGE_2M);

	ck_assert_int_ge(fd, 0);
	ok(fake_sys.set_length(fd, 2 * MIB));
	return fd;
}

static int call_adopt(const struct hp_region_opts *opts)
{
	return hp_region_adopt(s, 77, huge_file(), opts, &r);
}

static int call_adopt_mapping(const struct hp_region_opts *opts)
{
	void *memory = fake_mmap(huge_file(), 0, 2 * MIB, 0);

	return hp_region_adopt_mapping(s, 77, memory, 2 * MIB, opts, &r);
}

static int call_from_fd(const struct hp_region_opts *opts)
{
	return hp_region_from_fd_on(&fake_sys, huge_file(), opts, &r);
}

static int call_grow(const struct hp_region_opts *opts)
{
	struct hp_session *fresh;

	ok(open_session("fresh", &fresh));
	ok(hp_region_create(fresh, 1, 2 * MIB, NULL, &r));
	return hp_region_grow(r, 2 * MIB, opts);
}

/* -- The fields ------------------------------------------------------------ */

enum {
	PAGE_SIZE_2M = 1 << 0,
	LABEL = 1 << 1,
	LAYOUT = 1 << 2,
	ADDRESS = 1 << 3,
	NUMA = 1 << 4,
	POPULATE = 1 << 5,
	READ_ONLY = 1 << 6,
	OLD_ADDRESS = 1 << 7,
	UNLISTED = 1 << 8,
	MAY_MOVE = 1 << 9,
	FIELDS = 10,
};

static struct hp_region_opts with(unsigned int field)
{
	static const unsigned long node0 = 1;
	static const struct hp_numa_range range = {
		.policy = HP_NUMA_BIND,
		.nodes_bits = 1,
		.nodes = &node0,
	};
	struct hp_region_opts opts = region_opts();

	switch (field) {
	case PAGE_SIZE_2M:
		opts.page_size = HP_PAGE_2M;
		break;
	case LABEL:
		opts.label = "label";
		break;
	case LAYOUT:
		opts.layout = 5;
		break;
	case ADDRESS:
		opts.address = region_place();
		break;
	case NUMA:
		opts.numa = &range;
		opts.numa_count = 1;
		break;
	case POPULATE:
		opts.flags = HP_REGION_POPULATE;
		break;
	case READ_ONLY:
		opts.flags = HP_REGION_READ_ONLY;
		break;
	case OLD_ADDRESS:
		opts.flags = HP_REGION_OLD_ADDRESS;
		break;
	case UNLISTED:
		opts.flags = HP_REGION_UNLISTED;
		break;
	case MAY_MOVE:
		opts.flags = HP_REGION_MAY_MOVE;
		break;
	}
	return opts;
}

static const struct {
	int (*call)(const struct hp_region_opts *opts);
	unsigned int taken;
} calls[] = {
	{ call_create,
	  PAGE_SIZE_2M | LABEL | LAYOUT | ADDRESS | NUMA | POPULATE },
	{ call_reclaim, PAGE_SIZE_2M | LAYOUT | ADDRESS | NUMA | OLD_ADDRESS |
				READ_ONLY | UNLISTED },
	{ call_adopt, PAGE_SIZE_2M | LABEL | LAYOUT | ADDRESS | READ_ONLY },
	{ call_adopt_mapping, PAGE_SIZE_2M | LABEL | LAYOUT },
	{ call_from_fd, PAGE_SIZE_2M | ADDRESS | READ_ONLY },
	{ call_grow, NUMA | POPULATE | MAY_MOVE },
};

/* What a call takes gives any result but -EINVAL, the rest nothing else. */
START_TEST(each_field_in_each_call)
{
	for (unsigned int bit = 0; bit < FIELDS; bit++) {
		struct hp_region_opts opts = with(1U << bit);
		int taken = calls[_i].taken >> bit & 1, rc;

		live_update();
		fake.nodes = 1;
		ok(open_session("db", &s));
		rc = calls[_i].call(&opts);
		/* Nothing of the length of grow is added: outside. */
		if (calls[_i].call == call_grow && bit == 4)
			continue;
		ck_assert_msg((rc != -EINVAL) == taken, "call %d, field %u: %d",
			      _i, bit, rc);
	}
}
END_TEST

START_TEST(values_in_each_call)
{
	struct hp_region_opts opts = region_opts();

	live_update();
	ok(open_session("db", &s));
	opts.reserved = 1;
	is(calls[_i].call(&opts), -EINVAL);
	opts = region_opts();
	opts.flags = 1U << 31;
	is(calls[_i].call(&opts), -EINVAL);
	opts = region_opts();
	opts.populate_threads = 1; /* without the flag, or not at all */
	is(calls[_i].call(&opts), -EINVAL);
	opts = region_opts();
	opts.numa_count = 1;
	is(calls[_i].call(&opts), -EINVAL);
	opts = region_opts();
	opts.page_size = 3 * MIB;
	is(calls[_i].call(&opts), -EINVAL);
	opts = region_opts();
	opts.size = sizeof(&opts);
	is(calls[_i].call(&opts), -EINVAL);
	opts.size = sizeof(opts) - 1;
	is(calls[_i].call(&opts), -EINVAL);
	opts = region_opts();
	ok(calls[_i].call(&opts));
}
END_TEST

START_TEST(label)
{
	char label[HP_LABEL_MAX + 2];
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();

	memset(label, 'x', sizeof(label));
	label[HP_LABEL_MAX + 1] = '\0';
	opts.label = label;
	ok(open_session("db", &s));
	is(hp_region_create(s, POOL, 2 * MIB, &opts, &r), -EINVAL);
	label[HP_LABEL_MAX] = '\0';
	ok(hp_region_create(s, POOL, 2 * MIB, &opts, &r));
	memset(label, 'y', HP_LABEL_MAX); /* a copy is what it has */
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(strlen(info.label), HP_LABEL_MAX);
	ck_assert_uint_eq(strspn(info.label, "x"), HP_LABEL_MAX);
}
END_TEST

START_TEST(info)
{
	struct {
		struct hp_region_info info;
		uint64_t later;
	} longer = { .info.size = sizeof(longer), .later = 7 };
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();

	opts.layout = 4;
	opts.label = "pool";
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
	is(hp_region_info(NULL, &info), -EINVAL);
	is(hp_region_info(r, NULL), -EINVAL);
	info.size = sizeof(info) - 1;
	is(hp_region_info(r, &info), -EINVAL);
	info.size = sizeof(info);
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.size, sizeof(info));
	ck_assert_uint_eq(info.token, POOL);
	ck_assert_uint_eq(info.length, 4 * MIB);
	ck_assert_uint_eq(info.page_size, HP_PAGE_2M);
	ck_assert_uint_eq(info.address, (uintptr_t)hp_region_address(r));
	ck_assert_uint_eq(info.layout, 4);
	ck_assert_uint_eq(info.state, HP_REGION_IS_OPEN);
	ck_assert_uint_eq(info.origin, HP_ORIGIN_CREATED);
	ck_assert_str_eq(info.label, "pool");
	/* A newer program: what is not known here becomes 0. */
	ok(hp_region_info(r, &longer.info));
	ck_assert_uint_eq(longer.info.size, sizeof(longer));
	ck_assert_uint_eq(longer.later, 0);

	ok(hp_region_set_layout(r, 5));
	ok(hp_region_preserve(r));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.layout, 5);
	ck_assert_uint_eq(info.state,
			  HP_REGION_IS_OPEN | HP_REGION_IS_PRESERVED);
	/* The list is changed in place. */
	ok(hp_region_set_layout(r, 6));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.layout, 6);
	is(hp_region_set_layout(NULL, 6), -EINVAL);
	fake.forks++;
	is(hp_region_set_layout(r, 6), -ECHILD);
	is(hp_region_info(r, &info), -ECHILD);
	fake.forks--;

	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.state, HP_REGION_IS_OPEN);
	ck_assert_uint_eq(info.origin, HP_ORIGIN_LIVE_UPDATE);
	ck_assert_uint_eq(info.layout, 6);
	ck_assert_str_eq(info.label, "pool");
	ok(hp_session_commit(s, 0));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.state, HP_REGION_IS_OPEN);
}
END_TEST

Suite *region_options_suite(void)
{
	const TTest *const tests[] = { label, info, NULL };
	const int count = sizeof(calls) / sizeof(calls[0]);
	Suite *suite = suite_of("region options", tests);
	TCase *each = tcase_create("region options of each call");

	tcase_add_checked_fixture(each, fake_boot, NULL);
	tcase_set_timeout(each, 20);
	tcase_add_loop_test(each, each_field_in_each_call, 0, count);
	tcase_add_loop_test(each, values_in_each_call, 0, count);
	suite_add_tcase(suite, each);
	return suite;
}
