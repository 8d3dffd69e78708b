// SPDX-License-Identifier: MIT
/* Behaviours of regions: options, addresses, page sizes, growing. */
#include <string.h>

#include "behaviour.h"

/* -- Label and layout ------------------------------------------------------ */

static void label_before(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	struct hp_region *r;
	char too_long[HP_LABEL_MAX + 2];

	memset(too_long, 'l', sizeof(too_long));
	too_long[HP_LABEL_MAX + 1] = '\0';
	opts.label = too_long;
	is(hp_region_create(s, 1, PAGE, &opts, &r), -EINVAL);
	too_long[HP_LABEL_MAX] = '\0';
	opts.layout = 7;
	ok(hp_region_create(s, 1, PAGE, &opts, &r));
	equal(strlen(region_info(r).label), HP_LABEL_MAX);
	equal(region_info(r).layout, 7);
	ok(hp_region_set_layout(r, 8));
	ok(hp_region_preserve(r));
	/* The list is changed where it is. */
	ok(hp_region_set_layout(r, 9));
	equal(region_info(r).layout, 9);
	ok(hp_region_set_layout(r, 8));
	make_preserved(s, 2, 1);
}

static void label_after(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_returned();
	struct hp_region_info info;
	struct hp_region *r;

	ok(list_region(s, 0, &info));
	equal(strlen(info.label), HP_LABEL_MAX);
	equal(info.layout, 8);
	opts.layout = 7;
	is(hp_region_reclaim(s, 1, &opts, &r), -ESTALE);
	is(hp_region_reclaim(s, 2, &opts, &r), -ESTALE);
	opts.layout = 8;
	ok(hp_region_reclaim(s, 1, &opts, &r));
	equal(strlen(region_info(r).label), HP_LABEL_MAX);
	equal(region_info(r).layout, 8);
	r = take_back(s, 2);
	check(!strcmp(region_info(r).label, ""));
	equal(region_info(r).layout, 0);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(label_and_layout_come_back, label_before, label_after);

/* -- Addresses ------------------------------------------------------------- */

/* Far from where Linux maps by itself, aligned to 1 GiB. */
#define PLACE ((char *)UINT64_C(0x200000000000))

static void address_before(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	struct hp_region *r;

	opts.address = PLACE + 4096;
	is(hp_region_create(s, 1, 2 * PAGE, &opts, &r), -EINVAL);
	opts.address = PLACE;
	occupy(PLACE + PAGE, PAGE);
	is(hp_region_create(s, 1, 2 * PAGE, &opts, &r), -EADDRINUSE);
	give_up(PLACE + PAGE, PAGE);
	ok(hp_region_create(s, 1, 2 * PAGE, &opts, &r));
	check(hp_region_address(r) == PLACE);
	put_bytes(PLACE, 2 * PAGE, 1);
	is(hp_region_create(s, 2, PAGE, &opts, &r), -EADDRINUSE);
	check_bytes(r, 1);
	ok(hp_region_preserve(r));
}

static void old_address_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_OLD_ADDRESS);
	struct hp_session *s = open_returned();
	struct hp_region_info info;
	struct hp_region *r;

	ok(list_region(s, 0, &info));
	equal(info.address, (uintptr_t)PLACE);
	occupy(PLACE, PAGE);
	is(hp_region_reclaim(s, 1, &opts, &r), -EADDRINUSE);
	is(hp_region_reclaim(s, 1, &opts, &r), -EADDRINUSE);
	give_up(PLACE, PAGE);
	ok(hp_region_reclaim(s, 1, &opts, &r));
	check(hp_region_address(r) == PLACE);
	check_bytes(r, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
	/* Nothing is left there. */
	occupy(PLACE, 2 * PAGE);
	give_up(PLACE, 2 * PAGE);
}
CASE(region_comes_back_at_its_old_address, address_before, old_address_after);

static void given_address_after(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	opts.address = PLACE + 4 * PAGE;
	occupy(PLACE, 2 * PAGE);
	ok(hp_region_reclaim(s, 1, &opts, &r));
	check(hp_region_address(r) == PLACE + 4 * PAGE);
	check_bytes(r, 1);
	ok(hp_region_close(r));
	ok(hp_region_reclaim(s, 1, NULL, &r));
	check((uintptr_t)hp_region_address(r) % PAGE == 0);
	check_bytes(r, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
	give_up(PLACE, 2 * PAGE);
}
CASE(region_comes_back_at_another_address, address_before, given_address_after);

/* -- Reading only ---------------------------------------------------------- */

static void read_only_before(void)
{
	make_preserved(open_fresh(), 1, 1);
}

static void read_only_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_READ_ONLY);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	is(hp_region_create(s, 2, PAGE, &opts, &r), -EINVAL);
	ok(hp_region_reclaim(s, 1, &opts, &r));
	check_bytes(r, 1);
	ok(hp_session_commit(s, 0));
	is(hp_region_grow(r, 2 * PAGE, NULL), -EROFS);
	ok(hp_session_close(s));
}
CASE(region_can_be_mapped_for_reading_only, read_only_before, read_only_after);

