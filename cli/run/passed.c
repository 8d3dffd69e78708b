// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "run/notify.h"
#include "run/passed.h"
#include "run/run.h"
#include "store/names.h"

#define FIRST 3

/* -- Those of this process ------------------------------------------------- */

void passed_add(struct passed *passed, const char *name, int fd)
{
	struct passed_fd *all = realloc(
		passed->fds, (passed->count + 1) * sizeof(*passed->fds));

	if (!all) {
		fputs("hugepersist: there is no memory\n", stderr);
		exit(STATUS_FAILED);
	}
	passed->fds = all;
	all += passed->count++;
	*all = (struct passed_fd){ .fd = fd };
	(void)snprintf(all->name, sizeof(all->name), "%s", name);
}

void passed_take(struct passed *passed)
{
	const char *process = getenv("LISTEN_PID");
	const char *total = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	char *list, *rest, *name;
	int count = total ? atoi(total) : 0;

	*passed = (struct passed){ 0 };
	if (!process || atol(process) != (long)getpid())
		return;
	list = rest = names ? strdup(names) : NULL;
	for (int fd = FIRST; fd < FIRST + count; fd++) {
		name = rest ? strsep(&rest, ":") : NULL;
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
			passed_add(passed, name ? name : "unknown", fd);
	}
	free(list);
}

void passed_end(struct passed *passed)
{
	for (unsigned int i = 0; i < passed->count; i++)
		(void)close(passed->fds[i].fd);
	free(passed->fds);
	*passed = (struct passed){ 0 };
}

/* -- Those of the program -------------------------------------------------- */

/*
 * Empty rather than unset: what is unset, the library looks up in what this process
 * was started with.
 */
static void set_variables(unsigned int count, const char *names)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", number, 1);
	(void)snprintf(number, sizeof(number), "%u", count);
	(void)setenv("LISTEN_FDS", number, 1);
	(void)setenv("LISTEN_FDNAMES", names, 1);
}

static char *join_names(const struct passed *passed)
{
	char *names = command_memory(passed->count * RUN_NAME_SIZE + 1);
	char *end = names;

	for (unsigned int i = 0; i < passed->count; i++)
		end += sprintf(end, "%s%s", i ? ":" : "", passed->fds[i].name);
	return names;
}

/* First out of the way, as the numbers overlap. */
bool passed_give(const struct passed *passed)
{
	char *names = join_names(passed);
	bool good = true;

	for (unsigned int i = 0; i < passed->count; i++) {
		struct passed_fd *one = &passed->fds[i];
		int away = fcntl(one->fd, F_DUPFD_CLOEXEC,
				 FIRST + (int)passed->count);

		good &= away >= 0;
		(void)close(one->fd);
		one->fd = away;
	}
	for (unsigned int i = 0; good && i < passed->count; i++) {
		good = dup2(passed->fds[i].fd, FIRST + (int)i) >= 0;
		(void)close(passed->fds[i].fd);
	}
	set_variables(passed->count, names);
	free(names);
	if (!good)
		(void)command_error(&run_command,
				    "no room for what the program gets: %s",
				    strerror(errno));
	return good;
}

/* -- What the program does not get ----------------------------------------- */

/* The last one leaves a list that ends with a colon. */
static void give_number(char *names, const char *name, int from, int to)
{
	if (from != to) {
		(void)dup2(from, to);
		(void)close(from);
	}
	strcat(strcat(names, name), ":");
}

static bool is_hidden(const char *name, const char *prefix)
{
	return (*prefix && !strncmp(name, prefix, strlen(prefix))) ||
	       !strcmp(name, NOTIFY_TRIAL);
}

void passed_hide(const char *session)
{
	const char *given = getenv("LISTEN_FDNAMES");
	const char *process = getenv("LISTEN_PID");
	char prefix[HP_STORE_PREFIX_SIZE];
	char *list, *names, *name, *rest;
	int count = 0, fd = FIRST;

	if (!given || !process || atol(process) != (long)getpid())
		return;
	*prefix = '\0';
	if (session)
		hp_store_prefix(prefix, session);
	list = rest = *given ? strdup(given) : NULL;
	names = command_memory(strlen(given) + 2);
	while (rest && (name = strsep(&rest, ":")) != NULL) {
		if (!is_hidden(name, prefix))
			give_number(names, name, fd, FIRST + count++);
		else
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		fd++;
	}
	if (count) {
		names[strlen(names) - 1] = '\0';
		set_variables((unsigned int)count, names);
	} else {
		(void)unsetenv("LISTEN_FDS");
		(void)unsetenv("LISTEN_PID");
		(void)unsetenv("LISTEN_FDNAMES");
	}
	free(names);
	free(list);
}
