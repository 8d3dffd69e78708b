// SPDX-License-Identifier: MIT
/* Behaviours of sessions: open, commit, close, and who holds them. */
#include <string.h>

#include "behaviour.h"

static void fresh(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region_info info;
	struct hp_region *r;

	check(!strcmp(hp_session_name(s), session_name("")));
	equal(session_info(s).came_back, 0);
	equal(session_info(s).generation, 0);
	equal(session_info(s).region_count, 0);
	is(list_region(s, 0, &info), -ENOENT);
	is(hp_region_reclaim(s, 1, NULL, &r), -ENOENT);
	is(hp_session_seal(s), -ENOENT);
	ok(hp_session_unseal(s));
	ok(hp_session_abort(s));
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(fresh_session_has_nothing, fresh);

static void two_regions_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *a = make(s, 1, 1), *b = make(s, 0, 3);

	equal(hp_region_origin(a), HP_ORIGIN_CREATED);
	equal(hp_region_is_preserved(a), 0);
	ok(hp_region_preserve(a));
	ok(hp_region_preserve(b));
	ok(hp_region_preserve(b));
	equal(hp_region_is_preserved(a), 1);
	equal(session_info(s).preserved_count, 2);
}

static void two_regions_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *a, *b;

	b = take_back(s, 0);
	a = take_back(s, 1);
	equal(hp_region_length(b), 3 * PAGE);
	equal(hp_region_page_size(b), PAGE);
	equal(hp_region_token(a), 1);
	equal(hp_region_origin(a), HP_ORIGIN_LIVE_UPDATE);
	equal(hp_region_is_preserved(a), 0);
	is(hp_region_preserve(a), -EINPROGRESS);
	ok(hp_session_commit(s, 0));
	equal(session_info(s).came_back, 1);
	ok(hp_session_commit(s, 0));
	check_bytes(a, 1);
	check_bytes(b, 0);
	ok(hp_session_close(s));
}
CASE(regions_come_back_with_their_bytes, two_regions_before, two_regions_after);

static void one_of_two_before(void)
{
	struct hp_session *s = open_fresh();

	make_preserved(s, 1, 1);
	make(s, 2, 1);
}

static void one_of_two_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	is(hp_region_reclaim(s, 2, NULL, &r), -ENOENT);
	ok(hp_region_create(s, 2, PAGE, NULL, &r));
	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(region_not_preserved_does_not_come_back, one_of_two_before,
     one_of_two_after);

static void nothing_preserved_before(void)
{
	make(open_fresh(), 1, 1);
}

static void nothing_after(void)
{
	ok(hp_session_close(open_fresh()));
}
CASE(session_without_a_preserve_does_not_come_back, nothing_preserved_before,
     nothing_after);

static void aborted_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	ok(hp_session_abort(s));
	equal(hp_region_is_preserved(r), 0);
	equal(session_info(s).preserved_count, 0);
	check_bytes(r, 1);
}
CASE(aborted_session_does_not_come_back, aborted_before, nothing_after);

static void abort_and_again_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *a = make_preserved(s, 1, 1);

	make_preserved(s, 2, 1);
	ok(hp_session_abort(s));
	ok(hp_region_preserve(a));
}

static void abort_and_again_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	take_back(s, 1);
	is(hp_region_reclaim(s, 2, NULL, &r), -ENOENT);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(after_an_abort_only_what_is_preserved_again_comes_back,
     abort_and_again_before, abort_and_again_after);

static void two_handles_before(void)
{
	struct hp_session *s = open_fresh(), *second = open_fresh();
	struct hp_region *r = make(second, 1, 1);

	make_preserved(s, 1, 1);
	is(hp_region_preserve(r), -EALREADY);
	equal(hp_region_is_preserved(r), 0);
}

static void two_handles_after(void)
{
	struct hp_session *s = open_returned(), *second;

	is(bh_open(session_name(""), NULL, &second), -EALREADY);
	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
	s = open_fresh();
	ok(hp_session_close(s));
}
CASE(a_name_has_one_holder, two_handles_before, two_handles_after);

