// SPDX-License-Identifier: MIT
/*
 * Preserved, sealed, dropped, aborted: what the next kernel gets and is told.
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
	ck_assert_uint_eq(told().sealed_now, sealed);
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert_uint_eq(told().sealed, sealed);
	ck_assert_uint_eq(told().sealed_now, sealed);
}

START_TEST(arguments)
{
	is(hp_session_seal(NULL), -EINVAL);
	is(hp_session_unseal(NULL), -EINVAL);
	is(hp_session_abort(NULL), -EINVAL);
	is(hp_region_preserve(NULL), -EINVAL);
	is(hp_session_preserve(NULL), -EINVAL);
	is(hp_session_drop(NULL), 0);
	create();
	ok(hp_region_from_fd_on(&fake_sys, hp_region_fd(pool), NULL, &r));
	is(hp_region_preserve(r), -EINVAL);
	is(hp_region_drop(r), -EINVAL);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	fake.forks++;
	is(hp_region_drop(pool), -ECHILD);
	is(hp_session_preserve(s), -ECHILD);
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
	/* It is preserved: nothing is done. */
	ok(hp_region_preserve(pool));
	ck_assert_uint_eq(told().sealed_now, 1);
	ok(hp_region_preserve(index_));
	check_sealed_and_kexec(0);
}
END_TEST

/* What is sealed is as it was. */
START_TEST(preserve_that_fails_does_not_unseal)
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
		check_sealed_and_kexec(1);
		ok(hp_region_reclaim(s, POOL, NULL, &r));
	}
}
END_TEST

/* Whoever keeps the session alive: it must not be a sealed one. */
START_TEST(abort_unseals_what_others_hold)
{
	create_and_preserve();
	ok(hp_session_seal(s));
	fake.no_fork_handler = true;
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
	fake_fork(1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		fake_switch(1);
		_exit(hp_session_close(s) ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	check_sealed_and_kexec(1);
}
END_TEST

/* -- Dropping one, which ends the set of LUO ------------------------------- */

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
	ok(hp_region_drop(third));
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	ck_assert_int_eq(hp_region_is_preserved(index_), 1);
	ck_assert_uint_eq(told().preserved_count, 2);
	kexec_and_check((const uint64_t[]){ INDEX, POOL, 0 });
	ck_assert_uint_eq(told().generation, 1);
	ck_assert_uint_eq(told().updates, 0);
	ck_assert_int_eq(fake.pool_used, 3);
}
END_TEST

START_TEST(out_and_in_again)
{
	create_and_preserve();
	ok(hp_region_drop(index_));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &index_));
	fill(index_);
	ok(hp_region_preserve(index_));
	kexec_and_check((const uint64_t[]){ 3, POOL, INDEX, 0 });
}
END_TEST

