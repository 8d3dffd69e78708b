// SPDX-License-Identifier: MIT
/*
 * What is saved comes back, on every kind of system.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "save_tests.h"

static struct hp_session *s;
static struct hp_region *r;

static struct hp_save_result result_of(void)
{
	return (struct hp_save_result){ .size = sizeof(struct hp_save_result) };
}

START_TEST(comes_back)
{
	struct hp_save_result result = result_of();
	struct hp_region_info info = { .size = sizeof(info) };

	ok(save_version(2, &result));
	ck_assert_int_eq(result.regions, 3);
	ck_assert_uint_eq(result.total_bytes, 8 * MIB);
	/* Every other block of one huge page of each. */
	ck_assert_uint_eq(result.moved_bytes, 3 * MIB);
	ck_assert_int_eq(result.how, HP_SAVE_BY_URING | HP_SAVE_BY_DIRECT |
					     HP_SAVE_BY_REGISTERED);
	ck_assert_int_eq(result.passes, 1);
	ck_assert_uint_gt(result.duration_ns, result.checksum_ns);
	ck_assert_int_eq(fake_leaks() + disk.fds + disk.queues + disk.locks, 0);
	ck_assert_int_eq(disk_files(), 2 + 3);

	new_process();
	ok(open_logged("db", &s));
	result = result_of();
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, &result));
	ck_assert(check_regions(s, 2));
	ck_assert_int_eq(result.regions, 3);
	ck_assert_uint_eq(result.total_bytes, 8 * MIB);
	ck_assert_uint_eq(result.moved_bytes, 3 * MIB);
	ok(hp_region_get(s, POOL, &r));
	ok(hp_region_info(r, &info));
	ck_assert_uint_eq(info.layout, LAYOUT);
	ck_assert_str_eq(info.label, "pool");
	ck_assert_uint_eq(info.page_size, HP_PAGE_2M);
	ck_assert_int_eq(info.origin, HP_ORIGIN_SAVE);
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks() + disk.fds + disk.queues + disk.locks, 0);
	/* Control: another version is told apart. */
	ck_assert_int_eq(load_version(), 2);
	ok(save_version(3, NULL));
	ck_assert_int_eq(load_version(), 3);
	ck_assert_int_eq(disk_files(), 2 + 2);
}
END_TEST

/* Bytes of memory behind it; small pages stand for huge ones here. */
static uint64_t touched(struct hp_region *region)
{
	unsigned char pages[4 * MIB / 4096];
	uint64_t count = hp_region_length(region) / 4096, bytes = 0;

	ck_assert_int_eq(mincore(hp_region_address(region),
				 hp_region_length(region), pages),
			 0);
	for (uint64_t i = 0; i < count; i++)
		bytes += pages[i] & 1 ? 4096 : 0;
	return bytes;
}

START_TEST(untouched_stays_untouched)
{
	uint64_t before;

	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	before = touched(r);
	ck_assert_uint_gt(before, 0);
	ck_assert_uint_le(before, 2 * MIB);
	ok(save(s, NULL));
	ck_assert_uint_eq(touched(r), before);
	ok(hp_session_close(s));
	new_process();
	ok(open_logged("db", &s));
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL));
	ok(hp_region_get(s, POOL, &r));
	ck_assert_uint_le(touched(r), before);
}
END_TEST

/* The system lacks something; the result says so, and the bytes are right. */
static void without(unsigned int how)
{
	struct hp_save_result result = result_of();

	ok(save_version(2, &result));
	ck_assert_int_eq(result.how, how);
	ck_assert_int_eq(load_version(), 2);
	new_process();
	ok(open_logged("db", &s));
	result = result_of();
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, &result));
	ck_assert_int_eq(result.how & ~HP_SAVE_BY_REGISTERED,
			 how & ~HP_SAVE_BY_REGISTERED);
	ok(hp_session_close(s));
	ck_assert_int_eq(disk.fds + disk.queues + disk.locks, 0);
	ck_assert_str_eq(last_error, "");
}

#define ALL (HP_SAVE_BY_URING | HP_SAVE_BY_DIRECT | HP_SAVE_BY_REGISTERED)

