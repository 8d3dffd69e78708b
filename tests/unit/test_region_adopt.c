// SPDX-License-Identifier: MIT
/*
 * Files and memory of the application, and regions of another process.
 */
#include <sys/mman.h>

#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *r, *q;

static int file_of(uint64_t page_size, uint64_t length)
{
	int fd = fake_sys.memfd("mine", page_size);

	ck_assert_int_ge(fd, 0);
	ok(fake_sys.set_length(fd, length));
	return fd;
}

static int adopt(int fd, const struct hp_region_opts *opts)
{
	r = NULL;
	return hp_region_adopt(s, POOL, fd, opts, &r);
}

static int attach(int fd, const struct hp_region_opts *opts)
{
	r = NULL;
	return hp_region_from_fd_on(&fake_sys, fd, opts, &r);
}

static int adopt_mapping(void *address, uint64_t length)
{
	r = NULL;
	return hp_region_adopt_mapping(s, POOL, address, length, NULL, &r);
}

START_TEST(file_survives)
{
	int fd = file_of(HP_PAGE_2M, 4 * MIB);
	char *mine = fake_mmap(fd, 0, 4 * MIB, 0);

	strcpy(mine, "hello");
	ok(open_session("db", &s));
	ok(adopt(fd, NULL));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_ADOPTED);
	ck_assert_str_eq(hp_region_address(r), "hello");
	strcpy(mine + 2 * MIB, "there");
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	ck_assert_str_eq(hp_region_address(r), "hello");
	ck_assert_str_eq((char *)hp_region_address(r) + 2 * MIB, "there");
}
END_TEST

