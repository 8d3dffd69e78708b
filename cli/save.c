// SPDX-License-Identifier: MIT
/*
 * hugepersist save: a session of a stopped service to a directory.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "copy/copy.h"

static const char usage[] =
	"Usage: hugepersist save UNIT/NAME DIR [OPTION]...\n"
	"Write the memory of a session that is in the store of a stopped "
	"service\n"
	"to a directory, which outlives a reboot. The memory stays.\n"
	"\n"
	"  -r, --replace  replace whatever save is in the directory\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n"
	"\n"
	"Exit status: 0 it is saved; 1 it is not, and an older save is as it "
	"was;\n"
	"2 wrong usage.\n";

static const struct option long_options[] = {
	{ "replace", no_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

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

static int save_session(const struct held_session *held, const char *directory,
			bool replace)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.flags = replace ? HP_SAVE_REPLACE : 0,
		.progress = copy_progress,
	};
	struct hp_save_result result = { .size = sizeof(result) };
	struct hp_session *session;
	int err;

	if (!copy_open(&save_command, held, &session))
		return STATUS_NO;
	err = open_all(session);
	if (!err)
		err = hp_session_save(session, directory, &opts, &result);
	if (!err)
		copy_print("Saved", &result);
	else
		(void)command_error(&save_command, "%s: %s", directory,
				    hp_strerror(err));
	(void)hp_session_close(session);
	return err < 0 ? STATUS_NO : STATUS_YES;
}

static int save(const char *title, const char *directory, bool replace)
{
	struct manager *manager = NULL;
	struct held_session *session;
	struct held held;
	bool many;
	int status = STATUS_NO;

	(void)manager_open(&manager);
	held_find(&held, manager, &machine_linux);
	manager_close(manager);
	session = held_get(&held, title, &many);
	if (!session)
		(void)command_error(&save_command,
				    many ? "more than one session is %s" :
					   "there is no session %s: see "
					   "hugepersist status",
				    title);
	else if (!session->of || session->owner)
		(void)command_error(&save_command,
				    "%s is not in the store of a stopped "
				    "service: stop it first",
				    title);
	else
		status = save_session(session, directory, replace);
	held_free(&held);
	return status;
}

static int run(int argc, char **argv)
{
	bool replace = false;
	int c;

	while ((c = getopt_long(argc, argv, "rhV", long_options, NULL)) != -1)
		switch (c) {
		case 'r':
			replace = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return STATUS_YES;
		case 'V':
			return command_version(&save_command);
		default:
			fputs("See hugepersist save --help\n", stderr);
			return STATUS_FAILED;
		}
	if (optind + 2 != argc || !strchr(argv[optind], '/'))
		return command_misused(&save_command,
				       "UNIT/NAME and DIR are needed");
	return save(argv[optind], argv[optind + 1], replace);
}

const struct command save_command = {
	.name = "save",
	.about = "write the memory of a stopped service to a directory",
	.run = run,
};
