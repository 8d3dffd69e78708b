// SPDX-License-Identifier: MIT
/*
 * What a session tells about itself and its regions, in each of its states.
 */
#include <errno.h>
#include <string.h>

#include "suites.h"

static struct hp_session *s;
static struct hp_region *r, *q;
static struct hp_session_info info;
static struct hp_region_info region;

static void look(void)
{
	memset(&info, 0x55, sizeof(info));
	info.size = sizeof(info);
	ok(hp_session_info(s, &info));
	ck_assert_uint_eq(info.size, sizeof(info));
}

static int look_at(unsigned int index)
{
	memset(&region, 0x55, sizeof(region));
	region.size = sizeof(region);
	return hp_session_region(s, index, &region);
}

/* The tokens in this order and state; ends with token 0. */
static void check_list(const uint64_t *tokens, const unsigned int *states)
{
	unsigned int i;

	for (i = 0; tokens[i]; i++) {
		ok(look_at(i));
		ck_assert_uint_eq(region.size, sizeof(region));
		ck_assert_uint_eq(region.token, tokens[i]);
		ck_assert_uint_eq(region.state, states[i]);
	}
	is(look_at(i), -ENOENT);
	is(look_at(UINT32_MAX), -ENOENT);
}

#define LIST(...) ((const uint64_t[]){ __VA_ARGS__, 0 })
#define STATES(...) ((const unsigned int[]){ __VA_ARGS__ })

enum {
	OPEN = HP_REGION_IS_OPEN,
	RETURNED = HP_REGION_IS_RETURNED,
	KEPT = HP_REGION_IS_OPEN | HP_REGION_IS_PRESERVED,
	CARRIED = HP_REGION_IS_RETURNED | HP_REGION_IS_PRESERVED,
	LOST = HP_REGION_IS_LOST,
};

static void check_nothing_listed(unsigned int came_back, int error)
{
	static const struct hp_session_info none;

	ck_assert_uint_eq(info.came_back, came_back);
	ck_assert_int_eq(info.manifest_error, error);
	ck_assert_uint_eq(info.sealed, 0);
	ck_assert_uint_eq(info.region_count, 0);
	ck_assert_uint_eq(info.lost_count, 0);
	ck_assert_mem_eq(&info.generation, &none.generation,
			 sizeof(none) -
				 offsetof(struct hp_session_info, generation));
}

START_TEST(arguments)
{
	static const size_t wrong[] = { 0,    1,       8, sizeof(info) - 1,
					5000, SIZE_MAX };

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	is(hp_session_info(NULL, &info), -EINVAL);
	is(hp_session_info(s, NULL), -EINVAL);
	is(hp_session_region(NULL, 0, &region), -EINVAL);
	is(hp_session_region(s, 0, NULL), -EINVAL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		info.size = wrong[i];
		is(hp_session_info(s, &info), -EINVAL);
		region.size = wrong[i] == sizeof(info) - 1 ?
				      sizeof(region) - 1 :
				      wrong[i];
		is(hp_session_region(s, 0, &region), -EINVAL);
	}
	look();
	ok(look_at(0));
}
END_TEST

/* A program that was built for a later version of the library. */
START_TEST(longer_structures)
{
	struct {
		struct hp_session_info known;
		unsigned char later[64], guard;
	} about;
	struct {
		struct hp_region_info known;
		unsigned char later[64], guard;
	} one;
	static const unsigned char zeros[64];

	live_update();
	ok(open_session("db", &s));
	memset(&about, 0x55, sizeof(about));
	about.known.size = offsetof(__typeof__(about), guard);
	ok(hp_session_info(s, &about.known));
	ck_assert_uint_eq(about.known.size, offsetof(__typeof__(about), guard));
	ck_assert_uint_eq(about.known.region_count, 2);
	ck_assert_mem_eq(about.later, zeros, sizeof(zeros));
	ck_assert_uint_eq(about.guard, 0x55);
	memset(&one, 0x55, sizeof(one));
	one.known.size = offsetof(__typeof__(one), guard);
	ok(hp_session_region(s, 0, &one.known));
	ck_assert_uint_eq(one.known.token, POOL);
	ck_assert_mem_eq(one.later, zeros, sizeof(zeros));
	ck_assert_uint_eq(one.guard, 0x55);
}
END_TEST