/* adopt and from_fd agree on files. */
START_TEST(files)
{
	int (*const call)(int, const struct hp_region_opts *) =
		_i ? attach : adopt;
	int good = file_of(HP_PAGE_2M, 2 * MIB);
	struct hp_region_opts opts = region_opts();

	ok(open_session("db", &s));
	is(call(-1, NULL), -EINVAL);
	is(call(fake_sys.duplicate(good) + 1, NULL), -EINVAL);
	is(call(file_of(0, 2 * MIB), NULL), -EMEDIUMTYPE);
	is(call(fake_other_fd(), NULL), -EMEDIUMTYPE);
	is(call(file_of(HP_PAGE_2M, 0), NULL), -EINVAL);
	is(call(fake_read_only(good), NULL), -EROFS);
	opts.page_size = HP_PAGE_1G;
	is(call(good, &opts), -EINVAL);
	opts.page_size = HP_PAGE_2M;
	opts.address = (void *)(uintptr_t)4096;
	is(call(good, &opts), -EINVAL);
	opts.address = region_place();
	ck_assert_ptr_eq(mmap(opts.address, 4096, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 opts.address);
	is(call(good, &opts), -EADDRINUSE);
	munmap(opts.address, 4096);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(fake.maps, 0);
	opts.flags = HP_REGION_READ_ONLY;
	ok(call(fake_read_only(good), &opts));
	ck_assert_ptr_eq(hp_region_address(r), opts.address);
	ck_assert_int_ne(hp_region_fd(r), good);
	/* The caller's stays the caller's. */
	ok(hp_region_close(r));
	ok(call(good, NULL));
	fake_close_any(good);
	ok(hp_region_close(r));
}
END_TEST

START_TEST(errors_of_map)
{
	static const struct {
		int from, to;
	} errors[] = {
		{ EACCES, -EACCES }, { EPERM, -EACCES },  { EAGAIN, -ENOMEM },
		{ ENOMEM, -ENOMEM }, { ENODEV, -EPROTO }, { EBADF, -EINVAL },
	};
	int (*const call)(int, const struct hp_region_opts *) =
		_i ? attach : adopt;
	int fd = file_of(HP_PAGE_2M, 2 * MIB), before;

	ok(open_session("db", &s));
	before = fake_leaks();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(CALL_MAP, errors[i].from);
		is(call(fd, NULL), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_int_eq(fake_leaks(), before);
	}
}
END_TEST

START_TEST(arguments)
{
	int fd = file_of(HP_PAGE_2M, 2 * MIB);
	char *mine = fake_mmap(fd, 0, 2 * MIB, 0);

	ok(open_session("db", &s));
	is(hp_region_adopt(NULL, POOL, fd, NULL, &r), -EINVAL);
	is(hp_region_adopt(s, POOL, fd, NULL, NULL), -EINVAL);
	is(hp_region_adopt(s, HP_TOKEN_RESERVED, fd, NULL, &r), -EINVAL);
	is(hp_region_adopt_mapping(NULL, POOL, mine, 2 * MIB, NULL, &r),
	   -EINVAL);
	is(hp_region_adopt_mapping(s, POOL, mine, 2 * MIB, NULL, NULL),
	   -EINVAL);
	is(hp_region_adopt_mapping(s, HP_TOKEN_RESERVED, mine, 2 * MIB, NULL,
				   &r),
	   -EINVAL);
	is(adopt_mapping(NULL, 2 * MIB), -EINVAL);
	is(adopt_mapping(mine, 0), -EINVAL);
	is(adopt_mapping(mine, UINT64_MAX - 1), -EINVAL);
	is(hp_region_from_fd_on(&fake_sys, fd, NULL, NULL), -EINVAL);
	is(hp_region_from_fd(-1, NULL, &r), -EINVAL);
	fake.forks++;
	is(adopt(fd, NULL), -ECHILD);
	is(adopt_mapping(mine, 2 * MIB), -ECHILD);
	fake.forks--;
	ok(adopt(fd, NULL));
	is(hp_region_adopt(s, POOL, fd, NULL, &q), -EEXIST);
	is(hp_region_adopt_mapping(s, POOL, mine, 2 * MIB, NULL, &q), -EEXIST);
	live_update();
	ok(open_session("db", &s));
	fd = file_of(HP_PAGE_2M, 2 * MIB);
	is(adopt(fd, NULL), -EEXIST);
	ok(hp_region_adopt(s, 77, fd, NULL, &r));
}
END_TEST

/* Its token may be one that came back. */
static void check_no_adopt(int expected)
{
	int fd = file_of(HP_PAGE_2M, 2 * MIB), before;
	char *mine = fake_mmap(fd, 0, 2 * MIB, 0);

	is(adopt(fd, NULL), expected);
	/* The manifest that could not be read is not kept. */
	before = fake_leaks();
	is(adopt(fd, NULL), expected);
	is(adopt_mapping(mine, 2 * MIB), expected);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(fake_leaks(), before);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(adopt(fd, NULL));
	ok(hp_region_close(r));
	ok(adopt_mapping(mine, 2 * MIB));
}

START_TEST(manifest_that_cannot_be_read)
{
	live_update();
	fake_returned_set_length(HP_TOKEN_RESERVED, 4096);
	ok(open_session("db", &s));
	check_no_adopt(-EBADMSG);

	live_update();
	replace_manifest(HP_PAGE_2M, HP_MANIFEST_VERSION + 1);
	ok(open_session("db", &s));
	check_no_adopt(-EOPNOTSUPP);

	live_update();
	ok(open_session("db", &s));
	fail_next(CALL_RETRIEVE_FD, EIO);
	check_no_adopt(-ENOMSG);
}
END_TEST

/* -- Memory where it is ---------------------------------------------------- */

START_TEST(mapping)
{
	int fd = file_of(HP_PAGE_2M, 4 * MIB);
	char *mine = fake_mmap(fd, 0, 4 * MIB, 0);
	struct hp_region_opts opts = region_opts();
	struct hp_region_info info = { .size = sizeof(info) };

	ok(open_session("db", &s));
	opts.page_size = HP_PAGE_2M;
	opts.label = "theirs";
	opts.layout = 3;
	ok(hp_region_adopt_mapping(s, POOL, mine, 4 * MIB, &opts, &r));
	ck_assert_ptr_eq(hp_region_address(r), mine);
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.length, 4 * MIB);
	ck_assert_uint_eq(info.layout, 3);
	ck_assert_uint_eq(info.origin, HP_ORIGIN_ADOPTED);
	ck_assert_str_eq(info.label, "theirs");
	fill(r);
	ok(hp_region_preserve(r));
	ok(hp_session_abort(s));
	ok(hp_region_close(r));
	ck_assert_int_eq(fake.maps, 2); /* the application's, the manifest */
	opts.page_size = HP_PAGE_1G;
	is(hp_region_adopt_mapping(s, POOL, mine, 4 * MIB, &opts, &r), -EINVAL);
	ok(adopt_mapping(mine, 4 * MIB));
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

/* Parts of a file side by side, as mprotect(2) and mbind(2) leave them. */
static char *two_mappings(int first, uint64_t first_offset, bool first_writable,
			  int second, uint64_t second_offset)
{
	struct hp_map_request request = {
		.fd = first,
		.read_only = !first_writable,
		.offset = first_offset,
		.length = 2 * MIB,
	};
	static uint64_t offset;
	void *start, *next;

	offset += 64 * MIB;
	request.address = region_place() + offset;
	ok(fake_sys.map(&request, &start));
	request.fd = second;
	request.offset = second_offset;
	request.read_only = false;
	request.address = (char *)start + 2 * MIB;
	ok(fake_sys.map(&request, &next));
	return start;
}

START_TEST(several_mappings)
{
	int fd = file_of(HP_PAGE_2M, 4 * MIB);
	int other = file_of(HP_PAGE_2M, 4 * MIB);

	ok(open_listened(&fake_sys, &s));
	ok(adopt_mapping(two_mappings(fd, 0, true, fd, 2 * MIB), 4 * MIB));
	ok(hp_region_close(r));
	ok(adopt_mapping(two_mappings(fd, 0, false, fd, 2 * MIB), 4 * MIB));
	ok(hp_region_close(r));
	is(adopt_mapping(two_mappings(fd, 0, true, fd, 0), 4 * MIB), -ERANGE);
	is(adopt_mapping(two_mappings(fd, 2 * MIB, true, fd, 0), 4 * MIB),
	   -ERANGE);
	is(adopt_mapping(two_mappings(fd, 0, true, other, 2 * MIB), 4 * MIB),
	   -ERANGE);
	ck_assert_ptr_nonnull(strstr(region_last_log, "more than one file"));
}
END_TEST

START_TEST(part_of_a_file)
{
	int fd = file_of(HP_PAGE_2M, 6 * MIB);
	char *mine = fake_mmap(fd, 0, 6 * MIB, 0);
	char *tail = fake_mmap(fd, 2 * MIB, 4 * MIB, 0);

	ok(open_session("db", &s));
	is(adopt_mapping(mine, 4 * MIB), -ERANGE);
	is(adopt_mapping(mine + 2 * MIB, 4 * MIB), -ERANGE);
	is(adopt_mapping(mine + 2 * MIB, 6 * MIB), -ENXIO);
	is(adopt_mapping(tail, 4 * MIB), -ERANGE);
	is(adopt_mapping(tail, 6 * MIB), -ENXIO);
	fake_sys.unmap(mine + 2 * MIB, 2 * MIB);
	is(adopt_mapping(mine, 6 * MIB), -ENXIO);
	/* More mapping than file. */
	ok(fake_sys.set_length(fd, 2 * MIB));
	ok(adopt_mapping(mine, 2 * MIB));
	ok(hp_region_close(r));
	mine = fake_mmap(file_of(HP_PAGE_2M, 4 * MIB), 0, 4 * MIB, 0);
	ok(hp_region_adopt_mapping(s, 5, mine, 4 * MIB, NULL, &q));
	ok(fake_sys.set_length(hp_region_fd(q), 2 * MIB));
	is(adopt_mapping(mine, 2 * MIB), -ERANGE);
}
END_TEST

START_TEST(memory_that_cannot_be)
{
	int fd = file_of(HP_PAGE_2M, 2 * MIB);

	ok(open_listened(&fake_sys, &s));
	is(adopt_mapping((void *)(uintptr_t)(2 * MIB), 2 * MIB), -ENXIO);
	is(adopt_mapping(fake_mmap(fd, 0, 2 * MIB, FAKE_PRIVATE), 2 * MIB),
	   -ENXIO);
	ck_assert_ptr_nonnull(strstr(region_last_log, "MAP_PRIVATE"));
	is(adopt_mapping(fake_mmap(-1, 0, 2 * MIB, FAKE_PRIVATE), 2 * MIB),
	   -ENXIO);
	is(adopt_mapping(fake_mmap(file_of(0, 2 * MIB), 0, 2 * MIB, 0),
			 2 * MIB),
	   -EMEDIUMTYPE);
	is(adopt_mapping(fake_mmap(fd, 0, 2 * MIB, FAKE_READ_ONLY), 2 * MIB),
	   -EROFS);
	ck_assert_ptr_null(r);
}
END_TEST

START_TEST(errors_of_proc)
{
	static const struct {
		enum fake_call call;
		int from, to;
	} errors[] = {
		{ CALL_FIND_MAPPING, ENOENT, -EACCES },
		{ CALL_FIND_MAPPING, EACCES, -EACCES },
		{ CALL_FIND_MAPPING, EPERM, -EACCES },
		{ CALL_FIND_MAPPING, ENXIO, -ENXIO },
		{ CALL_FIND_MAPPING, EPROTO, -EPROTO },
		{ CALL_FIND_MAPPING, ENFILE, -EMFILE },
		{ CALL_OPEN_MAPPING, ENOENT, -EACCES },
		{ CALL_OPEN_MAPPING, EACCES, -EACCES },
		{ CALL_OPEN_MAPPING, EPERM, -EACCES },
		{ CALL_OPEN_MAPPING, EROFS, -EROFS },
		{ CALL_OPEN_MAPPING, ENOMEM, -ENOMEM },
		{ CALL_FILE_INFO, EIO, -EPROTO },
		{ CALL_ZALLOC, ENOMEM, -ENOMEM },
	};
	char *mine = fake_mmap(file_of(HP_PAGE_2M, 2 * MIB), 0, 2 * MIB, 0);
	int before;

	ok(open_session("db", &s));
	before = fake_leaks();
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fail_next(errors[i].call, errors[i].from);
		is(adopt_mapping(mine, 2 * MIB), errors[i].to);
		ck_assert(fake.failed);
		ck_assert_int_eq(fake_leaks(), before);
	}
	/* While it goes through what is mapped there. */
	fail_next(CALL_FIND_MAPPING, ENOMEM);
	fake.fail_nth = 2;
	is(adopt_mapping(mine, 2 * MIB), -ENOMEM);
	ck_assert_int_eq(fake_leaks(), before);
	ok(adopt_mapping(mine, 2 * MIB));
}
END_TEST

