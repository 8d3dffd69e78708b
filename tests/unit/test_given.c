// SPDX-License-Identifier: MIT
/*
 * Sessions of which the caller has the descriptors (opts->fds).
 */
#include <errno.h>
#include <string.h>

#include "../../lib/source/luo.h"
#include "suites.h"

static const struct hp_sys *sys = &fake_sys;
static struct hp_session *s;
static struct hp_region *r;
static char said[512];

/* As the caller would: himself, on the device. */
static int make(const char *name, unsigned long request)
{
	struct luo_session_arg arg = { .size = sizeof(arg) };
	int device = sys->open(LUO_DEVICE);

	strcpy(arg.name, name);
	check(sys->ioctl_fd(device, request, &arg, &arg.fd) >= 0);
	fake_close_any(device);
	fake.calls[CALL_OPEN] = 0;
	return arg.fd;
}

static int create(const char *name)
{
	return make(name, LUO_CREATE_SESSION);
}

static int retrieve(const char *name)
{
	return make(name, LUO_RETRIEVE_SESSION);
}

static int fill_session(int fd)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = sys->memfd("manifest", 0),
		.token = HP_TOKEN_RESERVED,
	};

	ok(sys->ioctl(fd, LUO_PRESERVE_FD, &arg));
	fake_close_any(arg.fd);
	return fd;
}

static void hear(void *context, int priority, const char *message)
{
	(void)priority;
	strcpy(context, message);
}

static int open_with(const int *fds, unsigned int count)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.fds = fds,
		.fds_count = count,
		.log = hear,
		.log_context = said,
	};

	said[0] = '\0';
	return hp_session_open_on(sys, "db", &opts, &s);
}

static int open_one(int fd)
{
	return open_with(&fd, 1);
}

START_TEST(returned_session_is_given)
{
	int fd;

	live_update();
	fd = retrieve("db");
	ok(open_one(fd));
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	ck_assert(is_returned(s));
	/* The caller's is the caller's. */
	fake_close_any(fd);
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ok(hp_session_commit(s, HP_COMMIT_DROP));
	ck_assert_int_eq(fake.sessions_incoming, 0);
	/* Then as ever. */
	ok(hp_region_preserve(r));
	ck_assert_int_gt(fake.calls[CALL_OPEN], 0);
	ok(hp_session_abort(s));
	ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(empty_session_is_used_by_the_first_preserve)
{
	int fd = create("db");

	ok(open_one(fd));
	ck_assert(!is_returned(s));
	ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	ok(hp_region_preserve(r));
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	fake_close_any(fd);
	fake_kexec();
	ok(open_session("db", &s));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);

	/* Not used: given back at close. */
	fake_boot();
	fd = create("db");
	ok(open_one(fd));
	fake_close_any(fd);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ok(hp_session_close(s));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

START_TEST(both_in_any_order)
{
	for (int swap = 0; swap < 2; swap++) {
		int fds[2];

		live_update();
		fds[swap] = retrieve("db");
		fds[!swap] = create("db");
		ok(open_with(fds, 2));
		ck_assert(is_returned(s));
		ok(hp_region_reclaim(s, POOL, NULL, &r));
		ok(hp_session_commit(s, HP_COMMIT_DROP));
		ok(hp_region_preserve(r));
		ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
		fake_kexec();
		ok(open_session("db", &s));
		ok(hp_region_reclaim(s, POOL, NULL, &r));
		check_filled(r);
	}
}
END_TEST

/* What another process has preserved is not this one's to add to. */
START_TEST(filled_session_is_refused)
{
	int fd = fill_session(create("db"));

	is(open_one(fd), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "fds[0]"));
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	ck_assert_int_eq(fake_leaks(), 1);
	/* Nothing was changed by that. */
	ck_assert_int_eq(fake.sessions_outgoing, 1);
}
END_TEST

START_TEST(what_is_not_taken)
{
	int db = create("db"), twice[2] = { db, db };
	int back[2];

	is(open_one(-1), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "fds[0] (descriptor -1)"));
	is(open_one(4000), -EINVAL);
	is(open_one(fake_other_fd()), -EINVAL);
	is(open_one(sys->memfd("db", 0)), -EINVAL);
	is(open_with(twice, 2), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "fds[1]"));
	is(open_with(NULL, 1), -EINVAL);
	ck_assert_int_eq(fake_leaks(), 2); /* this test's own */
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	/* Control. */
	ok(open_one(db));
	ok(hp_session_close(s));

	live_update();
	back[0] = back[1] = retrieve("db");
	is(open_with(back, 2), -EINVAL);
	ck_assert_int_eq(fake_leaks(), 1);
	/* Nothing was lost by that. */
	ok(open_one(back[0]));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
}
END_TEST

/* What the kernel calls it is the business of who opened it. */
START_TEST(any_name_in_the_kernel)
{
	int fds[2];

	live_update();
	fds[0] = retrieve("db");
	fds[1] = create("of a broker");
	ok(open_with(fds, 2));
	ck_assert_str_eq(hp_session_name(s), "db");
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	check_filled(r);
	ok(hp_session_preserve(s));
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	sys->close(fds[0]);
	sys->close(fds[1]);
	fake_kexec();
	ok(open_one(retrieve("of a broker")));
	ok(hp_region_open(s, POOL, 4 * MIB, NULL, &r));
	check_filled(r);
}
END_TEST

