// SPDX-License-Identifier: MIT
/*
 * Arguments, options, and the errors that need no fault.
 */
#include <errno.h>
#include <string.h>

#include "../../lib/save/image.h"
#include "save_tests.h"

static struct hp_session *s;
static struct hp_region *r;

static int no_progress(void *context, const struct hp_save_progress *progress)
{
	(void)context;
	(void)progress;
	return 0;
}

static int no_dirty(void *context, uint64_t token, struct hp_save_range *ranges,
		    unsigned int max)
{
	(void)context;
	(void)token;
	(void)ranges;
	(void)max;
	return 0;
}

static int no_pause(void *context, int paused)
{
	(void)context;
	(void)paused;
	return 0;
}

static int save_with(const struct hp_save_opts *opts)
{
	return hp_session_save_on(&disk_io, s, DISK_DIRECTORY, opts, NULL);
}

static int load_with(const struct hp_region_opts *region_opts)
{
	return hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, region_opts,
				 NULL, &r);
}

START_TEST(of_save)
{
	static const struct hp_save_opts bad[] = {
		{ .size = sizeof(&bad[0]) },
		{ .size = sizeof(bad[0]) - 1 },
		{ .size = sizeof(bad[0]), .flags = 1 << 8 },
		{ .size = sizeof(bad[0]), .depth = HP_SAVE_DEPTH_MAX + 1 },
		{ .size = sizeof(bad[0]), .block_size = 4096 },
		{ .size = sizeof(bad[0]), .block_size = 3 << 20 },
		{ .size = sizeof(bad[0]), .block_size = 1 << 27 },
		{ .size = sizeof(bad[0]), .flags = HP_SAVE_ONLINE },
		{ .size = sizeof(bad[0]),
		  .flags = HP_SAVE_ONLINE,
		  .dirty = no_dirty },
		{ .size = sizeof(bad[0]), .dirty = no_dirty },
		{ .size = sizeof(bad[0]), .pause = no_pause },
	};
	static const struct hp_save_opts good[] = {
		{ .size = sizeof(bad[0]), .depth = HP_SAVE_DEPTH_MAX },
		{ .size = sizeof(bad[0]), .depth = 1 },
		{ .size = sizeof(bad[0]), .block_size = HP_SAVE_BLOCK_MAX },
		{ .size = sizeof(bad[0]), .block_size = HP_SAVE_BLOCK_MIN },
		{ .size = sizeof(bad[0]), .progress = no_progress },
		{ .size = sizeof(bad[0]),
		  .flags = HP_SAVE_ONLINE,
		  .dirty = no_dirty,
		  .pause = no_pause },
	};
	struct hp_save_result result = { .size = 8 };

	s = make_version(1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(save_with(&bad[i]) == -EINVAL, "%zu", i);
	is(hp_session_save_on(&disk_io, s, DISK_DIRECTORY, NULL, &result),
	   -EINVAL);
	is(hp_session_save_on(&disk_io, s, NULL, NULL, NULL), -EINVAL);
	is(hp_session_save_on(&disk_io, s, "", NULL, NULL), -EINVAL);
	is(hp_session_save_on(&disk_io, NULL, "x", NULL, NULL), -EINVAL);
	ck_assert_int_eq(disk.total_calls, 0);
	/* Control. */
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(save_with(&good[i]));
	disk_format();
	disk.no_parent = true;
	is(save_with(NULL), -ENOENT);
	disk.no_parent = false;
	ok(save_with(NULL));
	fake.forks++;
	is(save_with(NULL), -ECHILD);
	is(load_with(NULL), -ECHILD);
	is(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL),
	   -ECHILD);
	is(hp_region_get(s, POOL, &r), -ECHILD);
	fake.forks--;
	ok(hp_region_get(s, POOL, &r));
	is(hp_region_get(s, POOL, NULL), -EINVAL);
	is(hp_region_get(NULL, POOL, &r), -EINVAL);
	is(hp_region_get(s, 12345, &r), -ENOENT);
}
END_TEST