START_TEST(fresh)
{
	ok(open_session("db", &s));
	look();
	check_nothing_listed(0, 0);
	ck_assert_uint_eq(info.holder, HP_HOLDER_PROCESS);
	ck_assert_uint_eq(info.sealed_now, 0);
	ck_assert_uint_eq(info.preserved_count, 0);
	ck_assert_uint_eq(info.outlives_kexec, HP_NO);
	ck_assert_uint_eq(info.outlives_restart, HP_NO);
	ck_assert_ptr_nonnull(
		strstr(info.kexec_reason, "Nothing is preserved"));
	is(look_at(0), -ENOENT);

	ok(hp_region_create(s, 7, 2 * MIB, NULL, &r));
	ok(hp_region_create(s, 3, 2 * MIB, NULL, &q));
	ok(hp_region_create(s, 5, 2 * MIB, NULL, &q));
	check_list(LIST(7, 3, 5), STATES(OPEN, OPEN, OPEN));
	ok(hp_region_preserve(q));
	check_list(LIST(7, 3, 5), STATES(OPEN, OPEN, KEPT));
	look();
	check_nothing_listed(0, 0);
	ck_assert_uint_eq(info.preserved_count, 1);
	ck_assert_uint_eq(info.outlives_kexec, HP_YES);
	ck_assert_uint_eq(info.outlives_restart, HP_NO);
	ok(hp_session_abort(s));
	look();
	ck_assert_uint_eq(info.preserved_count, 0);
	ok(hp_region_close(r));
	check_list(LIST(3, 5), STATES(OPEN, OPEN));
}
END_TEST

static void check_returned(uint64_t written)
{
	ck_assert_int_eq(info.manifest_error, 0);
	ck_assert_uint_eq(info.generation, 1);
	ck_assert_uint_eq(info.updates, 0);
	ck_assert_uint_eq(info.written_ns, written);
	ck_assert_uint_eq(info.sealed, 0);
	ck_assert_uint_eq(info.region_count, 2);
	ck_assert_str_eq(info.kernel, "7.3.4-fake0");
	ck_assert_str_eq(info.boot_id, "00000000-0000-4000-8000-000000000000");
	ck_assert_str_eq(info.library, hp_version());
}

START_TEST(returned_and_committed)
{
	uint64_t written;

	fake_boot();
	written = fake_sys.time_ns();
	live_update();
	ok(open_session("db", &s));
	look();
	ck_assert_uint_eq(info.came_back, 1);
	check_returned(written);
	check_list(LIST(POOL, INDEX), STATES(RETURNED, RETURNED));
	ok(look_at(0));
	ck_assert_uint_eq(region.length, 4 * MIB);
	ck_assert_uint_eq(region.page_size, HP_PAGE_2M);
	ck_assert_uint_ne(region.address, 0);
	ck_assert_uint_eq(region.origin, 0);

	/* In the order in which the session got to know them. */
	ok(hp_region_create(s, 9, 2 * MIB, NULL, &q));
	ok(hp_region_reclaim(s, INDEX, NULL, &r));
	check_list(LIST(POOL, INDEX, 9), STATES(RETURNED, OPEN, OPEN));
	ok(look_at(1));
	ck_assert_uint_eq(region.origin, HP_ORIGIN_LIVE_UPDATE);
	ck_assert_uint_eq(region.address, (uintptr_t)hp_region_address(r));
	look();
	ck_assert_uint_eq(info.region_count, 2);

	ok(hp_session_preserve(s));
	check_list(LIST(POOL, INDEX, 9), STATES(CARRIED, KEPT, KEPT));
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	look();
	ck_assert_uint_eq(info.came_back, 1);
	check_returned(written);
	check_list(LIST(INDEX, 9), STATES(KEPT, KEPT));
}
END_TEST

