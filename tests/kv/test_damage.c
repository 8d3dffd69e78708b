/* SPDX-License-Identifier: MIT */
/* What comes back is untrusted: damage is found and nothing is trampled on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "entry.h"
#include "fixture.h"
#include "index.h"
#include "suites.h"

static const struct {
	size_t offset;
	uint64_t value;
} damages[] = {
	{ offsetof(struct kv_header, magic), 1 },
	{ offsetof(struct kv_header, layout), 2 },
	{ offsetof(struct kv_header, length), 4096 },
	{ offsetof(struct kv_header, log_offset), 0 },
	{ offsetof(struct kv_header, log_capacity), UINT64_MAX },
	{ offsetof(struct kv_header, index_offset), UINT64_MAX },
	{ offsetof(struct kv_header, bucket_count), 3 },
	{ offsetof(struct kv_header, heap_offset), 1 },
	{ offsetof(struct kv_header, heap_end), UINT64_MAX },
	{ offsetof(struct kv_header, log_count), UINT64_MAX },
	{ offsetof(struct kv_header, state), 2 },
	{ offsetof(struct kv_header, keys), UINT64_MAX },
	{ offsetof(struct kv_header, volatile_keys), UINT64_MAX },
	{ offsetof(struct kv_header, heap_used), UINT64_MAX },
	{ offsetof(struct kv_header, fl_bitmap), 1 },
	{ offsetof(struct kv_header, sl_bitmap), 1 },
	{ offsetof(struct kv_header, head), 8 },
};

START_TEST(damaged_header_is_refused)
{
	unsigned char *copy = aligned_alloc(4096, LENGTH);
	const char *why = NULL;
	struct store other;

	ck_assert_ptr_nonnull(copy);
	ck_assert_int_eq(set_one("a", "1", 1), 0);
	memcpy(s.base + damages[_i].offset, &damages[_i].value, 8);
	memcpy(copy, s.base, LENGTH);
	ck_assert_int_eq(store_open(&other, s.base, LENGTH, &why), -EUCLEAN);
	ck_assert_ptr_nonnull(why);
	/* Nothing is destroyed by looking. */
	ck_assert(!memcmp(copy, s.base, LENGTH));
	free(copy);
}
END_TEST

START_TEST(other_length_is_refused)
{
	const char *why = NULL;
	struct store other;

	ck_assert_int_eq(store_open(&other, s.base, LENGTH / 2, &why),
			 -EUCLEAN);
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(damaged_log_is_refused)
{
	static const uint64_t offsets[] = { 0, 16, 8191 - 7, 8200, 12345,
		LENGTH - 4, LENGTH, UINT64_MAX - 7 };
	unsigned char *copy = aligned_alloc(4096, LENGTH);
	const char *why = NULL;
	struct store other;

	ck_assert_ptr_nonnull(copy);
	memcpy(s.base + s.header->log_offset, &offsets[_i], 8);
	atomic_store(&s.header->log_count, 1);
	memcpy(copy, s.base, LENGTH);
	ck_assert_int_eq(store_open(&other, s.base, LENGTH, &why), -EUCLEAN);
	ck_assert(!memcmp(copy, s.base, LENGTH));
	free(copy);
}
END_TEST

/* What only shows on the way is an error, and no step out of the region. */
START_TEST(damaged_chain_is_an_error)
{
	static const uint64_t targets[] = { 8, 4096, LENGTH - 16, LENGTH,
		UINT64_MAX & ~UINT64_C(15), 12345 };
	struct index_slot slot;

	ck_assert_int_eq(set_one("a", "1", 1), 0);
	ck_assert_int_eq(set_one("intact", "1", 1), 0);
	ck_assert_int_eq(index_find(&s, slice_of("a"), &slot), 0);
	atomic_store(store_word(&s, slot.link), targets[_i]);
	store_begin(&s);
	ck_assert_int_eq(index_find(&s, slice_of("a"), &slot), -EUCLEAN);
	ck_assert_int_eq(store_commit(&s), -EUCLEAN);
	store_rollback(&s);
	/* From now on nothing is changed, but what is intact can be saved. */
	ck_assert_int_eq(set_one("b", "1", 1), -EUCLEAN);
	store_begin(&s);
	ck_assert_int_eq(index_find(&s, slice_of("intact"), &slot), 0);
	ck_assert_int_eq(store_commit(&s), 0);
	store_flush(&s);
	ck_assert_int_eq(set_one("b", "1", 1), 0);
	ck_store();
}
END_TEST

START_TEST(chain_without_end_is_an_error)
{
	struct index_slot slot;
	char key[16];
	int i = 0;

	ck_assert_int_eq(set_one("a", "1", 1), 0);
	ck_assert_int_eq(index_find(&s, slice_of("a"), &slot), 0);
	atomic_store(store_word(&s, ENTRY_NEXT(slot.entry)), slot.entry);
	/* Another key of the same bucket has to go along the chain. */
	do {
		snprintf(key, sizeof(key), "k%d", i++);
	} while ((index_hash(&s, slice_of(key)) ^ slot.hash) &
		 (s.header->bucket_count - 1));
	ck_assert_int_eq(index_find(&s, slice_of(key), &slot), -EUCLEAN);
}
END_TEST

Suite *damage_suite(void)
{
	Suite *suite = suite_create("damage");
	TCase *tc = tcase_create("damage");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, damaged_header_is_refused, 0,
			    sizeof(damages) / sizeof(damages[0]));
	tcase_add_test(tc, other_length_is_refused);
	tcase_add_loop_test(tc, damaged_log_is_refused, 0, 8);
	tcase_add_loop_test(tc, damaged_chain_is_an_error, 0, 6);
	tcase_add_test(tc, chain_without_end_is_an_error);
	suite_add_tcase(suite, tc);
	return suite;
}
