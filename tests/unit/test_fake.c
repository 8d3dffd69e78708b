// SPDX-License-Identifier: MIT
/*
 * The fake kernel punishes what Linux punishes. Without this the other suites
 * would show nothing.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/source/luo.h"
#include "suites.h"

static int request(int fd, unsigned long what, const char *name)
{
	struct luo_session_arg arg = { .size = sizeof(arg) };
	int err;

	strcpy(arg.name, name);
	err = fake_sys.ioctl(fd, what, &arg);
	return err < 0 ? err : arg.fd;
}

static int file_request(int fd, unsigned long what, int file, uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = file,
		.token = token,
	};
	int err = fake_sys.ioctl(fd, what, &arg);

	return err < 0 ? err : arg.fd;
}

static int make_file(void)
{
	int fd = fake_sys.memfd("test", HP_PAGE_2M);

	ck_assert_int_ge(fd, 0);
	ok(fake_sys.set_length(fd, HP_PAGE_2M));
	return fd;
}

START_TEST(device_has_one_opener)
{
	int fd = fake_sys.open(LUO_DEVICE);

	ck_assert_int_ge(fd, 0);
	is(fake_sys.open(LUO_DEVICE), -EBUSY);
	fake_close_any(fd);
	fd = fake_sys.open(LUO_DEVICE);
	ck_assert_int_ge(fd, 0);
}
END_TEST

START_TEST(session_rules)
{
	int device = fake_sys.open(LUO_DEVICE);
	int file = make_file(), other = make_file();
	int session = request(device, LUO_CREATE_SESSION, "a");
	int second;

	ck_assert_int_ge(session, 0);
	is(request(device, LUO_CREATE_SESSION, "a"), -EEXIST);
	is(request(device, LUO_CREATE_SESSION, ""), -EINVAL);
	is(request(device, LUO_RETRIEVE_SESSION, "a"), -ENOENT);
	ck_assert_int_ge(file_request(session, LUO_PRESERVE_FD, file, 1), 0);
	is(file_request(session, LUO_PRESERVE_FD, other, 1), -EEXIST);
	is(file_request(session, LUO_PRESERVE_FD, file, 2), -EBUSY);
	is(file_request(session, LUO_RETRIEVE_FD, -1, 1), -EINVAL);
	second = request(device, LUO_CREATE_SESSION, "b");
	is(file_request(second, LUO_PRESERVE_FD, file, 1), -EBUSY);
	/* The last close gives the file free. */
	fake_close_any(session);
	ck_assert_int_ge(file_request(second, LUO_PRESERVE_FD, file, 1), 0);

	fake_kexec();
	device = fake_sys.open(LUO_DEVICE);
	is(request(device, LUO_RETRIEVE_SESSION, "a"), -ENOENT);
	session = request(device, LUO_RETRIEVE_SESSION, "b");
	ck_assert_int_ge(session, 0);
	is(request(device, LUO_RETRIEVE_SESSION, "b"), -EINVAL);
	/* A name may be in both lists. */
	second = request(device, LUO_CREATE_SESSION, "b");
	ck_assert_int_ge(second, 0);
	is(file_request(session, LUO_RETRIEVE_FD, -1, 9), -ENOENT);
	file = file_request(session, LUO_RETRIEVE_FD, -1, 1);
	ck_assert_int_ge(file, 0);
	ck_assert_int_ge(file_request(session, LUO_RETRIEVE_FD, -1, 1), 0);
	is(file_request(second, LUO_PRESERVE_FD, file, 1), -EBUSY);
	is(file_request(session, LUO_PRESERVE_FD, file, 2), -EINVAL);
}
END_TEST

/* The session of live_update(), and its next retrieve fails. */
static int session_that_fails(int err)
{
	int device, session;

	live_update();
	device = fake_sys.open(LUO_DEVICE);
	session = request(device, LUO_RETRIEVE_SESSION, "db");
	fake.fail_call = CALL_RETRIEVE_FD;
	fake.fail_nth = 1;
	fake.fail_errno = err;
	return session;
}

static const int errors[] = { EIO, EINVAL, EBUSY, EINTR,
			      ENOMEM, ENOSPC, ENFILE };

/* In the order of errors[]: those that a huge page file can be asked again. */
#define FIRST_TO_REPEAT 4

