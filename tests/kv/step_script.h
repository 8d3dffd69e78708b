/* SPDX-License-Identifier: MIT */
/*
 * The commands that the single-step test runs, and what each should leave
 * behind. "@N" stands for N bytes. '!' in front: must reply an error and
 * change nothing. '~' in front: the changes of an MSET are made, but not
 * committed, and then the store is opened as a new process would.
 */
#ifndef STEP_SCRIPT_H
#define STEP_SCRIPT_H

#include <stdbool.h>

#include "model.h"
#include "slice.h"

#define STEP_ARGS 256

struct step_command {
	const char *text;
	char *bytes;		/* that the words are in */
	int argc;
	struct slice argv[STEP_ARGS];
	bool fails;
	bool abandoned;
};

int step_count(void);

/* The command with its words; they stay as they are for the process's life. */
void step_command(int n, struct step_command *ret);

/* What the command makes of @m. */
void step_apply(const struct step_command *c, struct model *m);

#endif
