// SPDX-License-Identifier: MIT
/* Behaviours of regions of shmem. */
#include <string.h>

#include "behaviour.h"

static struct hp_region *make_shmem(struct hp_session *session, uint64_t token,
				    uint64_t pages, unsigned int flags)
{
	struct hp_region_opts opts = region_opts(HP_REGION_SHMEM | flags);
	struct hp_region *r;

	ok(hp_region_create(session, token, pages * PAGE, &opts, &r));
	return r;
}

static uint64_t huge(struct hp_region *region)
{
	uint64_t bytes;

	ok(hp_region_huge_bytes(region, &bytes));
	return bytes;
}

/* -- Coming back ----------------------------------------------------------- */

static void huge_before(void)
{
	struct hp_session *s = open_fresh();
	long free_before = bh_pool_free(PAGE);
	struct hp_region *r = make_shmem(s, 1, 3, HP_REGION_POPULATE);

	equal(bh_pool_free(PAGE), free_before);
	equal(hp_region_page_size(r), 4096);
	equal((uintptr_t)hp_region_address(r) % PAGE, 0);
	equal(huge(r), 3 * PAGE);
	put_bytes(hp_region_address(r), 3 * PAGE, 1);
	ok(hp_region_preserve(r));
	equal(huge(r), 3 * PAGE);
	/* Next to one of the pool. */
	r = make_preserved(s, 2, 1);
	equal(huge(r), PAGE);
}

static void huge_between(void)
{
	struct hp_session *s = open_returned();
	struct hp_region_info info;
	struct hp_region *r;

	ok(list_region(s, 0, &info));
	equal(info.page_size, 4096);
	equal(info.length, 3 * PAGE);
	r = take_back(s, 1);
	equal(hp_region_page_size(r), 4096);
	equal(huge(r), 3 * PAGE);
	take_back(s, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
}

static void huge_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_UNLISTED);
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	equal(huge(r), 3 * PAGE);
	ok(hp_region_close(r));
	ok(hp_region_reclaim(s, 1, &opts, &r));
	check_bytes(r, 1);
	equal(huge(r), 3 * PAGE);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(shmem_comes_back_in_its_huge_pages, huge_before, huge_between, huge_after);

/* -- Filling --------------------------------------------------------------- */

static void untouched_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_shmem(s, 1, 2, 0);

	equal(huge(r), 0);
	ok(hp_region_preserve(r));
	equal(huge(r), 2 * PAGE);
	put_bytes(hp_region_address(r), PAGE, 1);
}

static void untouched_after(void)
{
	struct hp_session *s = open_returned();
	const char *bytes;
	struct hp_region *r;

	ok(hp_region_reclaim(s, 1, NULL, &r));
	equal(huge(r), 2 * PAGE);
	bytes = hp_region_address(r);
	check(has_bytes(bytes, PAGE, 1));
	for (uint64_t i = PAGE; i < 2 * PAGE; i++)
		check(!bytes[i]);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(shmem_never_touched_is_put_into_huge_pages, untouched_before,
     untouched_after);

/* -- Small pages ----------------------------------------------------------- */

static char text[2 * PAGE];

static void small(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_SHMEM);
	int fd = bh_memfd(0, 0);
	struct hp_region *r;

	/* Written by a program that asked for no huge pages. */
	memset(text, 'x', sizeof(text));
	bh_write(fd, text, sizeof(text));
	ok(bh_from_fd(fd, &opts, &r));
	equal(hp_region_length(r), 2 * PAGE);
	equal(huge(r), 0);
	ok(hp_region_close(r));
	bh_close(fd);
}
CASE(shmem_in_small_pages_says_so, small);

/* -- Kinds ----------------------------------------------------------------- */

static void kinds_before(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_SHMEM);
	struct hp_session *s = open_fresh();
	struct hp_region *pool = make_preserved(s, 2, 1);
	struct hp_region *shmem = make_shmem(s, 1, 2, 0), *r;

	is(bh_from_fd(hp_region_fd(shmem), NULL, &r), -EMEDIUMTYPE);
	is(bh_from_fd(hp_region_fd(pool), &opts, &r), -EMEDIUMTYPE);
	is(hp_region_adopt(s, 3, hp_region_fd(shmem), NULL, &r), -EMEDIUMTYPE);
	is(hp_region_adopt(s, 3, hp_region_fd(shmem), &opts, &r), -EINVAL);
	is(hp_region_create(s, 3, PAGE / 2, &opts, &r), -EINVAL);
	opts.page_size = HP_PAGE_1G;
	is(hp_region_create(s, 3, PAGE, &opts, &r), -EINVAL);
	put_bytes(hp_region_address(shmem), 2 * PAGE, 1);
	ok(hp_region_preserve(shmem));
}

static void kinds_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region_opts opts = region_opts(0);
	struct hp_region *r;

	opts.page_size = PAGE;
	is(hp_region_reclaim(s, 1, &opts, &r), -ESTALE);
	opts.page_size = 4096;
	is(hp_region_reclaim(s, 2, &opts, &r), -ESTALE);
	ok(hp_region_reclaim(s, 1, &opts, &r));
	check_bytes(r, 1);
	take_back(s, 2);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(shmem_is_not_mistaken_for_pages_of_the_pool, kinds_before, kinds_after);

/* -- Growing, sharing, the old address ------------------------------------- */

static void attach(int fd)
{
	struct hp_region_opts opts = region_opts(HP_REGION_SHMEM);
	struct hp_region *r;

	ok(bh_from_fd(fd, &opts, &r));
	equal(huge(r), 3 * PAGE);
	put_bytes(hp_region_address(r), 3 * PAGE, 1);
	ok(hp_region_close(r));
	bh_close(fd);
}

/* Far from where Linux maps by itself. */
#define PLACE ((char *)UINT64_C(0x200000000000))

static void grown_before(void)
{
	struct hp_region_opts opts =
		region_opts(HP_REGION_SHMEM | HP_REGION_POPULATE);
	struct hp_session *s = open_fresh();
	struct hp_region *r;

	opts.address = PLACE;
	ok(hp_region_create(s, 1, 2 * PAGE, &opts, &r));
	opts = region_opts(HP_REGION_POPULATE);
	is(hp_region_grow(r, 2 * PAGE + 4096, NULL), -EINVAL);
	ok(hp_region_grow(r, 3 * PAGE, &opts));
	check(hp_region_address(r) == PLACE);
	equal(huge(r), 3 * PAGE);
	bh_other(attach, hp_region_fd(r));
	check_bytes(r, 1);
	ok(hp_region_preserve(r));
	is(hp_region_grow(r, 4 * PAGE, &opts), -EBUSY);
	/* Frozen as well: what would change its pages fails. */
	is(bh_set_length(hp_region_fd(r), PAGE), -EPERM);
}

static void grown_after(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_OLD_ADDRESS);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	ok(hp_region_reclaim(s, 1, &opts, &r));
	check(hp_region_address(r) == PLACE);
	check_bytes(r, 1);
	equal(huge(r), 3 * PAGE);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(shmem_can_grow_and_be_shared, grown_before, grown_after);
