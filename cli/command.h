/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of the program. Each is a file of its own; main.c lists them.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define STATUS_YES 0
#define STATUS_NO 1
/* Of wrong usage, and of a subcommand that could not do its work. */
#define STATUS_FAILED 2
#define STATUS_UNKNOWN 3

struct command {
	const char *name;
	const char *about; /* one line of hugepersist --help */
	/* As main(), from its own name on; the status of the program. */
	int (*run)(int argc, char **argv);
};

extern const struct command doctor_command;
extern const struct command setup_command;
extern const struct command status_command;
extern const struct command drop_command;
extern const struct command run_command;
extern const struct command update_command;
extern const struct command verify_command;
extern const struct command save_command;
extern const struct command load_command;

/* "hugepersist NAME: TEXT" to stderr; STATUS_FAILED. */
int command_error(const struct command *command, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, and where the usage is told. */
int command_misused(const struct command *command, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What getopt(3) gave that every command takes, -h and -V, or that none takes. The
 * status of the program.
 */
int command_other(const struct command *command, const char *usage, int option);

/* Ask on the terminal; false also if there is none. */
bool command_ask(const char *question);

/* The memory, or the end of the program if there is none. */
void *command_memory(size_t size);

#endif