START_TEST(the_only_one)
{
	struct hp_session *other;

	create();
	ok(hp_region_preserve(pool));
	ok(hp_region_drop(pool));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	is(hp_session_seal(s), -ENOENT);
	/* The name is free for others. */
	ok(open_session("db", &other));
	ok(hp_region_create(other, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	ok(hp_session_abort(other));
	ok(hp_session_close(other));
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* Nothing is preserved any more, which is told, and can be made good. */
static void check_none_and_try_again(void)
{
	ck_assert_int_eq(hp_region_is_preserved(pool), 0);
	ck_assert_int_eq(hp_region_is_preserved(index_), 0);
	ck_assert_uint_eq(told().preserved_count, 0);
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	kexec_and_check((const uint64_t[]){ INDEX, POOL, 0 });
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
		is(hp_region_drop(third), errors[i].to);
		ck_assert(fake.failed);
		check_none_and_try_again();
	}
}
END_TEST

START_TEST(no_device_for_the_others)
{
	create_and_preserve();
	fake.no_device = true;
	is(hp_region_drop(third), -ENODEV);
	fake.no_device = false;
	check_none_and_try_again();
}
END_TEST

/* The set does not end while it has a copy. */
START_TEST(child_has_the_set)
{
	create_and_preserve();
	fake.no_fork_handler = true;
	fake_fork(1);
	is(hp_region_drop(third), -EALREADY);
	fake_exit(1);
	check_none_and_try_again();
}
END_TEST

/* A child of fork(2) has none. */
START_TEST(forked_child_is_not_in_the_way)
{
	create_and_preserve();
	fake_fork(1);
	ok(hp_region_drop(third));
	kexec_and_check((const uint64_t[]){ INDEX, POOL, 0 });
}
END_TEST

/* One that cannot be preserved again does not keep the others from it. */
START_TEST(one_of_the_others_fails)
{
	create_and_preserve();
	fake_close_behind(hp_region_fd(index_));
	is(hp_region_drop(third), -EUCLEAN);
	ck_assert_int_eq(hp_region_is_preserved(index_), 0);
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	/* It was promised, and is gone with its last descriptor: so it says. */
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert_uint_eq(told().region_count, 1);
	ck_assert_uint_eq(told().lost_count, 1);
	is(hp_region_reclaim(s, INDEX, NULL, &r), -ENODATA);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
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
		is(hp_region_drop(third), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_uint_eq(told().preserved_count, 1);
		ok(hp_session_preserve(s));
		ck_assert_uint_eq(told().preserved_count, 2);
		kexec_and_check((const uint64_t[]){ INDEX, POOL, 0 });
	}
}
END_TEST

START_TEST(all_of_the_others_fail)
{
	create_and_preserve();
	fake.no_handler = true;
	is(hp_region_drop(third), -EOPNOTSUPP);
	fake.no_handler = false;
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	check_none_and_try_again();
}
END_TEST

/* LUO took it, the library did not believe it: a new set has it. */
START_TEST(one_that_was_never_listed)
{
	create();
	ok(hp_region_preserve(pool));
	fake.fail_call = CALL_FILE_INFO;
	fake.fail_nth = 3; /* the look after LUO took it */
	fake.fail_errno = EMFILE;
	is(hp_region_preserve(index_), -EMFILE);
	ck_assert(fake.failed);
	ck_assert_int_eq(fake.calls[CALL_PRESERVE_FD], 3);
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	ok(hp_region_preserve(index_));
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	kexec_and_check((const uint64_t[]){ POOL, INDEX, 0 });
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
			unsigned int count = 0;
			int rc;

			fake_boot();
			create_and_preserve();
			fake.fail_call = calls[i];
			fake.fail_nth = nth;
			fake.fail_errno = ENOMEM;
			rc = hp_region_drop(third);
			if (!fake.failed)
				break;
			failures++;
			count += hp_region_is_preserved(index_) == 1;
			count += hp_region_is_preserved(pool) == 1;
			ck_assert(rc == 0 ? count == 2 : count < 2);
			ck_assert(rc == 0 || rc == -ENOMEM);
			fake.fail_nth = 0;
			ck_assert_int_eq(fake.sessions_outgoing, count > 0);
			ok(hp_session_preserve(s));
			kexec_and_check((const uint64_t[]){ INDEX, POOL, 0 });
			ok(hp_session_close(s));
			ck_assert_int_eq(fake_leaks(), 0);
		}
	}
	ck_assert_uint_gt(failures, 7);
}
END_TEST

/* -- hp_session_preserve() waits -------------------------------------------- */

static struct hp_wait waits[64];
static unsigned int waited, patience;

static int on_wait(void *context, const struct hp_wait *wait)
{
	ck_assert_ptr_eq(context, &waited);
	ck_assert_uint_lt(waited, 64);
	waits[waited++] = *wait;
	return waited > patience;
}

static void open_waiting(unsigned int timeout_ms)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = timeout_ms,
		.wait = on_wait,
		.wait_context = &waited,
	};

	waited = 0;
	patience = 60;
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &pool));
	fill(pool);
}

START_TEST(preserve_waits)
{
	uint64_t start;

	/* As long as it takes. */
	open_waiting(0);
	start = fake.now;
	fake.busy_until = fake.now + 30000;
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(pool), 1);
	ck_assert_uint_ge(fake.now, start + 30000);
	ck_assert_uint_le(fake.now, start + 36000);
	/* About once a second, as the device itself is waited for. */
	ck_assert_uint_ge(waited, 4);
	ck_assert_int_eq(waits[0].error, -EAGAIN);
	ck_assert_uint_eq(waits[0].total_bytes, 4 * MIB);
	ck_assert_uint_gt(waits[waited - 1].waited_ms, 20000);
	/* As long as was said, and then the error itself. */
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
	open_waiting(2000);
	fake.busy_until = UINT64_MAX;
	start = fake.now;
	is(hp_session_preserve(s), -EAGAIN);
	ck_assert_uint_ge(fake.now, start + 2000);
	ck_assert_uint_le(fake.now, start + 4100);
	/* What does not pass is not waited for. */
	fake.busy_until = 0;
	fake.no_handler = true;
	start = fake.now;
	is(hp_session_preserve(s), -EOPNOTSUPP);
	ck_assert_uint_eq(fake.now, start);
	ok(hp_session_close(s));
	fake.no_handler = false;
	open_waiting(HP_NO_WAIT);
	fake.busy_until = UINT64_MAX;
	start = fake.now;
	is(hp_session_preserve(s), -EAGAIN);
	ck_assert_uint_eq(fake.now, start);
	ck_assert_uint_eq(waited, 0);
}
END_TEST