static void busy_device(void)
{
	struct hp_session_opts opts = session_opts(0);
	int device = bh_take_device();
	struct hp_session *s;
	struct hp_region *r;

	opts.timeout_ms = HP_NO_WAIT;
	is(bh_open(session_name(""), &opts, &s), -EAGAIN);
	bh_close(device);
	ok(bh_open(session_name(""), &opts, &s));
	r = make(s, 1, 1);
	device = bh_take_device();
	is(hp_region_preserve(r), -EAGAIN);
	equal(hp_region_is_preserved(r), 0);
	bh_close(device);
	ok(hp_region_preserve(r));
	/* From here on it is not needed. */
	device = bh_take_device();
	make_preserved(s, 2, 1);
	bh_close(device);
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(device_that_is_busy_can_be_tried_again, busy_device);

static void close_preserved(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	is(hp_session_close(s), -EBUSY);
	/* Not mapped any more, and not given up. */
	ok(hp_region_close(r));
	equal(session_info(s).preserved_count, 1);
	is(hp_session_close(s), -EBUSY);
	take_back(s, 1);
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
	ok(hp_session_close(NULL));
	ok(hp_region_close(NULL));
}
CASE(close_does_not_drop_what_is_preserved, close_preserved);

static void commit_before(void)
{
	struct hp_session *s = open_fresh();

	make_preserved(s, 1, 1);
	make_preserved(s, 2, 2);
}

static void commit_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;
	long free_before;

	is(hp_session_close(s), -EBUSY);
	ok(hp_session_commit(s, 0));
	/* What is not open is carried along. */
	r = take_back(s, 1);
	take_back(s, 2);
	ok(hp_session_preserve(s));
	is(hp_session_close(s), -EBUSY);
	is(hp_session_commit(s, 2), -EINVAL);
	ok(hp_session_abort(s));
	ok(hp_region_get(s, 2, &r));
	free_before = bh_pool_free(PAGE);
	ok(hp_region_drop(r));
	equal(bh_pool_free(PAGE), free_before + 2);
	ok(hp_region_create(s, 2, PAGE, NULL, &r));
	ok(hp_session_close(s));
}
CASE(commit_drops_nothing_unless_told_to, commit_before, commit_after);

static void commit_drop_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);
	long free_before = bh_pool_free(PAGE);

	ok(hp_session_commit(s, HP_COMMIT_DROP));
	equal(bh_pool_free(PAGE), free_before + 2);
	check_bytes(r, 1);
	is(hp_region_reclaim(s, 2, NULL, &r), -ENOENT);
	ok(hp_region_create(s, 2, PAGE, NULL, &r));
	ok(hp_session_close(s));
}
CASE(commit_drops_what_is_not_open_if_told_to, commit_before,
     commit_drop_after);

/* Nobody opens them for two kernels, and then they are there. */
static void carried_between(void)
{
	struct hp_session *s = open_returned();

	ok(hp_session_preserve(s));
	equal(session_info(s).preserved_count, 2);
}

static void carried_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	ok(hp_region_open(s, 2, 2 * PAGE, NULL, &r));
	equal(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
	equal(hp_region_is_new(r), 0);
	check_bytes(r, 2);
	is(hp_region_open(s, 1, 2 * PAGE, NULL, &r), -ESTALE);
	ok(hp_region_open(s, 1, PAGE, NULL, &r));
	check_bytes(r, 1);
	ok(hp_region_open(s, 3, PAGE, NULL, &r));
	equal(hp_region_origin(r), HP_ORIGIN_CREATED);
	equal(hp_region_is_new(r), 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(regions_that_nobody_opens_are_carried_along, commit_before,
     carried_between, carried_between, carried_after);

static void reclaim_again_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	is(hp_region_reclaim(s, 1, NULL, &r), -EEXIST);
	is(hp_region_create(s, 1, PAGE, NULL, &r), -EEXIST);
	is(hp_region_create(s, 2, PAGE, NULL, &r), -EEXIST);
	put_bytes(hp_region_address(r), PAGE, 77);
	ok(hp_region_close(r));
	ok(hp_session_commit(s, 0));
	ok(hp_region_reclaim(s, 1, NULL, &r));
	check_bytes(r, 77);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(hp_session_close(s));
}
CASE(closed_region_can_be_reclaimed_again, commit_before, reclaim_again_after);

static void open_and_die(int fd)
{
	(void)fd;
	take_back(open_returned(), 1);
}

static void dies_after_open(void)
{
	long free_before = bh_pool_free(PAGE);

	bh_other(open_and_die, -1);
	ok(hp_session_close(open_fresh()));
	equal(bh_pool_free(PAGE), free_before + 3);
}
CASE(process_that_dies_after_open_takes_the_data_along, commit_before,
     dies_after_open);

static void preserve_and_die(int fd)
{
	(void)fd;
	make_preserved(open_fresh(), 1, 1);
}

static void dies_before_kexec(void)
{
	bh_other(preserve_and_die, -1);
}
CASE(process_that_dies_before_the_kexec_preserves_nothing, dies_before_kexec,
     nothing_after);

static void another_process_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 2, 1);

	bh_other_stays(preserve_and_die, -1);
	is(hp_region_preserve(r), -EALREADY);
}

