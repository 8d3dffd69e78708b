// SPDX-License-Identifier: MIT
/*
 * A save while the application writes: what it reports is there in the end, as
 * it was during the pause.
 */
#include <errno.h>
#include <string.h>

#include "save_tests.h"

#define LENGTH (32 * MIB)
#define BLOCK HP_SAVE_BLOCK_MIN

static struct hp_session *s;
static struct hp_region *r;
static unsigned char snapshot[LENGTH];

static struct {
	unsigned char dirty[LENGTH / BLOCK];
	unsigned int next;   /* to be reported */
	unsigned int stores; /* in each round, while there are rounds */
	int rounds;
	int pauses, resumes;
	int ends; /* of which progress heard */
	bool paused;
	bool forgets; /* to report */
	int fail_pause, fail_dirty;
	uint64_t seed;
} app;

static uint64_t any(void)
{
	return app.seed = app.seed * 6364136223846793005 + 1442695040888963407;
}

static void store(void)
{
	uint64_t at = (any() >> 20) % LENGTH;
	unsigned char *bytes = hp_region_address(r);

	ck_assert(!app.paused);
	app.dirty[at / BLOCK] = 1;
	bytes[at] = (unsigned char)(any() >> 33);
	/* Sometimes it becomes zero again. */
	if (any() >> 62 == 0)
		memset(bytes + at / BLOCK * BLOCK, 0, BLOCK);
}

static void stores(void)
{
	for (unsigned int i = 0; i < app.stores; i++)
		store();
}

static int dirty(void *context, uint64_t token, struct hp_save_range *ranges,
		 unsigned int max)
{
	unsigned int n = 0;

	ck_assert_ptr_eq(context, &app);
	ck_assert_uint_eq(token, POOL);
	if (app.fail_dirty && !--app.fail_dirty)
		return -1;
	for (; app.next < LENGTH / BLOCK && n < max && n < 5; app.next++) {
		if (!app.dirty[app.next])
			continue;
		app.dirty[app.next] = 0;
		if (app.forgets)
			continue;
		ranges[n++] =
			(struct hp_save_range){ .offset = app.next * BLOCK + 7,
						.length = BLOCK - 7 };
	}
	if (n)
		return (int)n;
	app.next = 0;
	/* And it goes on; what is behind comes with the next answer. */
	if (!app.paused && app.rounds && app.rounds--)
		stores();
	return 0;
}

static int pause_writers(void *context, int paused)
{
	ck_assert_ptr_eq(context, &app);
	if (paused && app.fail_pause)
		return 1;
	app.paused = paused;
	app.pauses += paused;
	app.resumes += !paused;
	if (paused)
		memcpy(snapshot, hp_region_address(r), LENGTH);
	else
		stores();
	return 0;
}

/* Stores in the middle of the first pass too. */
static int progress(void *context, const struct hp_save_progress *p)
{
	(void)context;
	app.ends += p->done_bytes == p->total_bytes;
	if (p->pass == 1 && !app.paused && p->done_bytes < p->total_bytes)
		store();
	return 0;
}

static int save_online(struct hp_save_result *result)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SAVE_ONLINE,
		.block_size = BLOCK,
		.progress = progress,
		.dirty = dirty,
		.pause = pause_writers,
		.context = &app,
	};

	disk.slow = true;
	return hp_session_save_on(&disk_io, s, DISK_DIRECTORY, &opts, result);
}

static void begin_with(unsigned int flags)
{
	struct hp_region_opts opts = { .size = sizeof(opts), .flags = flags };

	ok(open_logged("db", &s));
	ok(hp_region_create(s, POOL, LENGTH, &opts, &r));
	/* The second half is not touched at first. */
	memset(hp_region_address(r), 3, LENGTH / 2);
	memset(&app, 0, sizeof(app));
	app.seed = 1;
}

static void begin(void)
{
	begin_with(0);
}

static int load(void)
{
	int rc;

	ok(hp_session_close(s));
	ok(open_logged("db", &s));
	rc = hp_session_load_on(&disk_io, s, DISK_DIRECTORY, NULL, NULL);
	if (rc)
		return rc;
	ok(hp_region_get(s, POOL, &r));
	return memcmp(hp_region_address(r), snapshot, LENGTH) ? MIXED : 0;
}