START_TEST(without_uring)
{
	disk.no_queue = true;
	without(HP_SAVE_BY_DIRECT);
}
END_TEST

START_TEST(without_operation)
{
	disk.no_operation = true;
	without(0);
}
END_TEST

START_TEST(without_direct)
{
	disk.no_direct = true;
	without(HP_SAVE_BY_URING | HP_SAVE_BY_REGISTERED);
}
END_TEST

START_TEST(without_direct_late)
{
	disk.no_direct_late = true;
	without(HP_SAVE_BY_URING | HP_SAVE_BY_REGISTERED);
	disk_format();
	disk.no_direct_late = disk.no_queue = true;
	without(0);
}
END_TEST

START_TEST(without_registered)
{
	disk.no_registered = true;
	without(HP_SAVE_BY_URING | HP_SAVE_BY_DIRECT);
}
END_TEST

START_TEST(without_the_rest)
{
	disk.no_allocate = disk.no_locks = true;
	disk.no_populate = disk.no_resident = true;
	without(ALL);
}
END_TEST

START_TEST(on_request)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SAVE_BUFFERED | HP_SAVE_NO_URING,
	};
	struct hp_save_result result = result_of();

	s = make_version(1);
	ok(hp_session_save_on(&disk_io, s, DISK_DIRECTORY, &opts, &result));
	ck_assert_int_eq(result.how, 0);
	ck_assert_int_eq(disk.calls[DISK_QUEUE_OPEN], 0);
	ok(hp_session_close(s));
	ok(open_logged("db", &s));
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, &opts, &result));
	ck_assert_int_eq(disk.calls[DISK_QUEUE_OPEN], 0);
	ck_assert(check_regions(s, 1));
}
END_TEST

/* Transfers that move only a part, also one that O_DIRECT cannot go on from. */
START_TEST(short_transfers)
{
	static const unsigned int parts[] = { 4096, 1, 512, 300000 };

	for (int i = 0; i < 4; i++) {
		for (int queue = 0; queue < 2; queue++) {
			fake_boot();
			disk_format();
			disk.shorten = 2;
			disk.part = parts[i];
			disk.no_queue = queue;
			ok(save_version(2, NULL));
			ck_assert_int_eq(load_version(), 2);
		}
	}
}
END_TEST

START_TEST(tried_again)
{
	static const enum disk_call kinds[] = { DISK_WRITE, DISK_READ,
						DISK_QUEUE_RESULT };
	static const int errors[] = { EINTR, EAGAIN };

	for (int i = 0; i < 6; i++) {
		fake_boot();
		disk_format();
		disk.no_queue = kinds[i % 3] != DISK_QUEUE_RESULT;
		disk.fail_call = kinds[i % 3];
		disk.fail_errno = errors[i / 3];
		disk.fail_nth = 2;
		/* Of the index, written at once, only EINTR comes. */
		if (save_version(2, NULL))
			ck_assert_int_eq(disk.fail_errno, EAGAIN);
		ck_assert_int_eq(load_version(), 2);
		ck_assert(disk.failed);
	}
}
END_TEST

static bool all_are(const unsigned char *bytes, int value, uint64_t length)
{
	return bytes[0] == value && !memcmp(bytes, bytes + 1, length - 1);
}

START_TEST(sizes)
{
	static const uint64_t lengths[] = { 2 * MIB, 6 * MIB, 32 * MIB };
	struct hp_save_opts opts = { .size = sizeof(opts) };

	for (int i = 0; i < 3 * 4; i++) {
		uint64_t length = lengths[i % 3];
		unsigned char *bytes;

		fake_boot();
		disk_format();
		opts.block_size = HP_SAVE_BLOCK_MIN << (i / 3 * 3);
		ok(open_logged("db", &s));
		ok(hp_region_create(s, 1, length, NULL, &r));
		bytes = hp_region_address(r);
		memset(bytes, 1, length);
		memset(bytes + 12345, 0, MIB);
		ok(hp_session_save_on(&disk_io, s, DISK_DIRECTORY, &opts,
				      NULL));
		ok(hp_session_close(s));
		ok(open_logged("db", &s));
		ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL));
		ok(hp_region_get(s, 1, &r));
		bytes = hp_region_address(r);
		ck_assert(all_are(bytes, 1, 12345));
		ck_assert(all_are(bytes + 12345, 0, MIB));
		ck_assert(
			all_are(bytes + 12345 + MIB, 1, length - 12345 - MIB));
	}
}
END_TEST

