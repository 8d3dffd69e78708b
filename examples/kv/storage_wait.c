/* SPDX-License-Identifier: MIT */
/*
 * What passes by itself is waited for: while a process is the only holder of
 * memory, to give up means to lose it.
 */
#include "storage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "notify.h"

/* For a command, while all clients wait; and to be sure of a refusal. */
#define PATIENCE_MS 1000

/* For a manager that has a start timeout: longer than between two calls. */
static void go_on(void)
{
	notify("EXTEND_TIMEOUT_USEC=30000000");
}

/* The loop, which reads these signals, is not running yet: they are blocked. */
bool storage_told_to_end(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT) ||
		sigismember(&set, SIGHUP));
}

/* Did this start make the memory, or load it? */
static bool is_new(const struct storage *st)
{
	return st->region && (hp_region_is_new(st->region) ||
			      hp_region_origin(st->region) == HP_ORIGIN_SAVE);
}

/* Does it not pass, and is nothing lost by ending? */
static bool is_final(const struct storage *st, int err)
{
	switch (err) {
	case -ENOSPC:
		return !st->session || st->holder == HP_HOLDER_STORE;
	case -ENOMEM:
		return is_new(st);
	default:
		return hp_error_class(err) != HP_ERROR_AGAIN ||
		       err == -ECANCELED;
	}
}

static void say_waiting(struct storage *st, int err)
{
	if (err == st->waits_for)
		return;
	storage_say(st, "waiting until this passes, or for SIGTERM", err);
	if (err == -ENOMEM || err == -EMFILE)
		fprintf(stderr,
			"hp-kv: raise the limits of its cgroup (hugetlb.2MB.max, hugetlb.2MB.rsvd.max,\n"
			"memory.max) or, if it lacks descriptors, those of prlimit(1).\n");
}

int storage_wait(void *context, const struct hp_wait *wait)
{
	struct storage *st = context;
	bool give_up = st->serving || is_final(st, wait->error);

	if (!st->serving)
		go_on();
	if (!wait->error)
		return !st->serving && storage_told_to_end();
	if (!give_up)
		say_waiting(st, wait->error);
	st->waits_for = wait->error;
	return give_up ? wait->waited_ms >= PATIENCE_MS : storage_told_to_end();
}

int storage_progress(void *context, const struct hp_save_progress *progress)
{
	const struct storage *st = context;

	(void)progress;
	go_on();
	/* A save at the end was asked for by the same signals. */
	return !st->serving && storage_told_to_end();
}

static void pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

bool storage_wait_again(struct storage *st, int err)
{
	const struct hp_wait wait = {
		.error = err,
		.waited_ms = PATIENCE_MS,
	};

	if (!err || storage_wait(st, &wait))
		return false;
	pause_a_little();
	return true;
}

void storage_hold(struct storage *st)
{
	int rc;

	if (!st->kept || st->holder == HP_HOLDER_STORE || storage_told_to_end())
		return;
	/* So that a kexec takes it to another start. */
	rc = storage_preserve(st);
	if (rc < 0)
		storage_say(st, "cannot preserve what came back", rc);
	fprintf(stderr,
		"hp-kv: what came back lives only as long as this process, so it stays, and does\n"
		"not serve. SIGTERM ends it, and gives up the memory.\n");
	while (!storage_told_to_end()) {
		go_on();
		pause_a_little();
	}
}
