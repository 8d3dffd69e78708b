/* SPDX-License-Identifier: MIT */
/*
 * What the store does with a region that comes back, from the kernel or from a
 * save: taken over, refused or dropped. The library is played by this file, so
 * that regions can come back that no kernel would hand over; the calls made are
 * written down.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <hugepersist/save.h>

#include "entry.h"
#include "index.h"
#include "memory.h"
#include "storage.h"

#define LENGTH (2 << 20)

/* There is one of each; the handles only have to differ from NULL. */
struct hp_session {
	int reclaim_error, create_error, load_error, save_error, commit_error;
};

struct hp_region { void *address; enum hp_origin origin; };

static struct hp_session session;
static struct hp_region region;
static void *returned;		/* memory that came back, or NULL */
static void *saved;		/* memory that is in the save, or NULL */
static struct hp_save_info in_directory;
static int other_tokens;	/* came back with the session */
static struct options options;
static struct storage st;
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
	if (flags & HP_COMMIT_DROP) {
		returned = NULL;
		s->reclaim_error = 0;
	}
	return flags & HP_COMMIT_DROP ? 0 : s->commit_error;
}

int hp_session_abort(struct hp_session *s)
{
	(void)s;
	call("abort");
	return 0;
}

int hp_session_close(struct hp_session *s, unsigned int flags)
{
	(void)s;
	ck_assert_uint_eq(flags, 0);
	call("close");
	return 0;
}

/* What cannot be reclaimed came back all the same. */
static int came_back(const struct hp_session *s)
{
	return returned || s->reclaim_error;
}

int hp_session_info(struct hp_session *s, struct hp_session_info *info)
{
	ck_assert_uint_eq(info->size, sizeof(*info));
	info->state = came_back(s) || other_tokens ? HP_STATE_RETURNED :
						     HP_STATE_FRESH;
	if (s->reclaim_error == -EBADMSG || s->reclaim_error == -ENODATA)
		info->manifest_error = s->reclaim_error;
	return 0;
}

int hp_session_region(struct hp_session *s, unsigned int index,
		      struct hp_region_info *info)
{
	ck_assert_uint_eq(info->size, sizeof(*info));
	info->token = index < (unsigned int)other_tokens ? 77 : 1;
	return index < (unsigned int)(other_tokens + came_back(s)) ? 0 :
		-ENOENT;
}

int hp_save_info(const char *directory, struct hp_save_info *info)
{
	ck_assert_str_eq(directory, options.save_dir);
	if (session.load_error)
		return session.load_error;
	if (!in_directory.size)
		return -ENOENT;
	*info = in_directory;
	return 0;
}

/* The save that the tests find, or that a save leaves. */
static void put_save(void)
{
	in_directory = (struct hp_save_info){
		.size = sizeof(in_directory),
		.session = "test",
		.written_ns = UINT64_C(1700000000999999999),
		.total_bytes = LENGTH,
		.stored_bytes = 12345,
	};
}

int hp_session_save(struct hp_session *s, const char *directory,
		    const struct hp_save_opts *opts,
		    struct hp_save_result *result)
{
	(void)result;
	ck_assert_str_eq(directory, options.save_dir);
	call(opts->flags & HP_SAVE_REPLACE ? "replace" : "save");
	if (s->save_error)
		return s->save_error;
	s->load_error = 0;
	put_save();
	return 0;
}

/* As in the library: only -ENOENT leads to the next. */
static int find(struct hp_session *s, const char *directory)
{
	if (!pauses)
		call("reclaim");
	if (s->reclaim_error)
		return s->reclaim_error;
	region.origin = HP_ORIGIN_LIVE_UPDATE;
	region.address = returned;
	if (returned)
		return 0;
	region.origin = HP_ORIGIN_SAVE;
	region.address = saved;
	if (directory) {
		ck_assert_str_eq(directory, options.save_dir);
		call("load");
		if (s->load_error || saved)
			return s->load_error;
	}
	call("create");
	if (s->create_error)
		return s->create_error;
	region.origin = HP_ORIGIN_CREATED;
	region.address = aligned_alloc(4096, LENGTH);
	ck_assert_ptr_nonnull(region.address);
	memset(region.address, 0, LENGTH);
	return 0;
}