START_TEST(failed_retrieve_is_remembered)
{
	int s = session_that_fails(errors[_i]);

	is(file_request(s, LUO_RETRIEVE_FD, -1, POOL), -errors[_i]);
	is(file_request(s, LUO_RETRIEVE_FD, -1, POOL), -errors[_i]);
	ck_assert_int_ge(file_request(s, LUO_RETRIEVE_FD, -1, INDEX), 0);
}
END_TEST

START_TEST(want_of_room_is_not_remembered)
{
	int s = session_that_fails(errors[_i]);

	is(file_request(s, LUO_RETRIEVE_FD, -1, POOL), -EAGAIN);
	ck_assert_int_eq(fake.pool_used, 3);
	fake.fail_nth = 1;
	is(file_request(s, LUO_RETRIEVE_FD, -1, POOL), -EAGAIN);
	ck_assert_int_ge(file_request(s, LUO_RETRIEVE_FD, -1, POOL), 0);
	/* What is there needs no room any more. */
	fake.fail_nth = 1;
	ck_assert_int_ge(file_request(s, LUO_RETRIEVE_FD, -1, POOL), 0);
	ck_assert(fake.failed);
}
END_TEST

/* The manifest is a file without huge pages. */
START_TEST(small_pages_remember_every_error)
{
	int s = session_that_fails(errors[_i]);

	is(file_request(s, LUO_RETRIEVE_FD, -1, HP_TOKEN_RESERVED),
	   -errors[_i]);
	is(file_request(s, LUO_RETRIEVE_FD, -1, HP_TOKEN_RESERVED),
	   -errors[_i]);
}
END_TEST

START_TEST(closing_a_returned_session_frees_its_data)
{
	int device, session;

	live_update();
	ck_assert_int_eq(fake.pool_used, 3);
	device = fake_sys.open(LUO_DEVICE);
	session = request(device, LUO_RETRIEVE_SESSION, "db");
	fake_close_any(session);
	ck_assert_int_eq(fake.pool_used, 0);
	is(request(device, LUO_RETRIEVE_SESSION, "db"), -ENOENT);
}
END_TEST

START_TEST(a_second_kexec_drops_what_nobody_took)
{
	live_update();
	ck_assert_int_eq(fake.sessions_incoming, 1);
	fake_kexec();
	ck_assert_int_eq(fake.sessions_incoming, 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(leaks_are_seen)
{
	void *memory, *address;
	int fd;

	ck_assert_int_eq(fake_leaks(), 0);
	fd = make_file();
	ck_assert_int_eq(fake_leaks(), 1);
	ok(fake_sys.map(
		&(struct hp_map_request){ .fd = fd, .length = HP_PAGE_2M },
		&address));
	ck_assert_int_eq(fake_leaks(), 2);
	memory = fake_sys.zalloc(8);
	ck_assert_int_eq(fake_leaks(), 3);
	ck_assert_int_eq(fake.pool_used, 1);
	fake_sys.free(memory);
	fake_close_any(fd);
	ck_assert_int_eq(fake.pool_used, 1);
	fake_sys.unmap(address, HP_PAGE_2M);
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(closing_twice_aborts)
{
	int fd = make_file();

	/* The message of the abort would look like a failure. */
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	fake_close_any(fd);
	fake_close_any(fd);
}
END_TEST

Suite *fake_suite(void)
{
	const TTest *const tests[] = {
		device_has_one_opener,
		session_rules,
		closing_a_returned_session_frees_its_data,
		a_second_kexec_drops_what_nobody_took,
		leaks_are_seen,
		NULL,
	};
	Suite *suite = suite_of("fake", tests);
	TCase *retrieve = tcase_create("fake retrieve");
	TCase *aborts = tcase_create("fake aborts");
	const int count = sizeof(errors) / sizeof(errors[0]);

	tcase_add_checked_fixture(retrieve, fake_boot, NULL);
	tcase_set_timeout(retrieve, 20);
	tcase_add_loop_test(retrieve, failed_retrieve_is_remembered, 0,
			    FIRST_TO_REPEAT);
	tcase_add_loop_test(retrieve, want_of_room_is_not_remembered,
			    FIRST_TO_REPEAT, count);
	tcase_add_loop_test(retrieve, small_pages_remember_every_error, 0,
			    count);
	suite_add_tcase(suite, retrieve);

	tcase_add_checked_fixture(aborts, fake_boot, NULL);
	/* To be left out where all tests run in one process: CK_EXCLUDE_TAGS. */
	tcase_set_tags(aborts, "fork");
	tcase_add_test_raise_signal(aborts, closing_twice_aborts, SIGABRT);
	suite_add_tcase(suite, aborts);
	return suite;
}
