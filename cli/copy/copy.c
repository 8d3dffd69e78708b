// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "copy/copy.h"
#include "machine/text.h"

#define BAR 40
#define FIRST 3

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
	int *fds;    /* beyond the numbers that they get */
	char *names; /* with colons between */
};

void copy_raise_limit(struct rlimit *ret_before)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (ret_before)
		*ret_before = limit;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

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
	aside = fd < 0 ? fd :
			 fcntl(fd, F_DUPFD,
			       FIRST + (int)session->of->entry_count);
	if (aside < 0) {
		(void)command_error(command, "cannot open %s: %s", entry->name,
				    strerror(fd < 0 ? -fd : errno));
		return false;
	}
	(void)close(fd);
	passed->fds[passed->count] = aside;
	strcat(strcat(passed->names, passed->count ? ":" : ""), entry->name);
	passed->count++;
	return true;
}

static void pass(const struct passed *passed)
{
	char text[16];

	for (unsigned int i = 0; i < passed->count; i++) {
		(void)dup2(passed->fds[i], FIRST + (int)i);
		(void)close(passed->fds[i]);
	}
	(void)snprintf(text, sizeof(text), "%u", passed->count);
	(void)setenv("LISTEN_FDS", text, 1);
	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", text, 1);
	(void)setenv("LISTEN_FDNAMES", passed->names, 1);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("STATE_DIRECTORY");
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

	copy_raise_limit(NULL);
	passed.names = command_memory(unit->entry_count * 257 + 1);
	passed.fds = command_memory(unit->entry_count * sizeof(*passed.fds));
	for (unsigned int i = 0; i < unit->entry_count; i++)
		if (!take(command, session, &unit->entries[i], &passed))
			return false;
	pass(&passed);
	free(passed.names);
	free(passed.fds);
	held_program_name(session->name, name);
	err = hp_session_open(name, &opts, ret_session);
	if (err < 0)
		(void)command_error(command, "%s: %s", held_title(session),
				    hp_strerror(err));
	return err >= 0;
}

/*
 * The service must be able to load what root saves: the directory gets the owner of
 * that in which it is made. As its owner the files are written, so that no link in
 * it leads root astray. *ret_path is a way to it that the owner may go, too: that
 * of a DynamicUser= begins in a folder of root.
 */
static int enter(const char *directory, char *ret_path, size_t size)
{
	char parent[PATH_MAX];
	struct stat above, st;
	bool is_new = mkdir(directory, 0700) == 0;
	int fd = open(directory, O_RDONLY | O_DIRECTORY);

	(void)snprintf(parent, sizeof(parent), "%s/..", directory);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (is_new && stat(parent, &above) == 0 &&
	    fchown(fd, above.st_uid, above.st_gid) == 0)
		st = above;
	(void)snprintf(ret_path, size, "/proc/self/fd/%d", fd);
	if (!st.st_uid)
		return 0;
	(void)setfsgid(st.st_gid);
	(void)setfsuid(st.st_uid);
	/* What that takes away is /proc/self/fd, which the library needs. */
	(void)prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL);
	return 0;
}

/* Reading only: the seal stays. */
static int open_all(struct hp_session *session)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_READ_ONLY | HP_REGION_MUST_EXIST,
	};
	struct hp_region_info info = { .size = sizeof(info) };
	struct hp_region *region;
	int err = 0;

	for (unsigned int i = 0; !err; i++) {
		err = hp_session_region(session, i, &info);
		if (!err && !(info.state & HP_REGION_IS_OPEN))
			err = hp_region_open(session, info.token, 0, &opts,
					     &region);
	}
	return err == -ENOENT ? 0 : err;
}

bool copy_save(const struct command *command,
	       const struct held_session *session, const char *directory,
	       bool replace, struct hp_save_result *ret_result)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.flags = replace ? HP_SAVE_REPLACE : 0,
		.progress = copy_progress,
	};
	struct hp_session *opened;
	char path[PATH_MAX];
	int err;

	if (!copy_open(command, session, &opened))
		return false;
	(void)snprintf(path, sizeof(path), "%s", directory);
	err = open_all(opened);
	/* The library says what is wrong with a directory, and makes it. */
	if (!err && geteuid() == 0)
		(void)enter(directory, path, sizeof(path));
	if (!err)
		err = hp_session_save(opened, path, &opts, ret_result);
	if (err < 0)
		(void)command_error(command, "%s: %s", directory,
				    hp_strerror(err));
	(void)hp_session_close(opened);
	return err >= 0;
}
