// SPDX-License-Identifier: MIT
/* Behaviours when what came back is damaged, or there is no room for it. */
#include <string.h>

#include "behaviour.h"

/* A session as the library makes it, but for its manifest. */
static void hand_written(const void *manifest, size_t length)
{
	int s = bh_luo_create(session_name("")), file = bh_memfd(0, 0),
	    huge = bh_memfd(PAGE, 2 * PAGE);
	void *memory = bh_map(huge, 0, 2 * PAGE, MAP_OF_ALL);

	check(s >= 0);
	put_bytes(memory, 2 * PAGE, 5);
	if (manifest) {
		bh_write(file, manifest, length);
		ok(bh_luo_preserve(s, file, HP_TOKEN_RESERVED));
	}
	ok(bh_luo_preserve(s, huge, 5));
	bh_close(file);
	bh_close(huge);
	/* It stays open, as the process stays. */
}

static void garbage_before(void)
{
	char garbage[8192];

	memset(garbage, 0xa5, sizeof(garbage));
	hand_written(garbage, sizeof(garbage));
}

static void short_before(void)
{
	hand_written("HPM", 3);
}

static void damaged_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_UNLISTED);
	struct hp_session *s = open_returned();
	struct hp_region_info info;
	struct hp_region *r;

	equal(session_info(s).came_back, 1);
	equal(-session_info(s).manifest_error, EBADMSG);
	equal(session_info(s).region_count, 0);
	is(list_region(s, 0, &info), -ENOENT);
	is(hp_region_reclaim(s, 5, NULL, &r), -EBADMSG);
	is(hp_region_create(s, 5, PAGE, NULL, &r), -EBADMSG);
	is(hp_region_open(s, 5, 2 * PAGE, NULL, &r), -EBADMSG);
	is(hp_session_commit(s, 0), -EBADMSG);
	is(hp_session_preserve(s), -EBADMSG);
	is(hp_session_close(s), -EBUSY);
	is(hp_region_reclaim(s, 4, &opts, &r), -ENOENT);
	ok(hp_region_reclaim(s, 5, &opts, &r));
	equal(hp_region_length(r), 2 * PAGE);
	equal(hp_region_page_size(r), PAGE);
	check_bytes(r, 5);
	ok(list_region(s, 0, &info));
	equal(info.token, 5);
	is(hp_session_commit(s, 0), -EBADMSG);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	check_bytes(r, 5);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(damaged_manifest_does_not_lose_the_regions, garbage_before, damaged_after);
CASE(short_manifest_does_not_lose_the_regions, short_before, damaged_after);

static void drop_after(void)
{
	struct hp_session *s = open_returned();
	long free_before = bh_pool_free(PAGE);

	ok(hp_session_commit(s, HP_COMMIT_DROP));
	equal(bh_pool_free(PAGE), free_before + 2);
	ok(hp_session_close(s));
}
CASE(damaged_session_can_be_dropped, garbage_before, drop_after);

static void missing_before(void)
{
	hand_written(NULL, 0);
}

static void missing_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_UNLISTED);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	is(hp_region_reclaim(s, 5, NULL, &r), -ENOENT);
	ok(hp_region_reclaim(s, 5, &opts, &r));
	check_bytes(r, 5);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	check_bytes(r, 5);
	ok(hp_session_close(s));
}
CASE(region_without_any_manifest_can_be_reclaimed, missing_before,
     missing_after);

static void small_file_before(void)
{
	int s = bh_luo_create(session_name("")), file = bh_memfd(0, 0);

	bh_write(file, "no huge pages", 13);
	ok(bh_luo_preserve(s, file, 6));
}

static void small_file_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_UNLISTED);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	is(hp_region_reclaim(s, 6, &opts, &r), -EUCLEAN);
	is(hp_region_reclaim(s, 6, &opts, &r), -EUCLEAN);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(hp_session_close(s));
}
CASE(file_without_huge_pages_is_no_region, small_file_before, small_file_after);

/* -- Want of room ---------------------------------------------------------- */

static void two_before(void)
{
	struct hp_session *s = open_fresh();

	make_preserved(s, 1, 1);
	make_preserved(s, 2, 2);
}

static void no_descriptor_after(void)
{
	struct hp_session_opts opts = session_opts(0);
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_session *s;
	struct hp_region *r;

	/* Nothing asks for the manifest before the limit does. */
	opts.timeout_ms = HP_NO_WAIT;
	ok(bh_open(session_name(""), &opts, &s));
	bh_limit_fds(true);
	is(hp_session_info(s, &info), -EMFILE);
	is(hp_region_reclaim(s, 1, NULL, &r), -EMFILE);
	is(hp_region_open(s, 1, PAGE, NULL, &r), -EMFILE);
	is(hp_session_commit(s, 0), -EMFILE);
	is(hp_session_commit(s, HP_COMMIT_DROP), -EMFILE);
	is(hp_session_preserve(s), -EMFILE);
	bh_limit_fds(false);
	take_back(s, 1);
	bh_limit_fds(true);
	is(hp_region_reclaim(s, 2, NULL, &r), -EMFILE);
	is(hp_region_reclaim(s, 2, NULL, &r), -EMFILE);
	is(hp_region_create(s, 3, PAGE, NULL, &r), -EMFILE);
	is(hp_session_commit(s, 0), -EMFILE);
	is(hp_session_preserve(s), -EMFILE);
	bh_limit_fds(false);
	take_back(s, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(want_of_descriptors_loses_nothing, two_before, no_descriptor_after);

static void no_memory_after(void)
{
	struct hp_session_opts opts = session_opts(0);
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_session *s;
	struct hp_region *r;

	opts.timeout_ms = HP_NO_WAIT;
	ok(bh_open(session_name(""), &opts, &s));
	bh_limit_memory(true);
	is(hp_region_reclaim(s, 1, NULL, &r), -ENOMEM);
	is(hp_region_reclaim(s, 2, NULL, &r), -ENOMEM);
	is(hp_region_open(s, 1, PAGE, NULL, &r), -ENOMEM);
	is(hp_session_info(s, &info), -ENOMEM);
	is(hp_session_commit(s, 0), -ENOMEM);
	is(hp_session_preserve(s), -ENOMEM);
	bh_limit_memory(false);
	equal(session_info(s).region_count, 2);
	equal(session_info(s).lost_count, 0);
	take_back(s, 1);
	take_back(s, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(limit_of_memory_loses_nothing, two_before, no_memory_after);
