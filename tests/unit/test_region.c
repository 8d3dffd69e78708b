// SPDX-License-Identifier: MIT
/*
 * Region by region: arguments, getters, and all that can be wrong with what
 * comes back.
 */
#include <errno.h>
#include <string.h>

#include "../../lib/base/checksum.h"
#include "suites.h"

static struct hp_session *s;
static struct hp_region *r, *q;

START_TEST(getters)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &r));
	ck_assert_ptr_nonnull(hp_region_address(r));
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_2M);
	ck_assert_uint_eq(hp_region_token(r), POOL);
	ck_assert_int_ge(hp_region_fd(r), 0);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ok(hp_region_preserve(r));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);

	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_2M);
	ck_assert_uint_eq(hp_region_token(r), POOL);
	ck_assert_int_ge(hp_region_fd(r), 0);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
}
END_TEST

START_TEST(arguments)
{
	static const uint64_t lengths[] = {
		0, 1, 4096, 2 * MIB - 1, 2 * MIB + 4096, UINT64_MAX
	};
	struct hp_region_opts opts = { 0 };

	opts.size = sizeof(opts);
	r = NULL;
	ok(open_session("db", &s));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		is(hp_region_create(s, POOL, lengths[i], NULL, &r), -EINVAL);
	is(hp_region_create(s, HP_TOKEN_RESERVED, 2 * MIB, NULL, &r), -EINVAL);
	is(hp_region_reclaim(s, HP_TOKEN_RESERVED, NULL, &r), -EINVAL);
	is(hp_region_create(s, POOL, 2 * MIB, NULL, NULL), -EINVAL);
	is(hp_region_reclaim(s, POOL, NULL, NULL), -EINVAL);
	opts.page_size = HP_PAGE_2M;
	opts.flags = 1U << 31;
	is(hp_region_create(s, POOL, 2 * MIB, &opts, &r), -EINVAL);
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
	opts.flags = 0;
	opts.reserved = 1;
	is(hp_region_create(s, POOL, 2 * MIB, &opts, &r), -EINVAL);
	ck_assert_ptr_null(r);
	/* The control, with tokens at both ends. */
	opts.reserved = 0;
	ok(hp_region_create(s, 0, 2 * MIB, &opts, &r));
	ok(hp_region_create(s, UINT64_MAX - 1, 2 * MIB, &opts, &r));
}
END_TEST

START_TEST(tokens_are_unique)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	is(hp_region_create(s, POOL, 2 * MIB, NULL, &q), -EEXIST);
	is(hp_region_reclaim(s, POOL, NULL, &q), -EEXIST);
	ok(hp_region_close(r));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));

	live_update();
	ok(open_session("db", &s));
	is(hp_region_create(s, POOL, 2 * MIB, NULL, &q), -EEXIST);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	is(hp_region_reclaim(s, POOL, NULL, &q), -EEXIST);
	is(hp_region_create(s, POOL, 2 * MIB, NULL, &q), -EEXIST);
	is(hp_region_reclaim(s, 99, NULL, &q), -ENOENT);
	ok(hp_region_create(s, 99, 2 * MIB, NULL, &q));
}
END_TEST