static void another_process_after(void)
{
	struct hp_session *s;

	bh_other_stays(open_and_die, -1);
	is(bh_open(session_name(""), NULL, &s), -EALREADY);
	bh_other_ends();
	s = open_fresh();
	ok(hp_session_close(s));
}
CASE(session_of_another_process_is_not_taken, another_process_before,
     another_process_after);

static const char *const suffixes[] = { ".a", ".b", ".c" };

static void three_before(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct hp_session *s;

		ok(bh_open(session_name(suffixes[i]), NULL, &s));
		make_preserved(s, i, 1);
	}
}

static void three_after(void)
{
	struct hp_session *s[3];
	struct hp_region *r;

	for (unsigned int i = 3; i-- > 0;) {
		ok(bh_open(session_name(suffixes[i]), NULL, &s[i]));
		equal(session_returned(s[i]), 1);
	}
	for (unsigned int i = 0; i < 3; i++) {
		is(hp_region_reclaim(s[i], (i + 1) % 3, NULL, &r), -ENOENT);
		r = take_back(s[i], i);
		ok(hp_session_commit(s[i], 0));
		ok(hp_region_preserve(r));
	}
	for (unsigned int i = 0; i < 3; i++) {
		ok(hp_session_abort(s[i]));
		ok(hp_session_close(s[i]));
	}
}
CASE(sessions_of_a_process_are_independent, three_before, three_after);

static void both_lists_after(void)
{
	struct hp_session *s = open_returned();
	int other = bh_luo_create(session_name(""));
	struct hp_region *r;

	/* Outgoing and incoming are two lists of names. */
	check(other >= 0);
	r = take_back(s, 1);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	is(hp_region_preserve(r), -EALREADY);
	bh_close(other);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(a_name_can_return_and_be_preserved_at_once, commit_before,
     both_lists_after);

/* -- More than one update -------------------------------------------------- */

static void again_first(void)
{
	make_preserved(open_fresh(), 1, 2);
}

static void again_next(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	ok(hp_region_reclaim(s, 1, NULL, &r));
	check_bytes(r, session_info(s).updates ? 100 : 1);
	equal(session_info(s).generation, session_info(s).updates + 1);
	put_bytes(hp_region_address(r), 2 * PAGE, 100);
	ok(hp_session_preserve(s));
}

static void again_last(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	equal(session_info(s).updates, 2);
	equal(session_info(s).generation, 3);
	ok(hp_region_reclaim(s, 1, NULL, &r));
	check_bytes(r, 100);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(three_updates_right_after_one_another, again_first, again_next, again_next,
     again_last);

static void not_committed(void)
{
	take_back(open_returned(), 1);
}

static void nobody_opens(void)
{
}
CASE(what_is_not_preserved_again_is_lost, again_first, not_committed,
     nothing_after);
CASE(what_nobody_opens_is_lost_at_the_next_kexec, again_first, nobody_opens,
     nothing_after);

static void local(void)
{
	struct hp_session_opts opts = session_opts(HP_SESSION_LOCAL);
	struct hp_session *s;

	ok(bh_open(session_name(""), &opts, &s));
	make_preserved(s, 1, 1);
}

static void local_after(void)
{
	struct hp_session *s = open_returned();

	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(local_session_is_no_different_where_there_is_live_update, local,
     local_after);

static void arguments(void)
{
	char too_long[HP_NAME_MAX + 2];
	struct hp_session_opts opts = session_opts(1U << 31);
	struct hp_session *s;
	struct hp_region *r;

	memset(too_long, 'x', sizeof(too_long));
	too_long[HP_NAME_MAX + 1] = '\0';
	is(bh_open("", NULL, &s), -EINVAL);
	is(bh_open(too_long, NULL, &s), -EINVAL);
	is(bh_open(NULL, NULL, &s), -EINVAL);
	is(bh_open("x", &opts, &s), -EINVAL);
	s = open_fresh();
	is(hp_region_create(s, HP_TOKEN_RESERVED, PAGE, NULL, &r), -EINVAL);
	is(hp_region_create(s, 1, 0, NULL, &r), -EINVAL);
	is(hp_region_create(s, 1, PAGE + 4096, NULL, &r), -EINVAL);
	is(hp_region_create(NULL, 1, PAGE, NULL, &r), -EINVAL);
	is(hp_region_reclaim(s, HP_TOKEN_RESERVED, NULL, &r), -EINVAL);
	is(hp_session_commit(s, 1U << 31), -EINVAL);
	is(hp_session_seal(NULL), -EINVAL);
	is(hp_session_preserve(NULL), -EINVAL);
	is(bh_open("systemd", NULL, &s), -EINVAL);
	ok(hp_session_close(s));
}
CASE(bad_arguments_are_refused, arguments);
