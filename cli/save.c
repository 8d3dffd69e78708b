// SPDX-License-Identifier: MIT
/*
 * hugepersist save: a session of a stopped service to a directory.
 */
#include <getopt.h>
#include <jansson.h>
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
	"  -j, --json     JSON\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n"
	"\n"
	"Exit status: 0 it is saved; 1 it is not, and an older save is as it "
	"was;\n"
	"3 it is not known whether there is such a session (be root); 2 wrong\n"
	"usage.\n";

static const struct option long_options[] = {
	{ "replace", no_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static void print(const struct held_session *held, const char *directory,
		  const struct hp_save_result *result, bool json)
{
	json_t *report;

	if (!json) {
		copy_print("Saved", result);
		return;
	}
	report = json_pack("{sisssssisIsIsI}", "version", 1, "title",
			   held_title(held), "directory", directory, "regions",
			   (int)result->regions, "bytes",
			   (json_int_t)result->total_bytes, "written",
			   (json_int_t)result->moved_bytes, "duration_ns",
			   (json_int_t)result->duration_ns);
	(void)json_dumpf(report, stdout, JSON_INDENT(2));
	json_decref(report);
	putchar('\n');
}

static int save_session(const struct held_session *session,
			const char *directory, bool replace, bool json)
{
	struct hp_save_result result = { .size = sizeof(result) };

	if (!session->of || session->owner)
		return command_error(&save_command,
				     "%s is not in the store of a stopped "
				     "service: stop it first",
				     held_title(session)),
		       STATUS_NO;
	if (!copy_save(&save_command, session, directory, replace, &result))
		return STATUS_NO;
	print(session, directory, &result, json);
	return STATUS_YES;
}

static int save(const char *title, const char *directory, bool replace,
		bool json)
{
	struct held_session *session;
	struct held held;
	int status;

	held_look(&held);
	session = held_want(&held, title, &save_command, &status);
	if (session)
		status = save_session(session, directory, replace, json);
	held_free(&held);
	return status;
}

static int run(int argc, char **argv)
{
	bool replace = false, json = false;
	int c;

	while ((c = getopt_long(argc, argv, "rjhV", long_options, NULL)) != -1)
		switch (c) {
		case 'r':
			replace = true;
			break;
		case 'j':
			json = true;
			break;
		default:
			return command_other(&save_command, usage, c);
		}
	if (optind + 2 != argc || !strchr(argv[optind], '/'))
		return command_misused(&save_command,
				       "UNIT/NAME and DIR are needed");
	return save(argv[optind], argv[optind + 1], replace, json);
}

const struct command save_command = {
	.name = "save",
	.about = "write the memory of a stopped service to a directory",
	.run = run,
};