START_TEST(close_in_any_order)
{
	struct hp_region *regions[5];

	ok(open_session("db", &s));
	for (unsigned int i = 0; i < 5; i++)
		ok(hp_region_create(s, i, 2 * MIB, NULL, &regions[i]));
	ok(hp_region_close(regions[2]));
	ok(hp_region_close(regions[0]));
	ok(hp_region_close(regions[4]));
	ck_assert_int_eq(fake.pool_used, 2);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(pool_is_too_small)
{
	ok(open_session("db", &s));
	is(hp_region_create(s, POOL, 130 * MIB, NULL, &r), -ENOMEM);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_int_eq(fake.fds, 0);
	ok(hp_region_create(s, POOL, 128 * MIB, NULL, &r));
	is(hp_region_create(s, INDEX, 2 * MIB, NULL, &q), -ENOMEM);
	ok(hp_region_close(r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
}
END_TEST

START_TEST(reclaim_once_more_before_commit)
{
	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_region_close(r));
	ck_assert_int_eq(fake.pool_used, 3);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

/* Errors of the attempt, each with the control that it is not permanent. */
START_TEST(region_is_not_what_was_preserved)
{
	struct hp_region_opts opts = { 0 };

	opts.size = sizeof(opts);
	for (int i = 0; i < 5; i++) {
		live_update();
		ok(open_session("db", &s));
		if (i == 0)
			fake_returned_set_length(POOL, 2 * MIB);
		if (i == 1)
			fake_returned_set_length(POOL, 6 * MIB);
		if (i == 2) /* a hole */
			fake_returned_set_allocated(POOL, 2 * MIB);
		if (i == 3) /* no huge pages at all */
			fake_returned_set_page_size(POOL, 0);
		if (i == 4)
			fake_returned_set_page_size(POOL, HP_PAGE_1G);
		is(hp_region_reclaim(s, POOL, NULL, &r), -EUCLEAN);
		is(hp_region_open(s, POOL, 4 * MIB, NULL, &r), -EUCLEAN);
		is(hp_region_create(s, POOL, 4 * MIB, NULL, &r), -EEXIST);
		/* It is not lost: a tool can take it with the next kernel. */
		ok(hp_session_commit(s, 0));
		ck_assert_int_eq(fake.files, 3);
		if (i < 3)
			ok(hp_region_reclaim(s, INDEX, NULL, &q));
	}
	live_update();
	ok(open_session("db", &s));
	opts.page_size = HP_PAGE_2M * 512;
	/* The caller's error, and the region has nothing. */
	is(hp_region_reclaim(s, POOL, &opts, &r), -ESTALE);
	opts.page_size = HP_PAGE_2M;
	ck_assert_int_eq(fake.maps, 1); /* the manifest */
	ok(hp_region_reclaim(s, POOL, &opts, &r));
}
END_TEST

void replace_manifest(uint64_t page_size, uint32_t version)
{
	const struct hp_manifest_entry entry = {
		.token = POOL,
		.length = 4 * MIB,
		.page_size = page_size,
	};
	static struct hp_manifest manifest;
	struct hp_manifest_header h;
	uint64_t entries;

	memset(&manifest, 0, sizeof(manifest));
	ok(hp_manifest_create(&manifest, &fake_sys));
	ok(hp_manifest_put(&manifest, &entry));
	hp_manifest_write(&manifest);
	entries = hp_checksum_after(0, &entry, sizeof(entry));
	for (int i = 0; i < HP_MANIFEST_SLOTS; i++) {
		unsigned char *slot =
			manifest.slots + i * HP_MANIFEST_SLOT_SIZE;

		memcpy(&h, slot, sizeof(h));
		h.version = version;
		h.checksum = hp_manifest_checksum(entries, &h, sizeof(h));
		memcpy(slot, &h, sizeof(h));
	}
	fake_returned_write(HP_TOKEN_RESERVED, 0, manifest.slots,
			    HP_MANIFEST_SIZE);
	hp_manifest_close(&manifest);
}

START_TEST(preserved_by_a_newer_library)
{
	live_update();
	replace_manifest(HP_PAGE_2M / 2, HP_MANIFEST_VERSION);
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -EUCLEAN);

	live_update();
	replace_manifest(HP_PAGE_2M, HP_MANIFEST_VERSION + 1);
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -EOPNOTSUPP);
	is(hp_region_create(s, 9, 2 * MIB, NULL, &r), -EOPNOTSUPP);
	is(hp_session_commit(s, 0), -EOPNOTSUPP);
	ck_assert_int_eq(fake.pool_used, 3);
	ok(hp_session_commit(s, HP_COMMIT_DROP));

	/* Control: the replacement as such is fine. */
	live_update();
	replace_manifest(HP_PAGE_2M, HP_MANIFEST_VERSION);
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(region_is_listed_and_missing)
{
	live_update();
	fake_returned_remove(POOL);
	ok(open_session("db", &s));
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
	is(hp_region_open(s, POOL, 4 * MIB,
			  &(struct hp_region_opts){
				  .size = sizeof(struct hp_region_opts),
				  .flags = HP_REGION_MUST_EXIST },
			  &r),
	   -ENODATA);
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	ok(hp_session_commit(s, 0));
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
	/* Something new may be in its place, of another length. */
	ok(hp_region_open(s, POOL, 2 * MIB, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LOST);
	ok(hp_region_close(r));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	check_filled(q);
}
END_TEST

START_TEST(retrieve_that_failed_stays_so)
{
	static const int errors[] = { ENOENT, EIO,    EINVAL,	  EBUSY,
				      EINTR,  ENODEV, EOPNOTSUPP };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		live_update();
		ok(open_session("db", &s));
		ok(hp_region_reclaim(s, INDEX, NULL, &q));
		fake.fail_call = CALL_RETRIEVE_FD;
		fake.fail_nth = 1;
		fake.fail_errno = errors[i];
		is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
		ck_assert(fake.failed);
		fake.failed = false;
		is(hp_region_reclaim(s, POOL, NULL, &r), -ENODATA);
		ok(hp_session_commit(s, 0));
		check_filled(q);
	}
}
END_TEST

/* What passes, and what the program gets: EMFILE fails before the attempt. */
static const struct {
	int from, to;
} want_of_room[] = {
	{ EAGAIN, -ENOMEM }, /* whatever it was */
	{ ENOMEM, -ENOMEM }, /* a cgroup limit, or memory */
	{ ENOSPC, -ENOMEM }, /* no memory for the inode */
	{ ENFILE, -ENOMEM },
	{ EMFILE, -EMFILE },
};

/* INDEX is there, and POOL was tried twice without room. */
static void reclaim_without_room(int from, int to)
{
	live_update();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	for (int i = 0; i < 2; i++) {
		r = NULL;
		fake.failed = false;
		fake.fail_call = CALL_RETRIEVE_FD;
		fake.fail_nth = 1;
		fake.fail_errno = from;
		is(hp_region_reclaim(s, POOL, NULL, &r), to);
		ck_assert(fake.failed);
		ck_assert_ptr_null(r);
	}
	ck_assert_int_eq(fake.pool_used, 3);
	ck_assert_int_eq(fake.maps, 2); /* INDEX and the manifest */
	ck_assert_int_eq(fake.fds, 3);	/* and the session */
}

START_TEST(region_without_room_can_be_had_later)
{
	reclaim_without_room(want_of_room[_i].from, want_of_room[_i].to);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_session_commit(s, 0));
	check_filled(q);
}
END_TEST

START_TEST(region_without_room_is_not_dropped_unasked)
{
	reclaim_without_room(want_of_room[_i].from, want_of_room[_i].to);
	fake.fail_nth = 1;
	fake.fail_on = true;
	is(hp_session_commit(s, 0), want_of_room[_i].to);
	is(hp_session_close(s), -EBUSY);
	is(hp_region_create(s, POOL, 2 * MIB, NULL, &r), -EEXIST);
	fake.fail_nth = 0;
	ck_assert_int_eq(fake.pool_used, 3);
	ck_assert(is_returned(s));
	/* None of these has made it worse. */
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);

	reclaim_without_room(want_of_room[_i].from, want_of_room[_i].to);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_int_eq(fake.pool_used, 1);
	check_filled(q);
}
END_TEST

