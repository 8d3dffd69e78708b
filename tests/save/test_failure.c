// SPDX-License-Identifier: MIT
/*
 * Every call to the system fails once, in turn, while version 2 replaces version
 * 1, and while it is loaded. The error is the right one, the old or the new save
 * is there, nothing else is left, and the second time it works.
 */
#include <errno.h>

#include "save_tests.h"

/* Of the fake kernel, those that saving and loading make. */
static const enum fake_call kernel_calls[] = { CALL_ZALLOC, CALL_FILE_INFO,
					       CALL_READ_AT };

static int leaks(void)
{
	return fake_leaks() + disk.fds + disk.queues + disk.locks;
}

/* What an EIO of that call may become. */
static bool allowed(enum disk_call call, int rc)
{
	switch (call) {
	case DISK_QUEUE_OPEN: /* done without */
	case DISK_QUEUE_PUT:
	case DISK_RESIDENT:
		return rc == 0;
	case DISK_QUEUE_TAKE:
	case DISK_POPULATE_READ:
		return rc == -EPROTO;
	case DISK_LIST: /* to remove what is left over */
	case DISK_UNLINK:
		return rc == 0 || rc == -EIO;
	default:
		return rc == -EIO;
	}
}

static void save_with_failure(enum disk_call call, int nth, int err)
{
	struct hp_session *session;
	int before, rc;

	disk_restore();
	session = make_version(2);
	before = leaks();
	disk.fail_call = call;
	disk.fail_nth = nth;
	disk.fail_errno = err;
	rc = save(session, NULL);
	disk.fail_nth = 0;
	ck_assert_int_eq(leaks(), before);
	if (disk.failed && err == EIO)
		ck_assert_msg(allowed(call, rc), "%s number %d: %d",
			      disk_call_name(call), nth, rc);
	if (!disk.failed)
		ok(rc);
	/* After the rename both are there, and the new one counts. */
	if (rc && !(call == DISK_SYNC && load_version() == 2))
		ck_assert_int_eq(load_version(), 1);
	if (!rc)
		ck_assert_int_eq(load_version(), 2);
	ok(save(session, NULL));
	ck_assert_int_eq(load_version(), 2);
	ck_assert_int_eq(disk_files(), 2 + 3);
	ok(hp_session_close(session));
}

START_TEST(every_call_of_save)
{
	int fired = 0;

	ok(save_version(1, NULL));
	disk_keep();
	for (int call = 0; call < DISK_CALLS; call++) {
		int nth = 0;

		do {
			save_with_failure(call, ++nth, EIO);
			fired += disk.failed;
			ck_assert_int_lt(nth, 200);
		} while (disk.failed);
	}
	/* Control: the loop did something, and not for one call alone. */
	ck_assert_int_gt(fired, 50);
}
END_TEST

START_TEST(full)
{
	static const enum disk_call calls[] = { DISK_ALLOCATE,
						DISK_QUEUE_RESULT, DISK_WRITE,
						DISK_OPEN };
	struct hp_session *session;

	ok(save_version(1, NULL));
	disk_keep();
	for (int i = 0; i < 8; i++) {
		disk_restore();
		session = make_version(2);
		disk.fail_call = calls[i % 4];
		disk.fail_nth = calls[i % 4] == DISK_OPEN ? 3 : 1;
		disk.fail_errno = i < 4 ? ENOSPC : EDQUOT;
		is(save(session, NULL), -ENOSPC);
		ck_assert(disk.failed);
		ck_assert_int_eq(load_version(), 1);
		ck_assert_int_eq(disk_files(), 2 + 2);
		ok(hp_session_close(session));
	}
	/* For real: with room for one save, and not for two. */
	for (int late = 0; late < 2; late++) {
		disk_restore();
		session = make_version(2);
		disk.room = 8 * MIB;
		disk.no_allocate = late;
		is(save(session, NULL), -ENOSPC);
		ck_assert_int_eq(load_version(), 1);
		ck_assert_int_eq(disk_files(), 2 + 2);
		disk.room = 0;
		ok(save(session, NULL));
		ck_assert_int_eq(load_version(), 2);
		ok(hp_session_close(session));
	}
}
END_TEST

START_TEST(errors_of_storage)
{
	static const struct {
		enum disk_call call;
		int nth, err, expected;
	} table[] = {
		{ DISK_OPEN_DIRECTORY, 1, EACCES, -EACCES },
		{ DISK_OPEN_DIRECTORY, 1, EPERM, -EACCES },
		{ DISK_OPEN_DIRECTORY, 1, ENOTDIR, -EINVAL },
		{ DISK_OPEN_DIRECTORY, 1, ENAMETOOLONG, -EINVAL },
		{ DISK_OPEN_DIRECTORY, 1, ELOOP, -EINVAL },
		{ DISK_OPEN_DIRECTORY, 1, EMFILE, -EMFILE },
		{ DISK_OPEN_DIRECTORY, 1, ENFILE, -EMFILE },
		{ DISK_OPEN_DIRECTORY, 1, ENOMEM, -ENOMEM },
		{ DISK_OPEN_DIRECTORY, 1, EXDEV, -EPROTO },
		{ DISK_OPEN, 1, EROFS, -EROFS },
		{ DISK_LOCK, 1, EAGAIN, -EAGAIN },
		{ DISK_SET_LENGTH, 1, EFBIG, -EFBIG },
		{ DISK_QUEUE_RESULT, 1, EFBIG, -EFBIG },
		{ DISK_QUEUE_RESULT, 2, EFAULT, -EHWPOISON },
		{ DISK_QUEUE_RESULT, 2, EHWPOISON, -EHWPOISON },
		{ DISK_QUEUE_RESULT, 2, EUCLEAN, -EIO },
		{ DISK_POPULATE_READ, 1, EHWPOISON, -EHWPOISON },
		{ DISK_POPULATE_READ, 1, ENOMEM, -ENOMEM },
		{ DISK_POPULATE_READ, 1, EFAULT, -EUCLEAN },
		{ DISK_SYNC, 1, EIO, -EIO },
	};
	struct hp_session *session = make_version(2);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		disk_format();
		disk.fail_call = table[i].call;
		disk.fail_nth = table[i].nth;
		disk.fail_errno = table[i].err;
		is(save(session, NULL), table[i].expected);
		ck_assert_msg(disk.failed, "row %zu", i);
		ck_assert_str_ne(last_error, "");
	}
}
END_TEST

