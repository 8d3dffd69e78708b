// SPDX-License-Identifier: MIT
#include <sys/mman.h>

#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *r, *q;

#define PLACE region_place()

static void make(void)
{
	struct hp_region_opts opts = region_opts();

	ok(open_listened(&fake_sys, &s));
	opts.address = PLACE;
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
	fill(r);
}

/* As it was before a grow that failed. */
static void check_as_before(void)
{
	struct hp_file_info info;

	ck_assert_ptr_eq(hp_region_address(r), PLACE);
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
	ok(hp_region_check_file(r, &info));
	check_filled(r);
}

static void block(void)
{
	ck_assert_ptr_eq(mmap(PLACE + 4 * MIB, 4096, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 PLACE + 4 * MIB);
}

static void unblock(void)
{
	munmap(PLACE + 4 * MIB, 4096);
}

START_TEST(in_place)
{
	make();
	ok(hp_region_grow(r, 4 * MIB, NULL)); /* nothing */
	ck_assert_int_eq(fake.maps, 1);
	ok(hp_region_grow(r, 6 * MIB, NULL));
	ok(hp_region_grow(r, 12 * MIB, NULL));
	ck_assert_ptr_eq(hp_region_address(r), PLACE);
	ck_assert_uint_eq(hp_region_length(r), 12 * MIB);
	ck_assert_int_eq(fake.pool_used, 6);
	for (uint64_t i = 4 * MIB; i < 12 * MIB; i += MIB)
		ck_assert_uint_eq((unsigned char)PLACE[i], 0);
	fill(r);
	/* All of it goes over, and comes back as one. */
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ck_assert_uint_eq(hp_region_length(r), 12 * MIB);
	check_filled(r);
	ok(hp_session_commit(s, 0));
	ok(hp_region_drop(r));
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(one_end_of_several_mappings)
{
	make();
	ok(hp_region_grow(r, 6 * MIB, NULL));
	ok(hp_region_grow(r, 8 * MIB, NULL));
	ck_assert_int_eq(fake.maps, 3);
	ok(hp_region_close(r));
	ck_assert_int_eq(fake.calls[CALL_UNMAP], 1);
	ck_assert_int_eq(fake.maps, 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(elsewhere)
{
	struct hp_region_opts opts = region_opts();

	make();
	block();
	is(hp_region_grow(r, 8 * MIB, NULL), -EADDRINUSE);
	check_as_before();
	opts.flags = HP_REGION_MAY_MOVE | HP_REGION_POPULATE;
	ok(hp_region_grow(r, 8 * MIB, &opts));
	ck_assert_ptr_ne(hp_region_address(r), PLACE);
	ck_assert_uint_eq(hp_region_length(r), 8 * MIB);
	ck_assert_int_eq(fake.maps, 1);
	ck_assert_int_eq(fake.pool_filled, 2); /* what was added */
	ck_assert_int_eq(mincore(PLACE, 4096, (unsigned char[1]){ 0 }), -1);
	unblock();
	/* Also where the address space ends. */
	fail_next(CALL_MAP, ENOMEM);
	opts.flags = HP_REGION_MAY_MOVE;
	ok(hp_region_grow(r, 10 * MIB, &opts));
	ck_assert(fake.failed);
	/* Not when it can stay. */
	opts.flags = HP_REGION_MAY_MOVE;
	ok(hp_region_close(r));
	make();
	ok(hp_region_grow(r, 6 * MIB, &opts));
	ck_assert_ptr_eq(hp_region_address(r), PLACE);
}
END_TEST

START_TEST(arguments)
{
	make();
	is(hp_region_grow(NULL, 8 * MIB, NULL), -EINVAL);
	is(hp_region_grow(r, 2 * MIB, NULL), -EINVAL);
	is(hp_region_grow(r, 0, NULL), -EINVAL);
	is(hp_region_grow(r, 5 * MIB, NULL), -EINVAL);
	is(hp_region_grow(r, UINT64_C(1) << 63, NULL), -EFBIG);
	fake.forks++;
	is(hp_region_grow(r, 6 * MIB, NULL), -ECHILD);
	fake.forks--;
	check_as_before();
	ok(hp_region_grow(r, 6 * MIB, NULL));
}
END_TEST

START_TEST(states)
{
	struct hp_region_opts opts = region_opts();
	int fd;

	make();
	ok(hp_region_preserve(r));
	is(hp_region_grow(r, 6 * MIB, NULL), -EBUSY);
	ok(hp_session_abort(s));
	ok(hp_region_grow(r, 6 * MIB, NULL));

	/* Someone else resized it: even to what is asked for. */
	ok(fake_sys.set_length(hp_region_fd(r), 8 * MIB));
	is(hp_region_grow(r, 8 * MIB, NULL), -EUCLEAN);
	ok(fake_sys.set_length(hp_region_fd(r), 6 * MIB));
	ok(hp_region_grow(r, 8 * MIB, NULL));

	fd = fake_sys.memfd("mine", HP_PAGE_2M);
	ok(fake_sys.set_length(fd, 2 * MIB));
	opts.flags = HP_REGION_READ_ONLY;
	ok(hp_region_adopt(s, 5, fd, &opts, &q));
	is(hp_region_grow(q, 4 * MIB, NULL), -EROFS);
	ok(hp_region_close(q));
	ok(hp_region_adopt_mapping(s, 5, fake_mmap(fd, 0, 2 * MIB, 0), 2 * MIB,
				   NULL, &q));
	is(hp_region_grow(q, 4 * MIB, NULL), -EOPNOTSUPP);
	ok(hp_region_from_fd_on(&fake_sys, fd, NULL, &q));
	is(hp_region_grow(q, 4 * MIB, NULL), -EINVAL);

	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_region_create(s, 99, 2 * MIB, NULL, &q));
	is(hp_region_grow(r, 6 * MIB, NULL), -EBUSY);
	is(hp_region_grow(q, 6 * MIB, NULL), -EBUSY);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	opts.flags = HP_REGION_MAY_MOVE;
	ok(hp_region_grow(r, 6 * MIB, &opts));
	ok(hp_region_grow(q, 6 * MIB, &opts));
}
END_TEST

/* The kernel has the file and the library does not know it as preserved. */
START_TEST(file_is_frozen)
{
	make();
	fail_next(CALL_SET_LENGTH, EPERM);
	is(hp_region_grow(r, 6 * MIB, NULL), -EBUSY);
	check_as_before();
	ok(hp_region_grow(r, 6 * MIB, NULL));
}
END_TEST

START_TEST(pool_is_empty)
{
	struct hp_region_opts opts = region_opts();

	make();
	for (int i = 0; i < 2; i++) {
		is(hp_region_grow(r, 256 * MIB, &opts), -ENOMEM);
		check_as_before();
		ck_assert_int_eq(fake.pool_used, 2);
		ck_assert_int_eq(fake.maps, 1);
		opts.flags = HP_REGION_MAY_MOVE;
	}
	ok(hp_region_grow(r, 128 * MIB, &opts));
	ck_assert_int_eq(fake.pool_used, 64);
}
END_TEST

START_TEST(errors_of_the_kernel)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_MAP, EACCES, -EACCES },
		{ CALL_MAP, EPERM, -EACCES },
		{ CALL_SET_POLICY, EPERM, -EACCES },
		{ CALL_POPULATE, EHWPOISON, -EHWPOISON },
	};
	static const unsigned long node0 = 1;
	const struct hp_numa_range added = { 4 * MIB, 0,      HP_NUMA_BIND,
					     1,	      &node0, 0 };
	struct hp_region_opts opts = region_opts();
	int before;

	fake.nodes = 1;
	make();
	before = fake_leaks();
	opts.numa = &added;
	opts.numa_count = 1;
	opts.flags = HP_REGION_POPULATE;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(errors[i].call, errors[i].from);
		is(hp_region_grow(r, 6 * MIB, &opts), errors[i].to);
		ck_assert(fake.failed);
		check_as_before();
		ck_assert_int_eq(fake_leaks(), before);
		ck_assert_int_eq(fake.pool_used, 2);
	}
	ok(hp_region_grow(r, 6 * MIB, &opts));
}
END_TEST

/* The way back fails too. */
START_TEST(file_stays_too_long)
{
	static struct hp_file_info info;

	make();
	block();
	fail_next(CALL_SET_LENGTH, EIO);
	fake.fail_nth = 2;
	is(hp_region_grow(r, 6 * MIB, NULL), -EADDRINUSE);
	ck_assert(fake.failed);
	ck_assert_ptr_nonnull(strstr(region_last_log, "stays too long"));
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
	check_filled(r);
	is(hp_region_check_file(r, &info), -EUCLEAN);
	is(hp_region_preserve(r), -EUCLEAN);
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
	ok(hp_region_preserve(r));
	unblock();
}
END_TEST

Suite *region_grow_suite(void)
{
	const TTest *const tests[] = {
		in_place,
		one_end_of_several_mappings,
		elsewhere,
		arguments,
		states,
		file_is_frozen,
		pool_is_empty,
		errors_of_the_kernel,
		file_stays_too_long,
		NULL,
	};

	return suite_of("region grow", tests);
}