/* That it is a session is told by two, either of which may be missing. */
START_TEST(session_on_all_kinds_of_machines)
{
	int db = create("db"), file = sys->memfd("db", 0);

	for (int i = 0; i < 4; i++) {
		fake.name_error = i & 1 ? EINVAL : 0;
		fake.hidden_proc = i & 2;
		ok(open_one(db));
		ok(hp_session_close(s));
		is(open_one(file), -EINVAL);
		ck_assert_ptr_nonnull(strstr(said, "fds[0]"));
		is(open_one(fake_other_fd()), -EINVAL);
	}
}
END_TEST

/* The kernel tells the kind of a session, or has to be asked by a preserve. */
START_TEST(kind_on_all_kernels)
{
	for (int no_kind = 0; no_kind < 2; no_kind++) {
		int incoming, empty;

		live_update();
		fake.no_kind = no_kind;
		incoming = retrieve("db");
		empty = create("db");
		fake.calls[CALL_PRESERVE_FD] = 0;
		ok(open_one(incoming));
		ck_assert_int_eq(fake.calls[CALL_PRESERVE_FD], no_kind);
		ck_assert(is_returned(s));
		ok(hp_region_reclaim(s, POOL, NULL, &r));
		check_filled(r);
		ok(hp_session_commit(s, HP_COMMIT_DROP));
		ok(hp_session_close(s));

		ok(open_one(empty));
		ck_assert(!is_returned(s));
		ok(hp_session_close(s));
		is(open_one(fill_session(empty)), -EINVAL);
	}
}
END_TEST

START_TEST(errors_of_the_system)
{
	static const struct {
		enum fake_call call;
		int err, expected;
	} cases[] = {
		{ CALL_DUPLICATE, EMFILE, -EMFILE },
		{ CALL_DUPLICATE, EIO, -EPROTO },
		{ CALL_PRESERVE_FD, ENOMEM, -ENOMEM },
		{ CALL_PRESERVE_FD, ENOTTY, -EPROTO },
		{ CALL_READ_FD_LINK, E2BIG, -EINVAL },
		{ CALL_ZALLOC, ENOMEM, -ENOMEM },
	};
	int fds[2];

	live_update();
	fake.no_kind = true; /* or only one of them is asked by a preserve */
	fds[0] = retrieve("db");
	fds[1] = create("db");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* Of the first and of the second descriptor. */
		for (int nth = 1; nth <= 2; nth++) {
			fake.fail_call = cases[i].call;
			fake.fail_errno = cases[i].err;
			fake.fail_nth = nth;
			if (cases[i].call == CALL_ZALLOC)
				fake.fail_nth = 1;
			is(open_with(fds, 2), cases[i].expected);
			ck_assert_int_eq(fake_leaks(), 2);
		}
	}
	ok(open_with(fds, 2));
	ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(options)
{
	struct hp_session_opts opts = { .size = sizeof(opts), .reserved = 1 };

	is(hp_session_open_on(sys, "db", &opts, &s), -EINVAL);
	opts.reserved = 0;
	opts.flags = 1U << 31;
	is(hp_session_open_on(sys, "db", &opts, &s), -EINVAL);
	opts.flags = HP_SESSION_LOCAL;
	ok(hp_session_open_on(sys, "db", &opts, &s));
	ok(hp_session_close(s));
}
END_TEST

/* There is no second one to be had: the caller has the name. */
START_TEST(first_preserve_that_fails_can_be_repeated)
{
	static const struct {
		enum fake_call call;
		int nth, err, expected;
	} cases[] = {
		{ CALL_MEMFD, 1, EMFILE, -EMFILE },
		{ CALL_PRESERVE_FD, 1, ENOMEM, -ENOMEM }, /* the manifest */
		{ CALL_PRESERVE_FD, 2, ENOMEM, -ENOMEM }, /* the region */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hp_session_info info = { .size = sizeof(info) };
		int fd;

		fake_boot();
		fd = create("db");
		ok(open_one(fd));
		ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
		fake.fail_call = cases[i].call;
		fake.fail_nth = cases[i].nth;
		fake.fail_errno = cases[i].err;
		is(hp_region_preserve(r), cases[i].expected);
		ck_assert(fake.failed);
		/* Nothing is preserved, by any measure. */
		is(hp_session_seal(s), -ENOENT);
		ok(hp_session_info(s, &info));
		ck_assert_uint_eq(info.preserved_count, 0);
		ok(hp_region_preserve(r));
		ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
		ok(hp_session_info(s, &info));
		ck_assert_uint_eq(info.holder, HP_HOLDER_GIVEN);
		ck_assert_uint_eq(info.outlives_restart, HP_NOT_KNOWN);
		ck_assert_uint_eq(info.outlives_kexec, HP_YES);
		ck_assert_uint_eq(info.preserved_count, 1);
		ok(hp_session_abort(s));
		ok(hp_session_close(s));
		ck_assert_int_eq(fake_leaks(), 1);
		fake_close_any(fd);
		ck_assert_int_eq(fake.sessions_outgoing, 0);

		/* Or given up after the failure. */
		fd = create("db");
		ok(open_one(fd));
		ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
		fake.fail_nth = cases[i].nth;
		is(hp_region_preserve(r), cases[i].expected);
		ok(hp_session_close(s));
		ck_assert_int_eq(fake_leaks(), 1);
	}
}
END_TEST

Suite *given_suite(void)
{
	const TTest *const tests[] = {
		returned_session_is_given,
		empty_session_is_used_by_the_first_preserve,
		both_in_any_order,
		filled_session_is_refused,
		first_preserve_that_fails_can_be_repeated,
		what_is_not_taken,
		any_name_in_the_kernel,
		session_on_all_kinds_of_machines,
		kind_on_all_kernels,
		errors_of_the_system,
		options,
		NULL,
	};

	return suite_of("given", tests);
}