/* -- Page sizes ------------------------------------------------------------ */

static void page_size_after(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	opts.page_size = HP_PAGE_1G;
	is(hp_region_reclaim(s, 1, &opts, &r), -ESTALE);
	opts.page_size = 4096;
	is(hp_region_create(s, 2, PAGE, &opts, &r), -EINVAL);
	opts.page_size = 3 * PAGE;
	is(hp_region_create(s, 2, 3 * PAGE, &opts, &r), -EINVAL);
	opts.page_size = PAGE;
	ok(hp_region_reclaim(s, 1, &opts, &r));
	equal(hp_region_page_size(r), PAGE);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(page_size_that_is_not_the_expected_one_is_refused, read_only_before,
     page_size_after);

static void gigantic_before(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	struct hp_region *r;

	opts.page_size = HP_PAGE_1G;
	is(hp_region_create(s, 1, PAGE, &opts, &r), -EINVAL);
	ok(hp_region_create(s, 1, HP_PAGE_1G, &opts, &r));
	equal(hp_region_page_size(r), HP_PAGE_1G);
	check((uintptr_t)hp_region_address(r) % HP_PAGE_1G == 0);
	put_bytes(hp_region_address(r), HP_PAGE_1G, 1);
	ok(hp_region_preserve(r));
	make_preserved(s, 2, 1);
	opts.page_size = HP_PAGE_ANY;
	ok(hp_region_create(s, 3, PAGE, &opts, &r));
	equal(hp_region_page_size(r), PAGE);
	ok(hp_region_preserve(r));
	ok(hp_region_create(s, 4, HP_PAGE_1G, &opts, &r));
	equal(hp_region_page_size(r), HP_PAGE_1G);
	ok(hp_region_close(r));
	is(hp_region_create(s, 4, PAGE + 4096, &opts, &r), -EINVAL);
}

static void gigantic_after(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	take_back(s, 2);
	ok(hp_region_reclaim(s, 3, NULL, &r));
	opts.page_size = PAGE;
	is(hp_region_reclaim(s, 1, &opts, &r), -ESTALE);
	r = take_back(s, 1);
	equal(hp_region_page_size(r), HP_PAGE_1G);
	equal(hp_region_length(r), HP_PAGE_1G);
	ok(hp_session_commit(s, 0));
	/* The page is as free as before when the region ends. */
	equal(bh_pool_free(HP_PAGE_1G), 1);
	ok(hp_session_close(s));
	equal(bh_pool_free(HP_PAGE_1G), 2);
}
CASE_NEEDS(GIGANTIC, pages_of_both_sizes_come_back, gigantic_before,
	   gigantic_after);

static void populate(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_POPULATE);
	struct hp_session *s = open_fresh();
	struct hp_region *r;
	long free_before = bh_pool_free(PAGE);

	opts.populate_threads = 2;
	ok(hp_region_create(s, 1, 4 * PAGE, &opts, &r));
	equal(bh_pool_free(PAGE), free_before - 4);
	opts.populate_threads = 0;
	ok(hp_region_grow(
		r, 5 * PAGE,
		&(struct hp_region_opts){
			.size = sizeof(opts),
			.flags = HP_REGION_POPULATE | HP_REGION_MAY_MOVE,
		}));
	equal(bh_pool_free(PAGE), free_before - 5);
	ok(hp_session_close(s));
	equal(bh_pool_free(PAGE), free_before);
}
CASE(pages_can_be_taken_at_once, populate);

static void numa(void)
{
	unsigned long first = 1, none = 0, missing = 1UL << 40;
	struct hp_numa_range range = {
		.offset = PAGE,
		.policy = HP_NUMA_BIND,
		.nodes_bits = 1,
		.nodes = &first,
	};
	struct hp_region_opts opts = region_opts(HP_REGION_POPULATE);
	struct hp_session *s = open_fresh();
	struct hp_region *r;

	opts.numa = &range;
	opts.numa_count = 1;
	ok(hp_region_create(s, 1, 3 * PAGE, &opts, &r));
	range.offset = 4 * PAGE;
	is(hp_region_create(s, 2, 3 * PAGE, &opts, &r), -EINVAL);
	range.offset = 4096;
	is(hp_region_create(s, 2, 3 * PAGE, &opts, &r), -EINVAL);
	range.offset = 0;
	range.nodes = &none;
	is(hp_region_create(s, 2, 3 * PAGE, &opts, &r), -EINVAL);
	range.nodes = &missing;
	range.nodes_bits = 41;
	is(hp_region_create(s, 2, 3 * PAGE, &opts, &r), -EINVAL);
	range.nodes = &first;
	range.policy = 99;
	is(hp_region_create(s, 2, 3 * PAGE, &opts, &r), -EINVAL);
	range.policy = HP_NUMA_INTERLEAVE;
	ok(hp_region_create(s, 2, 3 * PAGE, &opts, &r));
	ok(hp_session_close(s));
}
CASE(pages_come_from_the_nodes_asked_for, numa);

