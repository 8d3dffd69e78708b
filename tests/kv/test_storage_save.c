/* SPDX-License-Identifier: MIT */
/* What the store does with a directory for saves. */
#include <errno.h>
#include <signal.h>

#include "entry.h"
#include "index.h"
#include "played.h"

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
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep load create preserve ");
	ck_assert_str_eq(storage_origin(&st), "created");
	ck_assert_str_eq(storage_save_status(&st), "none");
	ck_assert(!storage_is_saved(&st));
}
END_TEST

START_TEST(from_a_save)
{
	struct index_slot slot;

	give_save();
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep load preserve ");
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
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

/* The save is older than what was kept, be it ever so good. */
START_TEST(kept_memory_comes_before_a_save)
{
	give_save();
	give_back();
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, "open keep preserve ");
	ck_assert_str_eq(storage_origin(&st), "kept");
	ck_assert(!storage_is_saved(&st));
}
END_TEST

START_TEST(kept_memory_does_not_need_a_whole_save)
{
	give_save();
	give_back();
	session.load_error = -EBADMSG;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(storage_origin(&st), "kept");
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
	ck_assert_int_eq(open_as_main(), -EUCLEAN);
	ck_assert_str_eq(calls, "open keep load close ");
}
END_TEST

/* It is replaced by the next save and not before, whatever it is. */
START_TEST(unusable_save_is_passed_over_on_demand)
{
	spoil_save(_i);
	options.discard = true;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, _i < 2 ?
			 "open keep load close-region create preserve " :
			 "open keep load create preserve ");
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
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls,
			 "open keep drop-region commit load preserve ");
	ck_assert_str_eq(storage_origin(&st), "save");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

START_TEST(lost_region_comes_from_the_save)
{
	static const int manifest_errors[] = { -ENOMSG, -EBADMSG, -EOPNOTSUPP };

	give_save();
	if (_i < 3)
		session.manifest_error = manifest_errors[_i];
	else
		session.keep_error = -ENODATA;
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_str_eq(calls, _i < 3 ?
			 "open unlisted commit-drop load preserve " :
			 "open keep load preserve ");
	ck_assert_str_eq(storage_origin(&st), "save");
	ck_assert_uint_eq(store_keys(&st.store), 1);
}
END_TEST

START_TEST(load_can_be_ended)
{
	give_save();
	raise(SIGTERM);
	ck_assert_int_eq(open_as_main(), -ECANCELED);
	ck_assert_str_eq(calls, "open keep load close ");
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
	ck_assert_int_eq(open_as_main(), -ENOMEM);
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
	ck_assert_int_lt(open_as_main(), 0);
	ck_assert_str_eq(calls, "");
}
END_TEST

START_TEST(save_of_another_session_is_refused)
{
	give_save();
	strcpy(in_directory.session, "other");
	options.discard = true;
	ck_assert_int_eq(open_as_main(), -EBUSY);
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
	ck_assert_int_eq(open_as_main(), 0);
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
	ck_assert_int_eq(open_as_main(), 0);
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
	ck_assert_int_eq(open_as_main(), 0);
	ck_assert_int_eq(storage_save_at_end(&st), 0);
	ck_assert_str_eq(calls, "open keep create preserve ");
}
END_TEST

TCase *save_tests(void)
{
	TCase *tc = tcase_create("save");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, without_a_save);
	tcase_add_test(tc, from_a_save);
	tcase_add_test(tc, half_a_command_in_a_save);
	tcase_add_test(tc, kept_memory_comes_before_a_save);
	tcase_add_test(tc, kept_memory_does_not_need_a_whole_save);
	tcase_add_loop_test(tc, lost_region_comes_from_the_save, 0, 4);
	tcase_add_test(tc, load_can_be_ended);
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
