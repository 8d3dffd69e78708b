// SPDX-License-Identifier: MIT
/*
 * hugepersist: what a platform engineer does with the memory of programs.
 */
#include <hugepersist/hugepersist.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const struct command *const commands[] = {
	&doctor_command, &setup_command, &status_command,
	&drop_command,	 &run_command,	 &update_command,
	&verify_command, &save_command,	 &load_command,
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void print_usage(FILE *to)
{
	fputs("Usage: hugepersist COMMAND [OPTION]...\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name,
			commands[i]->about);
	fputs("\n"
	      "  -h, --help     print this; after a command: its own\n"
	      "  -V, --version  print the version\n",
	      to);
}

static int is(const char *word, const char *brief, const char *full)
{
	return !strcmp(word, brief) || !strcmp(word, full);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i]->run(argc - 1, argv + 1);
	if (is(name, "-h", "--help")) {
		print_usage(stdout);
		return 0;
	}
	if (is(name, "-V", "--version")) {
		printf("hugepersist, libhugepersist %s\n", hp_version());
		return 0;
	}
	if (*name)
		fprintf(stderr, "hugepersist: no such command: '%s'\n", name);
	print_usage(stderr);
	return STATUS_FAILED;
}
