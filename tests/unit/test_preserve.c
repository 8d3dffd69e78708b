// SPDX-License-Identifier: MIT
/*
 * Preserved, sealed, left out, aborted: what the next kernel gets and is told.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *pool, *index_, *third, *r;

static struct hp_session_info told(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	ok(hp_session_info(s, &info));
	return info;
}

/* A session with three regions, none of them preserved. */
static void create(void)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &pool));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &index_));
	ok(hp_region_create(s, 3, 2 * MIB, NULL, &third));
	fill(pool);
	fill(index_);
	fill(third);
}

static void preserve_all(void)
{
	ok(hp_region_preserve(index_));
	ok(hp_region_preserve(third));
	ok(hp_region_preserve(pool));
}

static void create_and_preserve(void)
{
	create();
	preserve_all();
}

/* The seal is as it says, here and in the next kernel. */
static void check_sealed_and_kexec(unsigned int sealed)
{
	ck_assert_uint_eq(told().next_sealed, sealed);
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert_uint_eq(told().sealed, sealed);
	ck_assert_uint_eq(told().next_sealed, 0);
}

START_TEST(arguments)
{
	is(hp_session_seal(NULL), -EINVAL);
	is(hp_session_unseal(NULL), -EINVAL);
	is(hp_session_abort(NULL), -EINVAL);
	is(hp_region_preserve(NULL), -EINVAL);
	is(hp_region_unpreserve(NULL), -EINVAL);
	create();
	ok(hp_region_from_fd_on(&fake_sys, hp_region_fd(pool), NULL, &r));
	is(hp_region_preserve(r), -EINVAL);
	is(hp_region_unpreserve(r), -EINVAL);
	ok(hp_region_unpreserve(pool));
	fake.forks++;
	is(hp_region_unpreserve(pool), -ECHILD);
	is(hp_region_preserve(pool), -ECHILD);
	is(hp_session_abort(s), -ECHILD);
	fake.forks--;
}
END_TEST

START_TEST(nothing_to_seal)
{
	create();
	is(hp_session_seal(s), -ENOENT);
	ok(hp_session_unseal(s));
	ok(hp_region_preserve(pool));
	ok(hp_session_seal(s));
	ok(hp_session_abort(s));
	is(hp_session_seal(s), -ENOENT);
	/* Nor in one that came back: that is not what is meant. */
	live_update();
	ok(open_session("db", &s));
	is(hp_session_seal(s), -ENOENT);
	ok(hp_session_unseal(s));
}
END_TEST

START_TEST(sealed)
{
	uint64_t written;

	create_and_preserve();
	written = fake_sys.time_ns();
	fake_sys.sleep_ms(5);
	ok(hp_session_seal(s));
	fake_sys.sleep_ms(7);
	/* Nothing is done: the time of the first stays. */
	ok(hp_session_seal(s));
	check_sealed_and_kexec(1);
	ck_assert_uint_eq(told().written_ns, written + 5000000);
	/* After commit the caller can still ask. */
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_uint_eq(told().sealed, 1);
}
END_TEST

START_TEST(not_sealed)
{
	create_and_preserve();
	check_sealed_and_kexec(0);
}
END_TEST

START_TEST(unsealed)
{
	create_and_preserve();
	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
	ok(hp_session_unseal(s));
	check_sealed_and_kexec(0);
}
END_TEST

START_TEST(sealed_again)
{
	create_and_preserve();
	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
	ok(hp_session_seal(s));
	check_sealed_and_kexec(1);
}
END_TEST

START_TEST(preserve_unseals)
{
	create();
	ok(hp_region_preserve(pool));
	ok(hp_session_seal(s));
	/* Is preserved: nothing is done. */
	ok(hp_region_preserve(pool));
	ck_assert_uint_eq(told().next_sealed, 1);
	ok(hp_region_unpreserve(index_));
	ck_assert_uint_eq(told().next_sealed, 1);
	ok(hp_region_preserve(index_));
	check_sealed_and_kexec(0);
}
END_TEST

/* In any case, wherever it fails. */
START_TEST(preserve_that_fails_unseals)
{
	static const enum fake_call calls[] = { CALL_FILE_INFO,
						CALL_PRESERVE_FD };

	for (size_t i = 0; i < 2; i++) {
		fake_boot();
		create();
		ok(hp_region_preserve(pool));
		ok(hp_session_seal(s));
		fake.fail_call = calls[i];
		fake.fail_nth = 1;
		fake.fail_errno = ENOMEM;
		is(hp_region_preserve(index_), -ENOMEM);
		ck_assert_int_eq(hp_region_is_preserved(index_), 0);
		ck_assert_int_eq(hp_region_is_preserved(pool), 1);
		check_sealed_and_kexec(0);
		ok(hp_region_reclaim(s, POOL, NULL, &r));
	}
}
END_TEST

/* A forked child keeps the session alive: it must not be a sealed one. */
START_TEST(abort_unseals_what_others_hold)
{
	create_and_preserve();
	ok(hp_session_seal(s));
	fake_fork(1);
	ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert(is_returned(s));
	ck_assert_uint_eq(told().sealed, 0);
}
END_TEST

