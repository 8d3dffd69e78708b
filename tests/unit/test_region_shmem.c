// SPDX-License-Identifier: MIT
/*
 * HP_REGION_SHMEM and hp_region_huge_bytes().
 */
#include <sys/mman.h>

#include "region_tests.h"

#define PLACE region_place()

static struct hp_session *s;
static struct hp_region *r, *q;

static struct hp_region_opts shmem_opts(unsigned int flags)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_SHMEM | flags;
	return opts;
}

static int create(unsigned int flags, uint64_t length)
{
	struct hp_region_opts opts = shmem_opts(flags);

	r = NULL;
	return hp_region_create(s, POOL, length, &opts, &r);
}

static void opened(void)
{
	ok(open_listened(&fake_sys, &s));
}

static void made(unsigned int flags)
{
	opened();
	ok(create(flags, 4 * MIB));
}

/* With room behind it. */
static void made_to_grow(void)
{
	struct hp_region_opts opts = shmem_opts(HP_REGION_POPULATE);

	opened();
	opts.address = PLACE;
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
	fill(r);
}

static uint64_t huge(struct hp_region *region)
{
	uint64_t bytes = 77;

	ok(hp_region_huge_bytes(region, &bytes));
	return bytes;
}

/* -- Create ---------------------------------------------------------------- */

START_TEST(options)
{
	struct hp_region_opts opts = shmem_opts(0);
	int before;

	opened();
	before = fake_leaks();
	is(create(0, 0), -EINVAL);
	is(create(0, MIB), -EINVAL);
	is(create(0, 4 * MIB + 4096), -EINVAL);
	is(create(0, UINT64_C(1) << 63), -EFBIG);
	/* Two wishes that contradict each other. */
	opts.page_size = HP_PAGE_1G;
	is(hp_region_create(s, POOL, 4 * MIB, &opts, &r), -EINVAL);
	opts.page_size = 4096;
	is(hp_region_create(s, POOL, 4 * MIB, &opts, &r), -EINVAL);
	opts.page_size = HP_PAGE_ANY;
	is(hp_region_create(s, POOL, 4 * MIB, &opts, &r), -EINVAL);
	opts.page_size = 0;
	opts.address = PLACE + MIB;
	is(hp_region_create(s, POOL, 4 * MIB, &opts, &r), -EINVAL);
	ck_assert_int_eq(fake_leaks(), before);
	opts.address = PLACE;
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
	ck_assert_ptr_eq(hp_region_address(r), PLACE);
	/* Small pages are never asked for by their size. */
	opts = region_opts();
	opts.page_size = 4096;
	is(hp_region_create(s, INDEX, 4 * MIB, &opts, &q), -EINVAL);
}
END_TEST

START_TEST(takes_nothing_from_the_pool)
{
	struct hp_region_info info = { .size = sizeof(info) };

	fake.pool_pages = 0;
	made(HP_REGION_POPULATE);
	ck_assert_int_eq(fake.pool_used, 0);
	ck_assert_uint_eq((uintptr_t)hp_region_address(r) % HP_PAGE_2M, 0);
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
	ck_assert_uint_eq(hp_region_page_size(r), 4096);
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.page_size, 4096);
	ck_assert_uint_eq(huge(r), 4 * MIB);
	ok(hp_region_close(r));
	ck_assert_int_eq(fake.files + fake.maps, 0);
}
END_TEST

START_TEST(populated_in_threads)
{
	struct hp_region_opts opts = shmem_opts(HP_REGION_POPULATE);

	opened();
	for (unsigned int threads = 1; threads < 8; threads++) {
		opts.populate_threads = threads;
		ok(hp_region_create(s, threads, 10 * MIB, &opts, &r));
		ck_assert_uint_eq(huge(r), 10 * MIB);
		ck_assert_int_eq(fake.threads, 0);
	}
}
END_TEST