/* -- Growing --------------------------------------------------------------- */

static void grow_before(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_MAY_MOVE);
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 1);

	is(hp_region_grow(r, PAGE + 4096, &opts), -EINVAL);
	is(hp_region_grow(r, 0, &opts), -EINVAL);
	ok(hp_region_grow(r, PAGE, &opts));
	ok(hp_region_grow(r, 2 * PAGE, &opts));
	equal(hp_region_length(r), 2 * PAGE);
	check(has_bytes(hp_region_address(r), PAGE, 1));
	for (uint64_t i = PAGE; i < 2 * PAGE; i += 4096 + 7)
		equal(((unsigned char *)hp_region_address(r))[i], 0);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_region_grow(r, 3 * PAGE, &opts));
	put_bytes(hp_region_address(r), 3 * PAGE, 1);
	ok(hp_region_preserve(r));
	is(hp_region_grow(r, PAGE, &opts), -EINVAL);
}

static void grow_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_MAY_MOVE);
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	equal(hp_region_length(r), 3 * PAGE);
	is(hp_region_grow(r, 4 * PAGE, &opts), -EBUSY);
	ok(hp_session_commit(s, 0));
	ok(hp_region_grow(r, 4 * PAGE, &opts));
	check(has_bytes(hp_region_address(r), 3 * PAGE, 1));
	ok(hp_region_preserve(r));
}

static void grow_last(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	ok(hp_region_reclaim(s, 1, NULL, &r));
	equal(hp_region_length(r), 4 * PAGE);
	check(has_bytes(hp_region_address(r), 3 * PAGE, 1));
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(region_that_has_grown_comes_back_longer, grow_before, grow_after,
     grow_last);

static void grow_blocked(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	struct hp_region *r;

	opts.address = PLACE;
	ok(hp_region_create(s, 1, PAGE, &opts, &r));
	put_bytes(PLACE, PAGE, 1);
	occupy(PLACE + PAGE, PAGE);
	is(hp_region_grow(r, 2 * PAGE, NULL), -EADDRINUSE);
	equal(hp_region_length(r), PAGE);
	check(hp_region_address(r) == PLACE);
	check_bytes(r, 1);
	opts = region_opts(HP_REGION_MAY_MOVE);
	ok(hp_region_grow(r, 2 * PAGE, &opts));
	check(hp_region_address(r) != PLACE);
	check(has_bytes(hp_region_address(r), PAGE, 1));
	occupy(PLACE, PAGE);
	give_up(PLACE, 2 * PAGE);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(region_that_cannot_grow_where_it_is_may_move, grow_blocked);

static void grow_in_place(void)
{
	struct hp_region_opts opts = region_opts(0);
	struct hp_session *s = open_fresh();
	struct hp_region *r;

	opts.address = PLACE;
	ok(hp_region_create(s, 1, PAGE, &opts, &r));
	put_bytes(PLACE, PAGE, 1);
	ok(hp_region_grow(r, 3 * PAGE, NULL));
	check(hp_region_address(r) == PLACE);
	check(has_bytes(PLACE, PAGE, 1));
	put_bytes(PLACE, 3 * PAGE, 2);
	is(hp_region_grow(r, (uint64_t)(bh_pool_free(PAGE) + 4) * PAGE, NULL),
	   -ENOMEM);
	equal(hp_region_length(r), 3 * PAGE);
	check_bytes(r, 2);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(region_grows_where_it_is, grow_in_place);

/* -- Many ------------------------------------------------------------------ */

static void thousand_before(void)
{
	struct hp_session *s = open_fresh();

	for (uint64_t i = 0; i < 1000; i++)
		make_preserved(s, i * 3, 1);
	equal(session_info(s).preserved_count, 1000);
	ok(hp_session_seal(s));
}

static void thousand_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region_info info;

	equal(session_info(s).region_count, 1000);
	for (unsigned int i = 0; i < 1000; i++) {
		ok(list_region(s, i, &info));
		equal(info.token, i * 3);
	}
	is(list_region(s, 1000, &info), -ENOENT);
	for (uint64_t i = 1000; i-- > 0;)
		take_back(s, i * 3);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE_NEEDS(LARGE, thousand_regions_come_back, thousand_before, thousand_after);
