/* SPDX-License-Identifier: MIT */
/*
 * What the store does with memory that comes back: taken over, refused, held or
 * dropped.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "entry.h"
#include "index.h"
#include "played.h"

START_TEST(first_start)
{
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep create preserve ");
	ck_assert_str_eq(storage_origin(&st), "created");
	ck_assert(storage_is_preserved(&st));
	ck_assert_uint_eq(store_keys(&st.store), 0);
}
END_TEST

static const enum hp_holder holders[] = { HP_HOLDER_STORE, HP_HOLDER_PROCESS };

START_TEST(what_was_kept)
{
	struct index_slot slot;

	give_back();
	session.holder = holders[_i];
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep preserve ");
	ck_assert_str_eq(storage_origin(&st), _i ? "live-update" : "kept");
	ck_assert_int_eq(index_find(&st.store, slice_of("key"), &slot), 0);
	ck_assert(slot.entry);
}
END_TEST

START_TEST(half_a_command_came_back)
{
	struct store s = give_back();

	store_begin(&s);
	ck_assert_int_eq(entry_set(&s, slice_of("half"), slice_of("x"), 0), 0);
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep preserve ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

/* -- Memory that cannot be used -------------------------------------------- */

START_TEST(unusable_is_refused)
{
	spoil(_i);
	ck_assert_int_eq(open_as_main(), -EUCLEAN);
	/* It stays in the store of the manager. */
	ck_assert_str_eq(calls, "open keep close ");
	ck_assert_int_eq(pauses, 0);
}
END_TEST

/* Nobody else has it: an exit would give it up. */
START_TEST(unusable_is_held)
{
	spoil(_i);
	session.holder = HP_HOLDER_PROCESS;
	signal_after = 1000;
	ck_assert_int_eq(open_as_main(), -EUCLEAN);
	ck_assert_str_eq(calls, "open keep preserve close drop ");
	ck_assert_int_eq(pauses, signal_after);
	ck_assert_int_ge(extended, signal_after);
}
END_TEST

START_TEST(unusable_is_dropped_on_demand)
{
	spoil(_i);
	others = 1;
	session.holder = HP_HOLDER_PROCESS;
	options.discard = true;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, _i < 3 ?
			 "open keep drop-region commit create preserve " :
			 "open keep unlisted drop-region commit create preserve ");
	ck_assert_uint_eq(store_keys(&st.store), 0);
	ck_assert_uint_eq(others, 1);
}
END_TEST

/* Not even a file that can be opened by itself: the others go with it. */
START_TEST(broken_file_is_dropped_with_the_rest)
{
	spoil(3);
	session.unlisted_error = -EUCLEAN;
	options.discard = true;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep unlisted commit-drop create preserve ");
}
END_TEST

START_TEST(passing_error_drops_nothing)
{
	spoil(3);
	others = 1;
	session.unlisted_error = -ECANCELED;
	options.discard = true;
	ck_assert_int_eq(open_as_main(), -ECANCELED);
	ck_assert_str_eq(calls, "open keep unlisted close ");
	ck_assert_uint_eq(others, 1);
}
END_TEST

