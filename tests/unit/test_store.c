// SPDX-License-Identifier: MIT
/*
 * The service manager's store as the holder: what comes back after a restart, a
 * crash and a kexec is what was written last, or a clear error.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "region_tests.h"

static struct hp_session *s, *other;
static struct hp_region *r, *q;

static struct hp_session_info told(struct hp_session *session)
{
	struct hp_session_info info = { .size = sizeof(info) };

	ok(hp_session_info(session, &info));
	return info;
}

static int open_at_once(const char *name, struct hp_session **session)
{
	const struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = HP_NO_WAIT,
	};

	return hp_session_open_on(&fake_sys, name, &opts, session);
}

/* POOL and INDEX with their bytes; the store has both, and the manifest. */
static void preserved(void)
{
	fake_manager_start(16);
	fake_manager.hands_over = true;
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	fill(r);
	fill(q);
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(fake_store_count(0), 3);
}

static void restarted(void)
{
	preserved();
	fake_restart();
}

/* Names in the store, by what they are of. */
static bool is_manifest(unsigned int index)
{
	return strlen(fake_store_entry(0, index).name) < 40;
}

static unsigned int index_of(bool manifest)
{
	for (unsigned int i = 0; i < fake_store_count(0); i++)
		if (is_manifest(i) == manifest)
			return i;
	ck_abort_msg("the store does not have it");
	return 0;
}

static void reopen_both(enum hp_origin origin)
{
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	ck_assert_int_eq(hp_region_origin(r), origin);
	ck_assert_int_eq(hp_region_origin(q), origin);
	ck_assert_int_eq(hp_region_is_new(r), 0);
	check_filled(r);
	check_filled(q);
}

/* -- Restart, kexec, again and again ---------------------------------------- */

START_TEST(comes_back)
{
	preserved();
	ck_assert_int_eq(told(s).holder, HP_HOLDER_STORE);
	ck_assert_int_eq(told(s).outlives_restart, HP_YES);
	ck_assert_int_eq(told(s).came_back, 0);
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	fake_restart();
	ck_assert_int_eq(fake.pool_used, 3);
	reopen_both(HP_ORIGIN_KEPT);
	ck_assert_int_eq(told(s).came_back, 1);
	ck_assert_uint_eq(told(s).generation, 1);
	ck_assert_uint_eq(told(s).updates, 0);
	ck_assert_uint_eq(told(s).region_count, 2);
	/* It is preserved before anybody asks for it. */
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_uint_eq(told(s).preserved_count, 2);
	ok(hp_region_preserve(r));
	ok(hp_session_preserve(s));
	fake_kexec();
	reopen_both(HP_ORIGIN_LIVE_UPDATE);
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_uint_eq(fake_store_count(0), 3);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	ck_assert_uint_eq(told(s).generation, 3);
	ck_assert_uint_eq(told(s).updates, 1);
}
END_TEST

/* What comes from the store is never pushed again. */
START_TEST(store_does_not_fill_up)
{
	int pushes;

	preserved();
	fake_manager.reorders = true;
	pushes = fake_manager.pushes;
	for (int i = 0; i < 20; i++) {
		if (i % 3 == 2)
			fake_kexec();
		else
			fake_restart();
		reopen_both(i % 3 == 2 ? HP_ORIGIN_LIVE_UPDATE :
					 HP_ORIGIN_KEPT);
		((char *)hp_region_address(r))[4096] = (char)i;
		ok(hp_session_preserve(s));
		ck_assert_uint_eq(fake_store_count(0), 3);
		if (i % 4 == 1)
			ok(hp_session_close(s));
	}
	ck_assert_int_eq(fake_manager.pushes, pushes);
	ck_assert_int_eq(((char *)hp_region_address(r))[4096], 19);
}
END_TEST