START_TEST(of_load)
{
	static const struct hp_save_opts bad[] = {
		{ .size = sizeof(bad[0]), .block_size = 1 << 20 },
		{ .size = sizeof(bad[0]), .flags = HP_SAVE_REPLACE },
		{ .size = sizeof(bad[0]),
		  .flags = HP_SAVE_ONLINE,
		  .dirty = no_dirty,
		  .pause = no_pause },
	};
	static const struct hp_region_opts bad_region[] = {
		{ .size = sizeof(bad_region[0]), .label = "x" },
		{ .size = sizeof(bad_region[0]), .flags = HP_REGION_READ_ONLY },
		{ .size = sizeof(bad_region[0]), .flags = HP_REGION_UNLISTED },
		{ .size = sizeof(bad_region[0]), .page_size = 3 << 20 },
		{ .size = sizeof(bad_region[0]), .page_size = HP_PAGE_1G },
		{ .size = sizeof(bad_region[0]),
		  .flags = HP_REGION_OLD_ADDRESS,
		  .address = (void *)(UINT64_C(1) << 40) },
		{ .size = sizeof(bad_region[0]),
		  .address = (void *)(UINT64_C(1) << 12) },
	};

	ok(save_version(1, NULL));
	ok(open_logged("db", &s));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(hp_session_load_on(&disk_io, s, DISK_DIRECTORY,
						 &bad[i], NULL) == -EINVAL,
			      "%zu", i);
	for (size_t i = 0; i < sizeof(bad_region) / sizeof(bad_region[0]); i++)
		ck_assert_msg(load_with(&bad_region[i]) == -EINVAL, "%zu", i);
	is(hp_region_load_on(&disk_io, s, HP_TOKEN_RESERVED, DISK_DIRECTORY,
			     NULL, NULL, &r),
	   -EINVAL);
	is(hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, NULL, NULL,
			     NULL),
	   -EINVAL);
	is(hp_region_load_on(&disk_io, s, 99, DISK_DIRECTORY, NULL, NULL, &r),
	   -ENOENT);
	is(hp_region_load_on(&disk_io, s, POOL, "/elsewhere", NULL, NULL, &r),
	   -ENOENT);
	ck_assert_ptr_null(s->regions);
	/* Control. */
	ok(load_with(NULL));
	is(load_with(NULL), -EEXIST);
	/* All or none: one of them is there already. */
	is(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL),
	   -EEXIST);
	is(hp_region_get(s, INDEX, &r), -ENOENT);
	ok(hp_region_get(s, POOL, &r));
	ok(hp_region_close(r));
	/* And at the other end of the list. */
	ok(hp_region_load_on(&disk_io, s, INDEX, DISK_DIRECTORY, NULL, NULL,
			     &r));
	is(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL),
	   -EEXIST);
	is(hp_region_get(s, POOL, &r), -ENOENT);
}
END_TEST

START_TEST(options_of_region)
{
	struct hp_region_opts opts = { .size = sizeof(opts) };
	void *old;

	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	old = hp_region_address(r);
	ok(save(s, NULL));
	ok(hp_session_close(s));
	ok(open_logged("db", &s));
	opts.layout = LAYOUT + 1;
	is(load_with(&opts), -ESTALE);
	opts.layout = LAYOUT;
	ok(load_with(&opts));
	ok(hp_region_close(r));
	opts.flags = HP_REGION_OLD_ADDRESS;
	ok(load_with(&opts));
	ck_assert_ptr_eq(hp_region_address(r), old);
	ok(hp_region_close(r));
	/* Something else is there. */
	opts = (struct hp_region_opts){ .size = sizeof(opts), .address = old };
	ok(hp_region_create(s, 5, 2 * MIB, &opts, &r));
	opts = (struct hp_region_opts){ .size = sizeof(opts),
					.flags = HP_REGION_OLD_ADDRESS };
	is(load_with(&opts), -EADDRINUSE);
	is(hp_region_get(s, POOL, &r), -ENOENT);
}
END_TEST

