// SPDX-License-Identifier: MIT
/*
 * hp_region_open(), hp_session_preserve() and hp_session_seal(): the errors that
 * the calls of most programs can give.
 */
#include <stdint.h>

#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *r, *q;

static int open_new(const struct hp_region_opts *opts)
{
	r = NULL;
	return hp_region_open(s, POOL, 4 * MIB, opts, &r);
}

START_TEST(errors_of_new_memory)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_MEMFD, EPERM, -EACCES },
		{ CALL_MEMFD, ENODEV, -EOPNOTSUPP },
		{ CALL_MEMFD, ENFILE, -EMFILE },
		{ CALL_SET_LENGTH, EFBIG, -EFBIG },
		{ CALL_MAP, EEXIST, -EADDRINUSE },
		{ CALL_MAP, ENOMEM, -ENOMEM },
		{ CALL_MAP, EXDEV, -EPROTO },
		{ CALL_POPULATE, EHWPOISON, -EHWPOISON },
		{ CALL_POPULATE, EFAULT, -ENOMEM },
	};
	struct hp_region_opts opts = region_opts();
	uint64_t now;
	int before;

	ok(open_session("db", &s));
	opts.address = region_place();
	opts.flags = HP_REGION_POPULATE;
	before = fake_leaks();
	now = fake.now;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(errors[i].call, errors[i].from);
		is(open_new(&opts), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_ptr_null(r);
		ck_assert_int_eq(fake_leaks(), before);
	}
	/* New memory is not waited for. */
	ck_assert_uint_eq(fake.now, now);
	is(hp_region_open(s, POOL, UINT64_C(1) << 63, NULL, &r), -EFBIG);
	is(hp_region_open(s, POOL, 0, NULL, &r), -EINVAL);
	is(hp_region_open(s, POOL, MIB, NULL, &r), -EINVAL);
	is(hp_region_open(s, HP_TOKEN_RESERVED, 2 * MIB, NULL, &r), -EINVAL);
	is(hp_region_open(s, POOL, 2 * MIB, NULL, NULL), -EINVAL);
	opts.flags = HP_REGION_MAY_MOVE;
	is(open_new(&opts), -EINVAL);
	opts.flags = HP_REGION_OLD_ADDRESS;
	is(open_new(&opts), -EINVAL);
	opts.address = NULL;
	ok(open_new(&opts)); /* it has no old one */
	is(hp_region_open(s, POOL, 4 * MIB, NULL, &q), -EEXIST);
}
END_TEST

static int wait_no_more(void *context, const struct hp_wait *wait)
{
	(void)context;
	ck_assert_int_eq(wait->error, -ENOMEM);
	return 1;
}

/* What came back is waited for, as long as the caller likes. */
START_TEST(memory_that_came_back_is_waited_for)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.wait = wait_no_more,
	};
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region_info one = { .size = sizeof(one) };

	live_update();
	ok(open_session("db", &s));
	fail_next(CALL_RETRIEVE_FD, ENOSPC);
	fake.fail_nth = 2; /* after the manifest */
	ok(open_new(NULL));
	ck_assert(fake.failed);
	ck_assert_uint_gt(fake.now, 0);
	check_filled(r);

	live_update();
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	fake.no_room = true;
	is(open_new(NULL), -ECANCELED);
	is(hp_session_info(s, &info), -ECANCELED);
	is(hp_session_region(s, 0, &one), -ECANCELED);
	is(hp_session_preserve(s), -ECANCELED);
	fake.no_room = false;
	ok(open_new(NULL));
	check_filled(r);
}
END_TEST

/* A file that came back and cannot be written to. */
START_TEST(read_only_file)
{
	struct hp_region_opts opts = region_opts();
	int fd;

	ok(open_session("db", &s));
	fd = fake_sys.memfd("theirs", HP_PAGE_2M);
	ok(fake_sys.set_length(fd, 4 * MIB));
	opts.flags = HP_REGION_READ_ONLY;
	ok(hp_region_adopt(s, POOL, fake_read_only(fd), &opts, &r));
	/* Nobody can fill it through this descriptor. */
	is(hp_region_preserve(r), -EROFS);
	is(hp_session_preserve(s), -EROFS);

	live_update();
	ok(open_session("db", &s));
	ok(open_new(NULL));
	ok(hp_region_close(r));
	fd = hp_session_find(s, POOL)->fd;
	ck_assert_int_ge(fd, 3);
	q = hp_session_find(s, POOL);
	q->fd = fake_read_only(fd);
	is(open_new(NULL), -EROFS);
	is(hp_region_reclaim(s, POOL, NULL, &r), -EROFS);
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	check_filled(r);
}
END_TEST