/* That there are small pages instead is no error, and no secret. */
START_TEST(without_huge_pages)
{
	for (int thp = 0; thp < 2; thp++) {
		fake_boot();
		fake.no_thp = !thp;
		fake.no_free_thp = thp;
		opened();
		ok(create(0, 4 * MIB));
		ck_assert_int_eq(!strstr(region_last_log, "MADV_HUGEPAGE"),
				 thp);
		ck_assert_uint_eq(huge(r), 0);
		ok(hp_region_close(r));
		ok(create(HP_REGION_POPULATE, 4 * MIB));
		ck_assert_ptr_nonnull(strstr(region_last_log, "MADV_COLLAPSE"));
		ck_assert_uint_eq(huge(r), 0);
		region_last_log[0] = '\0';
		ok(hp_region_preserve(r));
		ck_assert_ptr_nonnull(strstr(region_last_log, "MADV_COLLAPSE"));
		ck_assert_uint_eq(huge(r), 0);
	}
}
END_TEST

/* Memory comes free after the create: preserve makes use of it. */
START_TEST(huge_pages_that_come_late)
{
	fake.no_free_thp = true;
	made(HP_REGION_POPULATE);
	fill(r);
	ck_assert_uint_eq(huge(r), 0);
	fake.no_free_thp = false;
	ok(hp_region_preserve(r));
	ck_assert_uint_eq(huge(r), 4 * MIB);
	check_filled(r);
}
END_TEST

/* Of the touch of each piece, and of the rest. */
START_TEST(no_memory)
{
	static const struct {
		int from, to;
	} table[] = {
		{ EFAULT, -ENOMEM },
		{ ENOMEM, -ENOMEM },
		{ EHWPOISON, -EHWPOISON },
		{ EINVAL, -EOPNOTSUPP },
	};
	int before, wanted;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (int nth = 1; nth <= 3; nth++) {
			fake_boot();
			opened();
			before = fake_leaks();
			fail_next(CALL_POPULATE, table[i].from);
			fake.fail_nth = nth;
			is(create(HP_REGION_POPULATE, 4 * MIB), table[i].to);
			ck_assert(fake.failed);
			ck_assert_int_eq(fake_leaks(), before);
			ok(create(0, 4 * MIB));
			fill(r);
			before = fake_leaks();
			fail_next(CALL_POPULATE, table[i].from);
			fake.fail_nth = nth;
			/* Without the advice the holder fills it. */
			wanted = table[i].from == EINVAL ? 0 : table[i].to;
			is(hp_region_preserve(r), wanted);
			ck_assert(fake.failed);
			ck_assert_int_eq(hp_region_is_preserved(r), !wanted);
			ck_assert_int_eq(fake.sessions_outgoing, !wanted);
			if (wanted)
				ck_assert_int_eq(fake_leaks(), before);
			ok(hp_region_preserve(r));
			check_filled(r);
		}
	}
}
END_TEST

START_TEST(nodes)
{
	static const unsigned long node0 = 1;
	struct hp_numa_range range = { 0, 2 * MIB, HP_NUMA_BIND, 1, &node0, 0 };
	struct hp_region_opts opts = shmem_opts(0);

	fake.nodes = 1;
	opened();
	opts.numa = &range;
	opts.numa_count = 1;
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
	ck_assert_uint_eq(fake_policy_count, 1);
	ck_assert_ptr_eq(fake_policies[0].address, hp_region_address(r));
	/* Half a huge page cannot be elsewhere. */
	range.length = MIB;
	is(hp_region_create(s, INDEX, 4 * MIB, &opts, &q), -EINVAL);
}
END_TEST

/* -- Preserve and reclaim -------------------------------------------------- */

START_TEST(stock_kernel)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_MAY_MOVE;
	fake.no_handler = true;
	made(0);
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	is(hp_region_preserve(q), -EOPNOTSUPP);
	ok(hp_region_preserve(r));
	ck_assert_uint_eq(huge(r), 4 * MIB);
	/* The kernel has it: nothing may change its pages. */
	is(hp_region_grow(r, 8 * MIB, NULL), -EBUSY);
	ok(hp_session_abort(s));
	ok(hp_region_grow(r, 8 * MIB, &opts));
}
END_TEST

