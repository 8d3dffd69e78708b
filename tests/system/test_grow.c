// SPDX-License-Identifier: MIT
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system.h"

static struct hp_region *r;

static uint64_t more_than_free(void)
{
	return (uint64_t)(huge_pages_free() + 8) * 2 * MIB;
}

/* Two pages with bytes in them, and room behind for more than there is. */
static char *make_region(void)
{
	struct hp_region_opts opts = region_opts();

	opts.address = free_place(more_than_free());
	ok(hp_region_create(s, 1, 4 * MIB, &opts, &r));
	memset(hp_region_address(r), 7, 4 * MIB);
	return hp_region_address(r);
}

static void block(char *address)
{
	void *got =
		mmap(address, 4096, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	ck_assert_ptr_eq(got, address);
}

static void check_bytes(uint64_t length)
{
	const char *bytes = hp_region_address(r);
	struct stat st;

	ck_assert_uint_eq(hp_region_length(r), length);
	ck_assert_int_eq(fstat(hp_region_fd(r), &st), 0);
	ck_assert_uint_eq(st.st_size, length);
	for (uint64_t i = 0; i < length; i += MIB)
		ck_assert_int_eq(bytes[i], i < 4 * MIB ? 7 : 0);
}

START_TEST(in_place)
{
	long unused = huge_pages_free();
	char *bytes = make_region();

	ok(hp_region_grow(r, 6 * MIB, NULL));
	ok(hp_region_grow(r, 10 * MIB, NULL));
	ok(hp_region_grow(r, 10 * MIB, NULL));
	ck_assert_ptr_eq(hp_region_address(r), bytes);
	check_bytes(10 * MIB);
	/* Three mappings, one end. */
	ok(hp_region_close(r));
	for (uint64_t i = 0; i < 10; i += 2)
		ck_assert(!is_mapped(bytes + i * MIB, 2 * MIB));
	ck_assert_int_eq(huge_pages_free(), unused);
}
END_TEST

START_TEST(populated)
{
	struct hp_region_opts opts = region_opts();
	long unused;

	make_region();
	unused = huge_pages_free();
	opts.flags = HP_REGION_POPULATE;
	opts.populate_threads = 2;
	ok(hp_region_grow(r, 10 * MIB, &opts));
	ck_assert_int_eq(huge_pages_free(), unused - 3);
	check_bytes(10 * MIB);
}
END_TEST

START_TEST(place_is_taken)
{
	struct hp_region_opts opts = region_opts();
	char *bytes = make_region();

	block(bytes + 4 * MIB);
	is(hp_region_grow(r, 6 * MIB, NULL), -EADDRINUSE);
	ck_assert_ptr_eq(hp_region_address(r), bytes);
	check_bytes(4 * MIB);
	opts.flags = HP_REGION_MAY_MOVE;
	ok(hp_region_grow(r, 6 * MIB, &opts));
	ck_assert_ptr_ne(hp_region_address(r), bytes);
	ck_assert(!is_mapped(bytes, 2 * MIB));
	check_bytes(6 * MIB);
}
END_TEST

START_TEST(pool_is_empty)
{
	struct hp_region_opts opts = region_opts();
	uint64_t too_much = more_than_free();
	char *bytes = make_region();

	for (int i = 0; i < 2; i++) {
		is(hp_region_grow(r, too_much, &opts), -ENOMEM);
		ck_assert_ptr_eq(hp_region_address(r), bytes);
		check_bytes(4 * MIB);
		opts.flags = HP_REGION_MAY_MOVE;
	}
	ok(hp_region_grow(r, 6 * MIB, NULL));
	check_bytes(6 * MIB);
}
END_TEST

START_TEST(someone_resized_it)
{
	make_region();
	ck_assert_int_eq(ftruncate(hp_region_fd(r), 6 * MIB), 0);
	is(hp_region_grow(r, 8 * MIB, NULL), -EUCLEAN);
	ck_assert_int_eq(ftruncate(hp_region_fd(r), 4 * MIB), 0);
	ok(hp_region_grow(r, 8 * MIB, NULL));
}
END_TEST

Suite *grow_suite(void)
{
	const TTest *const tests[] = {
		in_place,      populated,	   place_is_taken,
		pool_is_empty, someone_resized_it, NULL,
	};

	return suite_of("grow", tests);
}
