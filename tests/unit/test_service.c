// SPDX-License-Identifier: MIT
/*
 * Sessions of a service whose manager keeps them (HP_SESSION_SERVICE).
 */
#include <errno.h>
#include <string.h>

#include "../../lib/source_service.h"
#include "suites.h"

#define IN "hugepersist-in-db"
#define OUT "hugepersist-out-db"

static const struct hp_sys *sys = &fake_sys;
static struct hp_session *s, *other;
static struct hp_region *r;
static char said[4096];

static void hear(void *context, int priority, const char *message)
{
	(void)context;
	(void)priority;
	strncat(said, message, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static bool heard(const char *words)
{
	return strstr(said, words);
}

static int open_named(const char *name, struct hp_session **ret)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_SERVICE,
		.timeout_ms = 200,
		.log = hear,
	};

	said[0] = '\0';
	return hp_session_open_on(sys, name, &opts, ret);
}

static int open_service(void)
{
	return open_named("db", &s);
}

/* The machine is up, and the service is started by its manager. */
static void start_service(void)
{
	fake_boot();
	fake.manager = true;
	fake_crash();
}

static void preserve_one(void)
{
	ck_ok(open_service());
	ck_ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fill(r);
	ck_ok(hp_region_preserve(r));
}

/* A session came back, and the process has opened it. */
static void returned(void)
{
	start_service();
	preserve_one();
	fake_kexec();
	ck_ok(open_service());
	ck_assert_int_eq(hp_session_returned(s), 1);
}

START_TEST(killed_after_preserve)
{
	start_service();
	preserve_one();
	ck_assert_int_eq(fake_manager_has(OUT), 1);
	ck_assert_int_eq(fake_manager_has(IN), 0);
	ck_assert(hp_source_is_stored(&s->source, false));
	fake_crash();
	/* The next start finds it, and nothing ended. */
	ck_assert_int_eq(fake.pool_used, 1);
	fake.calls[CALL_OPEN] = 0;
	ck_ok(open_service());
	ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
	ck_assert_int_eq(hp_session_returned(s), 0);
	ck_assert_int_ge(s->outgoing.inherited_fd, 0);
	ck_assert(hp_source_is_stored(&s->source, false));
	ck_assert(heard("came from the service manager"));
	/* Taken over: nothing that a child could inherit. */
	ck_assert_int_eq(fake_inheritable(), 0);
	ck_ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ck_result(hp_region_preserve(r), -EALREADY);
	/* Killed again; and then the kexec, with the manager as the holder. */
	fake_crash();
	ck_assert_int_eq(fake.pool_used, 1);
	fake_kexec();
	ck_ok(open_service());
	ck_assert_int_eq(hp_session_returned(s), 1);
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
}
END_TEST

START_TEST(inherited_is_given_up_by_abort)
{
	start_service();
	preserve_one();
	fake_crash();
	ck_ok(open_service());
	ck_ok(hp_region_create(s, POOL, 4 * MIB, NULL, &r));
	ck_ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_assert_int_eq(fake.stored, 0);
	ck_assert_int_eq(s->outgoing.inherited_fd, -1);
	ck_assert(!hp_source_is_stored(&s->source, false));
	ck_ok(hp_region_preserve(r));
	ck_assert_int_eq(fake_manager_has(OUT), 1);
	ck_ok(hp_session_abort(s));
	ck_ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.stored, 0);
	ck_assert_int_eq(fake.pool_used, 0);
}
END_TEST

START_TEST(inherited_stays_after_close)
{
	start_service();
	preserve_one();
	fake_crash();
	ck_ok(open_service());
	ck_ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_assert_int_eq(fake_manager_has(OUT), 1);
}
END_TEST

START_TEST(killed_before_commit)
{
	returned();
	ck_assert_int_eq(fake_manager_has(IN), 1);
	ck_assert(hp_source_is_stored(&s->source, true));
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	fake_crash();
	ck_assert_int_eq(fake.pool_used, 1);
	ck_ok(open_service());
	ck_assert_int_eq(hp_session_returned(s), 1);
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ck_ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake.stored, 0);
	ck_assert_int_eq(fake.sessions_incoming, 0);
	ck_ok(hp_region_preserve(r));
	ck_assert_int_eq(fake_manager_has(OUT), 1);
}
END_TEST

