// SPDX-License-Identifier: MIT
/*
 * Run: from this process to the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "run/run.h"

#define FIRST 3

/* -- The user -------------------------------------------------------------- */

bool run_find_user(struct run *run)
{
	const struct passwd *entry;

	run->uid = geteuid();
	run->gid = getegid();
	if (!run->user)
		return true;
	entry = getpwnam(run->user);
	if (!entry) {
		(void)command_error(&run_command, "there is no user '%s'",
				    run->user);
		return false;
	}
	run->uid = entry->pw_uid;
	run->gid = entry->pw_gid;
	run->home = strdup(entry->pw_dir);
	return true;
}

bool run_drop_rights(const struct run *run)
{
	if (!run->user)
		return true;
	if (initgroups(run->user, run->gid) < 0 || setgid(run->gid) < 0 ||
	    setuid(run->uid) < 0) {
		(void)command_error(&run_command, "cannot become %s: %s",
				    run->user, strerror(errno));
		return false;
	}
	(void)setenv("USER", run->user, 1);
	(void)setenv("LOGNAME", run->user, 1);
	if (run->home)
		(void)setenv("HOME", run->home, 1);
	return true;
}

/* -- What the service manager passed --------------------------------------- */

/* The last one leaves a list that ends with a colon. */
static void give_number(char *names, const char *name, int from, int to)
{
	if (from != to) {
		(void)dup2(from, to);
		(void)close(from);
	}
	strcat(strcat(names, name), ":");
}

static void set_variables(int count, char *names)
{
	char number[16];

	if (!count) {
		(void)unsetenv("LISTEN_FDS");
		(void)unsetenv("LISTEN_PID");
		(void)unsetenv("LISTEN_FDNAMES");
		return;
	}
	names[strlen(names) - 1] = '\0';
	(void)snprintf(number, sizeof(number), "%d", count);
	(void)setenv("LISTEN_FDS", number, 1);
	(void)setenv("LISTEN_FDNAMES", names, 1);
}

void run_hide_passed(void)
{
	const char *passed = getenv("LISTEN_FDNAMES");
	const char *process = getenv("LISTEN_PID");
	char *list, *names, *name, *rest;
	int count = 0, fd = FIRST;

	if (!passed || !process || atol(process) != (long)getpid())
		return;
	list = rest = strdup(passed);
	names = command_memory(strlen(passed) + 2);
	while (rest && (name = strsep(&rest, ":")) != NULL) {
		if (strncmp(name, "hugepersist.", 12) != 0)
			give_number(names, name, fd, FIRST + count++);
		fd++;
	}
	set_variables(count, names);
	free(names);
	free(list);
}

int run_become(const struct run *run, char *const *program)
{
	if (!run_drop_rights(run))
		return STATUS_FAILED;
	(void)execvp(program[0], program);
	(void)command_error(&run_command, "cannot start %s: %s", program[0],
			    strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