/* Also where nobody looked before the commit. */
START_TEST(committed_unseen)
{
	struct hp_session_opts opts = { .size = sizeof(opts) };

	live_update();
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	look();
	ck_assert_uint_eq(info.came_back, 1);
	ck_assert_uint_eq(info.generation, 1);
	ck_assert_uint_eq(info.region_count, 2);
	is(look_at(0), -ENOENT);

	/* There is no room to read it: nothing is given up unseen. */
	live_update();
	ok(open_session("db", &s));
	fake.fail_call = CALL_RETRIEVE_FD;
	fake.fail_errno = EMFILE;
	fake.fail_nth = 1;
	is(hp_session_commit(s, HP_COMMIT_DROP), -EMFILE);
	ck_assert(fake.failed);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(generations_and_updates)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	for (unsigned int update = 1; update <= 5; update++) {
		/* One file for the whole life, however often it is given. */
		ok(hp_region_preserve(r));
		ok(hp_region_preserve(q));
		ok(hp_session_abort(s));
		ok(hp_region_preserve(q));
		ok(hp_region_preserve(r));
		fake_kexec();
		ok(open_session("db", &s));
		look();
		ck_assert_uint_eq(info.generation, update);
		ck_assert_uint_eq(info.updates, update - 1);
		ok(hp_region_reclaim(s, POOL, NULL, &r));
		ok(hp_region_reclaim(s, INDEX, NULL, &q));
		ok(hp_session_commit(s, 0));
	}
	/* A start at which nothing comes back begins anew. */
	ok(hp_session_close(s));
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("db", &s));
	look();
	ck_assert_uint_eq(info.generation, 1);
}
END_TEST

/* Label, layout number and address arrive; and what nobody knows is empty. */
START_TEST(what_a_region_says)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.label = "buffer pool",
		.layout = 4711,
	};
	uint64_t address;

	fake.fail_call = CALL_KERNEL_RELEASE;
	fake.fail_nth = 1;
	fake.fail_errno = EFAULT;
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, &opts, &r));
	address = (uintptr_t)hp_region_address(r);
	ok(hp_region_preserve(r));
	ck_assert(fake.failed);
	fake_kexec();
	ok(open_session("db", &s));
	look();
	ck_assert_str_eq(info.kernel, "");
	ck_assert_str_ne(info.boot_id, "");
	ok(look_at(0));
	ck_assert_str_eq(region.label, "buffer pool");
	ck_assert_uint_eq(region.layout, 4711);
	ck_assert_uint_eq(region.address, address);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ok(hp_session_preserve(s));
	fake_kexec();
	/* The next owner does not find out where it is. */
	fake.fail_call = CALL_READ_TEXT;
	fake.fail_nth = 1;
	ok(open_session("db", &s));
	ok(hp_session_preserve(s));
	ck_assert(fake.failed);
	fake_kexec();
	ok(open_session("db", &s));
	look();
	ck_assert_str_eq(info.kernel, "7.3.4-fake2");
	ck_assert_str_eq(info.boot_id, "");
	ok(look_at(0));
	ck_assert_str_eq(region.label, "buffer pool");
	ck_assert_uint_eq(region.layout, 4711);
}
END_TEST

