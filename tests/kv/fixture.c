/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "entry.h"
#include "index.h"
#include "memory.h"
#include "store_check.h"

struct store s;

void setup(void)
{
	memory_store(&s, LENGTH);
}

void teardown(void)
{
	memory_free(&s);
}

void ck_store(void)
{
	const char *why = store_check(&s);

	ck_assert_msg(!why, "%s", why);
}

int set(const char *key, const void *value, size_t n, int64_t expire)
{
	return entry_set(&s, slice_of(key), (struct slice){ value, n }, expire);
}

/* One transaction. */
int set_one(const char *key, const void *value, size_t n)
{
	int rc;

	store_begin(&s);
	rc = set(key, value, n, 0);
	if (rc == 0)
		rc = store_commit(&s);
	if (rc < 0)
		store_rollback(&s);
	return rc;
}

int delete_one(const char *key)
{
	int rc, found;

	store_begin(&s);
	found = rc = entry_delete(&s, slice_of(key));
	if (rc >= 0)
		rc = store_commit(&s);
	if (rc < 0)
		store_rollback(&s);
	return rc < 0 ? rc : found;
}

void ck_value(const char *key, const void *value, size_t n)
{
	struct index_slot slot;
	struct slice have;

	ck_assert_int_eq(index_find(&s, slice_of(key), &slot), 0);
	ck_assert_msg(slot.entry, "no key %s", key);
	have = entry_value(&s, slot.entry);
	ck_assert_uint_eq(have.n, n);
	ck_assert(!memcmp(have.p, value, n));
}