/* The flag may stand in a service's file: it must not cost good data. */
START_TEST(usable_is_never_dropped)
{
	give_back();
	options.discard = true;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep preserve ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

static const int not_lost[] = { -EACCES, -EPROTO, -EIO, -EOPNOTSUPP, -EROFS };

/* An error that says nothing of the content costs nothing. */
START_TEST(what_is_not_lost_is_held)
{
	give_back();
	session.keep_error = not_lost[_i];
	session.holder = HP_HOLDER_PROCESS;
	options.discard = true;
	signal_after = 1000;
	ck_assert_int_eq(open_as_main(), not_lost[_i]);
	ck_assert_str_eq(calls, "open keep preserve close drop ");
	ck_assert_int_eq(pauses, signal_after);
}
END_TEST

START_TEST(others_are_carried_along)
{
	others = 1;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep create preserve ");
	ck_assert_uint_eq(others, 1);
}
END_TEST

START_TEST(others_are_held)
{
	others = 1;
	session.holder = HP_HOLDER_PROCESS;
	session.create_error = -ENOMEM;
	signal_after = 1000;
	ck_assert_int_eq(open_as_main(), -ENOMEM);
	ck_assert_int_eq(pauses, signal_after);
}
END_TEST

/* -- A manifest that cannot be read ---------------------------------------- */

static const int manifest_errors[] = { -ENOMSG, -EBADMSG, -EOPNOTSUPP };

/* The store checks its content itself, so the memory is as good as before. */
START_TEST(manifest_is_lost_and_the_region_is_not)
{
	give_back();
	session.manifest_error = manifest_errors[_i / 2];
	session.holder = holders[_i % 2];
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open unlisted commit-drop preserve ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
	ck_assert(storage_is_preserved(&st));
}
END_TEST

START_TEST(manifest_is_lost_and_the_region_too)
{
	session.manifest_error = manifest_errors[_i];
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open unlisted commit-drop create preserve ");
	ck_assert_str_eq(storage_origin(&st), "lost");
}
END_TEST

START_TEST(manifest_is_lost_and_the_region_is_unusable)
{
	spoil(0);
	session.manifest_error = -ENOMSG;
	session.holder = HP_HOLDER_PROCESS;
	signal_after = 1000;
	ck_assert_int_eq(open_as_main(), -EUCLEAN);
	ck_assert_int_eq(pauses, signal_after);
	ck_assert_ptr_nonnull(returned);
}
END_TEST

START_TEST(lost_region_is_made_anew)
{
	session.keep_error = -ENODATA;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep create preserve ");
	ck_assert_str_eq(storage_origin(&st), "lost");
}
END_TEST

/* -- What passes ----------------------------------------------------------- */

static const int passing[] = { -EAGAIN, -EALREADY, -ENOMEM, -EMFILE };

/* Ending would free the data: an hour of a low limit must not cost it. */
START_TEST(region_is_waited_for)
{
	give_back();
	session.holder = HP_HOLDER_PROCESS;
	session.keep_error = passing[_i];
	passes_after = 1000;
	options.discard = true;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_int_eq(pauses, passes_after);
	ck_assert_int_ge(extended, passes_after);
	ck_assert_str_eq(calls, "open keep preserve ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

START_TEST(waiting_for_the_region_can_be_ended)
{
	give_back();
	session.holder = HP_HOLDER_PROCESS;
	session.keep_error = passing[_i];
	signal_after = 1000;
	ck_assert_int_eq(open_as_main(), -ECANCELED);
	ck_assert_int_eq(pauses, signal_after);
}
END_TEST

START_TEST(session_is_waited_for)
{
	give_back();
	session.open_error = passing[_i];
	passes_after = 1000;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_int_eq(pauses, passes_after);
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

START_TEST(waiting_for_the_session_can_be_ended)
{
	session.open_error = passing[_i];
	signal_after = 1000;
	ck_assert_int_eq(open_as_main(), passing[_i]);
	ck_assert_int_eq(pauses, signal_after);
	ck_assert_str_eq(calls, "open ");
}
END_TEST

/* Also after the memory was opened, while a kernel is busy. */
START_TEST(preserve_is_waited_for)
{
	give_back();
	session.holder = HP_HOLDER_PROCESS;
	session.preserve_error = passing[_i];
	passes_after = 1000;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_int_eq(pauses, passes_after);
	ck_assert(storage_is_preserved(&st));
}
END_TEST

START_TEST(commit_is_waited_for)
{
	give_back();
	session.manifest_error = -ENOMSG;
	session.commit_error = -EAGAIN;
	passes_after = 1000;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open unlisted commit-drop preserve ");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

/* It does not pass by itself, and the manager keeps what it has. */
START_TEST(full_store_is_refused)
{
	if (_i == 0)
		session.open_error = -ENOSPC;
	else
		session.preserve_error = -ENOSPC;
	if (_i == 2)
		give_back();
	ck_assert_int_eq(open_as_main(), -ENOSPC);
	ck_assert_int_lt(pauses, 3);
}
END_TEST

START_TEST(too_few_pages_for_new_memory)
{
	session.holder = HP_HOLDER_PROCESS;
	if (_i == 0)
		session.create_error = -ENOMEM;
	else
		session.preserve_error = -ENOMEM;
	ck_assert_int_eq(open_as_main(), -ENOMEM);
	ck_assert_int_lt(pauses, 3);
}
END_TEST

/* -- Preserve, and the end ------------------------------------------------- */

static const int cannot[] = { -EOPNOTSUPP, -ENODEV, -EPROTO };

START_TEST(what_cannot_be_preserved_serves)
{
	session.preserve_error = cannot[_i];
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert(!storage_is_preserved(&st));
	ck_assert_str_eq(storage_not_preserved_reason(&st),
			 storage_error(cannot[_i]));
	ck_assert_int_eq(storage_preserve(&st), cannot[_i]);
}
END_TEST

/* Clients wait meanwhile, so it does not take long. */
START_TEST(a_command_does_not_wait)
{
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_int_eq(storage_abort(&st), 0);
	ck_assert(!storage_is_preserved(&st));
	session.preserve_error = passing[_i];
	ck_assert_int_eq(storage_preserve(&st), passing[_i]);
	ck_assert_int_lt(pauses, 3);
	session.preserve_error = 0;
	ck_assert_int_eq(storage_preserve(&st), 0);
	ck_assert(storage_is_preserved(&st));
}
END_TEST

START_TEST(clean_end)
{
	session.holder = holders[_i];
	ck_assert_int_eq(open_as_main(), 0);
	calls[0] = '\0';
	storage_seal(&st);
	storage_close(&st);
	ck_assert_str_eq(calls, _i ? "seal close drop " : "seal close ");
}
END_TEST

/* What has no holder ends with the process, and damage is not consistent. */
START_TEST(nothing_to_seal)
{
	if (_i == 0)
		session.preserve_error = -ENODEV;
	ck_assert_int_eq(open_as_main(), 0);
	if (_i == 1)
		st.store.distrusted = true;
	calls[0] = '\0';
	storage_seal(&st);
	storage_close(&st);
	ck_assert_str_eq(calls, "close ");
}
END_TEST

/* What is asked for and not there is looked for, and said. */
START_TEST(in_shmem)
{
	options.shmem = true;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep create preserve huge ");
	ck_assert(storage_is_shmem(&st));
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
	tcase_add_loop_test(tc, what_was_kept, 0, 2);
	tcase_add_test(tc, half_a_command_came_back);
	tcase_add_loop_test(tc, unusable_is_refused, 0, 4);
	tcase_add_loop_test(tc, unusable_is_held, 0, 4);
	tcase_add_loop_test(tc, unusable_is_dropped_on_demand, 0, 4);
	tcase_add_test(tc, broken_file_is_dropped_with_the_rest);
	tcase_add_test(tc, passing_error_drops_nothing);
	tcase_add_test(tc, usable_is_never_dropped);
	tcase_add_loop_test(tc, what_is_not_lost_is_held, 0, 5);
	tcase_add_test(tc, others_are_carried_along);
	tcase_add_test(tc, others_are_held);
	tcase_add_loop_test(tc, manifest_is_lost_and_the_region_is_not, 0, 6);
	tcase_add_loop_test(tc, manifest_is_lost_and_the_region_too, 0, 3);
	tcase_add_test(tc, manifest_is_lost_and_the_region_is_unusable);
	tcase_add_test(tc, lost_region_is_made_anew);
	tcase_add_loop_test(tc, region_is_waited_for, 0, 4);
	tcase_add_loop_test(tc, waiting_for_the_region_can_be_ended, 0, 4);
	tcase_add_loop_test(tc, session_is_waited_for, 0, 4);
	tcase_add_loop_test(tc, waiting_for_the_session_can_be_ended, 0, 4);
	tcase_add_loop_test(tc, preserve_is_waited_for, 0, 4);
	tcase_add_test(tc, commit_is_waited_for);
	tcase_add_loop_test(tc, full_store_is_refused, 0, 3);
	tcase_add_loop_test(tc, too_few_pages_for_new_memory, 0, 2);
	tcase_add_loop_test(tc, what_cannot_be_preserved_serves, 0, 3);
	tcase_add_loop_test(tc, a_command_does_not_wait, 0, 4);
	tcase_add_loop_test(tc, clean_end, 0, 2);
	tcase_add_loop_test(tc, nothing_to_seal, 0, 2);
	tcase_add_test(tc, in_shmem);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, save_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
