// SPDX-License-Identifier: MIT
/* Behaviours of memory that the application brought, or another process has. */
#include "behaviour.h"

static void adopt_fd(int fd)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	struct hp_region *r;
	void *own;

	own = bh_map(fd, 0, 2 * PAGE, MAP_OF_ALL);
	put_bytes(own, 2 * PAGE, 1);
	opts.label = "mine";
	opts.layout = 3;
	ok(hp_region_adopt(s, 1, fd, &opts, &r));
	equal(hp_region_origin(r), HP_ORIGIN_ADOPTED);
	equal(hp_region_length(r), 2 * PAGE);
	check(hp_region_address(r) != own);
	check_bytes(r, 1);
	is(hp_region_adopt(s, 1, fd, &opts, &r), -EEXIST);
	ok(hp_region_preserve(r));
	bh_unmap(own, 2 * PAGE);
	bh_close(fd);
}

static void adopt_memfd_before(void)
{
	adopt_fd(bh_memfd(PAGE, 2 * PAGE));
}

static void adopt_mounted_before(void)
{
	adopt_fd(bh_mounted_file(2 * PAGE));
}

static void adopt_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	equal(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
	equal(hp_region_length(r), 2 * PAGE);
	equal(region_info(r).layout, 3);
	check(region_info(r).label[0] == 'm');
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(memfd_of_the_application_comes_back, adopt_memfd_before, adopt_after);
CASE(file_of_a_mount_comes_back, adopt_mounted_before, adopt_after);

static void adopt_refused(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_READ_ONLY);
	struct hp_session *s = open_fresh();
	int huge = bh_memfd(PAGE, PAGE), small = bh_memfd(0, PAGE),
	    empty = bh_memfd(PAGE, 0), reading = bh_read_only(huge);
	struct hp_region *r;

	is(hp_region_adopt(s, 1, small, NULL, &r), -EMEDIUMTYPE);
	is(hp_region_adopt(s, 1, empty, NULL, &r), -EINVAL);
	is(hp_region_adopt(s, 1, -1, NULL, &r), -EINVAL);
	is(hp_region_adopt(s, 1, reading, NULL, &r), -EROFS);
	is(hp_region_adopt(s, HP_TOKEN_RESERVED, huge, NULL, &r), -EINVAL);
	is(hp_region_adopt(NULL, 1, huge, NULL, &r), -EINVAL);
	ok(hp_region_adopt(s, 1, reading, &opts, &r));
	is(hp_region_grow(r, 2 * PAGE, NULL), -EROFS);
	ok(hp_region_close(r));
	opts = region_opts(0);
	opts.page_size = HP_PAGE_1G;
	is(hp_region_adopt(s, 1, huge, &opts, &r), -EINVAL);
	ok(hp_session_close(s));
	bh_close(huge);
	bh_close(small);
	bh_close(empty);
	bh_close(reading);
}
CASE(file_that_cannot_be_adopted_is_refused, adopt_refused);

static void adopt_mapping(int fd)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	void *own = bh_map(fd, 0, 2 * PAGE, MAP_OF_ALL);
	struct hp_region *r;

	put_bytes(own, 2 * PAGE, 1);
	opts.label = "mine";
	opts.layout = 3;
	ok(hp_region_adopt_mapping(s, 1, own, 2 * PAGE, &opts, &r));
	check(hp_region_address(r) == own);
	equal(hp_region_origin(r), HP_ORIGIN_ADOPTED);
	is(hp_region_grow(r, 3 * PAGE, NULL), -EOPNOTSUPP);
	/* The mapping is the application's. */
	ok(hp_region_close(r));
	check(has_bytes(own, 2 * PAGE, 1));
	ok(hp_region_adopt_mapping(s, 1, own, 2 * PAGE, &opts, &r));
	ok(hp_region_preserve(r));
	if (fd >= 0)
		bh_close(fd);
}

static void adopt_file_mapping_before(void)
{
	adopt_mapping(bh_memfd(PAGE, 2 * PAGE));
}

static void adopt_anonymous_before(void)
{
	adopt_mapping(-1);
}
CASE(mapping_of_a_file_comes_back, adopt_file_mapping_before, adopt_after);
CASE(anonymous_shared_mapping_comes_back, adopt_anonymous_before, adopt_after);