/* Close gives nothing up, and leaves nothing behind. */
START_TEST(close_and_drop)
{
	preserved();
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 3);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	ok(hp_region_drop(r));
	ck_assert_int_eq(fake.pool_used, 1);
	ck_assert_uint_eq(fake_store_count(0), 2);
	fake_restart();
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ok(hp_session_drop(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_uint_eq(fake_store_count(0), 0);
	/* In the same process and in the next it is a first start. */
	ok(open_session("db", &s));
	ck_assert_int_eq(told(s).came_back, 0);
	ok(hp_session_drop(s));
	fake_restart();
	ok(open_session("db", &s));
	ck_assert_int_eq(told(s).came_back, 0);
}
END_TEST

START_TEST(carried_along)
{
	restarted();
	ok(open_session("db", &s));
	ok(hp_region_open(s, 5, 2 * MIB, NULL, &r));
	fill(r);
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(told(s).preserved_count, 3);
	ok(hp_session_seal(s));
	fake_restart();
	ok(open_session("db", &s));
	ck_assert_uint_eq(told(s).region_count, 3);
	ck_assert_uint_eq(told(s).sealed, 1);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_uint_eq(fake_store_count(0), 1);
}
END_TEST

START_TEST(the_last_write_comes_back)
{
	restarted();
	reopen_both(HP_ORIGIN_KEPT);
	memset(hp_region_address(r), 0x33, 4096);
	/* No call after the write; the process is killed. */
	fake_restart();
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ck_assert_int_eq(*(char *)hp_region_address(r), 0x33);
	memset(hp_region_address(r), 0x44, 4096);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ck_assert_int_eq(*(char *)hp_region_address(r), 0x44);
}
END_TEST

/* S1-1: a restart in which nobody reclaims, then a kexec: never the older copy. */
START_TEST(restart_that_does_not_reclaim)
{
	restarted();
	ok(open_session("db", &s));
	is(hp_region_create(s, POOL, 4 * MIB, NULL, &r), -EEXIST);
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	memset(hp_region_address(r), 0x22, 4096);
	ok(hp_session_preserve(s));
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert_uint_eq(told(s).sealed, 0);
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ck_assert_int_eq(*(char *)hp_region_address(r), 0x22);
}
END_TEST

/* -- The manager's answers -------------------------------------------------- */

START_TEST(no_store)
{
	/* A manager that has none for this service, of any version. */
	for (int old = 0; old < 2; old++) {
		fake_boot();
		fake_manager_start(0);
		fake_manager.no_variable = old;
		fake_restart();
		ok(open_session("db", &s));
		ck_assert_int_eq(told(s).holder, HP_HOLDER_PROCESS);
		ok(hp_session_close(s));
		fake.no_device = true;
		is(open_session("db", &s), -ENODEV);
		ck_assert_int_eq(fake_leaks(), 0);
		ck_assert_uint_eq(fake_store_count(0), 0);
	}
	/* Before 254 it did not say so, and has one. */
	fake_boot();
	fake_manager_start(10);
	fake_manager.no_variable = true;
	fake_restart();
	ok(open_session("db", &s));
	ck_assert_int_eq(told(s).holder, HP_HOLDER_STORE);
	/* Of no use to who does not want it. */
	ok(hp_session_open_on(&fake_sys, "other",
			      &(struct hp_session_opts){
				      .size = sizeof(struct hp_session_opts),
				      .flags = HP_SESSION_NO_STORE },
			      &other));
	ck_assert_int_eq(told(other).holder, HP_HOLDER_PROCESS);
}
END_TEST

START_TEST(manager_that_refuses)
{
	fake_manager_start(10);
	fake_manager.refuses = true;
	is(open_session("db", &s), -ENOSPC);
	ck_assert_int_eq(fake_leaks(), 0);
	fake_manager.refuses = false;
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	fake_manager.refuses = true;
	is(hp_region_preserve(r), -ENOSPC);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	fake_manager.refuses = false;
	ok(hp_region_preserve(r));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_uint_eq(fake_store_count(0), 2);
}
END_TEST

/* It may take what was asked for when nobody waits any more. */
START_TEST(manager_that_is_silent)
{
	uint64_t start;

	fake_manager_start(10);
	fake_manager.silent = true;
	start = fake.now;
	is(open_session("db", &s), -EAGAIN);
	ck_assert_uint_ge(fake.now, start + 5000);
	is(open_at_once("db", &s), -EAGAIN);
	is(open_at_once("db", &s), -EAGAIN);
	ck_assert_int_eq(fake_leaks(), 0);
	fake_manager.silent = false;
	ok(open_at_once("db", &s));
	/* Of those tries nothing is left. */
	ck_assert_uint_eq(fake_store_count(0), 1);
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	fill(r);
	fake_manager.silent = true;
	for (int i = 0; i < 5; i++)
		is(hp_session_preserve(s), -EAGAIN);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	fake_manager.silent = false;
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(fake_store_count(0), 2);
	fake_restart();
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	check_filled(r);
	ck_assert_uint_eq(fake_store_count(0), 2);
}
END_TEST

START_TEST(manager_that_is_slow)
{
	preserved();
	ok(hp_region_open(s, 5, 2 * MIB, NULL, &r));
	fill(r);
	fake_manager.slow_ms = 12000;
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	fake_restart();
	fake_manager.slow_ms = 0;
	ok(open_session("db", &s));
	ok(hp_region_open(s, 5, 2 * MIB, NULL, &r));
	check_filled(r);
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(fake_store_count(0), 4);
}
END_TEST

START_TEST(socket_that_is_full)
{
	fake_manager_start(10);
	fake_manager.no_room = true;
	is(open_session("db", &s), -EAGAIN);
	is(open_at_once("db", &s), -EAGAIN);
	fake_manager.no_room = false;
	ok(open_session("db", &s));
	fake_manager.there = false; /* as during daemon-reexec */
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	is(hp_region_preserve(r), -EAGAIN);
	fake_manager.there = true;
	ok(hp_region_preserve(r));
}
END_TEST

START_TEST(store_that_is_full)
{
	fake_manager_start(2);
	ok(open_at_once("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	fill(r);
	is(hp_session_preserve(s), -ENOSPC);
	/* Some may be preserved: which, is told. */
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_int_eq(hp_region_is_preserved(q), 0);
	is(open_at_once("other", &other), -ENOSPC);
	fake_restart();
	ok(open_at_once("db", &s));
	ck_assert_uint_eq(told(s).lost_count, 0);
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	check_filled(r);
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	ck_assert_int_eq(hp_region_origin(q), HP_ORIGIN_CREATED);
	fake_manager.maximum = 3;
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(fake_store_count(0), 3);
}
END_TEST

/* A program with a string of 128 KiB in its environment cannot be started. */
START_TEST(names_that_are_too_long)
{
	static char others[(120 << 10) - 400];

	memset(others, 'x', sizeof(others) - 1);
	fake_manager_start(16);
	fake_setenv("LISTEN_FDNAMES", others);
	ok(open_at_once("db", &s));
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	ok(hp_region_preserve(r));
	/* Of the names of these two and of the manifest, the others leave 400. */
	for (uint64_t token = 1000; token < 1004; token++)
		ok(hp_region_open(s, token, 2 * MIB, NULL, &r));
	is(hp_region_preserve(q), -ENOSPC);
	is(hp_session_preserve(s), -ENOSPC);
	ck_assert_uint_eq(fake_store_count(0), 2);
	ok(hp_session_close(s));
}
END_TEST

/* Whatever it drops, at whatever time, is seen, and given again. */
START_TEST(dropped_later)
{
	preserved();
	fake_store_drop(0, index_of(false), 1);
	ck_assert_int_eq(hp_region_is_preserved(r) + hp_region_is_preserved(q),
			 1);
	ck_assert_uint_eq(told(s).preserved_count, 1);
	ok(hp_session_preserve(s));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_int_eq(hp_region_is_preserved(q), 1);
	ck_assert_uint_eq(fake_store_count(0), 3);
	/* The list itself. */
	fake_store_drop(0, index_of(true), 1);
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(fake_store_count(0), 3);
	/* All of it, as with systemctl clean. */
	fake_store_drop(0, 0, 3);
	ck_assert_uint_eq(told(s).preserved_count, 0);
	ok(hp_session_preserve(s));
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	/* What is carried is given again as well. */
	fake_restart();
	ok(open_session("db", &s));
	fake_store_drop(0, index_of(false), 1);
	ck_assert_uint_eq(told(s).preserved_count, 1);
	ok(hp_session_preserve(s));
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

/* -- Owners ----------------------------------------------------------------- */

START_TEST(one_owner)
{
	restarted();
	ok(open_session("db", &s));
	/* In the same process. */
	is(open_session("db", &other), -EALREADY);
	/* A child of the owner lives on while the manager starts the next. */
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	fake_fork(1);
	fake_restart();
	is(open_session("db", &s), -EALREADY);
	ck_assert_int_eq(fake_leaks() - fake.own_fds - fake.allocations,
			 fake.maps);
	fake_exit(1);
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

/* The first owner has the lock too, though nothing was passed to it. */
START_TEST(child_of_the_first_owner)
{
	preserved();
	fake_fork(1);
	fake_restart();
	is(open_session("db", &s), -EALREADY);
	fake_exit(1);
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

START_TEST(passed_to_another_process)
{
	restarted();
	/* A shell was started, and it started this one. */
	fake_fork(1);
	fake_switch(1);
	is(open_session("db", &s), -ESRCH);
	ck_assert_uint_eq(fake_store_count(0), 3);
	fake_switch(0);
	fake_exit(1);
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

/* Again in the same process. */
START_TEST(second_open)
{
	/* What came back can be opened again, with its bytes. */
	restarted();
	for (int i = 0; i < 3; i++) {
		reopen_both(HP_ORIGIN_KEPT);
		ok(hp_session_close(s));
		ck_assert_int_eq(fake_leaks(), 0);
	}
	/* What this process made is with the manager, for the next one. */
	ok(open_session("db", &s));
	ok(hp_region_open(s, 5, 2 * MIB, NULL, &r));
	fill(r);
	ok(hp_session_preserve(s));
	ok(hp_session_close(s));
	is(open_session("db", &s), -EBUSY);
	ck_assert_int_eq(fake_leaks(), 0);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	ok(hp_region_open(s, 5, 2 * MIB, NULL, &r));
	check_filled(r);

	/* The same of a session that is all new. */
	fake_boot();
	preserved();
	ok(hp_session_close(s));
	is(open_session("db", &s), -EBUSY);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);

	/* Given back and preserved anew has another name. */
	ok(hp_session_abort(s));
	ck_assert_uint_eq(fake_store_count(0), 1);
	ok(hp_session_preserve(s));
	ok(hp_session_close(s));
	is(open_session("db", &s), -EBUSY);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

/* -- Beside others ----------------------------------------------------------- */

START_TEST(two_sessions_in_one_service)
{
	struct hp_region *mine;

	preserved();
	ok(open_session("cache", &other));
	ok(hp_region_open(other, POOL, 2 * MIB, NULL, &mine));
	memset(hp_region_address(mine), 0x66, 4096);
	ok(hp_session_preserve(other));
	ck_assert_uint_eq(fake_store_count(0), 5);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	ok(open_session("cache", &other));
	ok(hp_region_open(other, POOL, 2 * MIB, NULL, &mine));
	ck_assert_int_eq(*(char *)hp_region_address(mine), 0x66);
	ok(hp_session_drop(s));
	ck_assert_uint_eq(fake_store_count(0), 2);
	fake_restart();
	ok(open_session("cache", &other));
	ok(hp_region_open(other, POOL, 2 * MIB, NULL, &mine));
	ck_assert_int_eq(*(char *)hp_region_address(mine), 0x66);
	ok(open_session("db", &s));
	ck_assert_int_eq(told(s).came_back, 0);
}
END_TEST

/* A number, and what it is of. */
static uint64_t inode_of(int fd)
{
	struct hp_file_info info;

	ok(fake_sys.file_info(fd, &info));
	return info.inode;
}

/* Descriptors of others stay at their numbers, and what they were. */
START_TEST(foreign_descriptors)
{
	int file, fd = -1;

	fake_manager_start(16);
	file = fake_sys.memfd("theirs", 0);
	ok(fake_sys.set_length(file, 8192));
	ok(fake_sys.notify("/run/fake/notify", "FDSTORE=1\nFDNAME=http", file));
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	fill(r);
	ok(hp_session_preserve(s));
	for (int i = 0; i < 5; i++) {
		uint64_t inode;

		fake_restart();
		for (unsigned int j = 0; j < 3; j++)
			if (!strcmp(fake_store_entry(0, j).name, "http"))
				fd = 3 + (int)j;
		inode = inode_of(fd);
		ok(open_session("db", &s));
		ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
		check_filled(r);
		ok(hp_session_preserve(s));
		if (i == 4)
			ok(hp_session_drop(s));
		else if (i & 1)
			ok(hp_session_close(s));
		ck_assert_uint_eq(inode_of(fd), inode);
		/* No hole among the numbers, as sd_listen_fds(3) would see. */
		for (int n = 3; n < 6; n++)
			(void)inode_of(n);
	}
	ck_assert_uint_eq(fake_store_count(0), 1);
	ck_assert_str_eq(fake_store_entry(0, 0).name, "http");
}
END_TEST

/* -- Lost lists -------------------------------------------------------------- */

static void recover(int error)
{
	struct hp_region_opts opts = region_opts();

	ok(open_at_once("db", &s));
	ck_assert_int_eq(told(s).manifest_error, error);
	ck_assert_int_eq(told(s).came_back, 1);
	is(hp_region_open(s, POOL, 4 * MIB, NULL, &r), error);
	is(hp_session_preserve(s), error);
	is(hp_session_commit(s, 0), error);
	opts.flags = HP_REGION_UNLISTED;
	ok(hp_region_open(s, POOL, 4 * MIB, &opts, &r));
	check_filled(r);
	is(hp_region_preserve(r), error);
	opts.flags |= HP_REGION_MUST_EXIST;
	ok(hp_region_open(s, INDEX, 0, &opts, &q));
	check_filled(q);
	is(hp_region_open(s, 99, 0, &opts, &q), -ENOENT);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_int_eq(told(s).manifest_error, 0);
}

/* The store has them, in whatever order that costs. */
static void check_recovered(void)
{
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_uint_eq(fake_store_count(0), 3);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	ck_assert_uint_eq(told(s).region_count, 2);
	ck_assert_uint_eq(fake_store_count(0), 3);
}

START_TEST(manifest_that_is_dropped)
{
	preserved();
	fake_store_drop(0, index_of(true), 1);
	fake_restart();
	recover(-ENOMSG);
	/* A child that is left keeps the next owner out, as ever. */
	ok(hp_session_preserve(s));
	fake_fork(1);
	fake_restart();
	is(open_session("db", &s), -EALREADY);
	fake_exit(1);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
	ok(hp_session_preserve(s));
	check_recovered();
}
END_TEST

START_TEST(manifest_that_is_damaged)
{
	preserved();
	memset(s->manifest->slots, 0, 4096);
	memset(s->manifest->slots + s->manifest->size / 2, 0, 4096);
	fake_restart();
	recover(-EBADMSG);
	ok(hp_session_preserve(s));
	check_recovered();
}
END_TEST

/* What is there keeps its name: it needs no room twice. */
START_TEST(recovery_in_a_full_store)
{
	preserved();
	fake_store_drop(0, index_of(true), 1);
	fake_manager_restart(3);
	fake_restart();
	recover(-ENOMSG);
	/* Room for the new list and no more. */
	ok(hp_session_preserve(s));
	check_recovered();
}
END_TEST

/* The process dies at any moment of the recovery. */
START_TEST(recovery_that_is_cut_off)
{
	for (volatile int nth = 1;; nth++) {
		volatile bool done = false;

		fake_boot();
		preserved();
		fake_store_drop(0, index_of(true), 1);
		fake_restart();
		recover(-ENOMSG);
		fake.stop_at = nth;
		if (!setjmp(fake.stop)) {
			ok(hp_session_preserve(s));
			done = true;
		}
		fake.stop_at = 0;
		fake_restart();
		ok(open_session("db", &s));
		if (told(s).manifest_error) {
			ck_assert(!done);
			ok(hp_session_close(s));
			recover(-ENOMSG);
			ok(hp_session_preserve(s));
		} else {
			ok(hp_session_close(s));
			reopen_both(HP_ORIGIN_KEPT);
			ok(hp_session_preserve(s));
		}
		check_recovered();
		if (done)
			break;
		ck_assert_int_lt(nth, 2000);
	}
}
END_TEST

/* A region that the manager does not have is lost, and the rest is not. */
START_TEST(region_that_is_dropped)
{
	preserved();
	ok(hp_session_seal(s));
	fake_store_drop(0, index_of(false), 1);
	fake_restart();
	for (int i = 0; i < 2; i++) {
		ok(open_session("db", &s));
		ck_assert_uint_eq(told(s).lost_count, 1);
		ck_assert_uint_eq(told(s).region_count, 1);
		ck_assert_uint_eq(told(s).sealed, 0);
		ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
		ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LOST);
		ck_assert_int_eq(*((char *)hp_region_address(r) + MIB - 8), 0);
		ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
		check_filled(q);
		fill(r);
		if (i)
			ok(hp_session_preserve(s));
		fake_restart();
	}
	reopen_both(HP_ORIGIN_KEPT);
	ck_assert_uint_eq(told(s).lost_count, 0);
}
END_TEST

/* The store is empty; a line in the state directory knows better. */
START_TEST(store_that_is_emptied)
{
	fake_manager_start(16);
	fake_setenv("STATE_DIRECTORY", "/var/lib/db:/var/lib/more");
	for (int i = 0; i < 2; i++) {
		ok(open_session("db", &s));
		ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
		ck_assert_int_eq(hp_region_origin(r),
				 i ? HP_ORIGIN_LOST : HP_ORIGIN_CREATED);
		is(hp_region_reclaim(s, 9, NULL, &q), i ? -ENODATA : -ENOENT);
		ok(hp_session_preserve(s));
		fake_store_drop(0, 0, 2);
		fake_restart();
	}
	/* What was dropped on purpose is no loss. */
	ok(open_session("db", &s));
	ok(hp_session_drop(s));
	fake_restart();
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
}
END_TEST

START_TEST(two_sessions_of_one_name)
{
	unsigned int count;

	/* Two processes of the service, which do not know of each other. */
	preserved();
	fake_fork(1);
	fake_switch(1);
	fake_crash();
	fake_switch(0);
	count = fake_store_count(0);
	ok(hp_session_close(s));
	/* Another process of the same service makes a second one. */
	fake_crash();
	fake_setenv("NOTIFY_SOCKET", "/run/fake/notify");
	fake_setenv("FDSTORE", "16");
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_session_preserve(s));
	ck_assert_uint_eq(fake_store_count(0), count + 2);
	fake_setenv("NOTIFY_SOCKET", NULL);
	fake_setenv("FDSTORE", NULL);
	fake_restart();
	is(open_session("db", &s), -ENOTUNIQ);
	ck_assert_uint_eq(fake_store_count(0), count + 2);
}
END_TEST

/* -- What the program does to the numbers ------------------------------------ */

START_TEST(numbers_that_are_closed)
{
	/* Before the open. */
	for (int fd = 3; fd < 6; fd++) {
		restarted();
		fake_close_behind(fd);
		is(open_session("db", &s), -EUCLEAN);
		ck_assert_int_eq(fake_leaks(), 0);
		/* Control: the store has it, so the next start finds it. */
		fake_restart();
		reopen_both(HP_ORIGIN_KEPT);
		fake_boot();
	}
	/* A socket has the number now. */
	restarted();
	fake_close_behind(3);
	ck_assert_int_eq(fake_other_fd_at(3), 3);
	is(open_session("db", &s), -EUCLEAN);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);

	/* After the open: told, and never given to the manager as ours. */
	fake_close_behind(hp_region_fd(r));
	is(hp_region_is_preserved(r), -EUCLEAN);
	is(hp_session_preserve(s), -EUCLEAN);
	ck_assert_int_eq(hp_region_is_preserved(q), 1);
	fake_close_behind(s->manifest->fd);
	is(hp_session_preserve(s), -EUCLEAN);
	ck_assert_uint_eq(fake_store_count(0), 3);
	/* What the number is now stays what it is. */
	ck_assert_int_eq(fake_other_fd_at(3), 3);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

/* -- Grow -------------------------------------------------------------------- */

static struct hp_region_opts may_move(void)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_MAY_MOVE;
	return opts;
}

START_TEST(grow_while_preserved)
{
	struct hp_region_opts opts = may_move();

	preserved();
	ok(hp_session_seal(s));
	ok(hp_region_grow(r, 8 * MIB, &opts));
	ck_assert_uint_eq(told(s).sealed_now, 0);
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	fill(r);
	/* No call after that. */
	fake_restart();
	ok(open_session("db", &s));
	is(hp_region_open(s, POOL, 4 * MIB, NULL, &r), -ESTALE);
	ok(hp_region_open(s, POOL, 8 * MIB, NULL, &r));
	check_filled(r);
	/* Also of what came back. */
	ok(hp_region_grow(r, 10 * MIB, &opts));
	fill(r);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 10 * MIB, NULL, &r));
	check_filled(r);
}
END_TEST

/* The process dies at any moment: the old length or the new one, all bytes. */
START_TEST(grow_that_is_cut_off)
{
	struct hp_region_opts opts = may_move();
	/* Not in a register, which longjmp(3) may bring back. */
	volatile int longer = 0, nth;

	for (nth = 1;; nth++) {
		volatile bool done = false;
		uint64_t length;

		fake_boot();
		preserved();
		fake.stop_at = nth;
		if (!setjmp(fake.stop)) {
			ok(hp_region_grow(r, 8 * MIB, &opts));
			done = true;
		}
		fake.stop_at = 0;
		fake_restart();
		ok(open_session("db", &s));
		ck_assert_uint_eq(told(s).region_count, 2);
		opts.flags = HP_REGION_MUST_EXIST;
		ok(hp_region_open(s, POOL, 0, &opts, &r));
		opts = may_move();
		length = hp_region_length(r);
		ck_assert(length == 4 * MIB || length == 8 * MIB);
		ck_assert(!done || length == 8 * MIB);
		longer += length == 8 * MIB;
		for (uint64_t i = MIB; i <= 4 * MIB; i += MIB) {
			uint64_t mark;

			memcpy(&mark, (char *)hp_region_address(r) + i - 8, 8);
			ck_assert_uint_eq(mark, POOL ^ i);
		}
		ok(hp_region_grow(r, 12 * MIB, &opts));
		ok(hp_session_preserve(s));
		if (done)
			break;
	}
	ck_assert_int_gt(nth, 15);
	ck_assert_int_gt(longer, 1);
}
END_TEST

/* No page is free: the region is as it was, and so is the list. */
START_TEST(grow_that_fails)
{
	struct hp_region_opts opts = may_move();

	preserved();
	fail_next(CALL_POPULATE, EFAULT);
	is(hp_region_grow(r, 8 * MIB, &opts), -ENOMEM);
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
	fake_restart();
	reopen_both(HP_ORIGIN_KEPT);
}
END_TEST

/* -- Many -------------------------------------------------------------------- */

START_TEST(a_thousand_regions)
{
	fake_manager_start(1000);
	fake.pool_pages = 1000;
	ok(open_session("db", &s));
	/* 996 numbers are free for it in the fake. */
	for (uint64_t t = 0; t < 990; t++) {
		ok(hp_region_open(s, t * 7, 2 * MIB, NULL, &r));
		fill(r);
	}
	ok(hp_session_preserve(s));
	ok(hp_session_seal(s));
	fake_manager.reorders = true;
	for (int i = 0; i < 3; i++) {
		fake_restart();
		ok(open_session("db", &s));
		ck_assert_uint_eq(told(s).region_count, 990);
		ck_assert_uint_eq(told(s).sealed, !i);
		for (uint64_t t = 990; t-- > 0;) {
			ok(hp_region_open(s, t * 7, 2 * MIB, NULL, &r));
			check_filled(r);
		}
		ok(hp_session_preserve(s));
		ck_assert_uint_eq(fake_store_count(0), 991);
	}
	ok(hp_session_drop(s));
	ck_assert_uint_eq(fake_store_count(0), 0);
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

/* -- Every moment ------------------------------------------------------------ */

enum progress { NOTHING, PROMISED, SEALED };
static enum progress progress;

static void a_life(void)
{
	progress = NOTHING;
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
	fill(r);
	fill(q);
	ok(hp_session_preserve(s));
	progress = PROMISED;
	ok(hp_session_seal(s));
	progress = SEALED;
	ok(hp_session_close(s));
}

/* It dies before every call and store of its first or second life. */
static void at_every_moment(bool second, bool kexec)
{
	volatile int nth, seals = 0;

	for (nth = 1;; nth++) {
		volatile bool done = false;
		bool first;

		fake_boot();
		fake_manager_start(16);
		fake_manager.hands_over = true;
		progress = NOTHING;
		if (second) {
			a_life();
			fake_restart();
		}
		first = !second;
		fake.stop_at = nth;
		if (!setjmp(fake.stop)) {
			a_life();
			done = true;
		}
		fake.stop_at = 0;
		if (kexec)
			fake_kexec();
		else
			fake_restart();
		ok(open_session("db", &s));
		ck_assert_int_eq(told(s).manifest_error, 0);
		ck_assert_uint_eq(told(s).lost_count, 0);
		seals += told(s).sealed;
		ck_assert(!done || told(s).sealed);
		ck_assert(progress >= PROMISED || !told(s).sealed || second);
		ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
		ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &q));
		if (!first || progress >= PROMISED) {
			check_filled(r);
			check_filled(q);
			ck_assert(!hp_region_is_new(r) && !hp_region_is_new(q));
		}
		ok(hp_session_preserve(s));
		/* Whatever was left is let go. */
		ck_assert_uint_eq(fake_store_count(0), 3);
		ck_assert_int_eq(fake.pool_used, 3);
		if (done)
			break;
	}
	ck_assert_int_gt(nth, 60);
	ck_assert_int_gt(seals, 5);
}

START_TEST(crash_at_every_moment)
{
	at_every_moment(false, false);
}
END_TEST

START_TEST(crash_at_every_moment_of_the_second_life)
{
	at_every_moment(true, false);
}
END_TEST

START_TEST(kexec_at_every_moment)
{
	at_every_moment(false, true);
}
END_TEST

START_TEST(kexec_at_every_moment_of_the_second_life)
{
	at_every_moment(true, true);
}
END_TEST

Suite *store_suite(void)
{
	const TTest *const tests[] = {
		comes_back,
		store_does_not_fill_up,
		close_and_drop,
		carried_along,
		the_last_write_comes_back,
		restart_that_does_not_reclaim,
		no_store,
		manager_that_refuses,
		manager_that_is_silent,
		manager_that_is_slow,
		socket_that_is_full,
		store_that_is_full,
		names_that_are_too_long,
		dropped_later,
		one_owner,
		child_of_the_first_owner,
		passed_to_another_process,
		second_open,
		two_sessions_in_one_service,
		foreign_descriptors,
		manifest_that_is_dropped,
		manifest_that_is_damaged,
		recovery_in_a_full_store,
		recovery_that_is_cut_off,
		region_that_is_dropped,
		store_that_is_emptied,
		two_sessions_of_one_name,
		numbers_that_are_closed,
		grow_while_preserved,
		grow_that_is_cut_off,
		grow_that_fails,
		a_thousand_regions,
		crash_at_every_moment,
		crash_at_every_moment_of_the_second_life,
		kexec_at_every_moment,
		kexec_at_every_moment_of_the_second_life,
		NULL,
	};

	return suite_of("store", tests);
}