#define TIB (UINT64_C(1) << 40)

/* Blocks that the library chooses are so large that an index can list them. */
START_TEST(block_sizes)
{
	static const struct {
		uint64_t length, page_size, block_size, expected;
		int err;
	} table[] = {
		{ 1 * TIB, HP_PAGE_1G, 0, MIB, 0 },
		{ 30 * TIB, HP_PAGE_1G, 0, 2 * MIB, 0 },
		{ 300 * TIB, HP_PAGE_1G, 0, 16 * MIB, 0 },
		{ 3000 * TIB, HP_PAGE_1G, 0, 0, -EFBIG },
		{ 30 * TIB, HP_PAGE_2M, 0, 2 * MIB, 0 },
		{ 60 * TIB, HP_PAGE_2M, 0, 0, -EFBIG },
		{ 30 * TIB, HP_PAGE_1G, MIB, 0, -EINVAL },
		{ 1 * TIB, HP_PAGE_1G, HP_SAVE_BLOCK_MIN, HP_SAVE_BLOCK_MIN,
		  0 },
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct hp_save_task task = {
			.opts.block_size = table[i].block_size,
		};
		const struct hp_save_image half = {
			.length = table[i].length / 2,
			.unit = table[i].page_size,
			.task = &task,
		};
		const struct hp_save_image images[] = { half, half };

		is(hp_save_choose_block_size(&task, images, 2), table[i].err);
		if (!table[i].err)
			ck_assert_uint_eq(task.opts.block_size,
					  table[i].expected);
	}
}
END_TEST

/* A region of the old save is not open: this may be a start that failed. */
START_TEST(fewer_regions)
{
	struct hp_save_opts opts = { .size = sizeof(opts) };

	ok(save_version(2, NULL));
	disk_keep();
	ok(open_logged("db", &s));
	is(save_with(&opts), -EBUSY);
	ck_assert_ptr_nonnull(strstr(last_error, "not open"));
	ck_assert_int_eq(disk_files(), 2 + 3);
	ok(hp_session_close(s));
	ck_assert_int_eq(load_version(), 2);
	s = make_version(1);
	is(save_with(&opts), -EBUSY);
	ok(hp_session_close(s));
	ck_assert_int_eq(load_version(), 2);
	/* The same number, and not the same. */
	s = make_version(1);
	ok(hp_region_create(s, 1000, 2 * MIB, NULL, &r));
	is(save_with(&opts), -EBUSY);
	opts.flags = HP_SAVE_REPLACE;
	ok(save_with(&opts));
	ok(hp_session_close(s));
	/* Control: more are no loss. */
	disk_restore();
	s = make_version(2);
	ok(hp_region_create(s, 1000, 2 * MIB, NULL, &r));
	ok(save_with(NULL));
}
END_TEST

/* Then nobody knows whether a region would be missing. */
START_TEST(manifest_that_cannot_be_read)
{
	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	ok(hp_region_preserve(r));
	fake_kexec();
	ok(open_logged("db", &s));
	fake.fail_call = CALL_RETRIEVE_FD;
	fake.fail_nth = 1;
	fake.fail_errno = EMFILE;
	is(save(s, NULL), -EMFILE);
	fake.fail_nth = 1;
	fake.fail_errno = EIO;
	is(save(s, NULL), -ENOMSG);
	is(save(s, NULL), -ENOMSG);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ok(save(s, NULL));
}
END_TEST

