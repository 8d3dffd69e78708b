// SPDX-License-Identifier: MIT
/* Behaviours around fork, and of descriptors that someone else brought. */
#include "behaviour.h"

static struct hp_session *shared;
static struct hp_region *region;

static void child(void)
{
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region_info region_info = { .size = sizeof(region_info) };
	struct hp_region *r;

	check_bytes(region, 1);
	is(hp_region_is_preserved(region), -ECHILD);
	is(hp_region_fd(region), -ECHILD);
	equal(hp_region_length(region), PAGE);
	is(hp_session_commit(shared, 0), -ECHILD);
	is(hp_session_abort(shared), -ECHILD);
	is(hp_session_seal(shared), -ECHILD);
	is(hp_session_unseal(shared), -ECHILD);
	is(hp_session_info(shared, &info), -ECHILD);
	is(hp_session_region(shared, 0, &region_info), -ECHILD);
	is(hp_region_info(region, &region_info), -ECHILD);
	is(hp_region_huge_bytes(region, &(uint64_t){ 0 }), -ECHILD);
	is(hp_region_create(shared, 9, PAGE, NULL, &r), -ECHILD);
	is(hp_region_reclaim(shared, 9, NULL, &r), -ECHILD);
	is(hp_region_preserve(region), -ECHILD);
	is(hp_session_preserve(shared), -ECHILD);
	is(hp_region_drop(region), -ECHILD);
	is(hp_session_drop(shared), -ECHILD);
	is(hp_region_open(shared, 9, PAGE, NULL, &r), -ECHILD);
	is(hp_region_grow(region, 2 * PAGE, NULL), -ECHILD);
	is(hp_region_set_layout(region, 2), -ECHILD);
	is(hp_region_adopt(shared, 9, 0, NULL, &r), -ECHILD);
	/* Neither closes anything for the parent. */
	ok(hp_region_close(region));
	ok(hp_session_close(shared));
}

static void fork_before(void)
{
	shared = open_fresh();
	region = make_preserved(shared, 1, 1);
	bh_in_child(child);
	equal(hp_region_is_preserved(region), 1);
	check_bytes(region, 1);
	make_preserved(shared, 2, 1);
}

static void fork_after(void)
{
	struct hp_session *s = open_returned();

	take_back(s, 1);
	take_back(s, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(forked_child_changes_nothing, fork_before, fork_after);

static void child_holds_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	/* The child has none of the library's descriptors. */
	bh_child_stays();
	ok(hp_session_abort(s));
	equal(hp_region_is_preserved(r), 0);
	ok(hp_region_preserve(r));
	bh_child_ends();
	equal(hp_region_is_preserved(r), 1);
	make_preserved(s, 2, 1);
}
CASE(child_does_not_keep_an_aborted_session_alive, child_holds_before, fork_after);

static void child_holds_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	take_back(s, 2);
	bh_child_stays();
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	bh_child_ends();
	equal(hp_region_is_preserved(r), 1);
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(committed_session_can_be_preserved_while_a_child_lives, fork_before,
     child_holds_after);

/* -- Descriptors ----------------------------------------------------------- */

static void two_before(void)
{
	struct hp_session *s = open_fresh();

	make_preserved(s, 1, 1);
	make_preserved(s, 2, 1);
}

static void given_after(void)
{
	struct hp_session_opts opts = session_opts(0);
	int fds[2] = { bh_luo_create(session_name("")),
		       bh_luo_retrieve(session_name("")) };
	struct hp_session *s;
	struct hp_region *r;
	int device;

	check(fds[0] >= 0 && fds[1] >= 0);
	opts.fds = fds;
	opts.fds_count = 2;
	opts.timeout_ms = HP_NO_WAIT;
	/* The device is not needed. */
	device = bh_take_device();
	ok(bh_open(session_name(""), &opts, &s));
	/* The caller's stay the caller's. */
	bh_close(fds[0]);
	bh_close(fds[1]);
	equal(session_returned(s), 1);
	r = take_back(s, 1);
	take_back(s, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	bh_close(device);
}

static void given_last(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	equal(session_info(s).updates, 1);
	take_back(s, 1);
	/* It was not asked for, and carried along all the same. */
	r = take_back(s, 2);
	check_bytes(r, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(session_can_be_given_by_its_descriptors, two_before, given_after,
     given_last);

static void wrong_fds(void)
{
	struct hp_session_opts opts = session_opts(0);
	int fds[2], own = bh_luo_create(session_name("")),
		    other = bh_luo_create(session_name(".other")),
		    file = bh_memfd(0, 4096);
	struct hp_session *s;

	opts.fds = fds;
	opts.fds_count = 1;
	fds[0] = file;
	is(bh_open(session_name(""), &opts, &s), -EINVAL);
	fds[0] = -1;
	is(bh_open(session_name(""), &opts, &s), -EINVAL);
	opts.fds_count = 2;
	fds[0] = own;
	fds[1] = own;
	is(bh_open(session_name(""), &opts, &s), -EINVAL);
	opts.fds_count = 1;
	ok(bh_open(session_name(""), &opts, &s));
	equal(session_returned(s), 0);
	make_preserved(s, 1, 1);
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
	/* What the kernel calls it is the business of who opened it. */
	fds[0] = other;
	ok(bh_open(session_name(""), &opts, &s));
	make_preserved(s, 1, 1);
	check(hp_session_fd(s) >= 3);
	ok(hp_session_drop(s));
	bh_close(own);
	bh_close(other);
	bh_close(file);
}
CASE(descriptor_of_something_else_is_refused, wrong_fds);

static void filled(void)
{
	struct hp_session_opts opts = session_opts(0);
	int fd = bh_luo_create(session_name("")), huge = bh_memfd(PAGE, PAGE),
	    manifest = bh_memfd(0, 4096);
	struct hp_session *s;

	/* As if another process had preserved something. */
	ok(bh_luo_preserve(fd, manifest, HP_TOKEN_RESERVED));
	ok(bh_luo_preserve(fd, huge, 1));
	opts.fds = &fd;
	opts.fds_count = 1;
	is(bh_open(session_name(""), &opts, &s), -EINVAL);
	/* The name is that process's. */
	s = open_fresh();
	is(hp_region_preserve(make(s, 2, 1)), -EALREADY);
	bh_close(fd);
	make_preserved(s, 3, 1);
	ok(hp_session_drop(s));
	bh_close(huge);
	bh_close(manifest);
}
CASE(session_of_another_process_is_refused, filled);