START_TEST(manifest_that_cannot_be_read)
{
	const struct hp_region_opts unlisted = {
		.size = sizeof(unlisted),
		.flags = HP_REGION_UNLISTED,
	};
	const uint64_t garbage = 0;

	live_update();
	fake_returned_write(HP_TOKEN_RESERVED, 0, &garbage, 8);
	fake_returned_write(HP_TOKEN_RESERVED, HP_MANIFEST_SLOT_SIZE, &garbage,
			    8);
	ok(open_session("db", &s));
	look();
	check_nothing_listed(1, -EBADMSG);
	is(look_at(0), -ENOENT);
	is(hp_region_reclaim(s, POOL, NULL, &r), -EBADMSG);
	is(hp_region_open(s, POOL, 4 * MIB, NULL, &r), -EBADMSG);
	ok(hp_region_reclaim(s, POOL, &unlisted, &r));
	check_filled(r);
	check_list(LIST(POOL), STATES(OPEN));
	is(hp_region_reclaim(s, 77, &unlisted, &q), -ENOENT);
	is(hp_session_commit(s, 0), -EBADMSG);
	is(hp_session_preserve(s), -EBADMSG);
	is(hp_region_preserve(r), -EINPROGRESS);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	/* What was taken is there, what was not is not. */
	check_filled(r);
	ck_assert_int_eq(fake.pool_used, 2);
	look();
	check_nothing_listed(1, 0);
	check_list(LIST(POOL), STATES(OPEN));
	ok(hp_session_preserve(s));
	fake_kexec();
	ok(open_session("db", &s));
	look();
	ck_assert_int_eq(info.manifest_error, 0);
	ck_assert_uint_eq(info.region_count, 1);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(manifest_that_the_kernel_lost)
{
	live_update();
	ok(open_session("db", &s));
	fake.fail_call = CALL_RETRIEVE_FD;
	fake.fail_nth = 1;
	fake.fail_errno = EIO;
	look();
	check_nothing_listed(1, -ENOMSG);
	look();
	check_nothing_listed(1, -ENOMSG);
	is(look_at(0), -ENOENT);
}
END_TEST

/* A session that was empty when the kexec came. */
START_TEST(no_manifest)
{
	live_update();
	fake_returned_remove(HP_TOKEN_RESERVED);
	ok(open_session("db", &s));
	look();
	check_nothing_listed(1, 0);
	is(look_at(0), -ENOENT);
}
END_TEST

/* What can be repeated is an error, changes nothing, and can be repeated. */
START_TEST(errors_of_reading)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_RETRIEVE_FD, EMFILE, -EMFILE },
		{ CALL_RETRIEVE_FD, ENOTTY, -EPROTO },
		{ CALL_ZALLOC, ENOMEM, -ENOMEM },
		{ CALL_FILE_INFO, EXDEV, -EPROTO },
		{ CALL_FILE_INFO, ENFILE, -EMFILE },
		{ CALL_READ_AT, ENOMEM, -ENOMEM },
		{ CALL_READ_AT, EIO, -EPROTO },
	};
	const struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = HP_NO_WAIT,
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		/* ENOTTY is remembered by the fake as by the kernel. */
		int times = errors[i].from == ENOTTY ? 1 : 2;

		live_update();
		ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
		for (int j = 0; j < times; j++) {
			fake.fail_call = errors[i].call;
			fake.fail_errno = errors[i].from;
			fake.fail_nth = 1;
			info.size = sizeof(info);
			info.holder = 99;
			region.token = 99;
			is(j ? look_at(0) : hp_session_info(s, &info),
			   errors[i].to);
			ck_assert_uint_eq(info.holder, 99);
		}
		if (times == 1)
			continue;
		look();
		ck_assert_uint_eq(info.region_count, 2);
		ok(look_at(1));
	}
}
END_TEST

/* What is missing for now would pass for lost, so it is waited for. */
START_TEST(waits_for_what_passes)
{
	static const enum fake_call calls[] = { CALL_RETRIEVE_FD, CALL_ZALLOC };

	for (int i = 0; i < 2; i++) {
		live_update();
		ok(open_session("db", &s));
		fake.fail_call = calls[i];
		fake.fail_errno = i ? ENOMEM : EMFILE;
		fake.fail_nth = 1;
		look();
		ck_assert(fake.failed);
		ck_assert_uint_gt(fake.now, 0);
		ck_assert_uint_eq(info.region_count, 2);
		ck_assert_uint_eq(info.lost_count, 0);
	}
}
END_TEST

/* Told until there is something new in its place that is preserved. */
START_TEST(lost_until_preserved_anew)
{
	live_update();
	fake_returned_remove(POOL);
	for (int start = 0; start < 3; start++) {
		ok(open_session("db", &s));
		look();
		ck_assert_uint_eq(info.region_count, 1);
		ck_assert_uint_eq(info.lost_count, 1);
		ck_assert_uint_eq(info.sealed, 0);
		ok(look_at(0));
		ck_assert_uint_eq(region.token, POOL);
		ck_assert_uint_eq(region.state, LOST);
		ck_assert_uint_eq(region.length, 4 * MIB);
		is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
		if (start == 2)
			break;
		/* New memory that nobody preserves, and the rest is carried. */
		ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
		ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LOST);
		ck_assert_int_eq(hp_region_is_new(r), 1);
		ck_assert_uint_eq(hp_region_length(r), 2 * MIB);
		ck_assert_int_eq(*(char *)hp_region_address(r), 0);
		look();
		ck_assert_uint_eq(info.lost_count, 1);
		ck_assert_uint_eq(info.region_count, 1);
		ok(hp_region_close(r));
		is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
		ok(hp_session_preserve(s));
		fake_kexec();
	}
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	ok(hp_session_preserve(s));
	fake_kexec();
	ok(open_session("db", &s));
	look();
	ck_assert_uint_eq(info.lost_count, 0);
	ck_assert_uint_eq(info.region_count, 2);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

