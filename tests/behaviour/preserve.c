// SPDX-License-Identifier: MIT
/* Behaviours of preserve, drop and abort. */
#include "behaviour.h"

static void drop_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *a = make_preserved(s, 1, 1),
			 *b = make_preserved(s, 2, 2),
			 *c = make_preserved(s, 3, 1);
	long free_before = bh_pool_free(PAGE);

	ok(hp_region_drop(b));
	equal(hp_region_is_preserved(a), 1);
	equal(hp_region_is_preserved(c), 1);
	equal(bh_pool_free(PAGE), free_before + 2);
	equal(session_info(s).preserved_count, 2);
}

static void drop_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	equal(session_info(s).generation, 1);
	equal(session_info(s).region_count, 2);
	take_back(s, 3);
	take_back(s, 1);
	is(hp_region_reclaim(s, 2, NULL, &r), -ENOENT);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(one_region_of_many_is_dropped, drop_before, drop_after);

static void drop_last(void)
{
	struct hp_session *s = open_fresh();

	ok(hp_region_drop(make(s, 1, 1)));
	ok(hp_region_drop(make_preserved(s, 1, 1)));
	equal(session_info(s).preserved_count, 0);
	is(hp_session_seal(s), -ENOENT);
	ok(hp_session_close(s));
}
CASE(last_region_is_dropped, drop_last);

static void someone_else(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 1);
	int other = bh_luo_create(session_name(".other"));

	check(other >= 0);
	ok(bh_luo_preserve(other, hp_region_fd(r), 9));
	is(hp_region_preserve(r), -EALREADY);
	equal(hp_region_is_preserved(r), 0);
	bh_close(other);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(memory_that_someone_else_preserves_is_refused, someone_else);

static void frozen_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 2);

	ok(hp_region_preserve(r));
	is(bh_set_length(hp_region_fd(r), PAGE), -EPERM);
	is(bh_set_length(hp_region_fd(r), 3 * PAGE), -EPERM);
	is(hp_region_grow(r, 3 * PAGE, NULL), -EBUSY);
	/* Contents are not frozen. */
	put_bytes(hp_region_address(r), 2 * PAGE, 5);
}

static void frozen_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;

	ok(hp_region_reclaim(s, 1, NULL, &r));
	check_bytes(r, 5);
	is(hp_region_grow(r, 3 * PAGE, NULL), -EBUSY);
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(pages_are_frozen_and_bytes_are_not, frozen_before, frozen_after);

static void resized(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make(s, 1, 2), *other = make_preserved(s, 2, 1);

	ok(bh_set_length(hp_region_fd(r), PAGE));
	is(hp_region_preserve(r), -EUCLEAN);
	is(hp_region_grow(r, 3 * PAGE, NULL), -EUCLEAN);
	equal(hp_region_is_preserved(r), 0);
	equal(hp_region_is_preserved(other), 1);
	ok(bh_set_length(hp_region_fd(r), 2 * PAGE));
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
}
CASE(file_that_was_resized_is_refused, resized);

static void holes_before(void)
{
	struct hp_session *s = open_fresh();
	long free_before = bh_pool_free(PAGE);
	struct hp_region *r;

	ok(hp_region_create(s, 1, 3 * PAGE, NULL, &r));
	equal(bh_pool_free(PAGE), free_before - 3);
	put_bytes((char *)hp_region_address(r) + PAGE, PAGE, 8);
	ok(hp_region_preserve(r));
	equal(bh_pool_free(PAGE), free_before - 3);
}

static void holes_after(void)
{
	struct hp_session *s = open_returned();
	struct hp_region *r;
	const unsigned char *bytes;

	ok(hp_region_reclaim(s, 1, NULL, &r));
	bytes = hp_region_address(r);
	check(has_bytes(bytes + PAGE, PAGE, 8));
	for (uint64_t i = 0; i < PAGE; i += 4096 + 7) {
		equal(bytes[i], 0);
		equal(bytes[2 * PAGE + i], 0);
	}
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
}
CASE(pages_never_touched_come_back_as_zeros, holes_before, holes_after);

static void room(void)
{
	struct hp_session *s = open_fresh();
	long free_before = bh_pool_free(PAGE);
	struct hp_region *r;

	is(hp_region_create(s, 1, (uint64_t)(free_before + 1) * PAGE, NULL, &r),
	   -ENOMEM);
	equal(bh_pool_free(PAGE), free_before);
	ok(hp_region_create(s, 1, (uint64_t)free_before * PAGE, NULL, &r));
	equal(bh_pool_free(PAGE), 0);
	is(hp_region_create(s, 2, PAGE, NULL, &r), -ENOMEM);
	ok(hp_session_close(s));
	equal(bh_pool_free(PAGE), free_before);
}
CASE(all_pages_are_taken_at_once_or_none, room);

/* -- Control --------------------------------------------------------------- */

static void wrong_result(void)
{
	struct hp_session *s = open_fresh();

	is(hp_session_seal(s), -EBUSY);
}
CASE(control_wrong_result, wrong_result);

static void changed_byte_before(void)
{
	struct hp_session *s = open_fresh();
	struct hp_region *r = make_preserved(s, 1, 2);

	((char *)hp_region_address(r))[PAGE - 1] ^= 1;
}

static void changed_byte_after(void)
{
	take_back(open_returned(), 1);
}
CASE(control_changed_byte, changed_byte_before, changed_byte_after);
