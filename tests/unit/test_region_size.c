// SPDX-License-Identifier: MIT
/*
 * Page sizes and lengths, and which of them HP_PAGE_ANY takes.
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "region_tests.h"

#define GIB (UINT64_C(1) << 30)

static struct hp_session *s;
static struct hp_region *r;
static struct hp_sys hidden;

static int create(uint64_t page_size, uint64_t length)
{
	struct hp_region_opts opts = region_opts();

	opts.page_size = page_size;
	r = NULL;
	return hp_region_create(s, POOL, length, &opts, &r);
}

static void check_any(uint64_t length, uint64_t page_size)
{
	ok(create(HP_PAGE_ANY, length));
	ck_assert_uint_eq(hp_region_page_size(r), page_size);
	ck_assert_uint_eq(hp_region_length(r), length);
	ok(hp_region_close(r));
}

START_TEST(sizes)
{
	fake.pool_1g_pages = 2;
	ok(open_session("db", &s));
	is(create(4096, 8 * MIB), -EINVAL);
	is(create(2, 8 * MIB), -EINVAL);
	is(create(3 * MIB, 9 * MIB), -EINVAL);
	is(create(UINT64_C(1) << 16, 8 * MIB), -EOPNOTSUPP);
	is(create(UINT64_C(1) << 34, UINT64_C(1) << 34), -EOPNOTSUPP);
	is(create(HP_PAGE_1G, GIB + 2 * MIB), -EINVAL);
	is(create(HP_PAGE_1G, 3 * GIB), -ENOMEM);
	ok(create(HP_PAGE_1G, 2 * GIB));
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_1G);
	ck_assert_uint_eq((uintptr_t)hp_region_address(r) % GIB, 0);
	ck_assert_int_eq(fake.pool_1g_used, 2);
}
END_TEST

START_TEST(lengths)
{
	ok(open_listened(&fake_sys, &s));
	is(create(0, UINT64_C(1) << 63), -EFBIG); /* a file */
	is(create(HP_PAGE_ANY, UINT64_C(1) << 63), -EFBIG);
	is(create(0, UINT64_C(1) << 40), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(region_last_log, "524288 pages of 2048 "
						      "kB, of which 64 are"));
	fail_next(CALL_SET_LENGTH, EFBIG); /* RLIMIT_FSIZE */
	is(create(0, 2 * MIB), -EFBIG);
	ck_assert_ptr_nonnull(strstr(region_last_log, "ftruncate"));
	ck_assert_int_eq(fake.files, 0);
}
END_TEST

static ucontext_t outside, coroutine;
static int result;

static void create_large(void)
{
	result = create(0, 4 * GIB);
}

/* Its stack says nothing about the address space: there is room. */
START_TEST(length_on_the_stack_of_a_coroutine)
{
	const size_t size = 1 << 20;
	/* Below, where a program has nothing else */
	void *stack =
		mmap((void *)(uintptr_t)GIB, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	ck_assert_ptr_ne(stack, MAP_FAILED);
	fake.pool_pages = 4 * GIB / HP_PAGE_2M;
	ok(open_session("db", &s));
	ck_assert_int_eq(getcontext(&coroutine), 0);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = size;
	coroutine.uc_link = &outside;
	makecontext(&coroutine, create_large, 0);
	ck_assert_int_eq(swapcontext(&outside, &coroutine), 0);
	is(result, 0);
	munmap(stack, size);
}
END_TEST

START_TEST(gigantic_region_comes_back)
{
	fake.pool_1g_pages = 2;
	ok(open_session("db", &s));
	ok(create(HP_PAGE_1G, 2 * GIB));
	fill(r);
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_1G);
	ck_assert_uint_eq(hp_region_length(r), 2 * GIB);
	check_filled(r);
}
END_TEST

START_TEST(any)
{
	fake.pool_1g_pages = 1;
	fake.pool_pages = 2048;
	ok(open_listened(&fake_sys, &s));
	check_any(GIB, HP_PAGE_1G);
	check_any(GIB + 2 * MIB, HP_PAGE_2M);
	check_any(2 * GIB, HP_PAGE_2M); /* only one is free */
	is(create(HP_PAGE_ANY, 8 * GIB), -ENOMEM);
	is(create(HP_PAGE_ANY, 3 * MIB), -EINVAL);
	is(create(HP_PAGE_ANY, 4097), -EINVAL);
	is(create(HP_PAGE_ANY, 0), -EINVAL);
	fake.no_1g = true;
	check_any(GIB, HP_PAGE_2M);
}
END_TEST