START_TEST(errors_of_preserve)
{
	static const struct {
		enum fake_call call;
		int nth, from, to;
	} errors[] = {
		{ CALL_MEMFD, 1, EPERM, -EACCES },
		{ CALL_OPEN, 1, EIO, -EIO },
		{ CALL_POPULATE, 1, EHWPOISON, -EHWPOISON },
		{ CALL_PRESERVE_FD, 2, EFBIG, -EFBIG },
		{ CALL_PRESERVE_FD, 2, EHWPOISON, -EHWPOISON },
		{ CALL_PRESERVE_FD, 2, EBUSY, -EALREADY },
		{ CALL_CREATE_SESSION, 1, EEXIST, -EALREADY },
		{ CALL_CREATE_SESSION, 1, ENOSPC, -ENOSPC },
	};
	const struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = HP_NO_WAIT,
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_boot();
		ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
		ok(open_new(NULL));
		fill(r);
		fail_next(errors[i].call, errors[i].from);
		fake.fail_nth = errors[i].nth;
		is(hp_session_preserve(s), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_int_eq(hp_region_is_preserved(r), 0);
		ok(hp_session_preserve(s));
		ck_assert_int_eq(hp_region_is_preserved(r), 1);
		check_filled(r);
	}
	/* One more than there can be. */
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	s->manifest->count = HP_REGIONS_MAX;
	is(hp_session_preserve(s), -E2BIG);
	s->manifest->count = 1;
	ok(hp_session_preserve(s));
}
END_TEST

START_TEST(callback_ends_the_call)
{
	const struct hp_session_opts opts = {
		.size = sizeof(opts),
		.wait = wait_no_more,
	};

	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	ok(open_new(NULL));
	fail_next(CALL_POPULATE, EFAULT);
	is(hp_session_preserve(s), -ECANCELED);
	ok(hp_session_preserve(s));
}
END_TEST

/* A seal that fails is none. */
START_TEST(errors_of_the_seal)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_FILE_INFO, ENOMEM, -ENOMEM },
		{ CALL_FILE_INFO, ENFILE, -EMFILE },
		{ CALL_FILE_INFO, EXDEV, -EPROTO },
		{ CALL_FILE_INFO, EBADF, -EUCLEAN },
		{ CALL_MAP, EACCES, -EACCES },
		{ CALL_POPULATE, EHWPOISON, -EHWPOISON },
	};
	struct hp_session_info info = { .size = sizeof(info) };

	/* The program has punched a hole since, which LUO would not allow. */
	fake_manager_start(10);
	ok(open_session("db", &s));
	ok(open_new(NULL));
	ok(hp_session_preserve(s));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		ok(fake_sys.set_length(hp_region_fd(r), 0));
		ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
		fail_next(errors[i].call, errors[i].from);
		is(hp_session_seal(s), errors[i].to);
		ck_assert(fake.failed);
		ok(hp_session_info(s, &info));
		ck_assert_uint_eq(info.sealed_now, 0);
	}
	ok(hp_session_seal(s));
	ck_assert_int_eq(fake.pool_filled, 2);
	r->read_only = true;
	ok(fake_sys.set_length(hp_region_fd(r), 0));
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
	is(hp_session_seal(s), -EROFS);
	r->read_only = false;
}
END_TEST

/* Does the holder have it? What cannot be found out is an error. */
START_TEST(errors_of_the_question)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_FILE_INFO, ENOMEM, -ENOMEM },
		{ CALL_FILE_INFO, ENFILE, -EMFILE },
		{ CALL_FILE_INFO, EBADF, -EUCLEAN },
		{ CALL_IS_LOCKED, EXDEV, -EPROTO },
	};

	fake_manager_start(10);
	ok(open_session("db", &s));
	ok(open_new(NULL));
	ok(hp_session_preserve(s));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(errors[i].call, errors[i].from);
		is(hp_region_is_preserved(r), errors[i].to);
		ck_assert_int_eq(hp_region_is_preserved(r), 1);
	}
}
END_TEST

Suite *open_suite(void)
{
	const TTest *const tests[] = {
		errors_of_new_memory,	memory_that_came_back_is_waited_for,
		read_only_file,		errors_of_preserve,
		callback_ends_the_call, errors_of_the_seal,
		errors_of_the_question, NULL,
	};

	return suite_of("open", tests);
}