/* The manifest is shared memory: what a child does to its copy must not show. */
START_TEST(child_does_not_unseal)
{
	int status;
	pid_t pid;

	create_and_preserve();
	ok(hp_session_seal(s));
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		fake.forks++;
		_exit(hp_session_close(s, 0) ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	check_sealed_and_kexec(1);
}
END_TEST

/* -- Leaving one out ------------------------------------------------------- */

/* What came back is what was said to be preserved, in that order. */
static void kexec_and_check(const uint64_t *tokens)
{
	struct hp_region_info info = { .size = sizeof(info) };
	unsigned int i;

	fake_kexec();
	ok(open_session("db", &s));
	for (i = 0; tokens[i]; i++) {
		ok(hp_session_region(s, i, &info));
		ck_assert_uint_eq(info.token, tokens[i]);
		ok(hp_region_reclaim(s, tokens[i], NULL, &r));
		check_filled(r);
	}
	is(hp_session_region(s, i, &info), -ENOENT);
	ok(hp_session_commit(s, 0));
}

START_TEST(one_of_three)
{
	create_and_preserve();
	ok(hp_session_seal(s));
	ok(hp_region_unpreserve(third));
	ck_assert_int_eq(hp_region_is_preserved(third), 0);
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	ck_assert_int_eq(hp_region_is_preserved(index_), 1);
	ck_assert_uint_eq(told().next_generation, 2);
	ck_assert_uint_eq(told().next_sealed, 0);
	ck_assert_uint_eq(told().preserved_count, 2);
	/* It is free: it can grow, close, be preserved again. */
	ok(hp_region_grow(third, 2 * MIB, NULL));
	ok(hp_region_close(third));
	kexec_and_check((const uint64_t[]){ INDEX, POOL, 0 });
	ck_assert_uint_eq(told().generation, 2);
	ck_assert_uint_eq(told().updates, 1);
	ck_assert_int_eq(fake.pool_used, 3);
}
END_TEST

START_TEST(out_and_in_again)
{
	create_and_preserve();
	ok(hp_region_unpreserve(index_));
	ok(hp_region_preserve(index_));
	ck_assert_uint_eq(told().next_generation, 2);
	kexec_and_check((const uint64_t[]){ 3, POOL, INDEX, 0 });
}
END_TEST

START_TEST(the_only_one)
{
	struct hp_session *other;

	create();
	ok(hp_region_preserve(pool));
	ok(hp_region_unpreserve(pool));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_assert_uint_eq(told().next_generation, 0);
	is(hp_session_seal(s), -ENOENT);
	/* The name is free for others. */
	ok(open_session("db", &other));
	ok(hp_region_create(other, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	ok(hp_session_abort(other));
	ok(hp_session_close(other, 0));
	ok(hp_session_close(s, 0));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* Nothing is preserved any more, and each can be tried again. */
static void check_none_and_try_again(void)
{
	ck_assert_int_eq(hp_region_is_preserved(pool), 0);
	ck_assert_int_eq(hp_region_is_preserved(index_), 0);
	ck_assert_int_eq(hp_region_is_preserved(third), 0);
	ck_assert_uint_eq(told().next_generation, 0);
	ok(hp_region_unpreserve(third));
	ok(hp_region_preserve(pool));
	ck_assert_uint_eq(told().next_generation, 2);
	kexec_and_check((const uint64_t[]){ POOL, 0 });
}

START_TEST(no_session_for_the_others)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_OPEN, EACCES, -EACCES },
		{ CALL_OPEN, EIO, -EIO },
		{ CALL_OPEN, EMFILE, -EMFILE },
		{ CALL_CREATE_SESSION, EEXIST, -EALREADY },
		{ CALL_CREATE_SESSION, ENOSPC, -ENOSPC },
		{ CALL_CREATE_SESSION, EXDEV, -EPROTO },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_boot();
		create_and_preserve();
		fail_next(errors[i].call, errors[i].from);
		is(hp_region_unpreserve(third), errors[i].to);
		ck_assert(fake.failed);
		check_none_and_try_again();
	}
}
END_TEST

START_TEST(no_device_for_the_others)
{
	create_and_preserve();
	fake.no_device = true;
	is(hp_region_unpreserve(third), -ENODEV);
	fake.no_device = false;
	check_none_and_try_again();
}
END_TEST

/* The set does not end while it has a copy. */
START_TEST(child_has_the_set)
{
	create_and_preserve();
	fake_fork(1);
	is(hp_region_unpreserve(third), -EALREADY);
	fake_exit(1);
	check_none_and_try_again();
}
END_TEST

/* One that cannot be preserved again does not keep the others from it. */
START_TEST(one_of_the_others_fails)
{
	create_and_preserve();
	fake_sys.close(hp_region_fd(index_));
	is(hp_region_unpreserve(third), -EUCLEAN);
	ck_assert_int_eq(hp_region_is_preserved(index_), 0);
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	kexec_and_check((const uint64_t[]){ POOL, 0 });
}
END_TEST

/* Whatever the kernel has against it, which may pass. */
START_TEST(one_of_the_others_is_refused)
{
	static const struct {
		int from, to;
	} errors[] = {
		{ EBUSY, -EALREADY },	   { EINTR, -EAGAIN },
		{ ENOENT, -EOPNOTSUPP },   { ENOMEM, -ENOMEM },
		{ ENOSPC, -ENOSPC },	   { EFBIG, -EFBIG },
		{ EHWPOISON, -EHWPOISON }, { EXDEV, -EPROTO },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_boot();
		create_and_preserve();
		fail_next(CALL_PRESERVE_FD, errors[i].from);
		fake.fail_nth = 2; /* after the manifest */
		is(hp_region_unpreserve(third), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_int_eq(hp_region_is_preserved(third), 0);
		ck_assert_int_eq(hp_region_is_preserved(index_), 0);
		ck_assert_int_eq(hp_region_is_preserved(pool), 1);
		ok(hp_region_preserve(index_));
		kexec_and_check((const uint64_t[]){ POOL, INDEX, 0 });
	}
}
END_TEST

START_TEST(all_of_the_others_fail)
{
	create_and_preserve();
	fake.no_handler = true;
	is(hp_region_unpreserve(third), -EOPNOTSUPP);
	fake.no_handler = false;
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	preserve_all();
	ck_assert_uint_eq(told().next_generation, 2);
	kexec_and_check((const uint64_t[]){ INDEX, 3, POOL, 0 });
}
END_TEST

/* LUO took it, the library did not believe it: out, and then in again. */
START_TEST(one_that_was_never_listed)
{
	create();
	ok(hp_region_preserve(pool));
	fake.fail_call = CALL_FILE_INFO;
	fake.fail_nth = 2; /* the look after LUO took it */
	fake.fail_errno = EMFILE;
	is(hp_region_preserve(index_), -EMFILE);
	is(hp_region_preserve(index_), -EEXIST);
	ok(hp_region_unpreserve(index_));
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	ck_assert_uint_eq(told().next_generation, 2);
	/* Once is enough. */
	ok(hp_region_unpreserve(index_));
	ck_assert_uint_eq(told().next_generation, 2);
	ok(hp_region_preserve(index_));
	kexec_and_check((const uint64_t[]){ POOL, INDEX, 0 });

	/* Abort does it too, and the end of a set that stayed empty. */
	fake_boot();
	create();
	ok(hp_region_preserve(pool));
	fake.fail_nth = 2;
	fake.fail_call = CALL_FILE_INFO;
	fake.fail_errno = EMFILE;
	is(hp_region_preserve(index_), -EMFILE);
	ok(hp_session_abort(s));
	fake.fail_nth = 2;
	is(hp_region_preserve(index_), -EMFILE);
	ok(hp_region_preserve(pool));
	ok(hp_region_unpreserve(index_));
	ck_assert_uint_eq(told().next_generation, 2);
}
END_TEST

/* Whatever fails in it: preserved is what says so, and that comes back. */
START_TEST(every_failure_is_told)
{
	static const enum fake_call calls[] = {
		CALL_OPEN,	     CALL_MEMFD,
		CALL_ALLOCATE,	     CALL_MAP,
		CALL_CREATE_SESSION, CALL_PRESERVE_FD,
		CALL_KERNEL_RELEASE, CALL_READ_TEXT,
		CALL_FILE_INFO,
	};
	unsigned int failures = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int nth = 1;; nth++) {
			uint64_t tokens[3] = { 0 };
			unsigned int count = 0;
			int rc;

			fake_boot();
			create_and_preserve();
			fake.fail_call = calls[i];
			fake.fail_nth = nth;
			fake.fail_errno = ENOMEM;
			rc = hp_region_unpreserve(third);
			ck_assert_int_eq(hp_region_is_preserved(third), 0);
			if (!fake.failed)
				break;
			failures++;
			if (hp_region_is_preserved(index_))
				tokens[count++] = INDEX;
			if (hp_region_is_preserved(pool))
				tokens[count++] = POOL;
			ck_assert(rc == 0 ? count == 2 : count < 2);
			ck_assert(rc == 0 || rc == -ENOMEM);
			fake.fail_nth = 0;
			if (count)
				kexec_and_check(tokens);
			else
				ck_assert_int_eq(fake.sessions_outgoing, 0);
			ok(hp_session_close(s, 0));
			ck_assert_int_eq(fake_leaks(), 0);
		}
	}
	ck_assert_uint_gt(failures, 10);
}
END_TEST

Suite *preserve_suite(void)
{
	const TTest *const tests[] = {
		arguments,
		nothing_to_seal,
		sealed,
		not_sealed,
		unsealed,
		sealed_again,
		preserve_unseals,
		preserve_that_fails_unseals,
		abort_unseals_what_others_hold,
		child_does_not_unseal,
		one_of_three,
		out_and_in_again,
		the_only_one,
		no_session_for_the_others,
		no_device_for_the_others,
		child_has_the_set,
		one_of_the_others_fails,
		one_of_the_others_is_refused,
		all_of_the_others_fail,
		one_that_was_never_listed,
		every_failure_is_told,
		NULL,
	};

	return suite_of("preserve", tests);
}
