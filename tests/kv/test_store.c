/* SPDX-License-Identifier: MIT */
/* The engine: sets, deletes, transactions, expiry, a full region. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "entry.h"
#include "expire.h"
#include "fixture.h"
#include "heap.h"
#include "model.h"
#include "store_check.h"
#include "suites.h"

START_TEST(set_get_delete)
{
	ck_assert_int_eq(set_one("a", "1", 1), 0);
	ck_assert_int_eq(set_one("", "empty key", 9), 0);
	ck_assert_int_eq(set_one("b", "", 0), 0);
	ck_value("a", "1", 1);
	ck_value("", "empty key", 9);
	ck_value("b", "", 0);
	ck_store();
	ck_assert_int_eq(delete_one("a"), 1);
	ck_assert_int_eq(delete_one("a"), 0);
	ck_assert_uint_eq(store_keys(&s), 2);
	ck_store();
}
END_TEST

START_TEST(survives_open_at_another_address)
{
	void *copy = aligned_alloc(4096, LENGTH);
	struct store other;
	const char *why = "";

	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(set_one("a", "value", 5), 0);
	memcpy(copy, s.base, LENGTH);
	memset(s.base, 0xff, LENGTH);
	ck_assert_msg(store_open(&other, copy, LENGTH, &why) == 0, "%s", why);
	free(s.base);
	s = other;
	ck_value("a", "value", 5);
	ck_store();
}
END_TEST

START_TEST(full_region_loses_nothing)
{
	static char big[1000];
	char key[16];
	int n = 0, rc;
	uint64_t used;

	memset(big, 'x', sizeof(big));
	for (;; n++) {
		snprintf(key, sizeof(key), "k%d", n);
		rc = set_one(key, big, sizeof(big));
		if (rc < 0)
			break;
	}
	ck_assert_int_eq(rc, -ENOSPC);
	/* The region's header, log and index take some; the rest is used. */
	ck_assert_int_gt(n, 190);
	for (int i = 0; rc == 0 || i < 2; i++) {
		snprintf(key, sizeof(key), "fill%d", i);
		rc = set_one(key, "", 0);
	}
	ck_store();
	used = store_used(&s);
	ck_assert_int_eq(set_one("k0", big, 2), -ENOSPC);
	ck_assert_int_eq(set_one("k0", big, sizeof(big) - 1), -ENOSPC);
	ck_assert_uint_eq(store_used(&s), used);
	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_value(key, big, sizeof(big));
	}
	/* Deleting and expiring need no memory. */
	ck_assert_int_eq(delete_one("k1"), 1);
	ck_assert_int_eq(set_one("k0", big, 2), 0);
	ck_value("k0", big, 2);
	ck_store();
}
END_TEST

START_TEST(half_a_transaction_is_none)
{
	static char big[LENGTH];
	const char *why = "";
	struct store again;

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(set_one("a", "old", 3), 0);
	ck_assert_int_eq(set_one("gone", "here", 4), 0);
	store_begin(&s);
	ck_assert_int_eq(set("a", big, 5000, 0), 0);
	ck_assert_int_eq(set("b", big, 5000, 7), 0);
	ck_assert_int_eq(entry_delete(&s, slice_of("gone")), 1);
	ck_assert_int_eq(set("c", big, sizeof(big), 0), -ENOSPC);
	store_rollback(&s);
	ck_value("a", "old", 3);
	ck_value("gone", "here", 4);
	ck_assert_uint_eq(store_keys(&s), 2);
	ck_store();

	/* The same, with the rollback left to the next process. */
	store_begin(&s);
	ck_assert_int_eq(set("a", big, 5000, 0), 0);
	ck_assert_int_eq(entry_delete(&s, slice_of("gone")), 1);
	ck_assert_msg(store_open(&again, s.base, LENGTH, &why) == 0, "%s", why);
	s = again;
	ck_value("a", "old", 3);
	ck_value("gone", "here", 4);
	ck_store();
}
END_TEST

START_TEST(log_overflow_is_an_error)
{
	char key[16];
	int rc = 0, n;

	ck_assert_int_eq(set_one("a", "old", 3), 0);
	store_begin(&s);
	for (n = 0; rc == 0; n++) {
		snprintf(key, sizeof(key), "k%d", n);
		rc = set(key, "value", 5, 0);
	}
	ck_assert_int_eq(rc, -E2BIG);
	ck_assert_int_gt(n, 20);
	store_rollback(&s);
	ck_assert_uint_eq(store_keys(&s), 1);
	ck_value("a", "old", 3);
	ck_store();
}
END_TEST