START_TEST(errors_of_preserve)
{
	static const struct {
		int from, to;
	} errors[] = {
		{ ENOENT, -EOPNOTSUPP }, { EOPNOTSUPP, -EOPNOTSUPP },
		{ EBUSY, -EALREADY },	 { EAGAIN, -EAGAIN },
		{ EINTR, -EAGAIN },	 { ENOSPC, -ENOSPC },
		{ EFBIG, -EFBIG },	 { EHWPOISON, -EHWPOISON },
		{ ENOMEM, -ENOMEM },	 { EINVAL, -EPROTO },
		{ EXDEV, -EPROTO },
	};

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		/* The first region: the session ends with the failure. */
		fake.fail_call = CALL_PRESERVE_FD;
		fake.fail_nth = 2; /* after the manifest */
		fake.fail_errno = errors[i].from;
		is(hp_region_preserve(r), errors[i].to);
		ck_assert_int_eq(fake.sessions_outgoing, 0);
		ck_assert_int_eq(fake.fds, 3); /* the manifest too */
		/* The second: the first stays. */
		ok(hp_region_preserve(r));
		fake.fail_nth = 1;
		is(hp_region_preserve(q), errors[i].to);
		ck_assert_int_eq(hp_region_is_preserved(r), 1);
		ck_assert_int_eq(hp_region_is_preserved(q), 0);
		ok(hp_session_abort(s));
	}
}
END_TEST

