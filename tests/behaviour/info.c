// SPDX-License-Identifier: MIT
/* Behaviours of the manifest: what sessions and regions tell of themselves. */
#include <string.h>

#include "behaviour.h"

/* What the next kernel's process is to find in the information. */
struct expected {
	char kernel[72], boot_id[40];
};

static void info_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 1);
	struct expected *expected = hp_region_address(r);

	bh_kernel(expected->kernel, expected->boot_id);
	equal(session_info(s).next_generation, 0);
	ok(hp_region_preserve(r));
	make_preserved(s, 2, 1);
	equal(session_info(s).state, HP_STATE_FRESH);
	equal(session_info(s).next_generation, 1);
	equal(session_info(s).next_sealed, 0);
	equal(session_info(s).preserved_count, 2);
	equal(session_info(s).generation, 0);
}

static void check_info(struct hp_session *s, const struct expected *expected)
{
	struct hp_session_info info = session_info(s);

	equal(info.manifest_error, 0);
	equal(info.generation, 1);
	equal(info.updates, 1);
	equal(info.sealed, 0);
	equal(info.region_count, 2);
	check(info.written_ns != 0);
	check(!strcmp(info.kernel, expected->kernel));
	check(!strcmp(info.boot_id, expected->boot_id));
	check(!strcmp(info.library, hp_version()));
	equal(info.next_generation, 0);
	equal(info.preserved_count, 0);
}

static void info_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;
	char kernel[72], boot_id[40];

	ok(hp_region_reclaim(s, 1, NULL, &r));
	take_back(s, 2);
	check_info(s, hp_region_address(r));
	bh_kernel(kernel, boot_id);
	check(strcmp(session_info(s).boot_id, boot_id));
	ok(hp_session_commit(s, 0));
	check_info(s, hp_region_address(r));
	ok(hp_session_close(s, 0));
}
CASE(information_says_who_wrote_the_session, info_before, info_after);

static void small_info(void)
{
	struct hp_session_info info = { .size = 8 };
	struct {
		struct hp_session_info known;
		char unknown[64];
	} longer;
	struct hp_session *s = open_fresh();

	is(hp_session_info(s, &info), -EINVAL);
	is(hp_session_info(s, NULL), -EINVAL);
	is(hp_session_info(NULL, &info), -EINVAL);
	memset(&longer, 0xff, sizeof(longer));
	longer.known.size = sizeof(longer);
	ok(hp_session_info(s, &longer.known));
	equal(longer.known.state, HP_STATE_FRESH);
	for (size_t i = 0; i < sizeof(longer.unknown); i++)
		equal(longer.unknown[i], 0);
	ok(hp_session_close(s, 0));
}
CASE(information_has_the_size_that_the_caller_knows, small_info);

static void list_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *a = make(s, 30, 1), *b = make(s, 10, 2),
			 *c = make(s, 20, 1);
	struct hp_region_info info;

	ok(hp_region_preserve(b));
	ok(hp_region_preserve(a));
	/* Nothing came back: in the order in which they were opened. */
	ok(list_region(s, 0, &info));
	equal(info.token, 30);
	equal(info.state, HP_REGION_IS_OPEN | HP_REGION_IS_PRESERVED);
	ok(list_region(s, 2, &info));
	equal(info.token, 20);
	equal(info.state, HP_REGION_IS_OPEN);
	equal(info.origin, HP_ORIGIN_CREATED);
	equal(info.length, PAGE);
	equal(info.page_size, PAGE);
	equal(info.address, (uintptr_t)hp_region_address(c));
	is(list_region(s, 3, &info), -ENOENT);
}

static void list_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region_info info;

	/* In the order in which they were preserved. */
	ok(list_region(s, 0, &info));
	equal(info.token, 10);
	equal(info.length, 2 * PAGE);
	equal(info.page_size, PAGE);
	equal(info.state, HP_REGION_IS_RETURNED);
	equal(info.origin, 0);
	check(info.address != 0);
	ok(list_region(s, 1, &info));
	equal(info.token, 30);
	is(list_region(s, 2, &info), -ENOENT);
	make(s, 5, 1);
	take_back(s, 30);
	ok(list_region(s, 1, &info));
	equal(info.token, 30);
	equal(info.state, HP_REGION_IS_RETURNED | HP_REGION_IS_OPEN);
	equal(info.origin, HP_ORIGIN_LIVE_UPDATE);
	ok(list_region(s, 2, &info));
	equal(info.token, 5);
	is(list_region(s, 3, &info), -ENOENT);
	take_back(s, 10);
	ok(hp_session_commit(s, 0));
	/* Now in the order in which they were opened. */
	ok(list_region(s, 0, &info));
	equal(info.token, 5);
	ok(list_region(s, 1, &info));
	equal(info.token, 30);
	equal(info.state, HP_REGION_IS_OPEN);
	ok(list_region(s, 2, &info));
	equal(info.token, 10);
	is(list_region(s, 3, &info), -ENOENT);
	ok(hp_session_close(s, 0));
}
CASE(regions_are_listed_in_their_order, list_before, list_after);

static void generation_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	equal(session_info(s).next_generation, 1);
	make_preserved(s, 2, 1);
	equal(session_info(s).next_generation, 1);
	ok(hp_session_abort(s));
	ok(hp_region_preserve(r));
	equal(session_info(s).next_generation, 2);
}

static void generation_between(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	equal(session_info(s).generation, 2);
	equal(session_info(s).updates, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	equal(session_info(s).next_generation, 3);
}

static void generation_after(void)
{
	struct hp_session *s = open_returned();

	equal(session_info(s).generation, 3);
	equal(session_info(s).updates, 2);
	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s, 0));
	/* A start at which nothing came back begins anew. */
	s = open_fresh();
	make_preserved(s, 1, 1);
	equal(session_info(s).next_generation, 1);
	ok(hp_session_abort(s));
	ok(hp_session_close(s, 0));
}
CASE(each_set_of_regions_is_a_generation, generation_before, generation_between,
     generation_after);

/* -- Seal ------------------------------------------------------------------ */

static void seal_before(void)
{
	struct hp_session *s = open_fresh();

	make_preserved(s, 1, 1);
	make(s, 2, 1);
	ok(hp_session_seal(s));
	ok(hp_session_seal(s));
	equal(session_info(s).next_sealed, 1);
}

static void seal_between(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	equal(session_info(s).sealed, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	equal(session_info(s).next_sealed, 0);
	equal(session_info(s).sealed, 1);
}

static void seal_after(void)
{
	struct hp_session *s = open_returned();

	equal(session_info(s).sealed, 0);
	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s, 0));
}
CASE(seal_comes_back_and_holds_for_one_update, seal_before, seal_between,
     seal_after);

static void unseal_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
	ok(hp_session_unseal(s));
	equal(session_info(s).next_sealed, 0);
	ok(hp_session_seal(s));
	make_preserved(s, 2, 1);
	equal(session_info(s).next_sealed, 0);
	ok(hp_session_seal(s));
	ok(hp_session_abort(s));
	equal(session_info(s).next_sealed, 0);
	is(hp_session_seal(s), -ENOENT);
	ok(hp_region_preserve(r));
	equal(session_info(s).next_sealed, 0);
	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
}
CASE(later_writes_and_preserves_unseal, unseal_before, seal_after);
