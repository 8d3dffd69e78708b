// SPDX-License-Identifier: MIT
/*
 * The machine or the process goes at every possible moment: before each call to
 * the system and each store into the manifest. What was promised before must
 * be there afterwards, and nothing else may be left.
 */
#include <errno.h>

#include "suites.h"

/* How far the program got, and what a kexec at that point must and may find. */
enum progress {
	NOTHING,
	POOL_PRESERVED,
	SEALING_POOL,
	POOL_SEALED,
	UNSEALING,
	BOTH_PRESERVED,
	SEALING,
	SEALED,
	LEAVING_OUT,
	LEFT_OUT,
	ABORTING,
	ABORTED,
	INDEX_PRESERVED,
	SEALING_INDEX,
	ABORTING_AGAIN,
	ENDED,
};

enum seal { OFF, EITHER, ON };

static const struct {
	bool pool_must, pool_may, index_must, index_may;
	enum seal seal;
} promises[] = {
	[NOTHING] = { 0, 1, 0, 0, OFF },
	[POOL_PRESERVED] = { 1, 1, 0, 0, OFF },
	[SEALING_POOL] = { 1, 1, 0, 0, EITHER },
	[POOL_SEALED] = { 1, 1, 0, 0, ON },
	[UNSEALING] = { 1, 1, 0, 1, EITHER },
	[BOTH_PRESERVED] = { 1, 1, 1, 1, OFF },
	[SEALING] = { 1, 1, 1, 1, EITHER },
	[SEALED] = { 1, 1, 1, 1, ON },
	[LEAVING_OUT] = { 0, 1, 0, 1, EITHER },
	[LEFT_OUT] = { 0, 0, 1, 1, ON },
	[ABORTING] = { 0, 0, 0, 1, EITHER },
	[ABORTED] = { 0, 0, 0, 1, OFF },
	[INDEX_PRESERVED] = { 0, 0, 1, 1, OFF },
	[SEALING_INDEX] = { 0, 0, 1, 1, EITHER },
	[ABORTING_AGAIN] = { 0, 0, 0, 1, EITHER },
	[ENDED] = { 0, 0, 0, 0, OFF },
};

static const struct hp_sys *sys;
/* Static: they must outlive the jump. */
static enum progress progress;
static struct hp_session *s;
static struct hp_region *pool, *index_;
static int problems, moments, seals, lost;

/* Something else with some moments in it. */
static void pass_time(void)
{
	struct hp_session *other;

	ok(hp_session_open_on(sys, "other", NULL, &other));
	ok(hp_session_close(other));
}

static void preserve_and_abort(void)
{
	progress = NOTHING;
	ok(hp_session_open_on(sys, "db", NULL, &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &pool));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &index_));
	fill(pool);
	fill(index_);
	ok(hp_region_preserve(pool));
	progress = POOL_PRESERVED;
	pass_time();
	progress = SEALING_POOL;
	ok(hp_session_seal(s));
	progress = POOL_SEALED;
	pass_time();
	/* Preserve does it by itself here, unseal further down. */
	progress = UNSEALING;
	ok(hp_region_preserve(index_));
	progress = BOTH_PRESERVED;
	pass_time();
	progress = SEALING;
	ok(hp_session_seal(s));
	progress = SEALED;
	pass_time();
	progress = SEALING;
	ok(hp_session_unseal(s));
	progress = BOTH_PRESERVED;
	pass_time();
	progress = SEALING;
	ok(hp_session_seal(s));
	progress = LEAVING_OUT;
	ok(hp_region_drop(pool));
	progress = LEFT_OUT;
	pass_time();
	progress = ABORTING;
	ok(hp_session_abort(s));
	progress = ABORTED;
	ok(hp_region_preserve(index_));
	progress = INDEX_PRESERVED;
	pass_time();
	progress = SEALING_INDEX;
	ok(hp_session_seal(s));
	progress = ABORTING_AGAIN;
	ok(hp_session_abort(s));
	progress = ENDED;
	ok(hp_session_close(s));
}

static void reclaim_and_commit(void)
{
	ok(hp_session_open_on(sys, "db", NULL, &s));
	ok(hp_region_reclaim(s, POOL, NULL, &pool));
	ok(hp_region_reclaim(s, INDEX, NULL, &index_));
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}

/* Run until the nth call. False: it came to its end before. */
static bool run_until(void (*program)(void), int nth)
{
	fake.stop_at = nth;
	if (setjmp(fake.stop)) {
		moments++;
		return true;
	}
	program();
	fake.stop_at = 0;
	return false;
}