static void adopt_mapping_refused(void)
{
	struct hp_session *s = open_fresh();
	int fd = bh_memfd(PAGE, 3 * PAGE);
	char *all = bh_map(fd, 0, 3 * PAGE, MAP_OF_ALL),
	     *own = bh_map(fd, 0, 3 * PAGE, MAP_OF_ONE),
	     *part = bh_map(fd, PAGE, PAGE, MAP_OF_ALL),
	     *small = bh_map_small(PAGE);
	struct hp_region *r;

	is(hp_region_adopt_mapping(s, 1, own, 3 * PAGE, NULL, &r), -ENXIO);
	is(hp_region_adopt_mapping(s, 1, part, PAGE, NULL, &r), -ERANGE);
	is(hp_region_adopt_mapping(s, 1, all, 2 * PAGE, NULL, &r), -ERANGE);
	is(hp_region_adopt_mapping(s, 1, small, PAGE, NULL, &r), -EMEDIUMTYPE);
	bh_unmap(own, 3 * PAGE);
	is(hp_region_adopt_mapping(s, 1, own, 3 * PAGE, NULL, &r), -ENXIO);
	bh_unmap(all + PAGE, PAGE);
	is(hp_region_adopt_mapping(s, 1, all, 3 * PAGE, NULL, &r), -ENXIO);
	ok(hp_session_close(s));
	bh_unmap(all, PAGE);
	bh_unmap(all + 2 * PAGE, PAGE);
	bh_unmap(part, PAGE);
	bh_unmap(small, PAGE);
	bh_close(fd);
}
CASE(mapping_that_cannot_be_adopted_is_refused, adopt_mapping_refused);

static void adopt_pieces(void)
{
	struct hp_session *s = open_fresh();
	int fd = bh_memfd(PAGE, 2 * PAGE);
	char *all = bh_map(fd, 0, 2 * PAGE, MAP_OF_ALL);
	struct hp_region *r;

	/* In two pieces: what was one mapping is cut and put together. */
	put_bytes(all, 2 * PAGE, 1);
	ok(hp_region_adopt_mapping(s, 1, all, 2 * PAGE, NULL, &r));
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
	check(has_bytes(all, 2 * PAGE, 1));
	bh_unmap(all, 2 * PAGE);
	bh_close(fd);
}
CASE(adopted_memory_stays_when_the_session_closes, adopt_pieces);

/* -- Another process ------------------------------------------------------- */

static void attach(int fd)
{
	struct hp_region_opts opts = region_opts(HP_REGION_READ_ONLY);
	struct hp_region *r, *reader;

	ok(bh_from_fd(fd, NULL, &r));
	equal(hp_region_origin(r), HP_ORIGIN_ATTACHED);
	equal(hp_region_token(r), 0);
	equal(hp_region_length(r), 2 * PAGE);
	check_bytes(r, 1);
	is(hp_region_preserve(r), -EINVAL);
	is(hp_region_drop(r), -EINVAL);
	is(hp_region_grow(r, 3 * PAGE, NULL), -EINVAL);
	is(hp_region_set_layout(r, 1), -EINVAL);
	ok(bh_from_fd(fd, &opts, &reader));
	put_bytes(hp_region_address(r), 2 * PAGE, 2);
	check_bytes(reader, 2);
	ok(hp_region_close(reader));
	ok(hp_region_close(r));
	bh_close(fd);
}

static void attach_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 2);

	bh_other(attach, hp_region_fd(r));
	check_bytes(r, 2);
	put_bytes(hp_region_address(r), 2 * PAGE, 1);
	ok(hp_region_preserve(r));
}

static void attach_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	bh_other(attach, hp_region_fd(r));
	check_bytes(r, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(region_is_shared_with_another_process, attach_before, attach_after);

static void attach_and_stay(int fd)
{
	struct hp_region *r;

	ok(bh_from_fd(fd, NULL, &r));
	check_bytes(r, 1);
}

static void owner_closes(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 2);
	long free_before;

	bh_other_stays(attach_and_stay, hp_region_fd(r));
	free_before = bh_pool_free(PAGE);
	ok(hp_session_close(s));
	equal(bh_pool_free(PAGE), free_before);
	bh_other_ends();
	equal(bh_pool_free(PAGE), free_before + 2);
}
CASE(memory_lives_until_all_processes_have_closed_it, owner_closes);

static void attach_refused(void)
{
	int huge = bh_memfd(PAGE, PAGE), small = bh_memfd(0, PAGE),
	    empty = bh_memfd(PAGE, 0), reading = bh_read_only(huge);
	struct hp_region_opts opts = region_opts(0);
	struct hp_region *r;

	is(bh_from_fd(-1, NULL, &r), -EINVAL);
	is(bh_from_fd(small, NULL, &r), -EMEDIUMTYPE);
	is(bh_from_fd(empty, NULL, &r), -EINVAL);
	is(bh_from_fd(reading, NULL, &r), -EROFS);
	opts.page_size = HP_PAGE_1G;
	is(bh_from_fd(huge, &opts, &r), -EINVAL);
	bh_close(huge);
	bh_close(small);
	bh_close(empty);
	bh_close(reading);
}
CASE(file_that_is_no_region_cannot_be_attached, attach_refused);