int hp_region_open(struct hp_session *s, uint64_t token, uint64_t length,
		   const char *directory,
		   const struct hp_region_opts *region_opts,
		   const struct hp_save_opts *opts, struct hp_region **ret)
{
	int rc;

	(void)opts;
	ck_assert_uint_eq(region_opts ? region_opts->flags : 0, options.shmem ?
			  HP_REGION_SHMEM | HP_REGION_POPULATE : 0);
	ck_assert_uint_eq(token, 1);
	ck_assert_uint_eq(length, LENGTH);
	rc = find(s, directory);
	if (rc == 0)
		*ret = &region;
	return rc;
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
	return options.shmem ? 4096 : HP_PAGE_2M;
}

int hp_region_huge_bytes(struct hp_region *r, uint64_t *ret_bytes)
{
	(void)r;
	call("huge");
	*ret_bytes = LENGTH / 2;
	return 0;
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

static void setup(void)
{
	options = (struct options){ .session = "test", .memory = LENGTH };
	session = (struct hp_session){ 0 };
	returned = saved = NULL;
	in_directory.size = 0;
	other_tokens = 0;
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
			 "open reclaim close-region drop reclaim create commit " :
			 "open reclaim drop reclaim create commit ");
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

/* What is asked for and not there is looked for, and said. */
START_TEST(in_shmem)
{
	options.shmem = true;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim create commit huge ");
	ck_assert(storage_is_shmem(&st));
}
END_TEST

/* -- A directory for saves --------------------------------------------------- */

/* A store with one key, in the directory. */
static struct store give_save(void)
{
	struct store s = give_back();

	saved = returned;
	returned = NULL;
	put_save();
	options.save_dir = "/tmp";
	return s;
}

START_TEST(without_a_save)
{
	options.save_dir = "/tmp";
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim load create commit ");
	ck_assert_str_eq(storage_origin(&st), "created");
	ck_assert_str_eq(storage_save_status(&st), "none");
	ck_assert(!storage_is_saved(&st));
}
END_TEST

START_TEST(from_a_save)
{
	struct index_slot slot;

	give_save();
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim load commit ");
	ck_assert_str_eq(storage_origin(&st), "save");
	ck_assert_str_eq(storage_save_status(&st), "ok");
	ck_assert_uint_eq(st.saved.seconds, 1700000000);
	ck_assert_uint_eq(st.saved.bytes, 12345);
	ck_assert_int_eq(index_find(&st.store, slice_of("key"), &slot), 0);
	ck_assert(slot.entry);
}
END_TEST

/* hp-kv saves between two commands, but who knows who made this one. */
START_TEST(half_a_command_in_a_save)
{
	struct store s = give_save();

	store_begin(&s);
	ck_assert_int_eq(entry_set(&s, slice_of("half"), slice_of("x"), 0), 0);
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

/* The save is older than what the kernel handed over, be it ever so good. */
START_TEST(an_update_comes_before_a_save)
{
	give_save();
	give_back();
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "open reclaim commit ");
	ck_assert_str_eq(storage_origin(&st), "live-update");
	ck_assert(!storage_is_saved(&st));
}
END_TEST

START_TEST(an_update_does_not_need_a_whole_save)
{
	give_save();
	give_back();
	session.load_error = -EBADMSG;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(storage_origin(&st), "live-update");
	ck_assert_str_eq(storage_save_status(&st), "failed");
}
END_TEST

static void spoil_save(int how)
{
	struct store s = give_save();

	switch (how) {
	case 0:
		memset(saved, 0, LENGTH);
		break;
	case 1:
		s.header->layout++;
		break;
	case 2:
		session.load_error = -EBADMSG;
		break;
	default:
		session.load_error = -EOPNOTSUPP;
		break;
	}
}

START_TEST(unusable_save_is_refused)
{
	spoil_save(_i);
	ck_assert_int_eq(storage_open(&st, &options), -EUCLEAN);
	ck_assert_str_eq(calls, "open reclaim load abort close ");
}
END_TEST

/* It is replaced by the next save and not before, whatever it is. */
START_TEST(unusable_save_is_passed_over_on_demand)
{
	spoil_save(_i);
	options.discard = true;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, _i < 2 ?
			 "open reclaim load close-region reclaim create commit " :
			 "open reclaim load reclaim create commit ");
	ck_assert_uint_eq(store_keys(&st.store), 0);
	ck_assert(!storage_is_saved(&st));
	calls[0] = '\0';
	ck_assert_int_eq(storage_save(&st), 0);
	ck_assert_str_eq(calls, "replace ");
}
END_TEST

