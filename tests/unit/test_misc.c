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

START_TEST(every_error_has_its_own_text)
{
	static const int errors[] = {
		0,	   -EINVAL,	-ECHILD,    -ENOMEM,	  -EMFILE,
		-ENODEV,   -EACCES,	-EAGAIN,    -EIO,	  -EPROTO,
		-EALREADY, -EEXIST,	-ENOENT,    -EINPROGRESS, -ENOTEMPTY,
		-EBUSY,	   -EOPNOTSUPP, -EHWPOISON, -EFBIG,	  -ENOSPC,
		-EBADMSG,  -EUCLEAN,	-ENODATA,
	};
	const size_t count = sizeof(errors) / sizeof(errors[0]);
	const char *unknown = hp_strerror(-EXDEV);

	for (size_t i = 0; i < count; i++) {
		const char *text = hp_strerror(errors[i]);

		ck_assert_str_ne(text, unknown);
		ck_assert_ptr_null(strchr(text, '\n'));
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(text, hp_strerror(errors[j]));
	}
	ck_assert_str_eq(hp_strerror(ENOENT), unknown);
	ck_assert_str_eq(hp_strerror(-2147483647 - 1), unknown);
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
	ok(hp_session_close(s, 0));
	s = NULL;
	later.more = 1;
	is(hp_session_open_on(&fake_sys, "a", &later.known, &s), -EINVAL);

	opts.size = sizeof(opts);
	ok(hp_session_open_on(&fake_sys, "a", &opts, &s));
	ok(hp_session_close(s, 0));
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
	ok(hp_session_close(NULL, 0));
	ok(hp_session_close(NULL, HP_CLOSE_DROP));
	is(hp_session_close(NULL, HP_CLOSE_DROP << 1), -EINVAL);
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
		every_error_has_its_own_text,
		options_of_another_version,
		structures_of_a_later_version,
		null_objects,
		NULL,
	};

	return suite_of("misc", tests);
}