START_TEST(others_at_work)
{
	int directory, lock;

	ok(save_version(1, NULL));
	s = make_version(2);
	directory = disk_io.open_directory(DISK_DIRECTORY);
	lock = disk_io.open(directory, HP_SAVE_LOCK, HP_IO_WRITE);
	ok(disk_io.lock(lock, true));
	is(save(s, NULL), -EAGAIN);
	is(hp_save_remove_on(&disk_io, DISK_DIRECTORY), -EAGAIN);
	disk_io.unlock(lock);
	ok(save(s, NULL));
	disk_io.close(lock);
	disk_io.close(directory);
	/* A copy without the file, or on a disk for reading only. */
	disk_remove(HP_SAVE_LOCK);
	ck_assert_int_eq(load_version(), 2);
	ck_assert_ptr_null(disk_name(HP_SAVE_LOCK));
}
END_TEST

START_TEST(resized)
{
	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	ok(fake_sys.set_length(hp_region_fd(r), 2 * MIB));
	is(save(s, NULL), -EUCLEAN);
	ok(fake_sys.set_length(hp_region_fd(r), 4 * MIB));
	ok(save(s, NULL));
}
END_TEST

/*
 * The IDs of data files count up, and there is an end to that. What no index
 * names is removed before, but where that is damaged all files stay.
 */
START_TEST(highest_id)
{
	static const char *const names[] = { "data-ffffffffffffffff-0000",
					     "data-ffffffffffffffff-ffff" };
	int directory;

	for (int i = 0; i < 2; i++) {
		ok(save_version(1, NULL));
		disk_truncate(HP_SAVE_INDEX, 100);
		directory = disk_io.open_directory(DISK_DIRECTORY);
		disk_io.close(disk_io.open(directory, names[i],
					   HP_IO_WRITE | HP_IO_NEW));
		disk_io.close(directory);
		s = make_version(2);
		is(save(s, NULL), -EINVAL);
		ck_assert_ptr_nonnull(strstr(last_error, "remove it"));
		ck_assert_ptr_nonnull(disk_name(names[i]));
		/* Control. */
		disk_remove(names[i]);
		ok(save(s, NULL));
		ok(hp_session_close(s));
		ck_assert_int_eq(load_version(), 2);
	}
}
END_TEST

static int left, heard;
static struct hp_save_progress last;

static int stop_after(void *context, const struct hp_save_progress *progress)
{
	ck_assert_ptr_eq(context, &left);
	ck_assert_uint_ge(progress->done_bytes, last.done_bytes);
	ck_assert_uint_le(progress->done_bytes, progress->total_bytes);
	last = *progress;
	heard++;
	return left-- == 0;
}

/* Stopped at each time that it asks. */
START_TEST(cancelled)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.block_size = UINT64_C(1) << 16,
		.progress = stop_after,
		.context = &left,
	};
	int rc, stops;

	ok(save_version(1, NULL));
	disk_keep();
	s = make_version(2);
	for (stops = 0;; stops++) {
		disk_restore();
		/* Make it ask every time. */
		disk.slow = true;
		left = stops;
		last = (struct hp_save_progress){ .token = 0 };
		rc = save_with(&opts);
		ck_assert_int_eq(disk.fds + disk.queues + disk.locks, 0);
		if (!rc)
			break;
		is(rc, -ECANCELED);
		ck_assert_int_eq(disk_files(), 2 + 2);
	}
	ck_assert_int_gt(stops, 20);
	ck_assert_uint_eq(last.done_bytes, 8 * MIB);
	ck_assert_uint_eq(last.total_bytes, 8 * MIB);
	ok(hp_session_close(s));
	ck_assert_int_eq(load_version(), 2);

	ok(open_logged("db", &s));
	opts.block_size = 0;
	for (stops = 0;; stops++) {
		disk.slow = true;
		left = stops;
		last = (struct hp_save_progress){ .token = 0 };
		rc = hp_session_load_on(&disk_io, s, DISK_DIRECTORY, &opts,
					NULL);
		if (!rc)
			break;
		is(rc, -ECANCELED);
		ck_assert_ptr_null(s->regions);
	}
	ck_assert_int_gt(stops, 20);
	ck_assert_uint_eq(last.done_bytes, 8 * MIB);
	ck_assert(check_regions(s, 2));
}
END_TEST

