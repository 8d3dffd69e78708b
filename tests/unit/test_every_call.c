// SPDX-License-Identifier: MIT
/*
 * Every public function, with every call to the system that it makes failing
 * in turn, in many ways. Each time the function says one of the errors that its
 * man page lists, leaves nothing behind, works when it is called again, and what
 * was there is there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/session/session.h"
#include "every_call.h"

/* In the lists of documented_calls.h, which this is compiled with. */
static bool is_documented(const char *function, int err)
{
	const struct hp_documented_list *d = hp_documented_lists;
	const int *code;

	while (d->function && strcmp(d->function, function))
		d++;
	for (code = d->list; code && *code; code++)
		if (*code == -err)
			return true;
	return false;
}

/* What Linux might answer, and one that it never does. */
static const int errors[] = {
	ENOMEM, EMFILE, ENFILE, ENOSPC, EINTR,	EAGAIN, EPERM,	   EACCES,
	EINVAL, EBUSY,	EIO,	ENOENT, ENOTTY, ENOSYS, EHWPOISON, EXDEV,
	EFBIG,	ENXIO,	ENODEV, EBADF,	EEXIST, E2BIG,	EFAULT,
};

/*
 * Answers that are no failures but mean something else, which the fake kernel
 * would not stand by: the caller is right to believe them.
 */
static bool is_a_lie(const char *function, enum fake_call call, int err)
{
	switch (call) {
	case CALL_RETRIEVE_SESSION:
		return err == ENOENT; /* nothing came back */
	case CALL_PRESERVE_FD: /* the token is used; it is empty, see luo_kind.c */
		return err == EEXIST || err == EBADF;
	case CALL_RETRIEVE_FD: /* not there; and no attempt, so not final */
		return err == ENOENT || err == ENOTTY || err == E2BIG;
	case CALL_SET_LENGTH: /* frozen, which a new file is not */
		return err == EPERM && (!strcmp(function, "hp_region_create") ||
					!strcmp(function, "hp_region_open"));
	case CALL_FIND_DATA: /* it is all one hole */
		return err == ENXIO;
	default:
		return false;
	}
}

struct usage {
	long leaks, sessions, pages, gigantic;
};

/* Numbers that the manager passed are not counted. */
#define OWN_FIRST 1000

/* The manifest and regions that are not open: memory, mapping, descriptor. */
static int kept(void)
{
	const struct hp_region *r = at.s ? at.s->regions : NULL;
	int count = 0;

	if (at.s && at.s->manifest)
		count = 2 + (at.s->manifest->fd >= OWN_FIRST);
	/* An answer of the manager that is waited for. */
	if (at.s && at.s->store.manager.barrier > 0)
		count++;
	for (; r; r = r->next)
		count += r->open ? 0 : 1 + (r->fd >= OWN_FIRST);
	return count;
}

static struct usage usage(void)
{
	struct usage now;

	/* What was read or made once is kept for the next call. */
	now.leaks = fake_leaks() - kept();
	now.sessions = fake.sessions_outgoing + fake.sessions_incoming;
	now.pages = fake.pool_used;
	now.gigantic = fake.pool_1g_used;
	return now;
}

char where[256];

/* What the kernel failed to rebuild is so for good, which is no leak. */
static bool is_final(enum fake_call call)
{
	return call == CALL_RETRIEVE_FD && at.s &&
	       (at.s->lost_count || at.s->manifest_error == -ENOMSG);
}

/* Without the manifest both regions are there, else the other one. */
static void check_what_is_left(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_UNLISTED,
	};
	const uint64_t tokens[] = { POOL, INDEX };
	unsigned int lost = 0;

	if (at.s->given_up)
		return;
	for (int i = 0; i < 2; i++) {
		struct hp_region *region;
		int rc = hp_region_get(at.s, tokens[i], &region);

		if (rc)
			rc = hp_region_reclaim(at.s, tokens[i], &opts, &region);
		/* New memory in its place. */
		if (!rc && hp_region_origin(region) == HP_ORIGIN_LOST)
			rc = -ENODATA;
		lost += rc == -ENODATA;
		ck_assert_msg(!rc || rc == -ENODATA, "%s: then %d", where, rc);
		if (!rc)
			check_filled(region);
	}
	ck_assert_msg(lost == at.s->lost_count && lost < 2,
		      "%s: %u are lost, %u are said to be", where, lost,
		      at.s->lost_count);
}

/* For the control below: to be counted instead. */
static bool count_leaks;
static int leaks;

static void compare(struct usage before, struct usage now)
{
	if (!memcmp(&now, &before, sizeof(now)))
		return;
	leaks++;
	ck_assert_msg(count_leaks,
		      "%s: %ld descriptors, maps and allocations more, "
		      "%ld sessions, %ld and %ld pages",
		      where, now.leaks - before.leaks,
		      now.sessions - before.sessions, now.pages - before.pages,
		      now.gigantic - before.gigantic);
}

static void after_failure(const struct scenario *scenario, int rc,
			  struct usage before)
{
	ck_assert_msg(is_documented(scenario->function, rc),
		      "%s: %d (%s) is not on its page", where, rc,
		      hp_strerror(rc));
	if (scenario->recover) {
		rc = scenario->recover();
	} else {
		compare(before, usage());
		rc = scenario->call();
	}
	ck_assert_msg(!rc, "%s: the second time %d (%s)", where, rc,
		      hp_strerror(rc));
	scenario->verify();
}