START_TEST(unusable_region_gives_way_to_a_save)
{
	give_save();
	spoil(0);
	options.discard = true;
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls,
			 "open reclaim close-region drop reclaim load commit ");
	ck_assert_str_eq(storage_origin(&st), "save");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

/* Nothing is lost by ending: there is no reason to wait. */
START_TEST(room_for_a_save_is_not_waited_for)
{
	give_save();
	session.load_error = _i == 0 ? -ENOMEM : 0;
	session.create_error = -ENOMEM;
	if (_i == 1)
		saved = NULL;
	other_tokens = 1;
	ck_assert_int_eq(storage_open(&st, &options), -ENOMEM);
	ck_assert_int_eq(pauses, 0);
}
END_TEST

/* Found out before what came back is touched. */
START_TEST(wrong_directory_is_refused)
{
	static const char *const wrong[] = {
		"/dev/null", "/nowhere/at/all", "/dev/null/below",
	};

	give_back();
	options.save_dir = wrong[_i];
	ck_assert_int_lt(storage_open(&st, &options), 0);
	ck_assert_str_eq(calls, "");
}
END_TEST

START_TEST(save_of_another_session_is_refused)
{
	give_save();
	strcpy(in_directory.session, "other");
	options.discard = true;
	ck_assert_int_eq(storage_open(&st, &options), -EBUSY);
	ck_assert_str_eq(calls, "");
}
END_TEST

static void change(void)
{
	store_begin(&st.store);
	ck_assert_int_eq(entry_set(&st.store, slice_of("more"), slice_of("x"),
				   0), 0);
	ck_assert_int_eq(store_commit(&st.store), 0);
}

START_TEST(saved_until_something_changes)
{
	give_save();
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert(storage_is_saved(&st));
	change();
	ck_assert(!storage_is_saved(&st));
	ck_assert_int_eq(storage_save(&st), 0);
	ck_assert(storage_is_saved(&st));
	store_begin(&st.store);
	ck_assert_int_eq(store_commit(&st.store), 0);
	ck_assert(storage_is_saved(&st));
	store_flush(&st.store);
	ck_assert(!storage_is_saved(&st));
}
END_TEST

START_TEST(failed_save_is_remembered)
{
	give_save();
	ck_assert_int_eq(storage_open(&st, &options), 0);
	change();
	session.save_error = -ENOSPC;
	ck_assert_int_eq(storage_save_at_end(&st), -ENOSPC);
	ck_assert_str_eq(storage_save_status(&st), "failed");
	/* The old one is still there. */
	ck_assert_uint_eq(st.saved.seconds, 1700000000);
	ck_assert(!storage_is_saved(&st));
	session.save_error = 0;
	ck_assert_int_eq(storage_save_at_end(&st), 0);
	ck_assert_str_eq(storage_save_status(&st), "ok");
}
END_TEST

START_TEST(without_a_directory_nothing_is_saved)
{
	ck_assert_int_eq(storage_open(&st, &options), 0);
	ck_assert_int_eq(storage_save_at_end(&st), 0);
	ck_assert_str_eq(calls, "open reclaim create commit ");
}
END_TEST

static TCase *save_tests(void)
{
	TCase *tc = tcase_create("save");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, without_a_save);
	tcase_add_test(tc, from_a_save);
	tcase_add_test(tc, half_a_command_in_a_save);
	tcase_add_test(tc, an_update_comes_before_a_save);
	tcase_add_test(tc, an_update_does_not_need_a_whole_save);
	tcase_add_loop_test(tc, unusable_save_is_refused, 0, 4);
	tcase_add_loop_test(tc, unusable_save_is_passed_over_on_demand, 0, 4);
	tcase_add_test(tc, unusable_region_gives_way_to_a_save);
	tcase_add_loop_test(tc, room_for_a_save_is_not_waited_for, 0, 2);
	tcase_add_loop_test(tc, wrong_directory_is_refused, 0, 3);
	tcase_add_test(tc, save_of_another_session_is_refused);
	tcase_add_test(tc, saved_until_something_changes);
	tcase_add_test(tc, failed_save_is_remembered);
	tcase_add_test(tc, without_a_directory_nothing_is_saved);
	return tc;
}

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
	tcase_add_test(tc, in_shmem);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, save_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