/* Three kernels; nothing says shmem but the first. */
START_TEST(comes_back)
{
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region_opts opts = region_opts();

	fake.no_handler = true;
	made(HP_REGION_POPULATE);
	for (int i = 0; i < 3; i++) {
		fill(r);
		ok(hp_region_preserve(r));
		fake_kexec();
		opened();
		ok(hp_session_region(s, 0, &info));
		ck_assert_uint_eq(info.page_size, 4096);
		ck_assert_uint_eq(info.length, 4 * MIB);
		opts.page_size = HP_PAGE_2M;
		is(hp_region_reclaim(s, POOL, &opts, &r), -ESTALE);
		opts.page_size = 4096;
		ok(hp_region_reclaim(s, POOL, &opts, &r));
		check_filled(r);
		ck_assert_uint_eq(hp_region_page_size(r), 4096);
		ck_assert_uint_eq((uintptr_t)hp_region_address(r) % HP_PAGE_2M,
				  0);
		ck_assert_uint_eq(huge(r), 4 * MIB);
		ok(hp_session_commit(s, 0));
	}
}
END_TEST

/* Nothing was touched; what the kernel would fill, it would fill small. */
START_TEST(preserve_fills)
{
	made(0);
	ck_assert_uint_eq(huge(r), 0);
	ok(hp_region_preserve(r));
	ck_assert_uint_eq(huge(r), 4 * MIB);
	ok(hp_session_abort(s));
	/* And it stays so, as documented. */
	ck_assert_uint_eq(huge(r), 4 * MIB);
}
END_TEST

static void updated(unsigned int flags)
{
	struct hp_region_opts opts = shmem_opts(flags);

	opened();
	opts.address = PLACE;
	ok(hp_region_create(s, POOL, 4 * MIB, &opts, &r));
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &q));
	fill(r);
	fill(q);
	ok(hp_region_preserve(r));
	ok(hp_region_preserve(q));
	fake_kexec();
	opened();
	r = NULL;
}

static int reclaim(unsigned int flags)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = flags;
	return hp_region_reclaim(s, POOL, &opts, &r);
}

START_TEST(reclaimed_in_every_way)
{
	static const unsigned int flags[] = {
		0,
		HP_REGION_READ_ONLY,
		HP_REGION_OLD_ADDRESS,
		HP_REGION_UNLISTED,
	};

	updated(0);
	is(reclaim(HP_REGION_SHMEM), -EINVAL);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		ok(reclaim(flags[i]));
		check_filled(r);
		ck_assert_uint_eq(huge(r), 4 * MIB);
		if (flags[i] == HP_REGION_OLD_ADDRESS)
			ck_assert_ptr_eq(hp_region_address(r), PLACE);
		ok(hp_region_close(r));
	}
}
END_TEST

/* It is full: there is nothing that preserve would have to fill. */
START_TEST(read_only_is_preserved_again)
{
	updated(0);
	ok(reclaim(HP_REGION_READ_ONLY));
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	ok(hp_session_commit(s, 0));
	ok(hp_region_preserve(r));
	fake_kexec();
	opened();
	ok(reclaim(0));
	check_filled(r);
}
END_TEST

START_TEST(file_that_is_not_what_it_was)
{
	for (int i = 0; i < 4; i++) {
		fake_boot();
		updated(0);
		if (i == 0)
			fake_returned_set_allocated(POOL, 4 * MIB - 4096);
		if (i == 1)
			fake_returned_set_length(POOL, 2 * MIB);
		if (i == 2)
			fake_returned_set_page_size(POOL, HP_PAGE_2M);
		is(reclaim(0), i < 3 ? -EUCLEAN : 0);
	}
	ck_assert_uint_eq(hp_region_page_size(r), 4096);
}
END_TEST