/* False: the nth call of that kind did not come. */
static bool run_once(const struct scenario *scenario, enum fake_call call,
		     int nth, int err, bool *seen)
{
	struct usage before;
	bool failed;
	int rc;

	(void)snprintf(where, sizeof(where), "%s (%s), %s number %d: %s",
		       scenario->function, scenario->variant,
		       fake_call_name(call), nth, strerror(err));
	at = (struct at_hand){ .fd = -1 };
	scenario->prepare();
	before = usage();
	memset(fake.calls, 0, sizeof(fake.calls));
	fake.fail_call = call;
	fake.fail_nth = nth;
	fake.fail_errno = err;
	rc = scenario->call();
	for (int i = 0; i < CALL_KINDS; i++)
		seen[i] |= fake.calls[i] != 0;
	failed = fake.failed;
	fake.fail_nth = 0;
	fake.failed = false;
	if (!failed)
		ck_assert_msg(!rc, "%s: no failure, and %d", where, rc);
	if (is_final(call))
		check_what_is_left();
	else if (rc)
		after_failure(scenario, rc, before);
	else
		scenario->verify();
	end_all();
	ck_assert_msg(count_leaks || (!fake_leaks() && !fake.pool_used &&
				      !fake.pool_1g_used),
		      "%s: %d left at the end, %ld pages", where, fake_leaks(),
		      fake.pool_used + fake.pool_1g_used);
	return failed;
}

/* Each call of one kind in each way. */
static void fail_calls(const struct scenario *scenario, enum fake_call call,
		       bool *seen)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (is_a_lie(scenario->function, call, errors[i]))
			continue;
		for (int nth = 1;
		     run_once(scenario, call, nth, errors[i], seen);)
			nth++;
	}
}

/* Until there is no kind of call that was seen and did not fail. */
static void run_scenario(const struct scenario *scenario)
{
	bool seen[CALL_KINDS] = { false }, done[CALL_KINDS] = { false };
	bool more = true;

	run_once(scenario, CALL_OPEN, 0, 0, seen);
	while (more) {
		more = false;
		for (int call = 0; call < CALL_CAN_FAIL; call++) {
			if (!seen[call] || done[call])
				continue;
			done[call] = true;
			more = true;
			fail_calls(scenario, call, seen);
		}
	}
}

START_TEST(every_call_fails)
{
	run_scenario(&scenarios[_i]);
}
END_TEST

/* Without a call that could fail; all other scenarios have some. */
static bool is_silent(const struct scenario *scenario)
{
	static const char *const silent[] = {
		"hp_session_unseal", "hp_session_close", "hp_session_abort",
		"hp_session_drop",   "hp_region_info",	 "hp_region_set_layout",
		"hp_region_close",
	};

	if (strstr(scenario->variant, "store") &&
	    strcmp(scenario->function, "hp_session_close"))
		return false;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (!strcmp(scenario->function, silent[i]))
			return true;
	return false;
}

/* Control: there was something to fail. */
START_TEST(calls_were_made)
{
	const struct scenario *scenario = &scenarios[_i];
	int made = 0;

	at = (struct at_hand){ .fd = -1 };
	scenario->prepare();
	memset(fake.calls, 0, sizeof(fake.calls));
	ok(scenario->call());
	for (int call = 0; call < CALL_CAN_FAIL; call++)
		made += fake.calls[call];
	ck_assert_msg(is_silent(scenario) == !made, "%s (%s): %d calls",
		      scenario->function, scenario->variant, made);
}
END_TEST

/* Control: a leak on the way back is noticed. */
static void leaking_close(int fd)
{
	if (!fake.failed)
		fake_sys.close(fd);
}

START_TEST(a_leak_is_noticed)
{
	static struct hp_sys leaking;
	bool seen[CALL_KINDS] = { false };

	leaking = fake_sys;
	leaking.close = leaking_close;
	scenario_sys = &leaking;
	count_leaks = true;
	for (unsigned int i = 0; i < scenarios_count; i++)
		if (!strcmp(scenarios[i].function, "hp_region_create"))
			run_once(&scenarios[i], CALL_MAP, 1, ENOMEM, seen);
	ck_assert_int_gt(leaks, 2);
}
END_TEST

/* Control: the pages are what is_documented() looks at. */
START_TEST(pages_were_read)
{
	ck_assert(is_documented("hp_session_open", -EALREADY));
	ck_assert(!is_documented("hp_session_open", -EADDRINUSE));
	for (unsigned int i = 0; i < scenarios_count; i++)
		ck_assert(is_documented(scenarios[i].function, -ECHILD) ||
			  !strcmp(scenarios[i].function, "hp_session_open") ||
			  !strcmp(scenarios[i].function, "hp_region_from_fd"));
}
END_TEST

Suite *every_call_suite(void)
{
	const TTest *const tests[] = { pages_were_read, a_leak_is_noticed,
				       NULL };
	Suite *suite = suite_of("every call", tests);
	TCase *cases = tcase_create("every call fails");

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, every_call_fails, 0, (int)scenarios_count);
	tcase_add_loop_test(cases, calls_were_made, 0, (int)scenarios_count);
	suite_add_tcase(suite, cases);
	return suite;
}
