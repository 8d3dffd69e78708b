// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "copy/copy.h"
#include "machine/text.h"

#define BAR 40
#define FIRST 3
#define ASIDE 2048 /* more than a session has descriptors */

/* -- Talking --------------------------------------------------------------- */

int copy_progress(void *context, const struct hp_save_progress *progress)
{
	static int shown = -1;
	int percent = 100;

	(void)context;
	if (!isatty(STDERR_FILENO))
		return 0;
	if (progress->total_bytes)
		percent = (int)(progress->done_bytes * 100 /
				progress->total_bytes);
	if (percent == shown)
		return 0;
	shown = percent;
	fprintf(stderr, "\r[%-*.*s] %3d %%", BAR, percent * BAR / 100,
		"########################################", percent);
	return 0;
}

void copy_print(const char *what, const struct hp_save_result *result)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	printf("%s %u regions: %s, of which %s are not zero, in %" PRIu64
	       " ms\n",
	       what, result->regions, bytes_text(result->total_bytes).text,
	       bytes_text(result->moved_bytes).text,
	       result->duration_ns / 1000000);
}

void copy_log(void *context, int priority, const char *message)
{
	const struct command *command = context;

	if (priority <= LOG_ERR)
		(void)command_error(command, "%s", message);
}

/* -- A session of a store -------------------------------------------------- */

struct passed {
	unsigned int count;
	char *names; /* with colons between */
};

static bool take(const struct command *command,
		 const struct held_session *session,
		 const struct unit_entry *entry, struct passed *passed)
{
	struct hp_store_name parts;
	char name[sizeof(session->name)];
	int fd, aside;

	if (!held_parse(entry->name, name, sizeof(name), &parts) ||
	    parts.id != session->id || strcmp(name, session->name) != 0)
		return true;
	fd = held_open(session->holder, entry->device, entry->inode);
	aside = fd < 0 ? fd : fcntl(fd, F_DUPFD, ASIDE + (int)passed->count);
	if (fd >= 0)
		(void)close(fd);
	if (aside != ASIDE + (int)passed->count) {
		(void)command_error(command, "cannot open %s: %s", entry->name,
				    aside < -1 ? strerror(-aside) :
						 strerror(errno));
		return false;
	}
	strcat(strcat(passed->names, passed->count ? ":" : ""), entry->name);
	passed->count++;
	return true;
}

static void pass(const struct passed *passed)
{
	char text[16];

	for (unsigned int i = 0; i < passed->count; i++) {
		(void)dup2(ASIDE + (int)i, FIRST + (int)i);
		(void)close(ASIDE + (int)i);
	}
	(void)snprintf(text, sizeof(text), "%u", passed->count);
	(void)setenv("LISTEN_FDS", text, 1);
	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", text, 1);
	(void)setenv("LISTEN_FDNAMES", passed->names, 1);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("STATE_DIRECTORY");
}

/* As the program named it: %XX is a byte. */
static void name_of(const struct held_session *session, char *name)
{
	const char *from = session->name;
	unsigned int byte;

	for (; *from; from++) {
		if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
			*name++ = (char)byte;
			from += 2;
		} else {
			*name++ = *from;
		}
	}
	*name = '\0';
}

bool copy_open(const struct command *command,
	       const struct held_session *session,
	       struct hp_session **ret_session)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = HP_NO_WAIT,
		.log = copy_log,
		.log_context = (void *)(uintptr_t)command,
	};
	const struct unit *unit = session->of;
	struct passed passed = { 0 };
	char name[3 * HP_NAME_MAX + 1];
	int err;

	passed.names = command_memory(unit->entry_count * 257 + 1);
	for (unsigned int i = 0; i < unit->entry_count; i++)
		if (!take(command, session, &unit->entries[i], &passed))
			return false;
	pass(&passed);
	free(passed.names);
	name_of(session, name);
	err = hp_session_open(name, &opts, ret_session);
	if (err < 0)
		(void)command_error(command, "%s: %s", held_title(session),
				    hp_strerror(err));
	return err >= 0;
}