START_TEST(freed_memory_becomes_one_again)
{
	static char value[3000];
	uint64_t whole = store_largest_free(&s);
	char key[16];
	int n = 0;

	for (;; n++) {
		snprintf(key, sizeof(key), "k%d", n);
		if (set_one(key, value, 16 + n * 37 % 900) < 0)
			break;
	}
	for (int i = 0; i < n; i += 2) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_int_eq(delete_one(key), 1);
	}
	ck_store();
	/* Holes only: nothing large fits. */
	ck_assert_int_eq(set_one("big", value, sizeof(value)), -ENOSPC);
	for (int i = 1; i < n; i += 2) {
		snprintf(key, sizeof(key), "k%d", i);
		ck_assert_int_eq(delete_one(key), 1);
	}
	ck_store();
	ck_assert_uint_eq(store_largest_free(&s), whole);
	ck_assert_uint_eq(store_used(&s), 0);
}
END_TEST

START_TEST(largest_value_fits_exactly)
{
	uint64_t n = store_capacity(&s) - HEAP_OVERHEAD - ENTRY_HEADER - 1;
	char *value = calloc(1, n + 1);

	ck_assert_ptr_nonnull(value);
	ck_assert_int_eq(set_one("a", value, n + 1), -ENOSPC);
	ck_assert_int_eq(set_one("a", value, n), 0);
	ck_store();
	ck_assert_int_eq(set_one("b", "", 0), -ENOSPC);
	ck_assert_int_eq(delete_one("a"), 1);
	ck_assert_int_eq(set_one("b", "", 0), 0);
	ck_store();
	free(value);
}
END_TEST

START_TEST(append_grows)
{
	uint64_t length, before;
	char expected[5000];

	for (int i = 0; i < 5000; i++) {
		char c = 'a' + i % 26;

		expected[i] = c;
		before = store_used(&s);
		store_begin(&s);
		ck_assert_int_eq(entry_append(&s, slice_of("k"),
					      (struct slice){ &c, 1 }, &length),
				 0);
		ck_assert_int_eq(store_commit(&s), 0);
		ck_assert_uint_eq(length, i + 1);
		/* Spare room: most appends allocate nothing. */
		if (i == 4000)
			ck_assert_uint_eq(store_used(&s), before);
	}
	ck_value("k", expected, sizeof(expected));
	ck_store();
}
END_TEST

START_TEST(expiry)
{
	uint64_t entry;
	char key[16];

	for (int i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		store_begin(&s);
		ck_assert_int_eq(set(key, "v", 1, i < 20 ? 1000 + i : 0), 0);
		ck_assert_int_eq(store_commit(&s), 0);
	}
	ck_assert_uint_eq(store_volatile_keys(&s), 20);
	store_begin(&s);
	ck_assert_int_eq(entry_lookup(&s, slice_of("k5"), 1004, &entry), 0);
	ck_assert(entry);
	ck_assert_int_eq(entry_lookup(&s, slice_of("k5"), 1005, &entry), 0);
	ck_assert(!entry);
	ck_assert_int_eq(store_commit(&s), 0);
	ck_assert_uint_eq(store_keys(&s), 29);
	ck_assert_int_eq(expire_step(&s, 1009, s.header->bucket_count), 9);
	ck_assert_uint_eq(store_keys(&s), 20);
	ck_assert_uint_eq(store_volatile_keys(&s), 10);
	ck_store();
	ck_assert_int_eq(expire_cycle(&s, 2000, 1000000), 10);
	ck_assert_uint_eq(store_keys(&s), 10);
	ck_store();
}
END_TEST

START_TEST(flush_is_redone)
{
	const char *why = "";
	struct store again;

	ck_assert_int_eq(set_one("a", "1", 1), 0);
	store_flush(&s);
	ck_assert_uint_eq(store_keys(&s), 0);
	ck_store();
	ck_assert_int_eq(set_one("a", "1", 1), 0);
	atomic_store(&s.header->state, KV_STATE_FLUSHING);
	ck_assert_int_eq(store_open(&again, s.base, LENGTH, &why), 0);
	ck_assert_uint_eq(store_keys(&again), 0);
	s = again;
	ck_store();
}
END_TEST

