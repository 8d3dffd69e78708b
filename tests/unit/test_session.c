// SPDX-License-Identifier: MIT
/*
 * Session by session: what each call answers in each state.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites.h"

static struct hp_session *s, *other;
static struct hp_region *r, *q;

START_TEST(names)
{
	char longest[HP_NAME_MAX + 2];

	memset(longest, 'n', sizeof(longest));
	longest[HP_NAME_MAX + 1] = 0;
	is(open_session(NULL, &s), -EINVAL);
	is(open_session("", &s), -EINVAL);
	is(open_session(longest, &s), -EINVAL);
	/* In this one systemd hands its stores to the next kernel. */
	is(open_session("systemd", &s), -EINVAL);
	ok(open_session("systemd2", &s));
	ok(hp_session_close(s));
	longest[HP_NAME_MAX] = 0;
	ok(open_session(longest, &s));
	ck_assert_str_eq(hp_session_name(s), longest);
	/* The kernel takes it too. */
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session(longest, &s));
	ck_assert(is_returned(s));
}
END_TEST

START_TEST(first_start)
{
	ok(open_session("db", &s));
	ck_assert(!is_returned(s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	ok(hp_session_commit(s, 0));
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	is(hp_session_commit(s, 2), -EINVAL);
	ok(hp_session_abort(s));
	/* The device is free for others. */
	ck_assert_int_eq(fake.fds, 0);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(no_live_update)
{
	struct hp_session_opts opts = { 0 };

	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	fake.no_device = true;
	is(open_session("db", &s), -ENODEV);
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	is(hp_region_preserve(r), -ENODEV);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ok(hp_session_commit(s, 0));
	/* A device that turns up later may hold data we did not ask for. */
	fake.no_device = false;
	is(hp_region_preserve(r), -ENODEV);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* In a container: the machine has live update, the process no device node. */
START_TEST(device_that_is_not_shown)
{
	static const int errors[] = { ENOENT, ENODEV, ENXIO };
	struct hp_session_opts opts = { 0 };

	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_boot();
		fake.open_error = errors[i];
		s = NULL;
		is(open_session("db", &s), -EACCES);
		is(hp_session_open_on(&fake_sys, "db", &opts, &s), -EACCES);
		ck_assert_ptr_null(s);
	}
	ck_assert_ptr_nonnull(strstr(hp_strerror(-EACCES), "/dev/liveupdate"));

	/* What cannot be looked up is not taken for a no. */
	fake.fail_call = CALL_LISTS_DRIVER;
	fake.fail_nth = 1;
	fake.fail_errno = EMFILE;
	is(hp_session_open_on(&fake_sys, "db", &opts, &s), -EMFILE);
	ck_assert_int_eq(fake_leaks(), 0);

	/* Where /proc is hidden as well nobody can tell: as documented. */
	fake.hidden_proc = true;
	is(open_session("db", &s), -ENODEV);
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	ok(hp_session_close(s));

	/* The node goes away between open and preserve. */
	fake_boot();
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fake.hidden_device = true;
	is(hp_region_preserve(r), -EACCES);
	fake.hidden_device = false;
	ok(hp_region_preserve(r));
}
END_TEST

/* Where data may wait, local is no way around an error. */
START_TEST(errors_of_the_device)
{
	static const struct {
		int from, to;
	} errors[] = {
		{ EACCES, -EACCES }, { EPERM, -EACCES },  { EIO, -EIO },
		{ EMFILE, -EMFILE }, { ENFILE, -EMFILE }, { ENOMEM, -ENOMEM },
		{ EXDEV, -EPROTO },
	};
	struct hp_session_opts opts = { 0 };

	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		s = NULL;
		fake.open_error = errors[i].from;
		is(open_session("db", &s), errors[i].to);
		ck_assert_ptr_null(s);
		ck_assert_int_eq(fake_leaks(), 0);
		is(hp_session_open_on(&fake_sys, "db", &opts, &s),
		   errors[i].to);
		ck_assert_ptr_null(s);
	}
}
END_TEST

START_TEST(busy_device_is_waited_for)
{
	struct hp_session_opts opts = { 0 };
	uint64_t start;

	/* Long enough to wait, then let go. */
	fake.busy_until = 4900;
	ok(open_session("db", &s));
	ck_assert_uint_ge(fake.now, 4900);
	ck_assert_uint_le(fake.now, 5000);
	/* Sleeps grow: a second of waiting is some ten looks, not 1000. */
	ck_assert_int_lt(fake.calls[CALL_OPEN], 70);
	ok(hp_session_close(s));

	fake.busy_until = UINT64_MAX;
	start = fake.now;
	is(open_session("db", &s), -EAGAIN);
	ck_assert_uint_eq(fake.now - start, 5000);

	opts.size = sizeof(opts);
	opts.timeout_ms = 123;
	start = fake.now;
	is(hp_session_open_on(&fake_sys, "db", &opts, &s), -EAGAIN);
	ck_assert_uint_eq(fake.now - start, 123);

	opts.timeout_ms = HP_NO_WAIT;
	start = fake.now;
	is(hp_session_open_on(&fake_sys, "db", &opts, &s), -EAGAIN);
	ck_assert_uint_eq(fake.now, start);
	opts.timeout_ms = 123;

	/* The same in the first preserve. */
	fake.busy_until = 0;
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fake.busy_until = UINT64_MAX;
	start = fake.now;
	is(hp_region_preserve(r), -EAGAIN);
	ck_assert_uint_eq(fake.now - start, 123);
	fake.busy_until = 0;
	ok(hp_region_preserve(r));
}
END_TEST

START_TEST(round_trip_again_and_again)
{
	live_update();
	for (int update = 0; update < 100; update++) {
		ok(open_session("db", &s));
		ck_assert(is_returned(s));
		ok(hp_region_reclaim(s, INDEX, NULL, &q));
		ok(hp_region_reclaim(s, POOL, NULL, &r));
		check_filled(r);
		check_filled(q);
		is(hp_region_preserve(r), -EINPROGRESS);
		ok(hp_session_commit(s, 0));
		ck_assert(!is_returned(s));
		check_filled(r);
		ok(hp_region_preserve(r));
		ok(hp_region_preserve(q));
		ck_assert_int_eq(hp_region_is_preserved(r), 1);
		ck_assert_int_eq(fake.pool_used, 3);
		fake_kexec();
	}
}
END_TEST

START_TEST(commit_carries_or_drops_what_is_not_open)
{
	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	/* Once closed and never opened are the same. */
	ok(hp_region_close(r));
	ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake.pool_used, 3);
	ck_assert_int_eq(fake.sessions_incoming, 0);
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	check_filled(q);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_region_close(r));
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(q), 1);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_region_close(r));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_int_eq(fake.pool_used, 1);
	check_filled(q);
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	/* The token is free again. */
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_session_drop(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(close_does_not_lose_data)
{
	live_update();
	ok(open_session("db", &s));
	is(hp_session_close(s), -EBUSY);
	ok(hp_session_abort(s)); /* not about what came back */
	is(hp_session_close(s), -EBUSY);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	is(hp_session_close(s), -EBUSY);
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	is(hp_session_close(s), -EBUSY);
	/* Unmapped, and not given up. */
	ok(hp_region_close(r));
	ok(hp_region_close(q));
	ck_assert_int_eq(fake.pool_used, 3);
	is(hp_session_close(s), -EBUSY);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	check_filled(q);
	ok(hp_session_preserve(s));
	ok(hp_session_abort(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	check_filled(r);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
}
END_TEST

START_TEST(abort_and_preserve_again)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	fill(r);
	fill(q);
	for (int i = 0; i < 3; i++) {
		ok(hp_region_preserve(r));
		ok(hp_region_preserve(r)); /* twice is once */
		ok(hp_region_preserve(q));
		ck_assert_int_eq(fake.sessions_outgoing, 1);
		ok(hp_session_abort(s));
		ok(hp_session_abort(s));
		ck_assert_int_eq(fake.sessions_outgoing, 0);
		ck_assert_int_eq(hp_region_is_preserved(q), 0);
	}
	/* Aborted is not taken along. */
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert(!is_returned(s));
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(name_is_held_by_someone_else)
{
	/* What came back can be had once. */
	live_update();
	ok(open_session("db", &s));
	is(open_session("db", &other), -EALREADY);
	ok(hp_session_commit(s, HP_COMMIT_DROP));

	/* What is preserved belongs to the first. */
	ok(open_session("db", &other));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_create(other, POOL, 2 * MIB, NULL, &q));
	ok(hp_region_preserve(r));
	is(hp_region_preserve(q), -EALREADY);
	ck_assert_int_eq(hp_region_is_preserved(q), 0);
	ok(hp_session_abort(s));
	ok(hp_region_preserve(q));
}
END_TEST

START_TEST(sessions_are_apart)
{
	live_update();
	ok(open_session("cache", &other));
	ck_assert(!is_returned(other));
	ok(hp_region_create(other, POOL, 2 * MIB, NULL, &q));
	ok(hp_region_preserve(q));
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	is(hp_region_preserve(r), -EINPROGRESS);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("cache", &other));
	ok(hp_region_reclaim(other, POOL, NULL, &q));
	ck_assert_uint_eq(hp_region_length(q), 2 * MIB);
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(crash_frees_what_came_back)
{
	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	fake_crash();
	ck_assert_int_eq(fake.pool_used, 0);
	ok(open_session("db", &s));
	ck_assert(!is_returned(s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	fake_crash();
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
}
END_TEST

START_TEST(finish_that_fails_can_be_repeated)
{
	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	fake.finish_error = EBUSY;
	is(hp_session_commit(s, 0), -EAGAIN);
	ck_assert(is_returned(s));
	is(hp_region_preserve(r), -EINPROGRESS);
	is(hp_session_close(s), -EBUSY);
	fake.finish_error = 0;
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	check_filled(r);
}
END_TEST

START_TEST(damaged_manifest)
{
	static unsigned char good[HP_MANIFEST_SIZE], bad[HP_MANIFEST_SIZE];

	memset(bad, 0xff, sizeof(bad));
	live_update();
	fake_returned_read(HP_TOKEN_RESERVED, 0, good, sizeof(good));
	fake_returned_write(HP_TOKEN_RESERVED, 0, bad, sizeof(bad));
	/* Opening is fine, and looking destroys nothing. */
	ok(open_session("db", &s));
	ck_assert(is_returned(s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -EBADMSG);
	is(hp_region_create(s, 77, 2 * MIB, NULL, &r), -EBADMSG);
	is(hp_session_commit(s, 0), -EBADMSG);
	is(hp_session_close(s), -EBUSY);
	ck_assert_int_eq(fake.pool_used, 3);
	/* What was judged once is not judged again. */
	fake_returned_write(HP_TOKEN_RESERVED, 0, good, sizeof(good));
	is(hp_region_reclaim(s, POOL, NULL, &r), -EBADMSG);

	/* Control: it is the manifest and nothing else. */
	live_update();
	fake_returned_write(HP_TOKEN_RESERVED, 0, bad, sizeof(bad));
	fake_returned_write(HP_TOKEN_RESERVED, 0, good, sizeof(good));
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));

	live_update();
	fake_returned_write(HP_TOKEN_RESERVED, 0, bad, sizeof(bad));
	ok(open_session("db", &s));
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_int_eq(fake.pool_used, 0);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);

	live_update();
	fake_returned_set_length(HP_TOKEN_RESERVED, 4096);
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -EBADMSG);
	live_update();
	fake_returned_set_length(HP_TOKEN_RESERVED, HP_MANIFEST_SIZE_MAX + 16);
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -EBADMSG);
}
END_TEST

