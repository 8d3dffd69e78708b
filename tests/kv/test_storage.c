/* SPDX-License-Identifier: MIT */
/*
 * What the store does with a region that comes back: taken over, refused or
 * dropped. The library is played by this file, so that regions can come back
 * that no kernel would hand over; the calls made are written down.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <hugepersist/hugepersist.h>

#include "entry.h"
#include "index.h"
#include "memory.h"
#include "storage.h"

#define LENGTH (2 << 20)

/* There is one of each; the handles only have to differ from NULL. */
struct hp_session { int reclaim_error, commit_error; };
struct hp_region { void *address; enum hp_origin origin; };

static struct hp_session session;
static struct hp_region region;
static void *returned;		/* memory that came back, or NULL */
static char calls[256];
static int pauses;		/* slept so often */
static int room_after;		/* pauses until a reclaim works */
static int signal_after;	/* pauses until SIGTERM */

static void call(const char *name)
{
	strcat(calls, name);
	strcat(calls, " ");
}

/* Time passes at once. */
int nanosleep(const struct timespec *length, struct timespec *rest)
{
	(void)rest;
	ck_assert_int_gt(length->tv_nsec, 0);
	if (++pauses == room_after)
		session.reclaim_error = 0;
	if (pauses == signal_after)
		raise(SIGTERM);
	ck_assert_int_lt(pauses, 2000);
	return 0;
}

const char *hp_strerror(int err)
{
	(void)err;
	return "an error of the library";
}

int hp_session_open(const char *name, const struct hp_session_opts *opts,
		    struct hp_session **ret_session)
{
	ck_assert_str_eq(name, "test");
	ck_assert(opts->flags & HP_SESSION_LOCAL);
	call("open");
	*ret_session = &session;
	return 0;
}

int hp_session_commit(struct hp_session *s, unsigned int flags)
{
	call(flags & HP_COMMIT_DROP ? "drop" : "commit");
	return flags & HP_COMMIT_DROP ? 0 : s->commit_error;
}

int hp_session_abort(struct hp_session *s)
{
	(void)s;
	call("abort");
	return 0;
}

int hp_session_close(struct hp_session *s)
{
	(void)s;
	call("close");
	return 0;
}

int hp_session_can_preserve(const struct hp_session *s)
{
	(void)s;
	return 0;
}

int hp_region_create(struct hp_session *s, uint64_t token, uint64_t length,
		     const struct hp_region_opts *opts, struct hp_region **ret)
{
	(void)s;
	(void)token;
	(void)opts;
	call("create");
	region.address = aligned_alloc(4096, length);
	ck_assert_ptr_nonnull(region.address);
	memset(region.address, 0, length);
	region.origin = HP_ORIGIN_CREATED;
	*ret = &region;
	return 0;
}

int hp_region_reclaim(struct hp_session *s, uint64_t token,
		      const struct hp_region_opts *opts, struct hp_region **ret)
{
	(void)token;
	(void)opts;
	if (!pauses)
		call("reclaim");
	if (s->reclaim_error || !returned)
		return s->reclaim_error ? s->reclaim_error : -ENOENT;
	region.address = returned;
	region.origin = HP_ORIGIN_LIVE_UPDATE;
	*ret = &region;
	return 0;
}

int hp_region_preserve(struct hp_region *r)
{
	(void)r;
	return -EOPNOTSUPP;
}

int hp_region_close(struct hp_region *r)
{
	if (r)
		call("close-region");
	return 0;
}

void *hp_region_address(const struct hp_region *r)
{
	return r->address;
}

uint64_t hp_region_length(const struct hp_region *r)
{
	(void)r;
	return LENGTH;
}

uint64_t hp_region_page_size(const struct hp_region *r)
{
	(void)r;
	return HP_PAGE_2M;
}

int hp_region_is_preserved(const struct hp_region *r)
{
	(void)r;
	return 0;
}

enum hp_origin hp_region_origin(const struct hp_region *r)
{
	return r->origin;
}

static struct options options;
static struct storage st;

static void setup(void)
{
	options = (struct options){ .session = "test", .memory = LENGTH };
	session = (struct hp_session){ 0 };
	returned = NULL;
	calls[0] = '\0';
	pauses = room_after = signal_after = 0;
}

/* A store with one key, as it comes back. */
static struct store give_back(void)
{
	struct store s;