/* It gives back under the name of then what is incoming now. */
START_TEST(manager_takes_it_over_the_kexec)
{
	start_service();
	fake.manager_over_kexec = true;
	preserve_one();
	for (int i = 0; i < 5; i++) {
		fake_kexec();
		fake.calls[CALL_OPEN] = 0;
		ck_ok(open_service());
		ck_assert_int_eq(fake.calls[CALL_OPEN], 0);
		ck_assert_int_eq(hp_session_returned(s), 1);
		ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
		check_filled(r);
		ck_assert_int_eq(fake_manager_has(OUT), 1);
		ck_ok(hp_session_commit(s, 0));
		ck_assert_int_eq(fake.stored, 0);
		ck_assert_int_eq(fake.sessions_incoming, 0);
		ck_ok(hp_region_preserve(r));
	}
}
END_TEST

START_TEST(each_name_finds_its_own)
{
	struct hp_region *q;

	start_service();
	preserve_one();
	ck_ok(open_named("a:b", &other));
	ck_ok(hp_region_create(other, INDEX, 2 * MIB, NULL, &q));
	ck_ok(hp_region_preserve(q));
	ck_assert_int_eq(fake_manager_has("hugepersist-out-a%3Ab"), 1);
	/* What somebody else stored. */
	ck_ok(sys->notify(sys->environment("NOTIFY_SOCKET"),
			  "FDSTORE=1\nFDNAME=web", (int[]){ fake_other_fd() },
			  1));
	fake_crash();
	ck_assert_str_eq(sys->environment("LISTEN_FDS"), "3");
	ck_ok(open_service());
	ck_ok(open_named("a:b", &other));
	ck_assert_int_ge(s->outgoing.inherited_fd, 0);
	ck_assert_int_ge(other->outgoing.inherited_fd, 0);
	ck_assert_int_eq(fake_inheritable(), 1);
	/* A second handle finds that it is gone. */
	ck_ok(hp_session_close(other));
	ck_ok(open_named("a:b", &other));
	ck_assert_int_eq(other->outgoing.inherited_fd, -1);
	ck_ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_assert_int_eq(fake_manager_has("web"), 1);
	ck_assert_str_eq(sys->environment("LISTEN_FDS"), "3");
}
END_TEST

/* Passed on by someone who keeps nothing: the last copy. */
START_TEST(inherited_by_nobody_else)
{
	start_service();
	preserve_one();
	fake_crash();
	fake_setenv("NOTIFY_SOCKET", NULL);
	fake_manager_drop(OUT);
	ck_ok(open_service());
	ck_assert_int_ge(s->outgoing.inherited_fd, 0);
	ck_assert(!hp_source_is_stored(&s->source, false));
	ck_result(hp_session_close(s), -EBUSY);
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_ok(hp_session_close(s));
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* The name says ours, the kernel says other: it stays where it is. */
START_TEST(name_without_a_session)
{
	start_service();
	ck_ok(sys->notify(sys->environment("NOTIFY_SOCKET"),
			  "FDSTORE=1\nFDNAME=" OUT, (int[]){ fake_other_fd() },
			  1));
	fake_crash();
	ck_ok(open_service());
	ck_assert(heard("is not session 'db'"));
	ck_assert_int_eq(s->outgoing.inherited_fd, -1);
	ck_assert_int_eq(fake_inheritable(), 1);
	ck_ok(hp_session_close(s));
}
END_TEST

START_TEST(one_more_of_its_kind_is_left_alone)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_SERVICE,
		.fds_count = 1,
		.log = hear,
	};
	int given = 3;

	/* The caller found it first, and gives it to us. */
	start_service();
	preserve_one();
	fake_crash();
	opts.fds = &given;
	said[0] = '\0';
	ck_ok(hp_session_open_on(sys, "db", &opts, &s));
	ck_assert(heard("is left alone"));
	ck_assert_int_ge(s->outgoing.inherited_fd, 0);
	ck_assert_int_eq(fake_inheritable(), 1);
	sys->close(given);
	/* The manager has a copy all the same, and lets go of it. */
	ck_ok(hp_session_abort(s));
	ck_assert_int_eq(fake.stored, 0);
	ck_assert_int_eq(fake.sessions_outgoing, 0);
}
END_TEST