/* The kexec came between the session and its first file. */
START_TEST(no_manifest_is_an_empty_session)
{
	live_update();
	fake_returned_remove(HP_TOKEN_RESERVED);
	fake_returned_remove(POOL);
	fake_returned_remove(INDEX);
	ok(open_session("db", &s));
	ck_assert(is_returned(s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
}
END_TEST

/* Another thread, in a call on the session for as long as the test says. */
static pthread_barrier_t in_call;

static void *stay_in_call(void *unused)
{
	pthread_mutex_lock(&s->lock);
	pthread_barrier_wait(&in_call);
	pthread_barrier_wait(&in_call);
	pthread_mutex_unlock(&s->lock);
	return unused;
}

START_TEST(forked_child)
{
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region_info about = { .size = sizeof(about) };
	struct hp_region *ret = NULL;
	pthread_t other;

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	ok(hp_region_preserve(r));
	fake.forks++;
	is(hp_session_commit(s, 0), -ECHILD);
	is(hp_session_abort(s), -ECHILD);
	is(hp_session_drop(s), -ECHILD);
	is(hp_session_preserve(s), -ECHILD);
	is(hp_session_seal(s), -ECHILD);
	is(hp_session_unseal(s), -ECHILD);
	is(hp_session_info(s, &info), -ECHILD);
	is(hp_session_region(s, 0, &about), -ECHILD);
	is(hp_session_fd(s), -ECHILD);
	is(hp_region_create(s, 2, 2 * MIB, NULL, &ret), -ECHILD);
	is(hp_region_open(s, 2, 2 * MIB, NULL, &ret), -ECHILD);
	is(hp_region_reclaim(s, 2, NULL, &ret), -ECHILD);
	is(hp_region_get(s, POOL, &ret), -ECHILD);
	is(hp_region_preserve(r), -ECHILD);
	is(hp_region_drop(r), -ECHILD);
	is(hp_region_grow(r, 4 * MIB, NULL), -ECHILD);
	is(hp_region_info(r, &about), -ECHILD);
	is(hp_region_set_layout(r, 1), -ECHILD);
	is(hp_region_is_preserved(r), -ECHILD);
	is(hp_region_fd(r), -ECHILD);
	ck_assert_ptr_null(ret);
	/* Another thread of the parent was in a call: no wait, no guess. */
	pthread_barrier_init(&in_call, NULL, 2);
	ck_assert_int_eq(pthread_create(&other, NULL, stay_in_call, NULL), 0);
	pthread_barrier_wait(&in_call);
	is(hp_session_close(s), -ECHILD);
	is(hp_region_close(r), -ECHILD);
	pthread_barrier_wait(&in_call);
	pthread_join(other, NULL);
	pthread_barrier_destroy(&in_call);
	is(hp_session_lock(s), -ECHILD);
	is(hp_region_check(r), -ECHILD);
	/* The getters work. */
	ck_assert_str_eq(hp_session_name(s), "db");
	ck_assert_uint_eq(hp_region_length(r), 2 * MIB);
	ck_assert_uint_eq(hp_region_token(r), POOL);
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_2M);
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ck_assert_int_eq(hp_region_is_new(r), 1);
	check_filled(r);
	fake.forks--;
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/*
 * A child has copies of the mappings and private memory, and none of the library's
 * descriptors.
 */
static void in_child(void (*program)(void))
{
	int status;
	pid_t pid;

	fake_fork(1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		fake_switch(1);
		program();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	fake_exit(1);
}

static int maps_of_the_session(void)
{
	int maps = s->manifest != NULL;

	for (const struct hp_region *r = s->regions; r; r = r->next)
		maps += r->open;
	return maps;
}

static void close_all(void)
{
	int maps = fake.maps - maps_of_the_session(), fds = fake.own_fds;

	ok(hp_session_close(s));
	ck_assert_int_eq(fake.maps, maps);
	ck_assert_int_eq(fake.allocations, 0);
	/* The last close of a session is the parent's: no other request. */
	ck_assert_int_eq(fake.calls[CALL_FINISH], 0);
	ck_assert_int_eq(fake.own_fds, fds);
}

static void close_one_by_one(void)
{
	int before = fake_leaks();

	ok(hp_region_close(q));
	/* Mapping and memory. */
	ck_assert_int_eq(fake_leaks(), before - 2);
	check_filled(r);
	ok(hp_region_close(r));
	ck_assert_int_eq(fake_leaks(), before - 4);
	close_all();
}

START_TEST(child_gives_up_its_copies)
{
	/* Not yet committed, then preserved. */
	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	in_child(close_all);
	in_child(close_one_by_one);
	ck_assert(is_returned(s));
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	ok(hp_region_preserve(q));
	fake.calls[CALL_FINISH] = 0;
	in_child(close_all);
	in_child(close_one_by_one);
	/* The parent has all of it, and so has the next kernel. */
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	is(hp_session_close(s), -EBUSY);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	check_filled(r);
	check_filled(q);
}
END_TEST

/*
 * S1-4: a server that forks. What the parent takes back is taken back, whatever
 * children live on.
 */
START_TEST(abort_with_a_child_that_lives_on)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	ok(hp_session_preserve(s));
	fake_fork(1);
	ok(hp_session_abort(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ok(hp_region_grow(
		r, 4 * MIB,
		&(struct hp_region_opts){ .size = sizeof(struct hp_region_opts),
					  .flags = HP_REGION_MAY_MOVE }));
	ok(hp_session_preserve(s));
	ok(hp_session_abort(s));
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert(!is_returned(s));

	/* Control: a child that no fork handler ran in has a copy. */
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_session_preserve(s));
	fake.no_fork_handler = true;
	fake_fork(1);
	ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 1);
}
END_TEST

/*
 * Calls of several threads take turns: the fake has no lock of its own, so its
 * counts come out wrong without that of the session.
 */
static void *create_and_close(void *argument)
{
	uint64_t token = (uint64_t)(uintptr_t)argument;

	for (int i = 0; i < 200; i++) {
		struct hp_region *region;

		if (hp_region_create(s, token, 2 * MIB, NULL, &region) ||
		    hp_region_preserve(region) || hp_session_abort(s))
			return "failed";
		/* Another thread may have begun anew, not with this one. */
		if (hp_region_is_preserved(region) || hp_region_close(region))
			return "failed";
	}
	return NULL;
}

START_TEST(threads_take_turns)
{
	pthread_t threads[4];

	ok(open_session("db", &s));
	for (uintptr_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						create_and_close, (void *)i),
				 0);
	for (int i = 0; i < 4; i++) {
		void *result;

		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_null(result);
	}
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
}
END_TEST

/*
 * A thread that is to be cancelled. Every system call is a cancellation point,
 * and every library call ends all the same: what it has open or locked would
 * stay so for ever.
 */
static int steps;

#define STEP(call)                       \
	do {                             \
		if (call)                \
			return "failed"; \
		steps++;                 \
	} while (0)

static void *cancelled_in_open(void *unused)
{
	(void)unused;
	pthread_cancel(pthread_self());
	STEP(open_session("db", &s));
	pthread_testcancel();
	return "not cancelled";
}

static void *cancelled_later(void *unused)
{
	(void)unused;
	pthread_cancel(pthread_self());
	STEP(hp_region_reclaim(s, POOL, NULL, &r));
	STEP(hp_session_commit(s, HP_COMMIT_DROP));
	STEP(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	STEP(hp_region_preserve(q));
	STEP(hp_session_abort(s));
	STEP(hp_region_close(q));
	pthread_testcancel();
	return "not cancelled";
}

static void *cancelled_in_close(void *unused)
{
	(void)unused;
	pthread_cancel(pthread_self());
	STEP(hp_session_close(s));
	pthread_testcancel();
	return "not cancelled";
}

/* What the caller had switched off stays off. */
static void *not_cancellable(void *unused)
{
	int state;

	(void)unused;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	STEP(hp_session_abort(s));
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return state == PTHREAD_CANCEL_DISABLE ? NULL : "changed";
}

static void *result_of(void *(*program)(void *))
{
	pthread_t thread;
	void *result;

	steps = 0;
	fake.on_call = pthread_testcancel;
	ck_assert_int_eq(pthread_create(&thread, NULL, program, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	fake.on_call = NULL;
	return result;
}

START_TEST(cancelled_thread_ends_its_call)
{
	live_update();
	ck_assert_ptr_eq(result_of(cancelled_in_open), PTHREAD_CANCELED);
	ck_assert_int_eq(steps, 1);
	ck_assert(is_returned(s));
	ck_assert_ptr_eq(result_of(cancelled_later), PTHREAD_CANCELED);
	ck_assert_int_eq(steps, 6);
	/* The lock is free, and the data there. */
	ck_assert_ptr_null(result_of(not_cancellable));
	check_filled(r);
	ck_assert_ptr_eq(result_of(cancelled_in_close), PTHREAD_CANCELED);
	ck_assert_int_eq(steps, 1);
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

/* -- Drop ------------------------------------------------------------------ */

START_TEST(drop)
{
	/* What is preserved, in use or not. */
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	is(hp_session_close(s), -EBUSY);
	ok(hp_session_drop(s));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_int_eq(fake_leaks(), 0);

	/* What came back, whatever became of it. */
	for (int take = 0; take < 2; take++) {
		live_update();
		ok(open_session("db", &s));
		if (take)
			ok(hp_region_reclaim(s, POOL, NULL, &r));
		is(hp_session_close(s), -EBUSY);
		ok(hp_session_drop(s));
		ck_assert_int_eq(fake.sessions_incoming, 0);
		ck_assert_int_eq(fake.pool_used, 0);
		ck_assert_int_eq(fake_leaks(), 0);
	}

	/* Also while nothing works. */
	live_update();
	ok(open_session("db", &s));
	fake.no_device = true;
	fake.fail_call = CALL_FINISH;
	fake.fail_nth = 1;
	fake.fail_errno = EBUSY;
	fake.fail_on = true;
	ok(hp_session_drop(s));
	ck_assert_int_eq(fake_leaks(), 0);
	fake.fail_nth = 0;
}
END_TEST

/* A copy that a child has must not arrive as sealed, or with anything in it. */
START_TEST(drop_empties_what_others_have)
{
	struct hp_session_info info = { .size = sizeof(info) };

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	ok(hp_session_seal(s));
	fake.no_fork_handler = true;
	fake_fork(1);
	ok(hp_session_drop(s));
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_session_info(s, &info));
	ck_assert_uint_eq(info.came_back, 1);
	ck_assert_uint_eq(info.sealed, 0);
	ck_assert_uint_eq(info.region_count, 0);
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
}
END_TEST

START_TEST(drop_takes_out_one_region)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	fill(q);
	is(hp_region_drop(NULL), 0);
	ok(hp_session_preserve(s));
	ok(hp_region_drop(r));
	ck_assert_int_eq(hp_region_is_preserved(q), 1);
	ck_assert_int_eq(fake.pool_used, 1);
	/* One that is preserved nowhere. */
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_drop(r));
	ck_assert_int_eq(fake.pool_used, 1);
	fake_kexec();
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	check_filled(q);
	/* One that came back, before and after the end of the update. */
	ok(hp_region_drop(q));
	is(hp_region_open(s, INDEX, 2 * MIB,
			  &(struct hp_region_opts){
				  .size = sizeof(struct hp_region_opts),
				  .flags = HP_REGION_MUST_EXIST },
			  &q),
	   -ENOENT);
	ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake.pool_used, 0);
	/* The only one that is preserved: nothing is left. */
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	ck_assert_int_eq(hp_region_origin(q), HP_ORIGIN_CREATED);
	ok(hp_session_preserve(s));
	ok(hp_region_drop(q));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(the_descriptor_of_the_session)
{
	is(hp_session_fd(NULL), -EINVAL);
	ok(open_session("db", &s));
	is(hp_session_fd(s), -ENOENT);
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	is(hp_session_fd(s), -ENOENT);
	ok(hp_session_preserve(s));
	ck_assert_int_ge(hp_session_fd(s), 3);
	/* Another process that has a copy can hold it when this one ends. */
	fake_switch(1);
	fake_switch(0);
	ck_assert_int_ge(fake_pass_fd(hp_session_fd(s), 1), 0);
	fake_crash();
	fake_kexec();
	ok(open_session("db", &s));
	is(hp_session_fd(s), -ENOENT);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_session_preserve(s));
	ok(hp_session_abort(s));
	is(hp_session_fd(s), -ENOENT);
}
END_TEST

/* -- For libraries on top -------------------------------------------------- */

static atomic_bool entered;

static void *enter(void *unused)
{
	ok(hp_session_lock(s));
	entered = true;
	hp_session_unlock(s);
	return unused;
}

START_TEST(lock_lets_its_own_thread_go_on)
{
	pthread_t other;

	ok(open_session("db", &s));
	entered = false;
	ok(hp_session_lock(s));
	ok(hp_session_lock(s));
	ck_assert_int_eq(pthread_create(&other, NULL, enter, NULL), 0);
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	hp_session_unlock(s);
	hp_sys_linux.sleep_ms(50);
	ck_assert(!entered);
	hp_session_unlock(s);
	pthread_join(other, NULL);
	ck_assert(entered);
}
END_TEST

static char heard[64];

static void hear(void *context, int priority, const char *message)
{
	(void)snprintf(heard, sizeof(heard), "%s<%d>%s", (char *)context,
		       priority, message);
}

START_TEST(log_function_is_reached)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.log = hear,
		.log_context = (void *)"db: ",
	};

	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	hp_session_log(s, 4, "from above");
	ck_assert_str_eq(heard, "db: <4>from above");
	hp_session_log(s, 4, NULL);
	ck_assert_str_eq(heard, "db: <4>from above");
}
END_TEST

