// SPDX-License-Identifier: MIT
/*
 * hp_region_create() on the running kernel: sizes, places, nodes, limits.
 */
#include <linux/mempolicy.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "system.h"

static struct hp_region *r, *q;

START_TEST(pages_are_huge_and_zero)
{
	long reserved = huge_pages_reserved(), unused = huge_pages_free();
	const unsigned char *bytes;

	ok(hp_region_create(s, 1, 8 * MIB, NULL, &r));
	ck_assert_int_eq(huge_pages_reserved(), reserved + 4);
	ck_assert_int_eq(huge_pages_free(), unused);
	bytes = hp_region_address(r);
	ck_assert_uint_eq((uintptr_t)bytes % (2 * MIB), 0);
	for (uint64_t i = 0; i < 8 * MIB; i += MIB)
		ck_assert_uint_eq(bytes[i], 0);
	/* One fault a page, and it is gone from the pool. */
	ck_assert_int_eq(huge_pages_reserved(), reserved);
	ck_assert_int_eq(huge_pages_free(), unused - 4);
	ok(hp_region_close(r));
	ck_assert_int_eq(huge_pages_free(), unused);
	ck_assert(!is_mapped(bytes, 2 * MIB));
}
END_TEST

START_TEST(page_sizes)
{
	struct hp_region_opts opts = region_opts();

	opts.page_size = HP_PAGE_2M;
	ok(hp_region_create(s, 1, 2 * MIB, &opts, &r));
	opts.page_size = HP_PAGE_ANY;
	ok(hp_region_create(s, 2, 6 * MIB, &opts, &q));
	ck_assert_uint_eq(hp_region_page_size(q), HP_PAGE_2M);
	/* By no size, also where there are pages of 64 KiB */
	is(hp_region_create(s, 3, 3 * MIB + 4096, &opts, &q), -EINVAL);
	opts.page_size = 4 * MIB; /* no processor that has 2 MiB pages */
	is(hp_region_create(s, 3, 8 * MIB, &opts, &q), -EOPNOTSUPP);
	opts.page_size = 4096;
	is(hp_region_create(s, 3, 8 * MIB, &opts, &q), -EINVAL);
	opts.page_size = 3 * MIB;
	is(hp_region_create(s, 3, 9 * MIB, &opts, &q), -EINVAL);
}
END_TEST

START_TEST(more_than_there_can_be)
{
	is(hp_region_create(s, 1, UINT64_C(1) << 63, NULL, &r), -EFBIG);
	/* A file could be, and the address space says no. */
	is(hp_region_create(s, 1, UINT64_C(1) << 60, NULL, &r), -ENOMEM);
	/* That there could be, but is not. */
	is(hp_region_create(s, 1, UINT64_C(1) << 42, NULL, &r), -ENOMEM);
	ck_assert_ptr_nonnull(strstr(last_log, "2097152 pages of 2048 kB"));
	ok(hp_region_create(s, 1, 2 * MIB, NULL, &r));
}
END_TEST

START_TEST(limit_of_file_size)
{
	struct rlimit limit = { 4 * MIB, 4 * MIB };

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	is(hp_region_create(s, 1, 6 * MIB, NULL, &r), -EFBIG);
	ok(hp_region_create(s, 1, 4 * MIB, NULL, &r));
	is(hp_region_grow(r, 6 * MIB, NULL), -EFBIG);
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
}
END_TEST

START_TEST(populate)
{
	struct hp_region_opts opts = region_opts();
	long unused = huge_pages_free();

	opts.flags = HP_REGION_POPULATE;
	ok(hp_region_create(s, 1, 6 * MIB, &opts, &r));
	ck_assert_int_eq(huge_pages_free(), unused - 3);
	/* Shares of different lengths; and more threads than pages. */
	opts.populate_threads = 3;
	ok(hp_region_create(s, 2, 10 * MIB, &opts, &r));
	ck_assert_int_eq(huge_pages_free(), unused - 8);
	opts.populate_threads = 1000000;
	ok(hp_region_create(s, 3, 4 * MIB, &opts, &r));
	ck_assert_int_eq(huge_pages_free(), unused - 10);
}
END_TEST