START_TEST(preserve_is_ended_by_the_callback)
{
	open_waiting(0);
	patience = 2;
	fake.busy_until = UINT64_MAX;
	is(hp_session_preserve(s), -ECANCELED);
	ck_assert_uint_eq(waited, 3);
	fake.busy_until = 0;
	patience = 60;
	ok(hp_session_preserve(s));
	kexec_and_check((const uint64_t[]){ POOL, 0 });
}
END_TEST

/* A populate that takes long tells how far it is, and can be ended. */
static void slow_populate(void)
{
	fake.now += 1500;
}

START_TEST(preserve_fills_in_steps)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.page_size = HP_PAGE_1G,
	};

	fake.pool_1g_pages = 4;
	for (int canceled = 0; canceled < 2; canceled++) {
		open_waiting(0);
		ok(hp_region_create(s, 5, 3 * HP_PAGE_1G, &opts, &r));
		fake.on_call = slow_populate;
		patience = canceled ? 0 : 60;
		if (canceled) {
			is(hp_region_preserve(r), -ECANCELED);
			waited = 0;
		}
		is(hp_session_preserve(s), canceled ? -ECANCELED : 0);
		fake.on_call = NULL;
		ck_assert_uint_ge(waited, canceled ? 1 : 2);
		ck_assert_int_eq(waits[0].error, 0);
		ck_assert_uint_eq(waits[0].total_bytes,
				  3 * HP_PAGE_1G + 4 * MIB);
		if (!canceled)
			ck_assert_uint_ge(waits[waited - 1].done_bytes,
					  2 * HP_PAGE_1G);
		ck_assert_int_eq(hp_region_is_preserved(r), !canceled);
		ok(hp_session_abort(s));
		ok(hp_session_close(s));
	}
}
END_TEST

/* -- The seal --------------------------------------------------------------- */

/* What a program made holes in since is filled, or the seal fails. */
START_TEST(seal_fills)
{
	create();
	ok(hp_session_preserve(s));
	ck_assert_int_eq(fake.pool_filled, 4);
	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
	fake_close_behind(hp_region_fd(pool));
	is(hp_session_seal(s), -EUCLEAN);
	ck_assert_uint_eq(told().sealed_now, 0);
}
END_TEST

START_TEST(opened_to_write_breaks_the_seal)
{
	struct hp_region_opts opts = region_opts();

	create_and_preserve();
	ok(hp_session_seal(s));
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert_uint_eq(told().sealed_now, 1);
	opts.flags = HP_REGION_READ_ONLY;
	ok(hp_region_open(s, POOL, 4 * MIB, &opts, &pool));
	ck_assert_uint_eq(told().sealed_now, 1);
	ok(hp_session_preserve(s));
	check_sealed_and_kexec(1);
	/* A call that fails returns no mapping. */
	opts.flags = 0;
	opts.layout = 7;
	is(hp_region_open(s, POOL, 4 * MIB, &opts, &pool), -ESTALE);
	ck_assert_uint_eq(told().sealed_now, 1);
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &pool));
	ck_assert_uint_eq(told().sealed_now, 0);
	/* What was found stays what it was. */
	ck_assert_uint_eq(told().sealed, 1);
	ok(hp_session_preserve(s));
	check_sealed_and_kexec(0);

	/* New memory in the session as well. */
	for (int i = 0; i < 2; i++) {
		fake_boot();
		create_and_preserve();
		ok(hp_session_seal(s));
		fake_kexec();
		ok(open_session("db", &s));
		if (i)
			ok(hp_region_create(s, 9, 2 * MIB, NULL, &r));
		else
			ok(hp_region_open(s, 9, 2 * MIB, NULL, &r));
		ck_assert_uint_eq(told().sealed_now, 0);
	}
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
		preserve_that_fails_does_not_unseal,
		abort_unseals_what_others_hold,
		child_does_not_unseal,
		one_of_three,
		out_and_in_again,
		the_only_one,
		no_session_for_the_others,
		no_device_for_the_others,
		child_has_the_set,
		forked_child_is_not_in_the_way,
		preserve_waits,
		preserve_is_ended_by_the_callback,
		preserve_fills_in_steps,
		seal_fills,
		opened_to_write_breaks_the_seal,
		one_of_the_others_fails,
		one_of_the_others_is_refused,
		all_of_the_others_fail,
		one_that_was_never_listed,
		every_failure_is_told,
		NULL,
	};

	return suite_of("preserve", tests);
}