/* Linux tries it once, and mm/memfd_luo.c gives up what it had. */
START_TEST(want_of_memory_is_final)
{
	static const int errors[] = { ENOMEM, ENOSPC, ENFILE, EIO };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_boot();
		updated(0);
		/* The manifest is the first that is retrieved. */
		ok(hp_region_reclaim(s, INDEX, NULL, &q));
		fail_next(CALL_RETRIEVE_FD, errors[i]);
		is(reclaim(0), -ENODATA);
		is(reclaim(0), -ENODATA);
		check_filled(q);
		ok(hp_session_commit(s, 0));
	}
	/* A descriptor is another thing. */
	fake_boot();
	updated(0);
	ok(hp_region_reclaim(s, INDEX, NULL, &q));
	fail_next(CALL_RETRIEVE_FD, EMFILE);
	is(reclaim(0), -EMFILE);
	ok(reclaim(0));
}
END_TEST

/* -- Grow ------------------------------------------------------------------ */

START_TEST(grows)
{
	struct hp_region_opts opts = region_opts();
	char *address;

	made_to_grow();
	is(hp_region_grow(r, 5 * MIB, NULL), -EINVAL);
	ok(hp_region_grow(r, 6 * MIB, NULL));
	ck_assert_uint_eq(huge(r), 4 * MIB);
	opts.flags = HP_REGION_POPULATE | HP_REGION_MAY_MOVE;
	address = hp_region_address(r);
	mmap(address + 6 * MIB, 4096, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ok(hp_region_grow(r, 8 * MIB, &opts));
	ck_assert_ptr_ne(hp_region_address(r), address);
	ck_assert_uint_eq((uintptr_t)hp_region_address(r) % HP_PAGE_2M, 0);
	/* What was there, and what was added last. */
	ck_assert_uint_eq(huge(r), 6 * MIB);
	ok(hp_region_preserve(r));
	ck_assert_uint_eq(huge(r), 8 * MIB);
	munmap(address + 6 * MIB, 4096);
}
END_TEST

/* -- Of another process ---------------------------------------------------- */

static int attach(int fd, unsigned int flags)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = flags;
	return hp_region_from_fd_on(&fake_sys, fd, &opts, &q);
}

START_TEST(attached)
{
	made_to_grow();
	is(attach(hp_region_fd(r), 0), -EMEDIUMTYPE);
	ok(attach(hp_region_fd(r), HP_REGION_SHMEM));
	ck_assert_mem_eq(hp_region_address(q), hp_region_address(r), 4 * MIB);
	ck_assert_uint_eq(huge(q), 4 * MIB);
	ck_assert_uint_eq(hp_region_page_size(q), 4096);
	/* It does not see what the owner adds. */
	ok(hp_region_grow(r, 6 * MIB, NULL));
	memset((char *)hp_region_address(r) + 4 * MIB, 1, 4096);
	ck_assert_uint_eq(huge(q), 4 * MIB);
	ok(hp_region_close(q));
	ok(attach(hp_region_fd(r), HP_REGION_SHMEM | HP_REGION_READ_ONLY));
	ck_assert_uint_eq(hp_region_length(q), 6 * MIB);
	ck_assert_uint_eq(huge(q), 4 * MIB);
	ok(hp_region_close(q));
}
END_TEST

START_TEST(files_that_cannot_be_attached)
{
	struct hp_region_opts opts = shmem_opts(0);
	int fd = fake_sys.memfd("odd", 0);

	opened();
	ok(hp_region_create(s, INDEX, 2 * MIB, NULL, &r));
	is(attach(hp_region_fd(r), HP_REGION_SHMEM), -EMEDIUMTYPE);
	is(attach(fake_other_fd(), HP_REGION_SHMEM), -EMEDIUMTYPE);
	is(attach(fd, HP_REGION_SHMEM), -EINVAL); /* empty */
	ok(fake_sys.set_length(fd, 3 * MIB));
	is(attach(fd, HP_REGION_SHMEM), -EINVAL);
	ok(fake_sys.set_length(fd, 4 * MIB));
	opts.page_size = 4096;
	is(hp_region_from_fd_on(&fake_sys, fd, &opts, &q), -EINVAL);
	is(attach(fake_read_only(fd), HP_REGION_SHMEM), -EROFS);
	ok(attach(fake_read_only(fd), HP_REGION_SHMEM | HP_REGION_READ_ONLY));
	ck_assert_uint_eq(huge(q), 0);
	/* A region of the session is what create makes of it. */
	is(hp_region_adopt(s, POOL, fd, NULL, &q), -EMEDIUMTYPE);
	opts.page_size = 0;
	is(hp_region_adopt(s, POOL, fd, &opts, &q), -EINVAL);
}
END_TEST