/* -- What the application does to hp_region_fd() --------------------------- */

static void resize_it(void)
{
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
}

/* Same number, same length, same page size. */
static void replace_it(void)
{
	int fd = hp_region_fd(r);

	fake_close_behind(fd);
	ck_assert_int_eq(fake_sys.memfd("another", HP_PAGE_2M), fd);
	ok(fake_sys.set_length(fd, 2 * MIB));
}

static void punch_a_hole(void)
{
	ok(fake_sys.set_length(hp_region_fd(r), 0));
	ok(fake_sys.set_length(hp_region_fd(r), 2 * MIB));
	fake.leaves_holes = true;
}

static void (*const spoilers[])(void) = { resize_it, replace_it, punch_a_hole };

/* r is not preserved; what the next kernel gets is whole. */
static void check_not_handed_over(bool with_q)
{
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ck_assert_uint_eq(s->manifest ? s->manifest->count : 0, with_q);
	ck_assert_int_eq(fake.sessions_outgoing, with_q);
	fake_kexec();
	ok(open_session("db", &s));
	ck_assert_int_eq(is_returned(s), with_q);
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	if (with_q) {
		ok(hp_region_reclaim(s, INDEX, NULL, &q));
		check_filled(q);
	}
	ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake.pool_used, with_q);
}

/* Two regions of one page each; q, when it is wanted, preserved first. */
static void open_two(bool with_q)
{
	fake_boot();
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	fill(q);
	if (with_q)
		ok(hp_region_preserve(q));
}

START_TEST(file_that_changed_before_preserve)
{
	for (int i = 0; i < 4; i++) {
		open_two(i & 1);
		spoilers[i / 2]();
		/* And again: nothing is left that would make it pass. */
		is(hp_region_preserve(r), -EUCLEAN);
		is(hp_region_preserve(r), -EUCLEAN);
		ck_assert_int_eq(fake.calls[CALL_PRESERVE_FD], i & 1 ? 2 : 0);
		check_not_handed_over(i & 1);
	}
	open_two(false);
	fake_close_behind(hp_region_fd(r));
	is(hp_region_preserve(r), -EUCLEAN);
	/* Controls: a file that is as it was; of the length it had. */
	open_two(true);
	resize_it();
	is(hp_region_preserve(r), -EUCLEAN);
	ok(fake_sys.set_length(hp_region_fd(r), 2 * MIB));
	ok(hp_region_preserve(r));
}
END_TEST

/* While LUO takes it, or LUO does not do what it says. */
START_TEST(file_that_changed_during_preserve)
{
	for (int i = 0; i < 6; i++) {
		open_two(i & 1);
		fake.on_preserve = spoilers[i / 2];
		is(hp_region_preserve(r), -EUCLEAN);
		fake.on_preserve = NULL;
		check_not_handed_over(i & 1);
	}
	/* LUO has it already, and gives it back with the others. */
	open_two(true);
	fake.on_preserve = punch_a_hole;
	is(hp_region_preserve(r), -EUCLEAN);
	fake.on_preserve = NULL;
	fake.leaves_holes = false;
	ok(hp_region_preserve(r));
	ck_assert_int_eq(hp_region_is_preserved(q), 1);
}
END_TEST

