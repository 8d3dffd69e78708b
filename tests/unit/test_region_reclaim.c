// SPDX-License-Identifier: MIT
/*
 * Options of hp_region_reclaim(): none of its refusals loses anything.
 */
#include <sys/mman.h>

#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *r;

#define PLACE region_place()

/* POOL at PLACE with layout and label came back; nothing is open. */
static void update_with_options(void)
{
	struct hp_region_opts opts = region_opts();
	struct hp_region *pool;

	fake_boot();
	ok(open_session("db", &s));
	opts.address = PLACE;
	opts.layout = 7;
	opts.label = "buffer pool";
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &pool));
	fill(pool);
	ok(hp_region_preserve(pool));
	fake_kexec();
	ok(open_listened(&fake_sys, &s));
	r = NULL;
}

/* What the session has open when all that came back is known. */
static int gathered(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	ok(hp_session_info(s, &info));
	return fake_leaks();
}

static void check_not_lost(int resources)
{
	ck_assert_ptr_null(r);
	ck_assert_int_eq(fake_leaks(), resources);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_region_close(r));
	r = NULL;
}

START_TEST(layout)
{
	struct hp_region_opts opts = region_opts();
	struct hp_region_info info = { .size = sizeof(info) };
	int resources;

	update_with_options();
	resources = gathered();
	opts.layout = 8;
	is(hp_region_reclaim(s, POOL, &opts, &r), -ESTALE);
	ck_assert_ptr_nonnull(strstr(region_last_log, "layout 7, not 8"));
	check_not_lost(resources);
	opts.layout = 7;
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.layout, 7);
	ck_assert_str_eq(info.label, "buffer pool");
}
END_TEST

START_TEST(old_address)
{
	struct hp_region_opts opts = region_opts();
	int resources;
	void *other;

	update_with_options();
	resources = gathered();
	opts.flags = HP_REGION_OLD_ADDRESS;
	other = mmap(PLACE + 2 * MIB, 4096, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ck_assert_ptr_eq(other, PLACE + 2 * MIB);
	is(hp_region_reclaim(s, POOL, &opts, &r), -EADDRINUSE);
	check_not_lost(resources);
	munmap(other, 4096);
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	ck_assert_ptr_eq(hp_region_address(r), PLACE);
	check_filled(r);
	ok(hp_region_close(r));
	opts.address = PLACE;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
}
END_TEST

/* As no library could have listed it, but for the first. */
START_TEST(old_address_is_not_known)
{
	static const uint64_t addresses[] = { 0, 4096, MIB + 1 };
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_OLD_ADDRESS;
	for (int i = 0; i < 3; i++) {
		int resources;

		update_with_options();
		resources = gathered();
		s->regions->old_address = addresses[i];
		is(hp_region_reclaim(s, POOL, &opts, &r),
		   addresses[i] ? -EINVAL : -EADDRINUSE);
		if (!addresses[i])
			ck_assert_ptr_nonnull(
				strstr(region_last_log, "not known"));
		check_not_lost(resources);
	}
}
END_TEST

START_TEST(given_address)
{
	struct hp_region_opts opts = region_opts();
	int resources;

	update_with_options();
	resources = gathered();
	opts.address = PLACE + 4096;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
	check_not_lost(resources);
	opts.address = PLACE + 64 * MIB;
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	ck_assert_ptr_eq(hp_region_address(r), PLACE + 64 * MIB);
	check_filled(r);
}
END_TEST

START_TEST(page_size)
{
	struct hp_region_opts opts = region_opts();
	int resources;

	update_with_options();
	resources = gathered();
	opts.page_size = HP_PAGE_1G;
	is(hp_region_reclaim(s, POOL, &opts, &r), -ESTALE);
	ck_assert_ptr_nonnull(strstr(region_last_log, "page size 2097152"));
	check_not_lost(resources);
	opts.page_size = 3;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
	/* One structure serves hp_region_create() and this. */
	opts.page_size = HP_PAGE_ANY;
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	ok(hp_region_close(r));
	opts.page_size = HP_PAGE_2M;
	ok(hp_region_reclaim(s, POOL, &opts, &r));
}
END_TEST

START_TEST(numa)
{
	const unsigned long node5 = 1UL << 5;
	struct hp_numa_range range = { 0, 0, HP_NUMA_BIND, 64, &node5, 0 };
	struct hp_region_opts opts = region_opts();
	int resources;

	update_with_options();
	fake.nodes = 1;
	resources = gathered();
	opts.numa = &range;
	opts.numa_count = 1;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
	check_not_lost(resources);
	range.length = 6 * MIB;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EINVAL);
	check_not_lost(resources);
	fake.no_numa = true;
	range.length = 0;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EOPNOTSUPP);
	check_not_lost(resources);
}
END_TEST

START_TEST(security_policy)
{
	static const struct {
		enum fake_call call;
		int from;
	} errors[] = {
		{ CALL_MAP, EACCES },
		{ CALL_MAP, EPERM },
		{ CALL_SET_POLICY, EPERM },
	};
	static const unsigned long node0 = 1;
	const struct hp_numa_range range = { 0, 0, HP_NUMA_BIND, 1, &node0, 0 };
	struct hp_region_opts opts = region_opts();
	int resources;

	update_with_options();
	fake.nodes = 1;
	resources = gathered();
	opts.numa = &range;
	opts.numa_count = 1;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(errors[i].call, errors[i].from);
		is(hp_region_reclaim(s, POOL, &opts, &r), -EACCES);
		ck_assert(fake.failed);
		check_not_lost(resources);
	}
}
END_TEST