START_TEST(region_is_found_by_its_token)
{
	struct hp_region *found = NULL;

	ok(open_session("db", &s));
	is(hp_region_get(NULL, POOL, &found), -EINVAL);
	is(hp_region_get(s, POOL, NULL), -EINVAL);
	is(hp_region_get(s, POOL, &found), -ENOENT);
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_get(s, POOL, &found));
	ck_assert_ptr_eq(found, r);
	fake.forks++;
	is(hp_region_get(s, POOL, &found), -ECHILD);
	fake.forks--;
	ok(hp_region_preserve(r));
	ok(hp_region_close(r)); /* carried along */
	is(hp_region_get(s, POOL, &found), -ENOENT);
}
END_TEST

START_TEST(file_of_a_region_is_checked)
{
	struct hp_region *attached;

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_check(r));
	ok(hp_region_from_fd_on(&fake_sys, hp_region_fd(r), NULL, &attached));
	ok(hp_region_check(attached));
	ok(fake_sys.set_length(hp_region_fd(r), 2 * MIB));
	is(hp_region_check(r), -EUCLEAN);
	is(hp_region_check(attached), -EUCLEAN);
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
	ok(hp_region_check(r));
	ok(hp_region_close(attached));
	for (int i = 0; i < 3; i++) {
		static const int errors[] = { ENOMEM, EMFILE, EXDEV };
		static const int expected[] = { -ENOMEM, -EMFILE, -EPROTO };

		fake.fail_call = CALL_FILE_INFO;
		fake.fail_nth = 1;
		fake.fail_errno = errors[i];
		is(hp_region_check(r), expected[i]);
	}
	/* Closed, and the number is in use again. */
	fake_close_behind(hp_region_fd(r));
	is(hp_region_check(r), -EUCLEAN);
	ck_assert_int_eq(fake_sys.memfd("other", HP_PAGE_2M), hp_region_fd(r));
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
	is(hp_region_check(r), -EUCLEAN);
}
END_TEST

START_TEST(loaded_region_says_so)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_LOADED,
	};

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, &opts, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_SAVE);
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
}
END_TEST

Suite *session_suite(void)
{
	const TTest *const tests[] = {
		names,
		first_start,
		no_live_update,
		device_that_is_not_shown,
		errors_of_the_device,
		busy_device_is_waited_for,
		round_trip_again_and_again,
		commit_carries_or_drops_what_is_not_open,
		close_does_not_lose_data,
		abort_and_preserve_again,
		name_is_held_by_someone_else,
		sessions_are_apart,
		crash_frees_what_came_back,
		finish_that_fails_can_be_repeated,
		damaged_manifest,
		no_manifest_is_an_empty_session,
		forked_child,
		child_gives_up_its_copies,
		abort_with_a_child_that_lives_on,
		the_descriptor_of_the_session,
		drop_takes_out_one_region,
		threads_take_turns,
		cancelled_thread_ends_its_call,
		drop,
		drop_empties_what_others_have,
		lock_lets_its_own_thread_go_on,
		log_function_is_reached,
		region_is_found_by_its_token,
		file_of_a_region_is_checked,
		loaded_region_says_so,
		NULL,
	};

	return suite_of("session", tests);
}
