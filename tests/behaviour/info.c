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
	equal(session_info(s).outlives_kexec, HP_NO);
	ok(hp_region_preserve(r));
	make_preserved(s, 2, 1);
	equal(session_info(s).came_back, 0);
	equal(session_info(s).holder, HP_HOLDER_PROCESS);
	equal(session_info(s).outlives_kexec, HP_YES);
	equal(session_info(s).outlives_restart, HP_NO);
	equal(session_info(s).sealed_now, 0);
	equal(session_info(s).preserved_count, 2);
	equal(session_info(s).generation, 0);
}

static void check_info(struct hp_session *s, const struct expected *expected)
{
	struct hp_session_info info = session_info(s);

	equal(info.manifest_error, 0);
	equal(info.generation, 1);
	equal(info.updates, 0);
	equal(info.sealed, 0);
	equal(info.region_count, 2);
	check(info.written_ns != 0);
	check(!strcmp(info.kernel, expected->kernel));
	check(!strcmp(info.boot_id, expected->boot_id));
	check(!strcmp(info.library, hp_version()));
	equal(info.lost_count, 0);
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
	ok(hp_session_close(s));
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
	equal(longer.known.came_back, 0);
	for (size_t i = 0; i < sizeof(longer.unknown); i++)
		equal(longer.unknown[i], 0);
	ok(hp_session_close(s));
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
	equal(info.state, HP_REGION_IS_OPEN);
	equal(info.origin, HP_ORIGIN_LIVE_UPDATE);
	ok(list_region(s, 2, &info));
	equal(info.token, 5);
	is(list_region(s, 3, &info), -ENOENT);
	take_back(s, 10);
	ok(hp_session_commit(s, 0));
	/* The end of the update changes nothing of that. */
	ok(list_region(s, 0, &info));
	equal(info.token, 10);
	equal(info.state, HP_REGION_IS_OPEN);
	ok(list_region(s, 1, &info));
	equal(info.token, 30);
	ok(list_region(s, 2, &info));
	equal(info.token, 5);
	is(list_region(s, 3, &info), -ENOENT);
	ok(hp_session_close(s));
}
CASE(regions_are_listed_in_their_order, list_before, list_after);

static void generation_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	equal(session_info(s).generation, 0);
	make_preserved(s, 2, 1);
	ok(hp_session_abort(s));
	ok(hp_region_preserve(r));
}

static void generation_between(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r = take_back(s, 1);

	equal(session_info(s).generation, 1);
	equal(session_info(s).updates, 0);
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	equal(session_info(s).generation, 1);
}

static void generation_after(void)
{
	struct hp_session *s = open_returned();

	equal(session_info(s).generation, 2);
	equal(session_info(s).updates, 1);
	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
	/* A start at which nothing came back begins anew. */
	s = open_fresh();
	equal(session_info(s).generation, 0);
	ok(hp_session_close(s));
}
CASE(each_owner_is_a_generation, generation_before, generation_between,
     generation_after);

/* -- Seal ------------------------------------------------------------------ */

static void seal_before(void)
{
	struct hp_session *s = open_fresh();

	make_preserved(s, 1, 1);
	make(s, 2, 1);
	ok(hp_session_seal(s));
	ok(hp_session_seal(s));
	equal(session_info(s).sealed_now, 1);
}

/* Reading does not break it. */
static void seal_between(void)
{
	struct hp_region_opts opts = region_opts(HP_REGION_READ_ONLY);
	struct hp_session *s = open_returned();
	struct hp_region *r;

	equal(session_info(s).sealed, 1);
	equal(session_info(s).sealed_now, 1);
	ok(hp_region_open(s, 1, PAGE, &opts, &r));
	check_bytes(r, 1);
	ok(hp_session_preserve(s));
	equal(session_info(s).sealed_now, 1);
}

/* A mapping that can be written does, whether or not it is. */
static void seal_next(void)
{
	struct hp_session *s = open_returned();

	equal(session_info(s).sealed, 1);
	take_back(s, 1);
	equal(session_info(s).sealed, 1);
	equal(session_info(s).sealed_now, 0);
	ok(hp_session_preserve(s));
}

static void seal_after(void)
{
	struct hp_session *s = open_returned();

	equal(session_info(s).sealed, 0);
	take_back(s, 1);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(seal_comes_back_and_breaks_with_a_mapping_to_write, seal_before,
     seal_between, seal_next, seal_after);

static void unseal_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 1);

	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
	ok(hp_session_unseal(s));
	equal(session_info(s).sealed_now, 0);
	ok(hp_session_seal(s));
	make_preserved(s, 2, 1);
	equal(session_info(s).sealed_now, 0);
	ok(hp_session_seal(s));
	ok(hp_session_abort(s));
	equal(session_info(s).sealed_now, 0);
	is(hp_session_seal(s), -ENOENT);
	ok(hp_region_preserve(r));
	equal(session_info(s).sealed_now, 0);
	ok(hp_session_seal(s));
	ok(hp_session_unseal(s));
}
CASE(later_writes_and_preserves_unseal, unseal_before, seal_after);
