/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of the program. Each is a file of its own; main.c lists them.
 */
#ifndef COMMAND_H
#define COMMAND_H

/* Of wrong usage, and of a subcommand that could not do its work. */
#define STATUS_FAILED 2

struct command {
	const char *name;
	const char *about; /* one line of hugepersist --help */
	/* As main(), from its own name on; the status of the program. */
	int (*run)(int argc, char **argv);
};

extern const struct command doctor_command;

#endif