	memory_store(&s, LENGTH);
	store_begin(&s);
	ck_assert_int_eq(entry_set(&s, slice_of("key"), slice_of("value"), 0),
			 0);
	ck_assert_int_eq(store_commit(&s), 0);
	returned = s.base;
	return s;
}

START_TEST(first_start)
{
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim create commit ");
	ck_assert_str_eq(storage_origin(&st), "created");
	ck_assert_uint_eq(store_keys(&st.store), 0);
}
END_TEST

START_TEST(after_an_update)
{
	struct index_slot slot;

	give_back();
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim commit ");
	ck_assert_str_eq(storage_origin(&st), "live-update");
	ck_assert_int_eq(index_find(&st.store, slice_of("key"), &slot), 0);
	ck_assert(slot.entry);
}
END_TEST

START_TEST(half_a_command_came_back)
{
	struct store s = give_back();

	store_begin(&s);
	ck_assert_int_eq(entry_set(&s, slice_of("half"), slice_of("x"), 0), 0);
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim commit ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

static void spoil(int how)
{
	struct store s = give_back();

	switch (how) {
	case 0:
		memset(returned, 0, LENGTH);
		break;
	case 1:
		s.header->layout++;
		break;
	case 2:
		s.header->length *= 2;
		break;
	default:
		session.reclaim_error = how == 3 ? -EUCLEAN :
			how == 4 ? -EBADMSG : -ENODATA;
		break;
	}
}

START_TEST(unusable_is_refused)
{
	spoil(_i);
	ck_assert_int_eq(storage_open(&st, &options), -EUCLEAN);
	/* Neither committed nor replaced: the caller decides. */
	ck_assert_str_eq(calls, "open reclaim abort close ");
}
END_TEST

START_TEST(unusable_is_dropped_on_demand)
{
	spoil(_i);
	options.discard = true;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, _i < 3 ?
			 "open reclaim close-region drop create commit " :
			 "open reclaim drop create commit ");
	ck_assert_uint_eq(store_keys(&st.store), 0);
}
END_TEST

/* The flag may stand in a service's file: it must not cost good data. */
START_TEST(usable_is_never_dropped)
{
	give_back();
	options.discard = true;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim commit ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

static const int want_of_room[] = { -ENOMEM, -EMFILE };

/* Ending would free the data: an hour of a low limit must not cost it. */
START_TEST(room_is_waited_for)
{
	give_back();
	session.reclaim_error = want_of_room[_i];
	room_after = 1000;
	options.discard = true;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_int_eq(pauses, room_after);
	ck_assert_str_eq(calls, "open reclaim commit ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

START_TEST(waiting_for_room_can_be_ended)
{
	sigset_t set;

	/* As loop_init() does. */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	give_back();
	session.reclaim_error = want_of_room[_i];
	signal_after = 1000;
	ck_assert_int_eq(storage_open(&st, &options), want_of_room[_i]);
	ck_assert_int_eq(pauses, signal_after);
	ck_assert_str_eq(calls, "open reclaim abort close ");
}
END_TEST

START_TEST(what_is_not_ours_is_refused)
{
	give_back();
	session.commit_error = -ENOTEMPTY;
	ck_assert_int_eq(storage_open(&st, &options), -ENOTEMPTY);
	ck_assert_str_eq(calls, "open reclaim commit abort close ");
}
END_TEST

START_TEST(failed_preserve_is_remembered)
{
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_int_eq(storage_can_preserve(&st), 0);
	ck_assert_int_eq(storage_preserve(&st), -EOPNOTSUPP);
	ck_assert_int_eq(storage_can_preserve(&st), -EOPNOTSUPP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("storage");
	TCase *tc = tcase_create("storage");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, first_start);
	tcase_add_test(tc, after_an_update);
	tcase_add_test(tc, half_a_command_came_back);
	tcase_add_loop_test(tc, unusable_is_refused, 0, 6);
	tcase_add_loop_test(tc, unusable_is_dropped_on_demand, 0, 6);
	tcase_add_test(tc, usable_is_never_dropped);
	tcase_add_loop_test(tc, room_is_waited_for, 0, 2);
	tcase_add_loop_test(tc, waiting_for_room_can_be_ended, 0, 2);
	tcase_add_test(tc, what_is_not_ours_is_refused);
	tcase_add_test(tc, failed_preserve_is_remembered);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
