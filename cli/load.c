// SPDX-License-Identifier: MIT
/*
 * hugepersist load: a saved session into the store of the service that runs this.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy/copy.h"
#include "session/session.h"

#define FIRST 3

static const char usage[] =
	"Usage: hugepersist load NAME DIR [OPTION]... -- PROGRAM "
	"[ARGUMENT]...\n"
	"In a service with a store: if the session NAME is not there, make it "
	"from\n"
	"the save in DIR. Then become PROGRAM, which finds the session.\n"
	"\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n"
	"\n"
	"Exit status: that of the program; 1 the save cannot be loaded; 2 "
	"wrong\n"
	"usage; 126 or 127 the program cannot be started.\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static int failed(const char *what, int err)
{
	(void)command_error(&load_command, "%s: %s", what, hp_strerror(err));
	return STATUS_NO;
}

/* -- Passing on ------------------------------------------------------------ */

/*
 * The program finds what it would have been started with: descriptors behind
 * those that it was started with, each of a description of its own, since the
 * lock of the owner is on ours.
 */
static bool pass(const char *name, int fd, unsigned int number)
{
	const char *names = getenv("LISTEN_FDNAMES");
	const int to = FIRST + (int)number;
	char path[32], *all, text[16];
	int own;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_RDWR | O_CLOEXEC);
	if (own < 0 || dup2(own, to) < 0)
		return false;
	if (own == to)
		(void)fcntl(to, F_SETFD, 0);
	all = command_memory((names ? strlen(names) : 0) + strlen(name) + 2);
	if (names)
		strcat(strcpy(all, names), ":");
	strcat(all, name);
	(void)setenv("LISTEN_FDNAMES", all, 1);
	(void)snprintf(text, sizeof(text), "%u", number + 1);
	(void)setenv("LISTEN_FDS", text, 1);
	(void)snprintf(text, sizeof(text), "%ld", (long)getpid());
	(void)setenv("LISTEN_PID", text, 1);
	free(all);
	return true;
}

static unsigned int passed_count(void)
{
	const char *count = getenv("LISTEN_FDS"), *of = getenv("LISTEN_PID");

	return count && of && atol(of) == (long)getpid() ?
		       (unsigned int)atol(count) :
		       0;
}

/* The session's own numbers are in the way of those that the program gets. */
static int aside(int fd, unsigned int most)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, FIRST + (int)most);
}

static bool pass_session(const struct hp_session *session)
{
	const struct hp_store *store = &session->store;
	struct hp_store_name parts = { .manifest = true, .id = store->id };
	char names[HP_REGIONS_MAX + 1][HP_STORE_NAME_SIZE];
	int fds[HP_REGIONS_MAX + 1];
	unsigned int count = 0, before = passed_count(), most = before + 1;

	for (struct hp_region *r = session->regions; r; r = r->next)
		most++;

	hp_store_name(names[count], store->prefix, &parts);
	fds[count++] = aside(session->manifest->fd, most);
	for (struct hp_region *r = session->regions; r; r = r->next) {
		parts = (struct hp_store_name){
			.id = store->id,
			.token = r->token,
			.incarnation = r->incarnation,
		};
		hp_store_name(names[count], store->prefix, &parts);
		fds[count++] = aside(r->fd, most);
	}
	for (unsigned int i = 0; i < count; i++)
		if (fds[i] < 0 || !pass(names[i], fds[i], before + i))
			return false;
	return true;
}

/* Did the service manager pass that session to this process? */
static bool is_passed(const char *name)
{
	const char *names = getenv("LISTEN_FDNAMES");
	char prefix[HP_STORE_PREFIX_SIZE];

	hp_store_prefix(prefix, name);
	for (; passed_count() && names; names = strchr(names, ':')) {
		names += *names == ':';
		if (!strncmp(names, prefix, strlen(prefix)))
			return true;
	}
	return false;
}

/* -- Loading --------------------------------------------------------------- */

static bool load_session(struct hp_session *session, const char *directory)
{
	struct hp_save_opts opts = { .size = sizeof(opts),
				     .progress = copy_progress };
	struct hp_save_result result = { .size = sizeof(result) };
	struct rlimit before = { 0 };
	bool passed;
	int err;

	copy_raise_limit(&before);
	err = hp_session_load(session, directory, &opts, &result);

	if (!err)
		err = hp_session_preserve(session);
	if (err < 0) {
		(void)failed(directory, err);
		return false;
	}
	copy_print("Loaded", &result);
	(void)fflush(stdout);
	passed = pass_session(session);
	(void)setrlimit(RLIMIT_NOFILE, &before);
	return passed;
}

static bool load(const char *name, const char *directory)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_LOCAL,
		.timeout_ms = 10000,
		.log = copy_log,
		.log_context = (void *)(uintptr_t)&load_command,
	};
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_session *session;
	int err = hp_session_open(name, &opts, &session);

	if (!err)
		err = hp_session_info(session, &info);
	if (err < 0) {
		(void)failed(name, err);
		return false;
	}
	if (info.holder == HP_HOLDER_STORE)
		return load_session(session, directory);
	(void)command_error(&load_command,
			    "no service manager here has a store for it: the "
			    "memory would end with this command");
	return false;
}

/* A service can start before its first save. */
static bool is_saved(const char *directory)
{
	struct hp_save_info info = { .size = sizeof(info) };

	return hp_save_info(directory, &info) != -ENOENT;
}

static int run(int argc, char **argv)
{
	int c, operands = argc > 2 && argv[1][0] != '-' && argv[2][0] != '-' ?
				  2 :
				  0;

	argv += operands;
	argc -= operands;
	c = getopt_long(argc, argv, "+hV", long_options, NULL);
	if (c != -1)
		return command_other(&load_command, usage, c);
	if (!operands || optind >= argc)
		return command_misused(&load_command,
				       "NAME, DIR and PROGRAM are needed");
	if (!is_passed(argv[-1]) && is_saved(argv[0]) &&
	    !load(argv[-1], argv[0]))
		return STATUS_NO;
	(void)execvp(argv[optind], argv + optind);
	(void)command_error(&load_command, "cannot start %s: %s", argv[optind],
			    strerror(errno));
	return errno == ENOENT ? 127 : 126;
}

const struct command load_command = {
	.name = "load",
	.about = "a saved session into the store of this service",
	.run = run,
};