/* It makes the manifest's file and a session. */
START_TEST(errors_of_the_first_preserve)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_MEMFD, EACCES, -EACCES },
		{ CALL_MEMFD, EPERM, -EACCES },
		{ CALL_MEMFD, ENFILE, -EMFILE },
		{ CALL_ALLOCATE, ENOSPC, -ENOMEM },
		{ CALL_MAP, EAGAIN, -ENOMEM }, /* mlockall(2) */
		{ CALL_MAP, EXDEV, -EPROTO },
		{ CALL_OPEN, EACCES, -EACCES },
		{ CALL_OPEN, EIO, -EIO },
	};

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake.fail_call = errors[i].call;
		fake.fail_nth = 1;
		fake.fail_errno = errors[i].from;
		is(hp_region_preserve(r), errors[i].to);
		ck_assert_int_eq(fake.sessions_outgoing, 0);
		/* One manifest is for the whole life of the session. */
		ck_assert_int_eq(fake.fds + fake.maps, s->manifest ? 4 : 2);
	}
	ok(hp_region_preserve(r));
}
END_TEST

START_TEST(stock_kernel)
{
	fake.no_handler = true;
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	is(hp_region_preserve(r), -EOPNOTSUPP);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	check_filled(r);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* Making 1023 files is not what this is about. */
START_TEST(session_is_full)
{
	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	ok(hp_region_preserve(r));
	s->manifest->count = HP_REGIONS_MAX;
	is(hp_region_preserve(q), -E2BIG);
	s->manifest->count = 1;
	ok(hp_region_preserve(q));
}
END_TEST

START_TEST(errors_of_the_file)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_MEMFD, ENODEV, -EOPNOTSUPP },
		{ CALL_MEMFD, EINVAL, -EOPNOTSUPP },
		{ CALL_MEMFD, ENOSYS, -EOPNOTSUPP },
		{ CALL_MEMFD, ENOSPC, -ENOMEM },
		{ CALL_MEMFD, EACCES, -EACCES },
		{ CALL_MEMFD, ENFILE, -EMFILE },
		{ CALL_MEMFD, EXDEV, -EPROTO },
		{ CALL_SET_LENGTH, EFBIG, -EFBIG },
		{ CALL_SET_LENGTH, ENOMEM, -ENOMEM },
		{ CALL_MAP, ENOMEM, -ENOMEM },
		{ CALL_MAP, EAGAIN, -ENOMEM },
		{ CALL_MAP, EXDEV, -EPROTO },
		{ CALL_ZALLOC, ENOMEM, -ENOMEM },
	};

	ok(open_session("db", &s));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake.fail_call = errors[i].call;
		fake.fail_nth = 1;
		fake.fail_errno = errors[i].from;
		r = NULL;
		is(hp_region_create(s, POOL, 2 * MIB, NULL, &r), errors[i].to);
		ck_assert_ptr_null(r);
		ck_assert_int_eq(fake.fds + fake.maps, 0);
	}
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
}
END_TEST

Suite *region_suite(void)
{
	const TTest *const tests[] = {
		getters,
		arguments,
		tokens_are_unique,
		close_in_any_order,
		pool_is_too_small,
		reclaim_once_more_before_commit,
		region_is_not_what_was_preserved,
		preserved_by_a_newer_library,
		region_is_listed_and_missing,
		retrieve_that_failed_stays_so,
		errors_of_preserve,
		file_that_changed_before_preserve,
		file_that_changed_during_preserve,
		errors_of_the_first_preserve,
		stock_kernel,
		session_is_full,
		errors_of_the_file,
		NULL,
	};

	Suite *suite = suite_of("region", tests);
	TCase *room = tcase_create("region room");
	const int count = sizeof(want_of_room) / sizeof(want_of_room[0]);

	tcase_add_checked_fixture(room, fake_boot, NULL);
	tcase_set_timeout(room, 20);
	tcase_add_loop_test(room, region_without_room_can_be_had_later, 0,
			    count);
	tcase_add_loop_test(room, region_without_room_is_not_dropped_unasked, 0,
			    count);
	suite_add_tcase(suite, room);
	return suite;
}