/* Random operations and rollbacks, against the model. */
START_TEST(random_operations)
{
	static char value[12000];
	static struct model m;
	int refused = 0;

	srandom(_i + 1);
	for (int round = 0; round < 20000; round++) {
		char key[16];
		size_t n = random() % 4 ? random() % 200 : random() % 12000;
		int64_t expire = random() % 4 ? 0 : 1 + random();
		const char *why;
		int rc = 0;

		snprintf(key, sizeof(key), "k%ld", random() % 250);
		memset(value, 'a' + random() % 26, n);
		store_begin(&s);
		if (random() % 3 == 0) {
			rc = entry_delete(&s, slice_of(key));
			ck_assert_int_eq(rc, model_find(&m, key) != NULL);
			if (random() % 4 == 0) {
				store_rollback(&s);
				continue;
			}
			model_delete(&m, key);
		} else {
			rc = set(key, value, n, expire);
			if (rc < 0 || random() % 8 == 0) {
				refused += rc < 0;
				store_rollback(&s);
				continue;
			}
			model_set(&m, key, value, n, expire);
		}
		ck_assert_int_eq(store_commit(&s), 0);
		if (round % 50)
			continue;
		ck_store();
		why = model_compare(&m, &s, 0);
		ck_assert_msg(!why, "round %d: %s", round, why);
	}
	/* The region was full now and then, else this showed less. */
	ck_assert_int_gt(refused, 10);
	model_clear(&m);
}
END_TEST

/* Sizes that come and go must not eat the region. */
START_TEST(churn_does_not_fragment)
{
	static char value[2000];
	char key[16];

	srandom(7);
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "k%ld", random() % 150);
		ck_assert_msg(set_one(key, value, random() % 2000) == 0,
			      "full after %d sets, with %llu of %llu bytes used",
			      i, (unsigned long long)store_used(&s),
			      (unsigned long long)store_capacity(&s));
	}
	ck_store();
}
END_TEST

START_TEST(geometry_of_any_length)
{
	struct kv_geometry g;

	ck_assert_int_eq(layout_geometry(0, &g), -EINVAL);
	ck_assert_int_eq(layout_geometry(KV_MIN_LENGTH - 1, &g), -EINVAL);
	ck_assert_int_eq(layout_geometry(UINT64_MAX, &g), -EINVAL);
	for (uint64_t n = KV_MIN_LENGTH; n < UINT64_C(1) << 46; n += n / 3) {
		ck_assert_int_eq(layout_geometry(n, &g), 0);
		ck_assert_uint_ge(g.log_offset, KV_HEADER_SIZE);
		ck_assert_uint_ge(g.index_offset,
				  g.log_offset + 16 * g.log_capacity);
		ck_assert_uint_ge(g.heap_offset,
				  g.index_offset + 8 * g.bucket_count);
		ck_assert_uint_le(g.heap_end, n);
		/* At least half is for data, and nearly all of a large one. */
		ck_assert_uint_ge(g.heap_end - g.heap_offset, n / 2);
		if (n >= 2 << 20)
			ck_assert_uint_ge(g.heap_end - g.heap_offset,
					  n / 100 * 94);
		ck_assert_uint_eq(g.bucket_count & (g.bucket_count - 1), 0);
	}
}
END_TEST

Suite *store_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("store");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, set_get_delete);
	tcase_add_test(tc, survives_open_at_another_address);
	tcase_add_test(tc, full_region_loses_nothing);
	tcase_add_test(tc, half_a_transaction_is_none);
	tcase_add_test(tc, log_overflow_is_an_error);
	tcase_add_test(tc, freed_memory_becomes_one_again);
	tcase_add_test(tc, largest_value_fits_exactly);
	tcase_add_test(tc, append_grows);
	tcase_add_test(tc, expiry);
	tcase_add_test(tc, flush_is_redone);
	tcase_add_loop_test(tc, random_operations, 0, 5);
	tcase_add_test(tc, churn_does_not_fragment);
	tcase_add_test(tc, geometry_of_any_length);
	suite_add_tcase(suite, tc);
	return suite;
}