START_TEST(as_it_was_in_the_pause)
{
	struct hp_save_result result = { .size = sizeof(result) };
	struct hp_save_info info = { .size = sizeof(info) };

	begin();
	app.stores = 300;
	app.rounds = 5;
	ok(save_online(&result));
	ck_assert_int_eq(app.pauses, 1);
	ck_assert_int_eq(app.resumes, 1);
	ck_assert_int_eq(app.ends, 1);
	ck_assert_int_ge(result.passes, 2);
	ck_assert_uint_gt(result.pause_ns, 0);
	ck_assert_uint_gt(result.pause_bytes, 0);
	ck_assert_uint_le(result.pause_bytes, LENGTH);
	ok(hp_save_info_on(&disk_io, DISK_DIRECTORY, &info));
	ck_assert_int_eq(info.online, 1);
	ok(load());
}
END_TEST

/* Where nothing was at first, one store does not fill a block of shmem. */
START_TEST(shmem)
{
	int rc;

	begin_with(HP_REGION_SHMEM);
	app.stores = 300;
	app.rounds = 5;
	ok(save_online(NULL));
	ok(load());

	/* No memory for such a hole is no signal, wherever it is met. */
	for (int nth = 1;; nth++) {
		fake_boot();
		disk_format();
		begin_with(HP_REGION_SHMEM);
		app.stores = 100;
		app.rounds = 2;
		disk.fail_call = DISK_POPULATE_READ;
		disk.fail_nth = nth;
		disk.fail_errno = EFAULT;
		rc = save_online(NULL);
		ck_assert_int_eq(app.pauses, app.resumes);
		if (!disk.failed)
			break;
		is(rc, -ENOMEM);
		nth *= 2;
	}
	ok(rc);
}
END_TEST

/* More than fits in a pause makes more passes, as long as it gets less. */
START_TEST(passes)
{
	struct hp_save_result result = { .size = sizeof(result) };

	begin();
	app.stores = 2000; /* nearly all blocks */
	app.rounds = 1;
	ok(save_online(&result));
	ck_assert_int_ge(result.passes, 2);
	ok(load());
	begin();
	app.stores = 2000;
	app.rounds = 1000; /* it never gets less */
	ok(save_online(&result));
	ck_assert_int_le(result.passes, 4);
	ok(load());
}
END_TEST

/* Control: a store that is not reported is noticed. */
START_TEST(forgotten)
{
	begin();
	app.stores = 300;
	app.rounds = 5;
	app.forgets = true;
	ok(save_online(NULL));
	ck_assert_int_ne(load(), 0);
}
END_TEST

START_TEST(stopped)
{
	begin();
	app.stores = 10;
	app.fail_pause = 1;
	is(save_online(NULL), -ECANCELED);
	ck_assert_int_eq(app.resumes, 0);
	for (int i = 1; i < 3; i++) {
		begin();
		app.fail_dirty = i;
		is(save_online(NULL), -ECANCELED);
		ck_assert_int_eq(app.pauses, app.resumes);
	}
	ck_assert_int_eq(disk_files(), 1);
}
END_TEST

/* Whatever fails, the writers go on. */
START_TEST(writers_go_on)
{
	for (int call = 0; call < DISK_CALLS; call++) {
		for (int nth = 1;; nth = nth * 2 + 1) {
			fake_boot();
			disk_format();
			begin();
			app.stores = 100;
			app.rounds = 2;
			disk.fail_call = call;
			disk.fail_nth = nth;
			disk.fail_errno = EIO;
			if (save_online(NULL))
				ck_assert(disk.failed);
			ck_assert_int_eq(app.pauses, app.resumes);
			ck_assert_int_eq(disk.fds + disk.queues + disk.locks,
					 0);
			if (!disk.failed)
				break;
		}
	}
}
END_TEST

Suite *online_suite(void)
{
	const TTest *const tests[] = {
		as_it_was_in_the_pause, shmem, passes, forgotten, stopped,
		writers_go_on,		NULL
	};

	return suite_of("online", tests);
}
