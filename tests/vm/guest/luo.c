// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 16

static struct thing *things;
static int line_number;

static void stop(const char *what, const char *name)
{
	printf("luo: line %d: %s: %s\n", line_number, name, what);
	fflush(stdout);
	_exit(2);
}

struct thing *thing_find(const char *name)
{
	struct thing *t;

	for (t = things; t; t = t->next)
		if (!strcmp(t->name, name))
			return t;
	stop("no such name, the script never made it", name);
	return NULL;
}

struct thing *thing_new(const char *name, int fd)
{
	struct thing *t;

	for (t = things; t; t = t->next)
		if (!strcmp(t->name, name))
			stop("the script uses this name twice", name);
	t = calloc(1, sizeof(*t));
	if (!t || strlen(name) >= sizeof(t->name))
		stop("name too long, or no memory", name);
	strcpy(t->name, name);
	t->fd = fd;
	t->segment = -1;
	t->next = things;
	things = t;
	return t;
}

void thing_drop(struct thing *thing)
{
	struct thing **p = &things;

	while (*p != thing)
		p = &(*p)->next;
	*p = thing->next;
	free(thing);
}

int fd_of(const char *name)
{
	struct thing *t = thing_find(name);

	if (t->fd < 0)
		stop("is a mapping, not a descriptor", name);
	return t->fd;
}

int64_t number(const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 0);

	switch (*end) {
	case 'K':
		return n << 10;
	case 'M':
		return n << 20;
	case 'G':
		return n << 30;
	case 0:
		return n;
	}
	stop("not a number", text);
	return 0;
}

int wrong(const char *format, ...)
{
	va_list args;

	printf("luo: line %d: ", line_number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	return LUO_WRONG;
}

const char *result_name(int rc)
{
	if (rc == LUO_SIGBUS)
		return "SIGBUS";
	if (rc == LUO_WRONG)
		return "wrong";
	return rc ? strerrorname_np(-rc) : "success";
}

int report(const char *format, ...)
{
	const char *port = getenv("REPORT");
	FILE *file = port ? fopen(port, "w") : NULL;
	va_list args;

	if (!file)
		return wrong("cannot write to REPORT: %s", strerror(errno));
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fputc('\n', file);
	fclose(file);
	return 0;
}

/* expect ERRNO command...: the command fails, and with this */
static int expect(int argc, char **argv)
{
	int rc = run(argc - 2, argv + 2);

	if (!strcmp(result_name(rc), argv[1]))
		return 0;
	return wrong("%s: expected %s, was %s", argv[2], argv[1],
		     result_name(rc));
}

/* timed NAME command...: also report how many microseconds it took */
static int timed(int argc, char **argv)
{
	struct timespec from, to;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &from);
	rc = run(argc - 2, argv + 2);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (rc)
		return rc;
	return report("value %s %lld us", argv[1],
		      (to.tv_sec - from.tv_sec) * 1000000LL +
		      (to.tv_nsec - from.tv_nsec) / 1000);
}

/* sh WORD...: a shell command, which has to succeed */
static int shell(int argc, char **argv)
{
	char line[1024] = ". /lib/guest.sh; ";
	int i, status;

	for (i = 1; i < argc; i++) {
		strncat(line, argv[i], sizeof(line) - strlen(line) - 2);
		strcat(line, " ");
	}
	fflush(stdout);
	status = system(line);
	return status ? wrong("%s: status %d", line, status) : 0;
}

/*
 * host: let the host's part of the case begin, and wait until it is done with
 * this machine's memory, where it looks for this page
 */
static int host(int argc, char **argv)
{
	volatile uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS |
				       MAP_POPULATE | MAP_LOCKED, -1, 0);
	int rc, i;

	(void)argc;
	(void)argv;
	if (page == MAP_FAILED)
		return -errno;
	memcpy((void *)page, "luo waits: host", 16);
	rc = report("host go");
	if (rc)
		return rc;
	for (i = 0; i < 3000; i++) {
		if (page[2])
			return 0;
		usleep(10000);
	}
	return wrong("waited 30 seconds in vain for the host's part");
}

/*
 * hold: go on in the background with everything open, so that the case goes
 * on. The rest of the script is not read.
 */
static int hold(int argc, char **argv)
{
	pid_t pid;

	(void)argc;
	(void)argv;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		/* exit without this process's end meaning anything */
		_exit(0);
	}
	prctl(PR_SET_NAME, "luo-hold");
	for (;;)
		pause();
}

static const struct command own_commands[] = {
	{ "expect", "ERRNO|SIGBUS|wrong COMMAND...", 2, ARGS_MAX, expect },
	{ "timed", "NAME COMMAND...", 2, ARGS_MAX, timed },
	{ "sh", "WORD...", 1, ARGS_MAX, shell },
	{ "host", "", 0, 0, host },
	{ "hold", "", 0, 0, hold },
	{ NULL, NULL, 0, 0, NULL },
};

static const struct command *const tables[] = {
	own_commands, session_commands, file_commands, huge_commands,
	memory_commands, uffd_commands, count_commands, fault_commands, NULL
};

int run(int argc, char **argv)
{
	const struct command *const *table, *c;

	for (table = tables; *table; table++) {
		for (c = *table; c->name; c++) {
			if (strcmp(c->name, argv[0]))
				continue;
			if (argc - 1 < c->min || argc - 1 > c->max)
				stop(c->args, argv[0]);
			return c->run(argc, argv);
		}
	}
	stop("no such command", argv[0]);
	return 0;
}

int main(void)
{
	char line[1024], shown[1024];
	char *argv[ARGS_MAX + 1], *save;
	int argc, rc;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line_number++;
		line[strcspn(line, "#\n")] = 0;
		strcpy(shown, line);
		argc = 0;
		for (argv[0] = strtok_r(line, " \t", &save);
		     argv[argc] && argc < ARGS_MAX;
		     argv[argc] = strtok_r(NULL, " \t", &save))
			argc++;
		if (!argc)
			continue;
		printf("luo: %s\n", shown);
		rc = run(argc, argv);
		if (rc) {
			printf("luo: line %d: %s: %s\n", line_number, shown,
			       result_name(rc));
			return 1;
		}
	}
	return 0;
}
