// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <signal.h>

#include "region_tests.h"

static struct hp_session *s;
static struct hp_region *r;
static struct hp_sys sys;

static int create(uint64_t length, unsigned int threads)
{
	struct hp_region_opts opts = region_opts();

	opts.flags = HP_REGION_POPULATE;
	opts.populate_threads = threads;
	r = NULL;
	return hp_region_create(s, POOL, length, &opts, &r);
}

/* -- A populate that takes notes ------------------------------------------- */

#define NOTES 64

static struct {
	char *address;
	uint64_t length;
	pthread_t thread;
	bool signals_blocked;
} notes[NOTES];
static unsigned int note_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int noting(void *address, uint64_t length)
{
	bool blocked = true;
	sigset_t set;

	pthread_sigmask(SIG_BLOCK, NULL, &set);
	for (int i = 1; i < 32; i++)
		if (i != SIGKILL && i != SIGSTOP)
			blocked &= sigismember(&set, i) == 1;
	pthread_mutex_lock(&lock);
	notes[note_count].address = address;
	notes[note_count].length = length;
	notes[note_count].thread = pthread_self();
	notes[note_count].signals_blocked = blocked;
	note_count++;
	pthread_mutex_unlock(&lock);
	return fake_sys.populate(address, length);
}

static void take_notes(void)
{
	sys = fake_sys;
	sys.populate = noting;
	note_count = 0;
	ok(open_listened(&sys, &s));
}

/* Every page once, by whole pages, in shares that are alike. */
static void check_shares(unsigned int count)
{
	uint64_t pages = hp_region_length(r) / HP_PAGE_2M;
	unsigned char seen[64] = { 0 };

	ck_assert_uint_eq(note_count, count);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t first = (uint64_t)(notes[i].address -
					    (char *)hp_region_address(r));

		ck_assert_uint_eq(first % HP_PAGE_2M, 0);
		ck_assert_uint_eq(notes[i].length % HP_PAGE_2M, 0);
		ck_assert_uint_ge(notes[i].length / HP_PAGE_2M, pages / count);
		ck_assert_uint_le(notes[i].length / HP_PAGE_2M,
				  pages / count + 1);
		for (uint64_t j = 0; j < notes[i].length; j += HP_PAGE_2M)
			seen[(first + j) / HP_PAGE_2M]++;
	}
	for (uint64_t i = 0; i < pages; i++)
		ck_assert_uint_eq(seen[i], 1);
}

START_TEST(in_the_calling_thread)
{
	take_notes();
	ok(create(10 * MIB, 0));
	check_shares(1);
	ck_assert(pthread_equal(notes[0].thread, pthread_self()));
	ck_assert(!notes[0].signals_blocked);
	ck_assert_int_eq(fake.calls[CALL_START_THREAD], 0);
	ck_assert_int_eq(fake.pool_filled, 5);
}
END_TEST

START_TEST(in_threads)
{
	static const struct {
		unsigned int pages, threads, shares;
	} tries[] = {
		{ 10, 3, 3 }, { 10, 1, 1 },	    { 4, 4, 4 },
		{ 4, 5, 4 },  { 3, UINT32_MAX, 3 }, { 1, 8, 1 },
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		fake_boot();
		take_notes();
		ok(create(tries[i].pages * HP_PAGE_2M, tries[i].threads));
		check_shares(tries[i].shares);
		for (unsigned int j = 0; j < note_count; j++) {
			ck_assert(!pthread_equal(notes[j].thread,
						 pthread_self()));
			ck_assert(notes[j].signals_blocked);
		}
		ck_assert_int_eq(fake.threads, 0);
		ck_assert_int_eq(fake.pool_filled, tries[i].pages);
	}
}
END_TEST

/* Fewer threads, the same pages; down to none. */
START_TEST(threads_that_do_not_start)
{
	for (int nth = 1; nth <= 4; nth++) {
		fake_boot();
		take_notes();
		fail_next(CALL_START_THREAD, EAGAIN);
		fake.fail_nth = nth;
		ok(create(8 * MIB, 4));
		ck_assert(fake.failed);
		ck_assert_ptr_nonnull(
			strstr(region_last_log, "pthread_create"));
		check_shares(4);
		ck_assert_int_eq(fake.calls[CALL_START_THREAD], nth);
		ck_assert_int_eq(fake.threads, 0);
		ck_assert_int_eq(fake.pool_filled, 4);
	}
}
END_TEST

START_TEST(errors)
{
	static const struct {
		int from, to;
	} table[] = {
		{ EINVAL, -EOPNOTSUPP }, /* before Linux 5.14 */
		{ EFAULT, -ENOMEM },	   { ENOMEM, -ENOMEM },
		{ EHWPOISON, -EHWPOISON }, { EPERM, -EPROTO },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (unsigned int threads = 0; threads < 4; threads++) {
			fake_boot();
			take_notes();
			fail_next(CALL_POPULATE, table[i].from);
			/* The last of the shares, whoever has it. */
			fake.fail_nth = threads ? (int)threads : 1;
			is(create(8 * MIB, threads), table[i].to);
			ck_assert(fake.failed);
			ck_assert_ptr_null(r);
			ck_assert_ptr_nonnull(
				strstr(region_last_log, "POPULATE_WRITE"));
			ck_assert_int_eq(fake.threads, 0);
			ck_assert_int_eq(fake.files + fake.maps, 0);
			ck_assert_int_eq(fake.pool_used, 0);
			ok(create(8 * MIB, threads));
		}
	}
}
END_TEST

/* Each share says something else: what counts is the first share. */
static int failing(void *address, uint64_t length)
{
	(void)length;
	return (uintptr_t)address >> 22 & 1 ? -EHWPOISON : -ENOMEM;
}

START_TEST(first_error_wins)
{
	struct hp_region_opts opts = region_opts();

	sys = fake_sys;
	sys.populate = failing;
	ok(hp_session_open_on(&sys, "db", NULL, &s));
	opts.flags = HP_REGION_POPULATE;
	opts.populate_threads = 2;
	opts.address = region_place();
	is(hp_region_create(s, POOL, 8 * MIB, &opts, &r), -ENOMEM);
	opts.address = region_place() + 4 * MIB;
	is(hp_region_create(s, POOL, 8 * MIB, &opts, &r), -EHWPOISON);
	ck_assert_int_eq(fake.threads, 0);
}
END_TEST

Suite *region_populate_suite(void)
{
	const TTest *const tests[] = {
		in_the_calling_thread,	   in_threads,
		threads_that_do_not_start, errors,
		first_error_wins,	   NULL,
	};

	return suite_of("region populate", tests);
}