/* The region came back whole, or it did not and need not have. */
static long take(uint64_t token, bool must, bool may)
{
	struct hp_region *region = NULL;
	int rc = hp_region_reclaim(s, token, NULL, &region);

	if (rc == -ENOENT) {
		problems += must;
		return 0;
	}
	/* LUO gives no single file back: the set ended, and what was in it. */
	if (rc == -ENODATA && progress == LEAVING_OUT) {
		problems += must;
		lost++;
		return 0;
	}
	if (rc < 0) {
		problems++;
		return 0;
	}
	problems += !may;
	check_filled(region);
	return (long)(hp_region_length(region) / HP_PAGE_2M);
}

static void check_seal(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	ok(hp_session_info(s, &info));
	problems += info.manifest_error != 0;
	problems += info.sealed && promises[progress].seal == OFF;
	problems += !info.sealed && promises[progress].seal == ON;
	seals += info.sealed;
}

static void check_next_kernel(void)
{
	long pages;

	ok(hp_session_open_on(&fake_sys, "db", NULL, &s));
	check_seal();
	pages = take(POOL, promises[progress].pool_must,
		     promises[progress].pool_may);
	pages += take(INDEX, promises[progress].index_must,
		      promises[progress].index_may);
	/* All that came back was found, so nothing is dropped here. */
	problems += hp_session_commit(s, 0) != 0;
	problems += fake.pool_used != pages;
	problems += fake.sessions_incoming != 0;
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(hp_session_close(s));
	problems += fake_leaks() || fake.pool_used;
}

START_TEST(kexec_at_every_moment)
{
	sys = &fake_sys;
	for (int nth = 1;; nth++) {
		fake_boot();
		if (!run_until(preserve_and_abort, nth))
			break;
		fake_kexec();
		check_next_kernel();
		ck_assert_msg(!problems, "kexec before call %d, after %d", nth,
			      progress);
	}
	/* Control: that was every store as well, and the seal was seen. */
	ck_assert_int_gt(moments, 250);
	ck_assert_int_gt(seals, 50);
	ck_assert_int_gt(lost, 0);
}
END_TEST

/* Control: stores that do not arrive are noticed. */
static int stores;

static void lazy_store(uint64_t *address, uint64_t value)
{
	if (++stores <= 20) /* those of the empty manifest */
		fake_sys.store(address, value);
}

START_TEST(a_lost_update_is_noticed)
{
	struct hp_sys lazy = fake_sys;

	lazy.store = lazy_store;
	sys = &lazy;
	for (int nth = 1;; nth++) {
		stores = 0;
		fake_boot();
		if (!run_until(preserve_and_abort, nth))
			break;
		fake_kexec();
		check_next_kernel();
	}
	ck_assert_int_gt(problems, 0);
}
END_TEST

START_TEST(crash_at_every_moment)
{
	sys = &fake_sys;
	for (int nth = 1;; nth++) {
		fake_boot();
		if (!run_until(preserve_and_abort, nth))
			break;
		fake_crash();
		ck_assert_int_eq(fake.pool_used, 0);
		ck_assert_int_eq(fake.sessions_outgoing, 0);
		ck_assert_int_eq(fake_leaks(), 0);
		/* The next start is a first one and works. */
		preserve_and_abort();
	}
	ck_assert_int_gt(moments, 100);
}
END_TEST

START_TEST(crash_at_every_moment_of_the_second_start)
{
	sys = &fake_sys;
	for (int nth = 1;; nth++) {
		live_update();
		if (!run_until(reclaim_and_commit, nth))
			break;
		fake_crash();
		/* Taken and lost, or not yet taken and whole; never half. */
		ck_assert(fake.pool_used == 0 || fake.pool_used == 3);
		ck_assert_int_eq(fake.sessions_incoming, !!fake.pool_used);
		if (fake.pool_used)
			reclaim_and_commit();
		preserve_and_abort();
		ck_assert_int_eq(fake.pool_used, 0);
	}
	ck_assert_int_gt(moments, 10);
}
END_TEST

START_TEST(kexec_at_every_moment_of_the_second_start)
{
	sys = &fake_sys;
	for (int nth = 1;; nth++) {
		live_update();
		if (!run_until(reclaim_and_commit, nth))
			break;
		fake_kexec();
		/* Not preserved again: lost, as documented, and not leaked. */
		ck_assert_int_eq(fake.pool_used, 0);
		ck_assert_int_eq(fake.sessions_incoming, 0);
		preserve_and_abort();
	}
	ck_assert_int_gt(moments, 10);
}
END_TEST

Suite *moment_suite(void)
{
	const TTest *const tests[] = {
		kexec_at_every_moment,
		a_lost_update_is_noticed,
		crash_at_every_moment,
		crash_at_every_moment_of_the_second_start,
		kexec_at_every_moment_of_the_second_start,
		NULL,
	};

	return suite_of("moment", tests);
}
