// SPDX-License-Identifier: MIT
/*
 * Options, error texts, version.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/base/options.h"
#include "suites.h"

START_TEST(version_is_that_of_the_header)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", HP_VERSION_MAJOR,
		 HP_VERSION_MINOR, HP_VERSION_PATCH);
	ck_assert_str_eq(hp_version(), text);
}
END_TEST

/* All that a call can give, each in the class that the header says. */
static const struct {
	int err;
	enum hp_error_class class;
} classes[] = {
	{ -EAGAIN, HP_ERROR_AGAIN },	{ -EALREADY, HP_ERROR_AGAIN },
	{ -ECANCELED, HP_ERROR_AGAIN }, { -EMFILE, HP_ERROR_AGAIN },
	{ -ENOMEM, HP_ERROR_AGAIN },	{ -ENOSPC, HP_ERROR_AGAIN },
	{ -EACCES, HP_ERROR_MACHINE },	{ -EIO, HP_ERROR_MACHINE },
	{ -ENODEV, HP_ERROR_MACHINE },	{ -EOPNOTSUPP, HP_ERROR_MACHINE },
	{ -EPROTO, HP_ERROR_MACHINE },	{ -ENODATA, HP_ERROR_LOST },
	{ -EHWPOISON, HP_ERROR_LOST },	{ -ENOMSG, HP_ERROR_LOST },
	{ -EBADMSG, HP_ERROR_LOST },	{ -EINVAL, HP_ERROR_CALL },
	{ -ECHILD, HP_ERROR_CALL },	{ -EEXIST, HP_ERROR_CALL },
	{ -ENOENT, HP_ERROR_CALL },	{ -EINPROGRESS, HP_ERROR_CALL },
	{ -ENOTEMPTY, HP_ERROR_CALL },	{ -EBUSY, HP_ERROR_CALL },
	{ -EFBIG, HP_ERROR_CALL },	{ -EADDRINUSE, HP_ERROR_CALL },
	{ -ESTALE, HP_ERROR_CALL },	{ -EMEDIUMTYPE, HP_ERROR_CALL },
	{ -ENXIO, HP_ERROR_CALL },	{ -ERANGE, HP_ERROR_CALL },
	{ -EROFS, HP_ERROR_CALL },	{ -EUCLEAN, HP_ERROR_CALL },
	{ -ESRCH, HP_ERROR_CALL },	{ -ENOTUNIQ, HP_ERROR_CALL },
	{ -E2BIG, HP_ERROR_CALL },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

START_TEST(every_error_has_its_class_and_text)
{
	const char *unknown = hp_strerror(-EXDEV);

	for (size_t i = 0; i < CLASSES; i++) {
		const char *text = hp_strerror(classes[i].err);
		size_t length = strlen(text);

		ck_assert_msg(hp_error_class(classes[i].err) ==
				      classes[i].class,
			      "%s is of class %d", strerror(-classes[i].err),
			      hp_error_class(classes[i].err));
		ck_assert_str_ne(text, unknown);
		ck_assert_ptr_null(strchr(text, '\n'));
		ck_assert_int_eq(text[length - 1], '.');
		ck_assert_uint_gt(length, 20);
		for (size_t j = 0; j < i; j++) {
			ck_assert_int_ne(classes[i].err, classes[j].err);
			ck_assert_str_ne(text, hp_strerror(classes[j].err));
		}
	}
	ck_assert_str_ne(hp_strerror(0), unknown);
	ck_assert_int_eq(hp_error_class(0), HP_ERROR_NONE);
	ck_assert_int_eq(hp_error_class(1), HP_ERROR_NONE);
}
END_TEST

/* Any other number is no error of the library's, and says so. */
START_TEST(no_other_error_has_a_text)
{
	const char *unknown = hp_strerror(-EXDEV);

	for (int err = -1; err > -4096; err--) {
		bool known = false;

		for (size_t i = 0; i < CLASSES; i++)
			known |= classes[i].err == err;
		ck_assert_int_eq(!strcmp(hp_strerror(err), unknown), !known);
		if (!known)
			ck_assert_int_ne(hp_error_class(err), HP_ERROR_AGAIN);
	}
	ck_assert_str_eq(hp_strerror(ENOENT), unknown);
	ck_assert_str_eq(hp_strerror(-2147483647 - 1), unknown);
	ck_assert_int_ne(hp_error_class(-2147483647 - 1), HP_ERROR_NONE);
}
END_TEST

/* An application that was compiled with a later header. */
struct later_opts {
	struct hp_session_opts known;
	uint64_t more;
};

START_TEST(options_of_another_version)
{
	struct later_opts later = { 0 };
	struct hp_session_opts opts = { 0 };
	struct hp_session *s = NULL;

	later.known.size = sizeof(later);
	ok(hp_session_open_on(&fake_sys, "a", &later.known, &s));
	ok(hp_session_close(s));
	s = NULL;
	later.more = 1;
	is(hp_session_open_on(&fake_sys, "a", &later.known, &s), -EINVAL);

	opts.size = sizeof(opts);
	ok(hp_session_open_on(&fake_sys, "a", &opts, &s));
	ok(hp_session_close(s));
	s = NULL;
	opts.size = sizeof(&opts); /* in place of sizeof(opts) */
	is(hp_session_open_on(&fake_sys, "a", &opts, &s), -EINVAL);
	opts.size = sizeof(opts) - 1;
	is(hp_session_open_on(&fake_sys, "a", &opts, &s), -EINVAL);
	opts.size = 0; /* forgotten */
	is(hp_session_open_on(&fake_sys, "a", &opts, &s), -EINVAL);
	opts.size = (size_t)-1; /* not initialised */
	is(hp_session_open_on(&fake_sys, "a", &opts, &s), -EINVAL);
	ck_assert_ptr_null(s);
}
END_TEST

/* The application is a later one, and its structures are longer. */
START_TEST(structures_of_a_later_version)
{
	const struct hp_session_opts known = { .timeout_ms = 3 };
	struct later_opts later = { .known.size = sizeof(later), .more = 7 };

	ok(hp_info_check(&later, sizeof(known)));
	hp_info_fill(&later, &known, sizeof(known));
	ck_assert_uint_eq(later.known.size, sizeof(later));
	ck_assert_uint_eq(later.known.timeout_ms, 3);
	ck_assert_uint_eq(later.more, 0);
	later.known.size = sizeof(known) - 1;
	is(hp_info_check(&later, sizeof(known)), -EINVAL);
	is(hp_info_check(NULL, sizeof(known)), -EINVAL);
}
END_TEST

START_TEST(null_objects)
{
	is(hp_session_open_on(&fake_sys, "a", NULL, NULL), -EINVAL);
	is(hp_session_commit(NULL, 0), -EINVAL);
	is(hp_session_abort(NULL), -EINVAL);
	is(hp_region_create(NULL, 1, HP_PAGE_2M, NULL, NULL), -EINVAL);
	is(hp_region_reclaim(NULL, 1, NULL, NULL), -EINVAL);
	is(hp_region_preserve(NULL), -EINVAL);
	is(hp_session_preserve(NULL), -EINVAL);
	is(hp_region_open(NULL, 1, HP_PAGE_2M, NULL, NULL), -EINVAL);
	is(hp_session_fd(NULL), -EINVAL);
	ok(hp_region_drop(NULL));
	ck_assert_int_eq(hp_region_is_new(NULL), 0);
	ok(hp_session_close(NULL));
	ok(hp_session_drop(NULL));
	is(hp_session_lock(NULL), -EINVAL);
	is(hp_region_check(NULL), -EINVAL);
	hp_session_log(NULL, 3, "nobody hears");
	ok(hp_region_close(NULL));
	ck_assert_ptr_null(hp_session_name(NULL));
	ck_assert_ptr_null(hp_region_address(NULL));
	ck_assert_uint_eq(hp_region_length(NULL), 0);
	ck_assert_uint_eq(hp_region_page_size(NULL), 0);
	ck_assert_uint_eq(hp_region_token(NULL), 0);
	is(hp_region_fd(NULL), -EINVAL);
	ck_assert_int_eq(hp_region_is_preserved(NULL), 0);
	ck_assert_int_eq(hp_region_origin(NULL), 0);
}
END_TEST

Suite *misc_suite(void)
{
	const TTest *const tests[] = {
		version_is_that_of_the_header,
		every_error_has_its_class_and_text,
		no_other_error_has_a_text,
		options_of_another_version,
		structures_of_a_later_version,
		null_objects,
		NULL,
	};

	return suite_of("misc", tests);
}