/* -- How much is huge ------------------------------------------------------ */

START_TEST(measured)
{
	opened();
	is(hp_region_huge_bytes(NULL, &(uint64_t){ 0 }), -EINVAL);
	ok(hp_region_create(s, INDEX, 6 * MIB, NULL, &q));
	is(hp_region_huge_bytes(q, NULL), -EINVAL);
	/* Pages of the pool need not be looked at. */
	memset(fake.calls, 0, sizeof(fake.calls));
	ck_assert_uint_eq(huge(q), 6 * MIB);
	for (int call = 0; call < CALL_KINDS; call++)
		ck_assert_int_eq(fake.calls[call], 0);
	/* Negative control: pages that the program touched are small. */
	ok(create(0, 4 * MIB));
	memset(hp_region_address(r), 1, 3 * MIB);
	ck_assert_uint_eq(huge(r), 0);
	/* And a part, with a hole in front. */
	ok(hp_region_close(r));
	ok(create(0, 8 * MIB));
	memset((char *)hp_region_address(r) + 4 * MIB, 1, 2 * MIB);
	ok(fake_sys.collapse((char *)hp_region_address(r) + 4 * MIB, 2 * MIB));
	ck_assert_uint_eq(huge(r), 2 * MIB);
}
END_TEST

START_TEST(measuring_fails)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} table[] = {
		{ CALL_COUNT_HUGE, ENOTTY, -EOPNOTSUPP },
		{ CALL_COUNT_HUGE, ENOENT, -EOPNOTSUPP },
		{ CALL_COUNT_HUGE, EACCES, -EACCES },
		{ CALL_COUNT_HUGE, EPERM, -EACCES },
		{ CALL_COUNT_HUGE, ENOMEM, -ENOMEM },
		{ CALL_COUNT_HUGE, EMFILE, -EMFILE },
		{ CALL_COUNT_HUGE, EXDEV, -EPROTO },
		{ CALL_POPULATE_READ, EOPNOTSUPP, -EOPNOTSUPP },
		{ CALL_POPULATE_READ, EHWPOISON, -EHWPOISON },
		{ CALL_POPULATE_READ, EFAULT, -EUCLEAN },
		{ CALL_POPULATE_READ, ENOMEM, -ENOMEM },
		{ CALL_FIND_DATA, EXDEV, -EPROTO },
		{ CALL_FILE_INFO, EBADF, -EUCLEAN },
	};
	uint64_t bytes = 77;

	made(HP_REGION_POPULATE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		fail_next(table[i].call, table[i].from);
		is(hp_region_huge_bytes(r, &bytes), table[i].to);
		ck_assert(fake.failed);
		ck_assert_uint_eq(bytes, 77);
		ck_assert_uint_eq(huge(r), 4 * MIB);
	}
	fake.no_scan = true;
	is(hp_region_huge_bytes(r, &bytes), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(region_last_log, "PAGEMAP_SCAN"));
	fake.no_scan = false;
	fake.forks++;
	is(hp_region_huge_bytes(r, &bytes), -ECHILD);
	fake.forks--;
	ok(fake_sys.set_length(hp_region_fd(r), 2 * MIB));
	is(hp_region_huge_bytes(r, &bytes), -EUCLEAN);
}
END_TEST

Suite *region_shmem_suite(void)
{
	const TTest *const tests[] = {
		options,
		takes_nothing_from_the_pool,
		populated_in_threads,
		without_huge_pages,
		huge_pages_that_come_late,
		no_memory,
		nodes,
		stock_kernel,
		comes_back,
		preserve_fills,
		reclaimed_in_every_way,
		read_only_is_preserved_again,
		file_that_is_not_what_it_was,
		want_of_memory_is_final,
		grows,
		attached,
		files_that_cannot_be_attached,
		measured,
		measuring_fails,
		NULL,
	};

	return suite_of("region shmem", tests);
}