START_TEST(address)
{
	struct hp_region_opts opts = region_opts();
	char *place = free_place(8 * MIB);

	opts.address = place;
	ok(hp_region_create(s, 1, 4 * MIB, &opts, &r));
	ck_assert_ptr_eq(hp_region_address(r), place);
	memset(place, 7, 4 * MIB);
	is(hp_region_create(s, 2, 4 * MIB, &opts, &q), -EADDRINUSE);
	opts.address = place + 2 * MIB;
	is(hp_region_create(s, 2, 4 * MIB, &opts, &q), -EADDRINUSE);
	opts.address = place - 2 * MIB; /* its end is taken */
	is(hp_region_create(s, 2, 4 * MIB, &opts, &q), -EADDRINUSE);
	opts.address = place + 4096;
	is(hp_region_create(s, 2, 4 * MIB, &opts, &q), -EINVAL);
	ck_assert_int_eq(place[4 * MIB - 1], 7);
	opts.address = place + 4 * MIB;
	ok(hp_region_create(s, 2, 4 * MIB, &opts, &q));
}
END_TEST

/* Policy of the page at that address. */
static int policy_at(const void *address, unsigned long *ret_nodes)
{
	unsigned long nodes[16] = { 0 };
	int mode;

	ck_assert_msg(!syscall(SYS_get_mempolicy, &mode, nodes,
			       sizeof(nodes) * 8, address, MPOL_F_ADDR),
		      "get_mempolicy: %s", strerror(errno));
	*ret_nodes = nodes[0];
	return mode;
}

START_TEST(nodes)
{
	const unsigned long node0 = 1, missing = 1UL << 63, mixed = 3;
	struct hp_numa_range ranges[] = {
		{ 0, 2 * MIB, HP_NUMA_BIND, 64, &node0, 0 },
		{ 2 * MIB, 0, HP_NUMA_INTERLEAVE, 1, &node0, 0 },
	};
	struct hp_region_opts opts = region_opts();
	unsigned long nodes;
	char *bytes;

	opts.numa = ranges;
	opts.numa_count = 2;
	opts.flags = HP_REGION_POPULATE;
	ok(hp_region_create(s, 1, 8 * MIB, &opts, &r));
	bytes = hp_region_address(r);
	ck_assert_int_eq(policy_at(bytes, &nodes), MPOL_BIND);
	ck_assert_uint_eq(nodes, 1);
	ck_assert_int_eq(policy_at(bytes + 2 * MIB, &nodes), MPOL_INTERLEAVE);
	ck_assert_int_eq(policy_at(bytes + 6 * MIB, &nodes), MPOL_INTERLEAVE);

	/* A new mapping has it too. */
	opts.flags = HP_REGION_MAY_MOVE;
	opts.numa = NULL;
	opts.numa_count = 0;
	mmap(bytes + 8 * MIB, 4096, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ok(hp_region_grow(r, 10 * MIB, &opts));
	ck_assert_ptr_ne(hp_region_address(r), bytes);
	bytes = hp_region_address(r);
	ck_assert_int_eq(policy_at(bytes, &nodes), MPOL_BIND);
	ck_assert_int_eq(policy_at(bytes + 8 * MIB, &nodes), MPOL_INTERLEAVE);
	ok(hp_region_close(r));
	ck_assert(!is_mapped(bytes, 2 * MIB));

	opts.flags = 0;
	opts.numa = ranges;
	opts.numa_count = 1;
	ranges[0].nodes = &missing;
	is(hp_region_create(s, 2, 8 * MIB, &opts, &q), -EINVAL);
	ck_assert_ptr_nonnull(strstr(last_log, "numa"));
	if (access("/sys/devices/system/node/node1", F_OK) == 0)
		return;
	/* The kernel would leave out node 1 in silence. */
	ranges[0].nodes = &mixed;
	is(hp_region_create(s, 2, 8 * MIB, &opts, &q), -EINVAL);
}
END_TEST

Suite *create_suite(void)
{
	const TTest *const tests[] = {
		pages_are_huge_and_zero,
		page_sizes,
		more_than_there_can_be,
		limit_of_file_size,
		populate,
		address,
		nodes,
		NULL,
	};

	return suite_of("create", tests);
}
