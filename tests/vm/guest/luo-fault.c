// SPDX-License-Identifier: MIT
/*
 * luo: a command is made to fail at each place where it can. The kernel fails
 * the Nth allocation, or copy from or to user space, that a task makes after it
 * wrote N to its fail-nth file (Documentation/fault-injection).
 */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX	16
#define WORDS_MAX	12
/* A command that still fails after so many would never end */
#define ATTEMPTS_MAX	5000

struct line {
	int argc;
	char *argv[WORDS_MAX];
};

struct list {
	int count;
	struct line lines[LINES_MAX];
};

/*
 * What is run before each attempt, after a failed one, after one that failed
 * with EFAULT, after a passed one
 */
static struct list before, failed, faulted, passed;

static int add(struct list *list, int argc, char **argv)
{
	struct line *line = &list->lines[list->count];
	int i;

	if (argc == 1) {	/* the name alone: begin anew */
		list->count = 0;
		return 0;
	}
	if (list->count == LINES_MAX || argc - 1 > WORDS_MAX)
		return wrong("too many lines or words for '%s'", argv[0]);
	line->argc = argc - 1;
	for (i = 1; i < argc; i++) {
		line->argv[i - 1] = strdup(argv[i]);
		if (!line->argv[i - 1])
			return -ENOMEM;
	}
	list->count++;
	return 0;
}

static int before_each(int argc, char **argv)
{
	return add(&before, argc, argv);
}

static int when_failed(int argc, char **argv)
{
	return add(&failed, argc, argv);
}

static int when_faulted(int argc, char **argv)
{
	return add(&faulted, argc, argv);
}

static int when_passed(int argc, char **argv)
{
	return add(&passed, argc, argv);
}

/* Run a line with each % in it replaced by the number */
static int run_numbered(int argc, char **argv, int n)
{
	char words[WORDS_MAX + 4][64], *copy[WORDS_MAX + 4];
	char *at;
	int i;

	if (argc > WORDS_MAX)
		return wrong("too many words after '%s'", argv[0]);
	for (i = 0; i < argc; i++) {
		at = strchr(argv[i], '%');
		if (at)
			snprintf(words[i], sizeof(words[i]), "%.*s%d%s",
				 (int)(at - argv[i]), argv[i], n, at + 1);
		else
			snprintf(words[i], sizeof(words[i]), "%s", argv[i]);
		copy[i] = words[i];
	}
	return run(argc, copy);
}

static int run_list(const struct list *list, int n)
{
	int i, rc = 0;

	for (i = 0; i < list->count && !rc; i++) {
		rc = run_numbered(list->lines[i].argc,
				  (char **)list->lines[i].argv, n);
		if (rc)
			wrong("afterwards, '%s' failed", list->lines[i].argv[0]);
	}
	return rc;
}

static int fail_nth = -1;

static int arm(int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", n);

	return pwrite(fail_nth, text, length, 0) == length ? 0 : -errno;
}

/*
 * 0 if the failure was injected, what was left to count if not. These calls copy
 * too, and with little left to count it is they that fail: then it was left.
 */
static int disarm(void)
{
	char text[16] = "";
	int left = 1;

	if (pread(fail_nth, text, sizeof(text) - 1, 0) > 0)
		left = atoi(text);
	else if (errno != EFAULT)
		return -errno;
	if (arm(0) && arm(0))
		return -EIO;
	return left;
}

/*
 * faults NAME COMMAND...: run it with its first allocation failing, then with
 * the second, until there was none to fail. Each attempt fails with ENOMEM or
 * EFAULT, or passes all the same; then what "failed" or "passed" said is run.
 * EFAULT may come from a command that did its work and could not say so: if
 * "faulted" said something, this is run instead and has to use up what the
 * attempt was about. A % is replaced by how many were used up, by this or by
 * passing, and one. The last attempt, in which nothing was injected, has to
 * pass and ends this.
 */
static int faults(int argc, char **argv)
{
	int n, left, rc, nr_failed = 0, nr_faulted = 0, nr_passed = 0, next = 1;
	const struct list *after;

	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		return -errno;
	for (n = 1; n <= ATTEMPTS_MAX; n++) {
		rc = run_list(&before, next);
		if (rc)
			return rc;
		/* Said in advance: the last attempt may be a jump */
		report("count %s %d failed, %d with EFAULT, %d passed all the same",
		       argv[1], nr_failed + nr_faulted, nr_faulted, nr_passed);
		rc = arm(n);
		if (rc)
			return rc;
		rc = run_numbered(argc - 2, argv + 2, next);
		left = disarm();
		if (left < 0)
			return left;
		if (left) {
			close(fail_nth);
			return rc;
		}
		if (!rc)
			after = &passed;
		else if (rc == -EFAULT && faulted.count)
			after = &faulted;
		else if (rc == -ENOMEM || rc == -EAGAIN || rc == -EFAULT)
			after = &failed;
		else
			return wrong("%s with failure %d: expected ENOMEM, EAGAIN or EFAULT, was %s",
				     argv[1], n, result_name(rc));
		if (run_list(after, next))
			return wrong("%s with failure %d gave %s", argv[1], n,
				     result_name(rc));
		nr_passed += !rc;
		nr_failed += rc == -ENOMEM || rc == -EAGAIN;
		nr_faulted += rc == -EFAULT;
		if (after != &failed)
			next++;
	}
	return wrong("%s still fails after %d attempts", argv[1], ATTEMPTS_MAX);
}

const struct command fault_commands[] = {
	{ "before", "[COMMAND...]", 0, WORDS_MAX, before_each },
	{ "failed", "[COMMAND...]", 0, WORDS_MAX, when_failed },
	{ "faulted", "[COMMAND...]", 0, WORDS_MAX, when_faulted },
	{ "passed", "[COMMAND...]", 0, WORDS_MAX, when_passed },
	{ "faults", "NAME COMMAND...", 2, WORDS_MAX, faults },
	{ NULL, NULL, 0, 0, NULL },
};