/* Nobody cares for us: as without the flag. */
START_TEST(without_a_manager)
{
	static const char *const useless[] = { NULL, "" };

	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		fake_boot();
		fake_setenv("NOTIFY_SOCKET", useless[i]);
		preserve_one();
		ck_assert(heard("NOTIFY_SOCKET is not set"));
		ck_assert(!hp_source_is_stored(&s->source, false));
		ck_assert_int_eq(fake.calls[CALL_NOTIFY], 0);
		ck_ok(hp_session_abort(s));
		ck_ok(hp_session_close(s));
		ck_assert_int_eq(fake_leaks(), 0);
	}
	fake_boot();
	/* A path as long as an address can be, and one more. */
	for (int extra = 0; extra < 2; extra++) {
		char path[HP_MANAGER_ADDRESS_SIZE + 1] = "/";

		memset(path + 1, 'x', sizeof(path) - 3 + (size_t)extra);
		fake_setenv("NOTIFY_SOCKET", path);
		preserve_one();
		ck_assert_int_eq(heard("too long"), extra);
		ck_assert_int_eq(heard("ECONNREFUSED"), !extra);
		ck_assert(!hp_source_is_stored(&s->source, false));
		ck_ok(hp_session_abort(s));
		ck_ok(hp_session_close(s));
	}
}
END_TEST

START_TEST(list_that_cannot_be_read)
{
	start_service();
	preserve_one();
	fake_crash();
	fake_setenv("LISTEN_FDNAMES", OUT ":" OUT);
	ck_ok(open_service());
	ck_assert(heard("are not as sd_listen_fds(3) says"));
	ck_assert_int_eq(s->outgoing.inherited_fd, -1);
	ck_assert_int_eq(fake_inheritable(), 1);
	ck_ok(hp_session_close(s));
	/* Those of the parent. */
	fake_setenv("LISTEN_FDNAMES", OUT);
	fake_setenv("LISTEN_PID", "1");
	ck_ok(open_service());
	ck_assert_int_eq(s->outgoing.inherited_fd, -1);
	ck_assert_int_eq(fake_inheritable(), 1);
}
END_TEST

/* By default systemd keeps nothing, and nobody says so when asked to. */
START_TEST(manager_that_keeps_nothing)
{
	static const char *const values[] = { NULL, "", "0", "00" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		start_service();
		fake_setenv("FDSTORE", values[i]);
		preserve_one();
		ck_assert(heard("FDSTORE is not set"));
		ck_assert(!hp_source_is_stored(&s->source, false));
		/* It may keep it all the same, and is told when it ends. */
		ck_assert_int_eq(fake_manager_has(OUT), 1);
		ck_ok(hp_session_abort(s));
		ck_assert_int_eq(fake.stored, 0);
	}
	/* Control. */
	start_service();
	preserve_one();
	ck_assert(!heard("FDSTORE"));
}
END_TEST

START_TEST(manager_does_not_let_go)
{
	start_service();
	preserve_one();
	fake.manager_stuck = true;
	ck_result(hp_session_abort(s), -EAGAIN);
	ck_assert_uint_eq(fake.now, 200);
	ck_assert(heard("poll(BARRIER): ETIMEDOUT"));
	ck_assert_int_eq(hp_region_is_preserved(r), 0);
	ck_assert(!hp_source_is_stored(&s->source, false));
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	ck_result(hp_region_preserve(r), -EALREADY);
	ck_result(hp_session_abort(s), -EAGAIN);
	fake.manager_stuck = false;
	ck_ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 0);
	ck_ok(hp_region_preserve(r));
	ck_ok(hp_session_abort(s));

	/* It is told once more when the session is closed. */
	ck_ok(hp_region_preserve(r));
	fake.manager_stuck = true;
	ck_result(hp_session_abort(s), -EAGAIN);
	fake.manager_stuck = false;
	ck_ok(hp_session_close(s));
	ck_assert_int_eq(fake.stored, 0);
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