/* Given up, it is not told any more. */
START_TEST(lost_until_dropped)
{
	live_update();
	fake_returned_remove(POOL);
	ok(open_session("db", &s));
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_drop(r));
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ok(hp_region_drop(r));
	ok(hp_session_preserve(s));
	fake_kexec();
	ok(open_session("db", &s));
	look();
	ck_assert_uint_eq(info.lost_count, 0);
	ck_assert_uint_eq(info.region_count, 1);
}
END_TEST

/* A seal is worth something only with all that was sealed. */
START_TEST(sealed_only_if_complete)
{
	for (int lost = 0; lost < 3; lost++) {
		fake_boot();
		ok(open_session("db", &s));
		ok(hp_region_create(s, POOL, 4 * MIB, NULL, &r));
		ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
		ok(hp_session_preserve(s));
		ok(hp_session_seal(s));
		fake_kexec();
		if (lost == 1)
			fake_returned_remove(INDEX);
		if (lost == 2)
			fake_returned_set_allocated(INDEX, 0);
		ok(open_session("db", &s));
		look();
		ck_assert_uint_eq(info.sealed, !lost);
		/* New memory in its place does not make it sealed. */
		if (lost == 1)
			ok(hp_region_open(s, INDEX, 2 * MIB, NULL, &r));
		look();
		ck_assert_uint_eq(info.sealed, !lost);
	}
}
END_TEST

/* Shorter than its length says: damage, and not the lack of something. */
START_TEST(manifest_that_ends_early)
{
	live_update();
	ok(open_session("db", &s));
	fake.fail_call = CALL_READ_AT;
	fake.fail_errno = ENODATA;
	fake.fail_nth = 1;
	look();
	check_nothing_listed(1, -EBADMSG);
}
END_TEST

START_TEST(without_live_update)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_LOCAL,
	};

	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	look();
	ck_assert_uint_eq(info.holder, HP_HOLDER_PROCESS);
	fake.no_device = true;
	ok(hp_session_open_on(&fake_sys, "other", &opts, &s));
	look();
	ck_assert_uint_eq(info.holder, HP_HOLDER_NONE);
	ck_assert_uint_eq(info.outlives_restart, HP_NO);
	ck_assert_uint_eq(info.outlives_kexec, HP_NO);
	ck_assert_ptr_nonnull(strstr(info.kexec_reason, "Nobody"));
	check_nothing_listed(0, 0);
	is(look_at(0), -ENOENT);
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	check_list(LIST(POOL), STATES(OPEN));
	is(hp_session_preserve(s), -ENODEV);
	is(hp_session_seal(s), -ENOENT);
	ok(hp_session_unseal(s));
	ok(hp_session_abort(s));
	ok(hp_session_commit(s, 0));
	ok(hp_region_drop(r));
	ok(hp_session_close(s));
}
END_TEST

/* By its token: the same object, while it is open. */
START_TEST(a_region_by_its_token)
{
	struct hp_region *found = NULL;

	ok(open_session("db", &s));
	is(hp_region_get(s, POOL, &found), -ENOENT);
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	is(hp_region_get(NULL, POOL, &found), -EINVAL);
	is(hp_region_get(s, POOL, NULL), -EINVAL);
	fake.forks++;
	is(hp_region_get(s, POOL, &found), -ECHILD);
	fake.forks--;
	ck_assert_ptr_null(found);
	ok(hp_region_get(s, POOL, &found));
	ck_assert_ptr_eq(found, r);
	ok(hp_region_close(r));
	is(hp_region_get(s, POOL, &found), -ENOENT);
}
END_TEST

START_TEST(the_file_of_a_region)
{
	static const struct {
		int from, to;
	} errors[] = {
		{ ENOMEM, -ENOMEM },
		{ EMFILE, -EMFILE },
		{ ENFILE, -EMFILE },
		{ EXDEV, -EPROTO },
	};

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake.fail_call = CALL_FILE_INFO;
		fake.fail_errno = errors[i].from;
		fake.fail_nth = 1;
		is(hp_region_check(r), errors[i].to);
		ok(hp_region_check(r));
	}
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
	is(hp_region_check(r), -EUCLEAN);
	ok(fake_sys.set_length(hp_region_fd(r), 2 * MIB));
	ok(hp_region_check(r));
}
END_TEST