START_TEST(read_only)
{
	struct hp_region_opts opts = region_opts();
	struct hp_mapping mapping;

	update_with_options();
	opts.flags = HP_REGION_READ_ONLY;
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	check_filled(r);
	ok(fake_sys.find_mapping((uintptr_t)hp_region_address(r), &mapping));
	ck_assert(!mapping.writable);
	ok(hp_session_commit(s, 0));
	is(hp_region_grow(r, 6 * MIB, NULL), -EROFS);
	/* It is handed over all the same. */
	ok(hp_region_preserve(r));
}
END_TEST

/* -- HP_REGION_UNLISTED ---------------------------------------------------- */

static void damage_manifest(void)
{
	static const unsigned char junk[HP_MANIFEST_SIZE];

	fake_returned_write(HP_TOKEN_RESERVED, 0, junk, sizeof(junk));
}

START_TEST(damaged_manifest)
{
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();

	update_with_options();
	damage_manifest();
	is(hp_region_reclaim(s, POOL, NULL, &r), -EBADMSG);
	opts.flags = HP_REGION_UNLISTED;
	opts.layout = 7;
	is(hp_region_reclaim(s, POOL, &opts, &r), -ESTALE);
	opts.layout = 0;
	opts.flags |= HP_REGION_OLD_ADDRESS;
	is(hp_region_reclaim(s, POOL, &opts, &r), -EADDRINUSE);
	opts.flags = HP_REGION_UNLISTED;
	opts.page_size = HP_PAGE_1G;
	is(hp_region_reclaim(s, POOL, &opts, &r), -ESTALE);
	opts.page_size = 0;
	is(hp_region_reclaim(s, 99, &opts, &r), -ENOENT);
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	check_filled(r);
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.length, 4 * MIB);
	ck_assert_uint_eq(info.page_size, HP_PAGE_2M);
	ck_assert_uint_eq(info.layout, 0);
	ck_assert_str_eq(info.label, "");
	ck_assert_uint_eq(info.origin, HP_ORIGIN_LIVE_UPDATE);
}
END_TEST

/* A manifest that is fine counts, whatever is asked. */
START_TEST(unlisted_of_what_is_listed)
{
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_UNLISTED;
	for (int damaged = 0; damaged < 2; damaged++) {
		update_with_options();
		if (damaged)
			fake_returned_set_length(POOL, 2 * MIB);
		is(hp_region_reclaim(s, POOL, NULL, &r),
		   damaged ? -EUCLEAN : 0);
		if (!damaged)
			ok(hp_region_close(r));
		/* The caller judges the content. */
		ok(hp_region_reclaim(s, POOL, &opts, &r));
		ck_assert_uint_eq(hp_region_length(r),
				  damaged ? 2 * MIB : 4 * MIB);
		ok(hp_region_info(r, &info));
		ck_assert_uint_eq(info.layout, 7);
	}
}
END_TEST

START_TEST(token_that_is_not_listed)
{
	struct hp_region_opts opts = region_opts();

	update_with_options();
	is(hp_region_create(s, POOL, 2 * MIB, NULL, &r), -EEXIST);
	/* As if the library had died before it could list it. */
	update_with_options();
	ok(hp_session_read(s));
	hp_manifest_remove(s->manifest, POOL);
	is(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	opts.flags = HP_REGION_UNLISTED;
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	check_filled(r);
	ok(hp_session_preserve(s));
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(unlisted_file_that_is_no_region)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_UNLISTED;
	for (int i = 0; i < 4; i++) {
		update_with_options();
		damage_manifest();
		if (i == 0)
			fake_returned_set_page_size(POOL, HP_PAGE_1G);
		if (i == 1)
			fake_returned_set_length(POOL, 0);
		if (i == 2) /* the caller's to judge */
			fake_returned_set_allocated(POOL, 2 * MIB);
		is(hp_region_reclaim(s, POOL, &opts, &r), i < 2 ? -EUCLEAN : 0);
	}
	check_filled(r);
}
END_TEST

/* For want of room the manifest is asked again, and then it lists it. */
START_TEST(manifest_without_room)
{
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_UNLISTED;
	update_with_options();
	fail_next(CALL_RETRIEVE_FD, EMFILE);
	is(hp_region_reclaim(s, POOL, &opts, &r), -EMFILE);
	ok(hp_region_reclaim(s, POOL, &opts, &r));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.layout, 7);
}
END_TEST

Suite *region_reclaim_suite(void)
{
	const TTest *const tests[] = {
		layout,
		old_address,
		old_address_is_not_known,
		given_address,
		page_size,
		numa,
		security_policy,
		read_only,
		damaged_manifest,
		unlisted_of_what_is_listed,
		token_that_is_not_listed,
		unlisted_file_that_is_no_region,
		manifest_without_room,
		NULL,
	};

	return suite_of("region reclaim", tests);
}
