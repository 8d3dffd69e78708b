// SPDX-License-Identifier: MIT
/*
 * "Any thread may call": several threads on one session, on several sessions,
 * getters during everything, and a fork in the middle. Built with
 * ThreadSanitizer, which looks for what would go wrong only sometimes.
 *
 *	hugepersist-threads [race]
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hugepersist/hugepersist.h>

#include "../../lib/session/session.h"
#include "../expect.h"
#include "../unit/fake.h"

#define THREADS 4
#define ROUNDS 40
#define PAGE HP_PAGE_2M

static struct hp_session *shared;
static struct hp_region *region;
static atomic_bool stop;

static int open_session(const char *name, struct hp_session **ret_session)
{
	return hp_session_open_on(&fake_sys, name, NULL, ret_session);
}

static void boot(void)
{
	fake_boot();
	fake.pool_pages = 1000;
}

/* Run that in so many threads, with their numbers, until all end. */
static void run(void *(*function)(void *), unsigned int count)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < count; i++)
		check(!pthread_create(&threads[i], NULL, function, (void *)i));
	for (unsigned int i = 0; i < count; i++)
		check(!pthread_join(threads[i], NULL));
}

/* Beside that, one that reads what is there. */
static void run_watched(void *(*function)(void *), void *(*watch)(void *))
{
	pthread_t watcher;

	atomic_store(&stop, false);
	check(!pthread_create(&watcher, NULL, watch, NULL));
	run(function, THREADS);
	atomic_store(&stop, true);
	check(!pthread_join(watcher, NULL));
}

/* The device is busy now and then, and the fake's clock runs fast. */
static int patiently(int (*call)(struct hp_region *), struct hp_region *r)
{
	int rc;

	do
		rc = call(r);
	while (rc == -EAGAIN);
	return rc;
}

/* -- What threads do ------------------------------------------------------- */

static void *live_in_shared(void *number)
{
	uint64_t token = (uintptr_t)number;
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region_info listed = { .size = sizeof(listed) };
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_MAY_MOVE | HP_REGION_POPULATE,
		.populate_threads = 2,
	};

	for (int i = 0; i < ROUNDS; i++) {
		struct hp_region *r;

		ok(hp_region_create(shared, token, PAGE, NULL, &r));
		memset(hp_region_address(r), (int)token, 4096);
		is(hp_region_create(shared, token, PAGE, NULL, &r), -EEXIST);
		ok(hp_region_grow(r, 3 * PAGE, &opts));
		ok(hp_region_set_layout(r, token));
		ok(hp_region_preserve(r));
		/* Others preserve meanwhile. */
		ok(hp_session_seal(shared));
		ok(hp_session_unseal(shared));
		ok(hp_session_info(shared, &info));
		check(info.preserved_count >= 1);
		ok(hp_session_region(shared, 0, &listed));
		ok(hp_region_info(r, &listed));
		check(listed.layout == token);
		check(((char *)hp_region_address(r))[5] == (char)token);
		/* Closed it is carried along, and drop ends it. */
		ok(hp_region_close(r));
		ok(hp_region_open(shared, token, 3 * PAGE, NULL, &r));
		check(((char *)hp_region_address(r))[5] == (char)token);
		ok(hp_region_drop(r));
	}
	return NULL;
}

static void *watch_shared(void *unused)
{
	while (!atomic_load(&stop)) {
		check(hp_session_name(shared));
		check(!strcmp(hp_session_name(shared), "shared"));
	}
	return unused;
}

static void one_session(void)
{
	boot();
	ok(open_session("shared", &shared));
	run_watched(live_in_shared, watch_shared);
	ok(hp_session_close(shared));
	check(!fake_leaks());
}

static void *live_alone(void *number)
{
	char name[] = "session-0";

	name[8] = (char)('0' + (int)(uintptr_t)number);
	for (int i = 0; i < ROUNDS; i++) {
		struct hp_session *s;
		struct hp_region *r;
		int rc;

		do
			rc = open_session(name, &s);
		while (rc == -EAGAIN);
		ok(rc);
		ok(hp_region_create(s, 1, PAGE, NULL, &r));
		ok(patiently(hp_region_preserve, r));
		ok(hp_session_seal(s));
		ok(hp_session_abort(s));
		ok(hp_session_close(s));
	}
	return NULL;
}

static void own_sessions(void)
{
	boot();
	run(live_alone, THREADS);
	check(!fake_leaks() && !fake.sessions_outgoing);
}

/* The getters never wait, and what they say is true at some moment. */
static void *watch_region(void *unused)
{
	while (!atomic_load(&stop)) {
		uint64_t length = hp_region_length(region);

		check(length == PAGE || length == 2 * PAGE);
		check(hp_region_address(region));
		check(hp_region_is_preserved(region) <= 1);
		check(hp_region_token(region) == 7);
		check(hp_region_page_size(region) == PAGE);
		check(hp_region_origin(region) == HP_ORIGIN_CREATED);
		check(hp_region_fd(region) >= 0);
	}
	return unused;
}