START_TEST(every_call_of_kernel)
{
	struct hp_session *session;
	int fired = 0, rc;

	ok(save_version(1, NULL));
	disk_keep();
	for (int i = 0; i < 3; i++) {
		for (int nth = 1;; nth++) {
			disk_restore();
			session = make_version(2);
			fake.fail_call = kernel_calls[i];
			fake.fail_nth = nth;
			fake.fail_errno = ENOMEM;
			fake.failed = false;
			rc = save(session, NULL);
			fake.fail_nth = 0;
			/* The list of buffers is not needed. */
			ck_assert(!rc || rc == -ENOMEM);
			fired += fake.failed;
			ck_assert_int_eq(load_version(), rc ? 1 : 2);
			ok(save(session, NULL));
			ok(hp_session_close(session));
			ck_assert_int_eq(leaks(), 0);
			if (!fake.failed)
				break;
			ck_assert_int_lt(nth, 100);
		}
	}
	ck_assert_int_gt(fired, 20);
}
END_TEST

/* One call of a load fails. Which, is said once the session is open. */
static int load_with_failure(int disk_call, int kernel_call, int nth, int err)
{
	struct hp_session *session;
	int rc;

	disk.failed = fake.failed = false;
	ok(open_logged("db", &session));
	if (disk_call >= 0) {
		disk.fail_call = disk_call;
		disk.fail_nth = nth;
		disk.fail_errno = err;
	} else {
		fake.fail_call = kernel_call;
		fake.fail_nth = nth;
		fake.fail_errno = err;
	}
	rc = hp_session_load_on(&disk_io, session, DISK_DIRECTORY, NULL, NULL);
	disk.fail_nth = fake.fail_nth = 0;
	if (!rc)
		ck_assert(check_regions(session, 2));
	else
		ck_assert_ptr_null(session->regions);
	ok(hp_session_close(session));
	ck_assert_int_eq(leaks(), 0);
	return rc;
}

START_TEST(every_call_of_load)
{
	int fired = 0, rc, nth;

	ok(save_version(2, NULL));
	for (int call = 0; call < DISK_CALLS; call++) {
		for (nth = 1;; nth++) {
			rc = load_with_failure(call, -1, nth, EIO);
			if (!disk.failed)
				break;
			fired++;
			/* The lock may be missing: it is only a courtesy. */
			ck_assert_msg(allowed(call, rc) ||
					      (call == DISK_OPEN && !rc),
				      "%s number %d: %d", disk_call_name(call),
				      nth, rc);
		}
	}
	for (int call = 0; call < CALL_CAN_FAIL; call++) {
		for (nth = 1;; nth++) {
			rc = load_with_failure(-1, call, nth, ENOMEM);
			if (!fake.failed)
				break;
			fired++;
			is(rc, -ENOMEM);
		}
	}
	ck_assert_int_gt(fired, 40);
	ck_assert_int_eq(load_version(), 2);
}
END_TEST

START_TEST(errors_of_loading)
{
	static const struct {
		int err, expected;
	} table[] = {
		{ EFAULT, -ENOMEM },
		{ ENOMEM, -ENOMEM },
		{ EIO, -EIO },
		{ EBADMSG, -EIO },
		{ EHWPOISON, -EHWPOISON },
		{ ENODATA, -EIO },
	};

	ok(save_version(2, NULL));
	for (int i = 0; i < 12; i++) {
		disk.no_queue = i / 6;
		is(load_with_failure(i / 6 ? DISK_READ : DISK_QUEUE_RESULT, -1,
				     3, table[i % 6].err),
		   table[i % 6].expected);
	}
}
END_TEST

START_TEST(smaller_pool)
{
	ok(save_version(2, NULL));
	new_process();
	fake.pool_pages = 3;
	is(load_version(), -ENOMEM);
	ck_assert_int_eq(fake.pool_used, 0);
	fake.pool_pages = 4;
	ck_assert_int_eq(load_version(), 2);
}
END_TEST

Suite *save_failure_suite(void)
{
	const TTest *const tests[] = { every_call_of_save, full,
				       errors_of_storage,  every_call_of_kernel,
				       every_call_of_load, errors_of_loading,
				       smaller_pool,	   NULL };

	return suite_of("failure", tests);
}