START_TEST(open_arguments)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_READ_ONLY,
	};

	ok(open_logged("db", &s));
	is(hp_region_restore_on(&disk_io, s, POOL, 2 * MIB, DISK_DIRECTORY,
				&opts, NULL, &r),
	   -EINVAL);
	opts.flags = HP_REGION_SHMEM;
	opts.page_size = HP_PAGE_1G;
	is(hp_region_restore_on(&disk_io, s, POOL, 2 * MIB, NULL, &opts, NULL,
				&r),
	   -EINVAL);
	opts.page_size = 0;
	opts.flags = 0;
	opts.label = "new";
	opts.layout = 3;
	ok(hp_region_restore_on(&disk_io, s, POOL, 2 * MIB, NULL, &opts, NULL,
				&r));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
	ok(save(s, NULL));
	ok(hp_region_close(r));
	opts.layout = 4;
	is(hp_region_restore_on(&disk_io, s, POOL, 2 * MIB, DISK_DIRECTORY,
				&opts, NULL, &r),
	   -ESTALE);
	/* A save that cannot be read is not passed over. */
	opts.layout = 3;
	disk_truncate(HP_SAVE_INDEX, 100);
	is(hp_region_restore_on(&disk_io, s, POOL, 2 * MIB, DISK_DIRECTORY,
				&opts, NULL, &r),
	   -EBADMSG);
}
END_TEST

static int stop_at_end(void *context, const struct hp_save_progress *progress)
{
	bool end = progress->done_bytes == progress->total_bytes;

	last = *progress;
	heard++;
	return end && context;
}

static void heard_twice(uint64_t bytes)
{
	ck_assert_int_eq(heard, 2);
	ck_assert_uint_eq(last.done_bytes, bytes);
	ck_assert_uint_eq(last.total_bytes, bytes);
	heard = 0;
}

/* No time passes: it hears of the start and of the end, and can stop there. */
START_TEST(last_progress)
{
	struct hp_save_opts opts = { .size = sizeof(opts),
				     .progress = stop_at_end };
	struct hp_save_opts stop = { .size = sizeof(stop),
				     .progress = stop_at_end,
				     .context = &stop };

	heard = 0;
	s = make_version(2);
	is(save_with(&stop), -ECANCELED);
	heard_twice(8 * MIB);
	ok(save_with(&opts));
	heard_twice(8 * MIB);
	ok(hp_session_close(s));
	ok(open_logged("db", &s));
	is(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, &stop, NULL),
	   -ECANCELED);
	heard_twice(8 * MIB);
	ck_assert_ptr_null(s->regions);
	ok(hp_session_load_on(&disk_io, s, DISK_DIRECTORY, &opts, NULL));
	heard_twice(8 * MIB);
	ok(hp_session_close(s));
	ok(open_logged("db", &s));
	r = NULL;
	is(hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, NULL, &stop,
			     &r),
	   -ECANCELED);
	heard_twice(4 * MIB);
	ck_assert_ptr_null(r);
	ck_assert_ptr_null(s->regions);
	ok(hp_region_load_on(&disk_io, s, POOL, DISK_DIRECTORY, NULL, &opts,
			     &r));
	heard_twice(4 * MIB);
}
END_TEST

static int open_with(uint64_t token, uint64_t length, const char *directory,
		     const struct hp_region_opts *region_opts,
		     const struct hp_save_opts *opts)
{
	return hp_region_restore_on(&disk_io, s, token, length, directory,
				    region_opts, opts, &r);
}

/* One that came back, one that is saved (with and without), and a new one. */
static void open_everywhere(uint64_t length, const struct hp_region_opts *bad,
			    const struct hp_save_opts *bad_opts)
{
	static const uint64_t tokens[] = { POOL, INDEX, 1000 };

	for (int i = 0; i < 2 * 3; i++)
		is(open_with(tokens[i / 2], length,
			     i % 2 ? DISK_DIRECTORY : NULL, bad, bad_opts),
		   -EINVAL);
	ck_assert_ptr_null(s->regions);
}

