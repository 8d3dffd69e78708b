// SPDX-License-Identifier: MIT
#include <limits.h>

#include "region_tests.h"

#define MACHINE "/sys/devices/system/node/has_memory"
#define STATUS "/proc/thread-self/status"

static struct hp_session *s;
static struct hp_region *r;
static const unsigned long node0 = 1, node1 = 2, both = 3, node2 = 4, none;

static int create(const struct hp_numa_range *ranges, unsigned int count,
		  unsigned int flags)
{
	struct hp_region_opts opts = region_opts();

	opts.numa = ranges;
	opts.numa_count = count;
	opts.flags = flags;
	r = NULL;
	return hp_region_create(s, POOL, 8 * MIB, &opts, &r);
}

static void check_policy(unsigned int index, const void *address,
			 uint64_t length, unsigned int policy, uint64_t nodes)
{
	const struct fake_policy *p = &fake_policies[index];

	ck_assert_uint_lt(index, fake_policy_count);
	ck_assert_ptr_eq(p->address, address);
	ck_assert_uint_eq(p->length, length);
	ck_assert_uint_eq(p->policy, policy);
	ck_assert_uint_eq(p->nodes, nodes);
}

START_TEST(ranges_are_applied)
{
	const struct hp_numa_range ranges[] = {
		{ 0, 0, HP_NUMA_INTERLEAVE, 2, &both, 0 },
		{ 2 * MIB, 2 * MIB, HP_NUMA_BIND, 64, &node1, 0 },
		{ 6 * MIB, 0, HP_NUMA_PREFERRED, 1, &node0, 0 },
	};
	char *bytes;

	fake.nodes = 3;
	ok(open_session("db", &s));
	ok(create(ranges, 3, HP_REGION_POPULATE));
	bytes = hp_region_address(r);
	ck_assert_uint_eq(fake_policy_count, 3);
	check_policy(0, bytes, 8 * MIB, HP_NUMA_INTERLEAVE, 3);
	check_policy(1, bytes + 2 * MIB, 2 * MIB, HP_NUMA_BIND, 2);
	check_policy(2, bytes + 6 * MIB, 2 * MIB, HP_NUMA_PREFERRED, 1);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(bad_ranges)
{
	const struct hp_numa_range bad[] = {
		{ 0, 0, 0, 1, &node0, 0 },
		{ 0, 0, 4, 1, &node0, 0 },
		{ 0, 0, HP_NUMA_BIND, 0, &node0, 0 },
		{ 0, 0, HP_NUMA_BIND, 1, NULL, 0 },
		{ 0, 0, HP_NUMA_BIND, 64, &none, 0 },
		{ 0, 0, HP_NUMA_BIND, 1, &node1, 0 }, /* bit 1 is not counted */
		{ 0, 0, HP_NUMA_BIND, UINT_MAX, &node0, 0 },
		{ 4096, 0, HP_NUMA_BIND, 1, &node0, 0 },
		{ 0, MIB, HP_NUMA_BIND, 1, &node0, 0 },
		{ 8 * MIB, 0, HP_NUMA_BIND, 1, &node0, 0 },
		{ 0, 10 * MIB, HP_NUMA_BIND, 1, &node0, 0 },
		{ 2 * MIB, UINT64_MAX - 2 * MIB + 1, HP_NUMA_BIND, 1, &node0,
		  0 },
		{ 0, 0, HP_NUMA_BIND, 8, &node2, 0 }, /* there is none */
		{ 0, 0, HP_NUMA_BIND, 1, &node0, 1 }, /* of a later version */
	};

	fake.nodes = 3;
	ok(open_session("db", &s));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hp_numa_range two[] = {
			{ 0, 0, HP_NUMA_BIND, 1, &node0, 0 },
			bad[i],
		};

		is(create(&bad[i], 1, 0), -EINVAL);
		is(create(two, 2, 0), -EINVAL);
		ck_assert_ptr_null(r);
		ck_assert_int_eq(fake.files + fake.maps, 0);
	}
}
END_TEST

/* Linux leaves them out in silence, unless none is left. */
START_TEST(nodes_that_are_not_there)
{
	const unsigned long far[] = { 1, 1UL << 36 };
	struct hp_numa_range range = { 0, 0, HP_NUMA_BIND, 64, &both, 0 };

	fake.nodes = UINT64_MAX;
	ok(open_listened(&fake_sys, &s));
	fake_set_text(MACHINE, "0,2-4,100");
	is(create(&range, 1, 0), -EINVAL);
	ck_assert_ptr_nonnull(strstr(region_last_log, "0,2-4,100"));
	range.nodes = &node2;
	ok(create(&range, 1, 0));
	ok(hp_region_close(r));
	range.nodes = far;
	range.nodes_bits = 128; /* node 100, which the fake has not */
	fail_next(CALL_SET_POLICY, EXDEV);
	is(create(&range, 1, 0), -EPROTO);
	range.nodes_bits = 64;
	ok(create(&range, 1, 0));
	ok(hp_region_close(r));

	fake_set_text(STATUS, "Name:\tdb\nMems_allowed:\t1\n"
			      "Mems_allowed_list:\t0,3\nSeccomp:\t0\n");
	ok(create(&range, 1, 0));
	ok(hp_region_close(r));
	range.nodes = &node2;
	is(create(&range, 1, 0), -EINVAL);
	ck_assert_ptr_nonnull(strstr(region_last_log, "cpuset"));
	ck_assert_ptr_nonnull(strstr(region_last_log, "0,3"));
	ck_assert_ptr_null(strstr(region_last_log, "Seccomp"));

	/* Nonsense allows nothing; a text without the field says nothing. */
	fake_set_text(STATUS, "\nMems_allowed_list:\t\n");
	is(create(&range, 1, 0), -EINVAL);
	fake_set_text(STATUS, "\nMems_allowed_list:\t0-\n");
	is(create(&range, 1, 0), -EINVAL);
	fake_set_text(STATUS, "Name:\tdb\n");
	ok(create(&range, 1, 0));
}
END_TEST