START_TEST(in_a_forked_child)
{
	ok(open_session("db", &s));
	fake.forks++;
	info.size = sizeof(info);
	region.size = sizeof(region);
	is(hp_session_info(s, &info), -ECHILD);
	is(hp_session_region(s, 0, &region), -ECHILD);
	is(hp_session_seal(s), -ECHILD);
	is(hp_session_unseal(s), -ECHILD);
	fake.forks--;
}
END_TEST

/* What the log hears: the call, the errno, and what the manifest says. */
static char heard[2048];

static void hear(void *context, int priority, const char *message)
{
	ck_assert_ptr_eq(context, &s);
	ck_assert_int_ge(priority, LOG_ERR);
	ck_assert_ptr_null(strchr(message, '\n'));
	strncat(heard, message, sizeof(heard) - strlen(heard) - 1);
}

START_TEST(what_the_log_hears)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.log = hear,
		.log_context = &s,
	};
	const uint64_t garbage = 0;

	live_update();
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	is(hp_region_reclaim(s, 77, NULL, &r), -ENOENT);
	ck_assert_ptr_nonnull(strstr(heard, "generation 1"));
	heard[0] = 0;
	fake.fail_call = CALL_RETRIEVE_FD;
	fake.fail_nth = 1;
	fake.fail_errno = EIO;
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
	ck_assert_ptr_nonnull(strstr(heard, "RETRIEVE_FD"));
	ck_assert_ptr_nonnull(strstr(heard, "0x1"));
	ck_assert_ptr_nonnull(strstr(heard, "EIO"));
	heard[0] = 0;
	fake.finish_error = EBUSY;
	is(hp_session_commit(s, HP_COMMIT_DROP), -EAGAIN);
	ck_assert_ptr_nonnull(strstr(heard, "FINISH"));
	fake.finish_error = 0;
	ok(hp_session_commit(s, HP_COMMIT_DROP));

	heard[0] = 0;
	ok(hp_region_create(s, 9, 2 * MIB, NULL, &r));
	fake.no_handler = true;
	is(hp_region_preserve(r), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(heard, "PRESERVE_FD"));
	ck_assert_ptr_nonnull(strstr(heard, "ENOENT"));
	fake.no_handler = false;
	heard[0] = 0;
	ok(hp_session_open_on(&fake_sys, "fresh", &opts, &s));
	ok(hp_region_create(s, 9, 2 * MIB, NULL, &r));
	fake.fail_call = CALL_MEMFD;
	fake.fail_nth = 1;
	fake.fail_errno = EPERM;
	is(hp_region_preserve(r), -EACCES);
	ck_assert_ptr_nonnull(strstr(heard, "manifest"));

	live_update();
	fake_returned_write(HP_TOKEN_RESERVED, 0, &garbage, 8);
	fake_returned_write(HP_TOKEN_RESERVED, HP_MANIFEST_SLOT_SIZE, &garbage,
			    8);
	heard[0] = 0;
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	look();
	ck_assert_ptr_nonnull(strstr(heard, "checksum"));

	live_update();
	heard[0] = 0;
	ok(hp_session_open_on(&fake_sys, "db", &opts, &s));
	fake.fail_call = CALL_FILE_INFO;
	fake.fail_nth = 1;
	fake.fail_errno = 4000; /* no such */
	info.size = sizeof(info);
	is(hp_session_info(s, &info), -EPROTO);
	ck_assert_ptr_nonnull(strstr(heard, "errno 4000"));
}
END_TEST

Suite *info_suite(void)
{
	const TTest *const tests[] = {
		arguments,
		longer_structures,
		fresh,
		returned_and_committed,
		committed_unseen,
		generations_and_updates,
		what_a_region_says,
		manifest_that_cannot_be_read,
		manifest_that_the_kernel_lost,
		no_manifest,
		errors_of_reading,
		waits_for_what_passes,
		lost_until_preserved_anew,
		lost_until_dropped,
		sealed_only_if_complete,
		manifest_that_ends_early,
		without_live_update,
		a_region_by_its_token,
		the_file_of_a_region,
		in_a_forked_child,
		what_the_log_hears,
		NULL,
	};

	return suite_of("info", tests);
}