START_TEST(any_minds_reservations)
{
	struct hp_region *other;
	struct hp_region_opts opts = region_opts();

	fake.pool_1g_pages = 1;
	fake.pool_pages = 1024;
	ok(open_session("db", &s));
	opts.page_size = HP_PAGE_1G;
	ok(hp_region_create(s, 5, GIB, &opts, &other));
	check_any(GIB, HP_PAGE_2M); /* free, but promised */
	ok(hp_region_close(other));
	/* Someone was faster than the look at the pool. */
	fail_next(CALL_MAP, ENOMEM);
	check_any(GIB, HP_PAGE_2M);
	ck_assert(fake.failed);
	fail_next(CALL_MAP, EMFILE);
	is(create(HP_PAGE_ANY, GIB), -EMFILE);
}
END_TEST

START_TEST(any_minds_options)
{
	const unsigned long node0 = 1;
	struct hp_numa_range range = {
		.length = 2 * MIB,
		.policy = HP_NUMA_BIND,
		.nodes_bits = 1,
		.nodes = &node0,
	};
	struct hp_region_opts opts = region_opts();

	fake.nodes = 1;
	fake.pool_1g_pages = 1;
	fake.pool_pages = 1024;
	ok(open_session("db", &s));
	opts.page_size = HP_PAGE_ANY;
	opts.address = region_place() + 2 * MIB;
	ok(hp_region_create(s, 1, GIB, &opts, &r));
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_2M);
	ok(hp_region_close(r));
	opts.address = (char *)opts.address + 4096;
	is(hp_region_create(s, 1, GIB, &opts, &r), -EINVAL);
	opts.address = NULL;
	opts.numa = &range;
	opts.numa_count = 1;
	ok(hp_region_create(s, 1, GIB, &opts, &r));
	ck_assert_uint_eq(hp_region_page_size(r), HP_PAGE_2M);
	ok(hp_region_close(r));
	fake.no_numa = true;
	is(hp_region_create(s, 1, GIB, &opts, &r), -EOPNOTSUPP);
	ck_assert_int_eq(fake.files, 0);
}
END_TEST

static int no_text(const char *path, char *buffer, size_t size)
{
	(void)path;
	(void)buffer;
	(void)size;
	return -ENOENT;
}

START_TEST(any_without_sys)
{
	hidden = fake_sys;
	hidden.read_text = no_text;
	fake.pool_1g_pages = 1;
	fake.pool_pages = 1024;
	ok(open_listened(&hidden, &s));
	check_any(GIB, HP_PAGE_1G);
	check_any(2 * GIB, HP_PAGE_2M);
	check_any(6 * MIB, HP_PAGE_2M);
	fake.no_1g = true;
	check_any(GIB, HP_PAGE_2M);
	is(create(HP_PAGE_ANY, 8 * GIB), -ENOMEM);
	is(create(HP_PAGE_ANY, 3 * MIB), -EINVAL);
	/* What it cannot tell it does not make up. */
	is(create(0, 8 * GIB), -ENOMEM);
	ck_assert_ptr_null(strstr(region_last_log, "of which"));
}
END_TEST

/* A number that is none is no reason not to try. */
START_TEST(any_with_strange_counters)
{
	static const char path[] =
		"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages";

	ok(open_session("db", &s));
	fake_set_text(path, "many");
	check_any(6 * MIB, HP_PAGE_2M);
	fake_set_text(path, "2x");
	check_any(6 * MIB, HP_PAGE_2M);
	fake_set_text(path, "99999999999999999999");
	check_any(6 * MIB, HP_PAGE_2M);
	fake_set_text(path, "2");
	is(create(HP_PAGE_ANY, 6 * MIB), -ENOMEM);
	check_any(4 * MIB, HP_PAGE_2M);
}
END_TEST

Suite *region_size_suite(void)
{
	const TTest *const tests[] = {
		sizes,
		lengths,
		length_on_the_stack_of_a_coroutine,
		gigantic_region_comes_back,
		any,
		any_minds_reservations,
		any_minds_options,
		any_without_sys,
		any_with_strange_counters,
		NULL,
	};

	return suite_of("region size", tests);
}