/* Wherever the region is: what the call does not allow shows at once. */
START_TEST(open_checks_all_at_once)
{
	static const unsigned long node0 = 1;
	static const struct hp_numa_range behind = { .offset = 4 * MIB,
						     .policy = HP_NUMA_BIND,
						     .nodes_bits = 1,
						     .nodes = &node0 };
	static const struct hp_region_opts bad[] = {
		{ .size = sizeof(bad[0]), .populate_threads = 3 },
		{ .size = sizeof(bad[0]), .page_size = 12345 },
		{ .size = sizeof(bad[0]), .page_size = 4096 },
		{ .size = sizeof(bad[0]), .page_size = HP_PAGE_1G },
		{ .size = sizeof(bad[0]), .address = (void *)4096 },
		{ .size = sizeof(bad[0]), .numa = &behind, .numa_count = 1 },
		{ .size = sizeof(bad[0]), .numa_count = 1 },
		{ .size = sizeof(bad[0]), .flags = HP_REGION_UNLISTED },
		{ .size = sizeof(bad[0]), .reserved = 1 },
		{ .size = sizeof(&bad[0]) },
	};
	static const struct hp_save_opts bad_opts[] = {
		{ .size = sizeof(bad_opts[0]), .flags = HP_SAVE_REPLACE },
		{ .size = sizeof(bad_opts[0]), .depth = 10000 },
		{ .size = sizeof(&bad_opts[0]) },
	};

	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	ok(save(s, NULL));
	ok(hp_region_preserve(r));
	fake_kexec();
	disk_crash();
	ok(open_logged("db", &s));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		open_everywhere(4 * MIB, &bad[i], NULL);
	for (size_t i = 0; i < sizeof(bad_opts) / sizeof(bad_opts[0]); i++)
		open_everywhere(4 * MIB, NULL, &bad_opts[i]);
	open_everywhere(5, NULL, NULL);
	open_everywhere(0, NULL, NULL);
	is(open_with(POOL, 4 * MIB, "", NULL, NULL), -EINVAL);
	is(open_with(HP_TOKEN_RESERVED, 4 * MIB, NULL, NULL, NULL), -EINVAL);
	/* Control. */
	ok(open_with(POOL, 4 * MIB, DISK_DIRECTORY, NULL, NULL));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
}
END_TEST

/* What came back is where it is, and may be shorter than asked for. */
START_TEST(open_numa)
{
	static const unsigned long node0 = 1;
	const struct hp_numa_range last = { .offset = 4 * MIB,
					    .policy = HP_NUMA_BIND,
					    .nodes_bits = 1,
					    .nodes = &node0 };
	struct hp_region_opts opts = { .size = sizeof(opts),
				       .numa = &last,
				       .numa_count = 1 };

	s = make_version(1);
	ok(hp_region_get(s, POOL, &r));
	ok(save(s, NULL));
	ok(hp_region_preserve(r));
	fake_kexec();
	disk_crash();
	ok(open_logged("db", &s));
	ok(open_with(POOL, 8 * MIB, DISK_DIRECTORY, &opts, NULL));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_LIVE_UPDATE);
	/* A load is as the header says. */
	is(open_with(INDEX, 8 * MIB, DISK_DIRECTORY, &opts, NULL), -EINVAL);
	ok(open_with(INDEX, 8 * MIB, NULL, &opts, NULL));
	ck_assert_int_eq(hp_region_origin(r), HP_ORIGIN_CREATED);
}
END_TEST

Suite *arguments_suite(void)
{
	const TTest *const tests[] = { of_save,
				       of_load,
				       options_of_region,
				       others_at_work,
				       manifest_that_cannot_be_read,
				       fewer_regions,
				       block_sizes,
				       highest_id,
				       resized,
				       cancelled,
				       open_arguments,
				       open_checks_all_at_once,
				       open_numa,
				       last_progress,
				       NULL };

	return suite_of("arguments", tests);
}