START_TEST(no_regions)
{
	struct hp_save_info info = { .size = sizeof(info) };

	ok(open_logged("db", &s));
	ok(save(s, NULL));
	ok(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info));
	ck_assert_int_eq(info.region_count, 0);
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL));
	ck_assert_ptr_null(s->regions);
}
END_TEST

/* It has nothing to save, and no save that has it is given up for that. */
START_TEST(without_what_is_lost)
{
	struct hp_save_info info = { .size = sizeof(info) };

	s = make_version(1);
	ok(hp_session_preserve(s));
	fake_kexec();
	disk_crash();
	fake_returned_remove(POOL);
	ok(open_logged("db", &s));
	ok(hp_region_reclaim(s, INDEX, NULL, &r));
	ok(save(s, NULL));
	ok(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info));
	ck_assert_int_eq(info.region_count, 1);
	ok(hp_session_drop(s));

	s = make_version(1);
	ok(save(s, NULL));
	ok(hp_session_preserve(s));
	fake_kexec();
	disk_crash();
	fake_returned_remove(POOL);
	ok(open_logged("db", &s));
	ok(hp_region_reclaim(s, INDEX, NULL, &r));
	is(save(s, NULL), -EBUSY);
	/* The lost one is in the save. */
	ok(hp_region_restore_on(&disk_io, s, POOL, 4 * MIB, DISK_DIRECTORY,
				NULL, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_SAVE);
	ok(save(s, NULL));
	ok(hp_session_preserve(s));
	fake_kexec();
	ok(open_logged("db", &s));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
}
END_TEST

/* Preserved for the next kernel, or from the last one: saved all the same. */
START_TEST(with_live_update)
{
	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	ok(hp_region_preserve(r));
	ok(save(s, NULL));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	fake_kexec();
	disk_crash();
	ok(open_logged("db", &s));
	/* What is not reclaimed would be missing. */
	is(save(s, NULL), -ENOTEMPTY);
	ok(hp_region_restore_on(&disk_io, s, POOL, 4 * MIB, DISK_DIRECTORY,
				NULL, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
	ok(hp_region_restore_on(&disk_io, s, INDEX, 4 * MIB, DISK_DIRECTORY,
				NULL, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_SAVE);
	ck_assert_uint_eq(hp_region_length(r), 2 * MIB);
	ok(hp_region_restore_on(&disk_io, s, THIRD, 4 * MIB, DISK_DIRECTORY,
				NULL, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ok(save(s, NULL));
	ok(hp_session_commit(s, 0));
	ok(hp_session_close(s));
	new_process();
	ok(open_logged("db", &s));
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL));
	ok(hp_region_get(s, THIRD, &r));
	ck_assert_uint_eq(hp_region_length(r), 4 * MIB);
}
END_TEST

static int load_as(unsigned int flags, uint64_t page_size)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
		.page_size = page_size,
	};

	return hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, &opts, NULL,
				 &r);
}

static void check_loaded(uint64_t page_size)
{
	const char *bytes = hp_region_address(r);

	ck_assert_uint_eq(hp_region_page_size(r), page_size);
	ck_assert_int_eq(bytes[0], 0);
	ck_assert_int_eq(bytes[4 * MIB + 1], 1);
	ck_assert_int_eq(bytes[8 * MIB - 1], 2);
	ck_assert_int_eq(bytes[10 * MIB - 1], 0);
	ok(hp_region_close(r));
}