/* Each call of the way there and of the way back fails, once. */
START_TEST(abort_that_fails_can_be_repeated)
{
	static const struct {
		enum fake_call call;
		int nth, err;
		const char *words;
	} cases[] = {
		{ CALL_NOTIFY, 1, EPERM, "was not told to let go" },
		{ CALL_NOTIFY, 2, ENOBUFS, "sendmsg(NOTIFY_SOCKET): ENOBUFS" },
		{ CALL_PIPE, 1, EMFILE, "pipe2: EMFILE" },
		{ CALL_WAIT_HANGUP, 1, ENOMEM, "poll(BARRIER): ENOMEM" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_service();
		preserve_one();
		fake.fail_call = cases[i].call;
		fake.fail_nth = cases[i].nth;
		fake.fail_errno = cases[i].err;
		ck_result(hp_session_abort(s), -EAGAIN);
		ck_assert(fake.failed);
		ck_assert(heard(cases[i].words));
		ck_ok(hp_session_abort(s));
		ck_assert_int_eq(fake.sessions_outgoing, 0);
		ck_assert_int_eq(fake.stored, 0);
		ck_ok(hp_region_preserve(r));
		ck_ok(hp_session_abort(s));
		ck_ok(hp_session_close(s));
		ck_assert_int_eq(fake_leaks(), 0);
	}
}
END_TEST

/* Nothing is lost, and nothing is there to be taken back. */
START_TEST(store_that_fails)
{
	start_service();
	fake.fail_call = CALL_NOTIFY;
	fake.fail_nth = 1;
	fake.fail_errno = ETOOMANYREFS;
	preserve_one();
	ck_assert(fake.failed);
	ck_assert(heard("does not keep the session: "
			"sendmsg(NOTIFY_SOCKET): ETOOMANYREFS"));
	ck_assert(!hp_source_is_stored(&s->source, false));
	ck_assert_int_eq(hp_region_is_preserved(r), 1);
	fake_kexec();
	/* The same for what comes back. */
	fake.fail_nth = 1;
	ck_ok(open_service());
	ck_assert(!hp_source_is_stored(&s->source, true));
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	check_filled(r);
	ck_ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake.calls[CALL_NOTIFY], 2);
}
END_TEST

START_TEST(full_queue_is_waited_for)
{
	start_service();
	ck_ok(open_service());
	ck_ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	fake.fail_call = CALL_NOTIFY;
	fake.fail_errno = EAGAIN;
	fake.fail_nth = 1;
	ck_ok(hp_region_preserve(r));
	ck_assert(hp_source_is_stored(&s->source, false));
	ck_assert_uint_gt(fake.now, 0);
	ck_ok(hp_session_abort(s));
	fake.fail_nth = 1;
	fake.fail_on = true;
	fake.now = 0;
	ck_ok(hp_region_preserve(r));
	ck_assert(!hp_source_is_stored(&s->source, false));
	ck_assert_uint_eq(fake.now, 200);
}
END_TEST

/* Commit does not wait for a manager: what it has then is empty. */
START_TEST(commit_does_not_wait)
{
	returned();
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	fake.manager_stuck = true;
	fake.now = 0;
	ck_ok(hp_session_commit(s, 0));
	ck_assert_uint_eq(fake.now, 0);
	ck_assert_int_eq(fake.stored, 1);
	ck_ok(hp_region_preserve(r));
	fake.manager_stuck = false;
	fake_manager_run();
	ck_assert_int_eq(fake_manager_has(IN), 0);
	ck_assert_int_eq(fake_manager_has(OUT), 1);
	check_filled(r);

	/* It was not even told: the next start finds nothing in it. */
	returned();
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	fake.fail_call = CALL_NOTIFY;
	fake.fail_nth = 1;
	fake.fail_errno = EPERM;
	ck_ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake_manager_has(IN), 1);
	fake_crash();
	ck_ok(open_service());
	ck_assert_int_eq(hp_session_returned(s), 1);
	ck_result(hp_region_reclaim(s, POOL, NULL, &r), -ENOENT);
	ck_ok(hp_session_commit(s, 0));
	ck_assert_int_eq(fake.stored, 0);
}
END_TEST

/* Told at close too, if it was not told at commit. */
START_TEST(close_tells_again)
{
	returned();
	ck_ok(hp_region_reclaim(s, POOL, NULL, &r));
	fake.fail_call = CALL_NOTIFY;
	fake.fail_nth = 1;
	fake.fail_errno = EPERM;
	ck_ok(hp_session_commit(s, 0));
	ck_ok(hp_session_close(s));
	ck_assert_int_eq(fake.stored, 0);
	ck_assert_int_eq(fake.sessions_incoming, 0);
}
END_TEST

/* systemd answers, and closes in the background. */
static int late_copy;
static uint64_t late_until;

static void close_late(void)
{
	if (fake.now < late_until || late_copy < 0)
		return;
	fake.on_call = NULL;
	fake_exit(1);
	late_copy = -1;
}