static void *preserve_and_abort(void *number)
{
	/* One of them grows it, between two of the others. */
	for (int i = 0; i < ROUNDS; i++) {
		if (number) {
			ok(patiently(hp_region_preserve, region));
			ok(hp_session_abort(shared));
		} else {
			struct hp_region_opts opts = {
				.size = sizeof(opts),
				.flags = HP_REGION_MAY_MOVE,
			};
			int rc = hp_region_grow(region, 2 * PAGE, &opts);

			check(!rc || rc == -EBUSY);
		}
	}
	return NULL;
}

static void getters(void)
{
	boot();
	ok(open_session("shared", &shared));
	ok(hp_region_create(shared, 7, PAGE, NULL, &region));
	run_watched(preserve_and_abort, watch_region);
	ok(hp_session_close(shared));
}

static void *reclaim_some(void *number)
{
	for (uint64_t t = (uintptr_t)number; t < 64; t += THREADS) {
		struct hp_region *r;

		ok(hp_region_reclaim(shared, t, NULL, &r));
		check(*(uint64_t *)hp_region_address(r) == t);
	}
	return NULL;
}

/* What is carried along, by the call that most programs use. */
static void *open_some(void *number)
{
	for (uint64_t t = (uintptr_t)number; t < 64; t += THREADS) {
		struct hp_region *r;

		ok(hp_region_get(shared, t, &r));
		ok(hp_region_close(r));
		ok(hp_region_open(shared, t, PAGE, NULL, &r));
		check(*(uint64_t *)hp_region_address(r) == t);
		ok(hp_session_preserve(shared));
	}
	return NULL;
}

static void *watch_return(void *unused)
{
	struct hp_session_info info = { .size = sizeof(info) };

	while (!atomic_load(&stop)) {
		ok(hp_session_info(shared, &info));
		check(info.came_back && !info.lost_count);
		check(info.region_count == 64);
	}
	return unused;
}

static void reclaiming(void)
{
	boot();
	ok(open_session("shared", &shared));
	for (uint64_t t = 0; t < 64; t++) {
		struct hp_region *r;

		ok(hp_region_create(shared, t, PAGE, NULL, &r));
		*(uint64_t *)hp_region_address(r) = t;
		ok(hp_region_preserve(r));
	}
	fake_kexec();
	ok(open_session("shared", &shared));
	run_watched(reclaim_some, watch_return);
	ok(hp_session_commit(shared, 0));
	run(open_some, THREADS);
	ok(hp_session_drop(shared));
	check(!fake_leaks());
}

/* -- Fork ------------------------------------------------------------------ */

/* What a child may do that was forked in the middle of anything. */
static void child(void)
{
	int rc;

	fake.forks++;
	check(hp_region_token(region) == 7);
	check(*(uint64_t *)hp_region_address(region) == 42);
	is(hp_region_preserve(region), -ECHILD);
	is(hp_session_abort(shared), -ECHILD);
	is(hp_session_seal(shared), -ECHILD);
	is(hp_session_lock(shared), -ECHILD);
	/* -ECHILD: another thread was in a call. */
	rc = hp_session_close(shared);
	check(!rc || rc == -ECHILD);
	_exit(0);
}

static void *fork_often(void *unused)
{
	for (int i = 0; i < ROUNDS / 2; i++) {
		pid_t pid = fork();
		int status;

		check(pid >= 0);
		if (!pid)
			child();
		check(waitpid(pid, &status, 0) == pid);
		check(status == 0);
	}
	return unused;
}

static void forks(void)
{
	boot();
	ok(open_session("shared", &shared));
	ok(hp_region_create(shared, 7, PAGE, NULL, &region));
	*(uint64_t *)hp_region_address(region) = 42;
	fake_survive_fork();
	run_watched(live_in_shared, fork_often);
	ok(hp_session_close(shared));
	check(!fake_leaks());
}

/* -- Control --------------------------------------------------------------- */

static int unprotected;

static void *race(void *unused)
{
	for (int i = 0; i < 100000; i++)
		unprotected++;
	return unused;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function)(void);
	} tests[] = {
		{ "several threads on one session", one_session },
		{ "several threads, each with its own session", own_sessions },
		{ "getters during preserve, grow and abort", getters },
		{ "several threads reclaim", reclaiming },
		{ "fork in the middle of calls", forks },
	};

	if (argc == 2 && !strcmp(argv[1], "race")) {
		run(race, THREADS);
		return 0;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		puts(tests[i].name);
		(void)fflush(stdout);
		tests[i].function();
	}
	printf("%zu tests with threads passed\n",
	       sizeof(tests) / sizeof(tests[0]));
	return 0;
}