/* -- Another process ------------------------------------------------------- */

START_TEST(from_another_process)
{
	struct hp_region_info info = { .size = sizeof(info) };
	int fd;

	ok(open_session("db", &s));
	ok(hp_region_create(s, POOL, 4 * MIB, NULL, &q));
	strcpy(hp_region_address(q), "owner");
	fake_switch(1);
	fake_switch(0);
	fd = fake_pass_fd(hp_region_fd(q), 1);
	fake_switch(1);
	ok(attach(fd, NULL));
	ck_assert_str_eq(hp_region_address(r), "owner");
	ck_assert_uint_eq(hp_region_token(r), 0);
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_ATTACHED);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.state, HP_REGION_IS_OPEN);
	ck_assert_uint_eq(info.length, 4 * MIB);
	is(hp_region_preserve(r), -EINVAL);
	is(hp_region_set_layout(r, 1), -EINVAL);
	/* The owner goes; a child of this one may close its copy. */
	fake_exit(0);
	ck_assert_str_eq(hp_region_address(r), "owner");
	fake_close_any(fd);
	fake.forks++;
	ok(hp_region_close(r));
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

Suite *region_adopt_suite(void)
{
	const TTest *const tests[] = {
		file_survives,
		arguments,
		manifest_that_cannot_be_read,
		mapping,
		several_mappings,
		part_of_a_file,
		memory_that_cannot_be,
		errors_of_proc,
		from_another_process,
		NULL,
	};
	Suite *suite = suite_of("region adopt", tests);
	TCase *both = tcase_create("region adopt and from_fd");

	tcase_add_checked_fixture(both, fake_boot, NULL);
	tcase_set_timeout(both, 20);
	tcase_add_loop_test(both, files, 0, 2);
	tcase_add_loop_test(both, errors_of_map, 0, 2);
	suite_add_tcase(suite, both);
	return suite;
}
