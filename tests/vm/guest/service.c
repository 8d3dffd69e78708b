// SPDX-License-Identifier: MIT
/*
 * A service whose manager keeps its session, on a real kernel. What it does in
 * a life depends on what it finds:
 *
 *	fresh		nothing: makes a region, preserves it, and stays
 *	inherited	what an earlier life preserved: cannot touch it, and stays;
 *			if there is a file /tmp/give-up, gives it up and exits
 *	returned	what the previous kernel left: gets killed when it has seen
 *			all of it, the first time; then commits, preserves, stays
 *
 * Before it stays it writes that word to /tmp/life.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <hugepersist/hugepersist.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pattern.h"

#define LENGTH	(8UL << 20)
#define SEED	7

static struct hp_session *s;
static struct hp_region *r;
static int line;

static void must(int rc, int want, const char *what)
{
	if (rc == want)
		return;
	printf("service: line %d: %s gave %d (%s), expected %d\n", line, what,
	       rc, rc < 0 ? hp_strerror(rc) : "", want);
	exit(1);
}

#define MUST(call, want) (line = __LINE__, must((call), (want), #call))
#define TRUE(condition) MUST(!!(condition), 1)

static void say(void *context, int priority, const char *message)
{
	(void)context;
	printf("service: <%d>%s\n", priority, message);
}

static struct hp_session_info info(void)
{
	struct hp_session_info known = { .size = sizeof(known) };

	MUST(hp_session_info(s, &known), 0);
	return known;
}

static void stay(const char *life)
{
	FILE *file = fopen("/tmp/life.new", "we");

	TRUE(file);
	fprintf(file, "%s\n", life);
	fclose(file);
	TRUE(!rename("/tmp/life.new", "/tmp/life"));
	for (;;)
		pause();
}

static void preserve(void)
{
	MUST(hp_region_preserve(r), 0);
	MUST(hp_session_seal(s), 0);
}

static void fresh(void)
{
	MUST(hp_region_create(s, 1, LENGTH, NULL, &r), 0);
	pattern_fill(hp_region_address(r), 0, LENGTH, SEED);
	preserve();
	TRUE(info().stored == (getenv("FDSTORE") != NULL));
	stay("fresh");
}

static void inherited(void)
{
	TRUE(info().stored);
	MUST(hp_region_create(s, 1, LENGTH, NULL, &r), 0);
	MUST(hp_region_preserve(r), -EALREADY);
	if (access("/tmp/give-up", F_OK))
		stay("inherited");
	MUST(hp_session_abort(s), 0);
	TRUE(!info().inherited);
	/* the name is free, and the manager has nothing left */
	preserve();
	TRUE(info().stored);
	MUST(hp_session_abort(s), 0);
	MUST(hp_session_close(s), 0);
}

static void returned(void)
{
	const char *start = getenv("SERVICE_START");
	struct hp_session_info known = info();

	TRUE(known.sealed && known.stored && known.region_count == 1);
	MUST(hp_region_reclaim(s, 1, NULL, &r), 0);
	TRUE(hp_region_length(r) == LENGTH);
	TRUE(pattern_check(hp_region_address(r), 0, LENGTH, SEED) == LENGTH);
	if (start && !strcmp(start, "1"))
		raise(SIGKILL);
	MUST(hp_session_commit(s, 0), 0);
	TRUE(!info().stored);
	preserve();
	TRUE(info().stored);
	stay("returned");
}

int main(void)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_SERVICE,
		.log = say,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	MUST(hp_session_open("a service", &opts, &s), 0);
	if (hp_session_returned(s))
		returned();
	else if (info().inherited)
		inherited();
	else
		fresh();
	return 0;
}