START_TEST(errors_of_the_kernel)
{
	static const struct {
		int from, to;
	} errors[] = {
		{ EINVAL, -EINVAL }, { ENOSYS, -EOPNOTSUPP },
		{ EPERM, -EACCES },  { EACCES, -EACCES },
		{ ENOMEM, -ENOMEM }, { EFAULT, -EPROTO },
	};
	const struct hp_numa_range ranges[] = {
		{ 0, 2 * MIB, HP_NUMA_BIND, 1, &node0, 0 },
		{ 2 * MIB, 0, HP_NUMA_BIND, 1, &node0, 0 },
	};

	fake.nodes = 1;
	ok(open_listened(&fake_sys, &s));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(CALL_SET_POLICY, errors[i].from);
		fake.fail_nth = 2;
		is(create(ranges, 2, HP_REGION_POPULATE), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_ptr_null(r);
		ck_assert_ptr_nonnull(strstr(region_last_log,
					     "numa[1], bytes 0x200000 to "
					     "0x800000: mbind"));
		/* Not before all is as it was asked for. */
		ck_assert_int_eq(fake.calls[CALL_POPULATE], 0);
		ck_assert_int_eq(fake.files + fake.maps, 0);
	}
	ok(create(ranges, 2, 0));
}
END_TEST

START_TEST(grow_goes_on)
{
	const struct hp_numa_range ranges[] = {
		{ 0, 4 * MIB, HP_NUMA_BIND, 1, &node0, 0 },
		{ 4 * MIB, 0, HP_NUMA_INTERLEAVE, 2, &both, 0 },
	};
	const struct hp_numa_range added = {
		.offset = 10 * MIB,
		.length = 2 * MIB,
		.policy = HP_NUMA_BIND,
		.nodes_bits = 2,
		.nodes = &node1,
	};
	struct hp_region_opts opts = region_opts();
	char *bytes;

	fake.nodes = 3;
	ok(open_session("db", &s));
	opts.numa = ranges;
	opts.numa_count = 2;
	opts.address = region_place();
	ok(hp_region_create(s, POOL, 8 * MIB, &opts, &r));
	bytes = hp_region_address(r);
	opts = region_opts();
	opts.numa = &added;
	opts.numa_count = 1;
	ok(hp_region_grow(r, 12 * MIB, &opts));
	ck_assert_uint_eq(fake_policy_count, 4);
	check_policy(2, bytes + 8 * MIB, 4 * MIB, HP_NUMA_INTERLEAVE, 3);
	check_policy(3, bytes + 10 * MIB, 2 * MIB, HP_NUMA_BIND, 2);

	/* Elsewhere all of it again. */
	fail_next(CALL_MAP, EEXIST);
	opts = region_opts();
	opts.flags = HP_REGION_MAY_MOVE;
	ok(hp_region_grow(r, 14 * MIB, &opts));
	ck_assert_ptr_ne(hp_region_address(r), bytes);
	bytes = hp_region_address(r);
	ck_assert_uint_eq(fake_policy_count, 7);
	check_policy(4, bytes, 4 * MIB, HP_NUMA_BIND, 1);
	check_policy(5, bytes + 4 * MIB, 10 * MIB, HP_NUMA_INTERLEAVE, 3);
	check_policy(6, bytes + 10 * MIB, 2 * MIB, HP_NUMA_BIND, 2);

	/* Only in what is added. */
	opts = region_opts();
	opts.numa = &added;
	opts.numa_count = 1;
	is(hp_region_grow(r, 16 * MIB, &opts), -EINVAL);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(reclaim_and_grow)
{
	const struct hp_numa_range range = { 0, 0, HP_NUMA_BIND, 2, &node1, 0 };
	struct hp_region_opts opts = region_opts();
	char *bytes;

	live_update();
	fake.nodes = 3;
	ok(open_session("db", &s));
	opts.numa = &range;
	opts.numa_count = 1;
	opts.address = region_place();
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	check_filled(r);
	bytes = hp_region_address(r);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(hp_region_grow(r, 6 * MIB, NULL));
	check_policy(fake_policy_count - 2, bytes, 4 * MIB, HP_NUMA_BIND, 2);
	check_policy(fake_policy_count - 1, bytes + 4 * MIB, 2 * MIB,
		     HP_NUMA_BIND, 2);
}
END_TEST

Suite *region_numa_suite(void)
{
	const TTest *const tests[] = {
		ranges_are_applied,
		bad_ranges,
		nodes_that_are_not_there,
		errors_of_the_kernel,
		grow_goes_on,
		reclaim_and_grow,
		NULL,
	};

	return suite_of("region numa", tests);
}