/* Shmem comes back as shmem, unless the caller wants something else. */
START_TEST(shmem)
{
	const struct hp_save_opts replace = { .size = sizeof(replace),
					      .flags = HP_SAVE_REPLACE };
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_SHMEM,
	};
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_save_result result = result_of();
	char *bytes;

	ok(open_logged("db", &s));
	ok(hp_region_create(s, POOL, 10 * MIB, &opts, &r));
	bytes = hp_region_address(r);
	bytes[4 * MIB + 1] = 1;
	bytes[8 * MIB - 1] = 2;
	ok(save(s, &result));
	/* A block each; pieces of 2 MiB that were never touched stay so. */
	ck_assert_uint_eq(result.moved_bytes, MIB);
	ck_assert_uint_eq(result.total_bytes, 10 * MIB);
	ok(hp_save_region_info_on(&disk_io, DISK_DIRECTORY, 0, &info));
	ck_assert_uint_eq(info.page_size, 4096);
	ok(hp_region_close(r));

	ok(load_as(0, 0));
	check_loaded(4096);
	ok(load_as(HP_REGION_SHMEM | HP_REGION_POPULATE, 0));
	check_loaded(4096);
	ck_assert_int_eq(fake.pool_used, 0);
	is(load_as(HP_REGION_SHMEM, HP_PAGE_1G), -EINVAL);
	ok(load_as(0, HP_PAGE_2M));
	ck_assert_int_eq(fake.pool_used, 5);
	ok(save(s, NULL));
	check_loaded(HP_PAGE_2M);
	ok(load_as(0, 0));
	check_loaded(HP_PAGE_2M);
	ok(hp_region_restore_on(&disk_io, s, POOL, 2 * MIB, DISK_DIRECTORY,
				&opts, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_SAVE);
	check_loaded(4096);
	ok(hp_region_restore_on(&disk_io, s, THIRD, 2 * MIB, DISK_DIRECTORY,
				&opts, NULL, &r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ck_assert_uint_eq(hp_region_page_size(r), 4096);
	/* The file of the region was closed under it. */
	fake.fail_call = CALL_FIND_DATA;
	fake.fail_nth = 1;
	fake.fail_errno = EIO;
	is(hp_session_save_on(&disk_io, s, DISK_DIRECTORY, &replace, NULL),
	   -EUCLEAN);
}
END_TEST

START_TEST(what_is_in_it)
{
	struct hp_save_info info = { .size = sizeof(info) };
	struct hp_region_info region = { .size = sizeof(region) };

	ok(save_version(2, NULL));
	ok(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info));
	ck_assert_int_eq(info.region_count, 3);
	ck_assert_uint_eq(info.generation, 1);
	ck_assert_uint_eq(info.total_bytes, 8 * MIB);
	ck_assert_uint_eq(info.stored_bytes, 3 * MIB);
	ck_assert_int_eq(info.online, 0);
	ck_assert_uint_ne(info.written_ns, 0);
	ck_assert_str_eq(info.session, "db");
	ck_assert_str_eq(info.library, hp_version());
	ck_assert_str_ne(info.kernel, "");
	ck_assert_str_ne(info.boot_id, "");
	ok(save_version(2, NULL));
	ok(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info));
	ck_assert_uint_eq(info.generation, 2);
	ok(hp_save_region_info_on(&disk_io, DISK_DIRECTORY, 0, &region));
	ck_assert_uint_eq(region.token, POOL);
	ck_assert_uint_eq(region.length, 4 * MIB);
	ck_assert_uint_eq(region.layout, LAYOUT);
	ck_assert_str_eq(region.label, "pool");
	ok(hp_save_region_info_on(&disk_io, DISK_DIRECTORY, 2, &region));
	ck_assert_uint_eq(region.token, INDEX);
	is(hp_save_region_info_on(&disk_io, DISK_DIRECTORY, 3, &region),
	   -ENOENT);
	ok(hp_save_remove_on(&disk_io, DISK_DIRECTORY));
	is(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info), -ENOENT);
	ck_assert_int_eq(disk_files(), 1);
	ok(hp_save_remove_on(&disk_io, DISK_DIRECTORY));
	ck_assert_int_eq(disk.fds + disk.locks, 0);
}
END_TEST

Suite *roundtrip_suite(void)
{
	const TTest *const tests[] = {
		comes_back,	      untouched_stays_untouched,
		without_uring,	      without_operation,
		without_direct,	      without_direct_late,
		without_registered,   without_the_rest,
		on_request,	      short_transfers,
		tried_again,	      sizes,
		no_regions,	      with_live_update,
		without_what_is_lost, shmem,
		what_is_in_it,	      NULL,
	};

	return suite_of("roundtrip", tests);
}