START_TEST(name_that_is_free_a_moment_later)
{
	start_service();
	preserve_one();
	fake_switch(1);
	fake_switch(0);
	late_copy = fake_pass_fd(s->outgoing.fd, 1);
	late_until = 50;
	ck_ok(hp_session_abort(s));
	ck_assert_int_eq(fake.sessions_outgoing, 1);
	fake.on_call = close_late;
	ck_ok(hp_region_preserve(r));
	ck_assert_uint_ge(fake.now, 50);

	/* Not for ever, nor every time. */
	fake_switch(1);
	fake_switch(0);
	late_copy = fake_pass_fd(s->outgoing.fd, 1);
	ck_ok(hp_session_abort(s));
	fake.now = 0;
	ck_result(hp_region_preserve(r), -EALREADY);
	ck_assert_uint_eq(fake.now, 200);
	ck_result(hp_region_preserve(r), -EALREADY);
	ck_assert_uint_eq(fake.now, 200);
}
END_TEST

/* An error while it looks must not end what the process was started with. */
START_TEST(open_that_fails_takes_nothing_over)
{
	static const struct {
		enum fake_call call;
		int err, expected;
	} cases[] = {
		{ CALL_DUPLICATE, EMFILE, -EMFILE },
		{ CALL_PRESERVE_FD, ENOMEM, -ENOMEM },
		{ CALL_ZALLOC, ENOMEM, -ENOMEM },
	};

	start_service();
	preserve_one();
	fake_crash();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fake.fail_call = cases[i].call;
		fake.fail_nth = 1;
		fake.fail_errno = cases[i].err;
		ck_result(open_service(), cases[i].expected);
		ck_assert_int_eq(fake_inheritable(), 1);
		ck_assert_int_eq(fake_leaks(), 1);
	}
	ck_ok(open_service());
	ck_assert_int_ge(s->outgoing.inherited_fd, 0);
}
END_TEST

/* The numbers of LISTEN_FDS stay free of our sessions. */
START_TEST(sessions_stay_out_of_the_list)
{
	struct hp_source source = { .sys = sys };
	int fd = fake_other_fd(), moved;

	source.listen_end = fd;
	ck_assert_int_eq(hp_service_move_out(&source, fd), fd);
	source.listen_end = fd + 1;
	moved = hp_service_move_out(&source, fd);
	ck_assert_int_eq(moved, fd + 1);
	ck_assert_int_eq(fake.fds, 1);
	/* Past several, of which it leaves none behind. */
	source.listen_end = fd + 5;
	moved = hp_service_move_out(&source, moved);
	ck_assert_int_ge(moved, fd + 5);
	ck_assert_int_eq(fake.fds, 1);
	/* No number is left: better there than lost. */
	source.listen_end = moved + 5;
	fake.fail_call = CALL_DUPLICATE;
	fake.fail_nth = 2;
	fake.fail_errno = EMFILE;
	moved = hp_service_move_out(&source, moved);
	ck_assert_int_ge(moved, 0);
	ck_assert_int_eq(fake.fds, 1);
	sys->close(moved);
}
END_TEST

/* A machine without live update. */
START_TEST(local_service)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_SERVICE | HP_SESSION_LOCAL,
	};

	start_service();
	fake.no_device = true;
	ck_result(open_service(), -ENODEV);
	ck_assert(heard("open(/dev/liveupdate): ENOENT"));
	ck_ok(hp_session_open_on(sys, "db", &opts, &s));
	ck_ok(hp_region_create(s, POOL, 2 * MIB, NULL, &r));
	ck_result(hp_region_preserve(r), -ENODEV);
	ck_ok(hp_session_abort(s));
	ck_ok(hp_session_close(s));
	ck_assert_int_eq(fake.calls[CALL_NOTIFY], 0);
	ck_assert_int_eq(fake_leaks(), 0);
}
END_TEST

Suite *service_suite(void)
{
	const TTest *const tests[] = {
		killed_after_preserve,
		inherited_is_given_up_by_abort,
		inherited_stays_after_close,
		inherited_by_nobody_else,
		killed_before_commit,
		manager_takes_it_over_the_kexec,
		each_name_finds_its_own,
		name_without_a_session,
		one_more_of_its_kind_is_left_alone,
		without_a_manager,
		list_that_cannot_be_read,
		manager_that_keeps_nothing,
		manager_does_not_let_go,
		abort_that_fails_can_be_repeated,
		store_that_fails,
		full_queue_is_waited_for,
		commit_does_not_wait,
		close_tells_again,
		name_that_is_free_a_moment_later,
		open_that_fails_takes_nothing_over,
		sessions_stay_out_of_the_list,
		local_service,
		NULL,
	};

	return suite_of("service", tests);
}
