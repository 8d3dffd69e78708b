/* SPDX-License-Identifier: MIT */
/*
 * The words of a kernel's command line.
 */
#ifndef PARAMETERS_H
#define PARAMETERS_H

#include <stdbool.h>

enum parameter {
	PARAMETER_NONE,
	PARAMETER_ON,
	PARAMETER_OFF,
	PARAMETER_ODD /* the kernel does not understand it */
};

/* A switch, as "kho=on". The last one that the kernel understands counts. */
enum parameter parameter_wish(const char *line, const char *name);

/* Is there such a word, or one that begins so? */
bool parameter_is_there(const char *line, const char *start);

/* Do both lines have the same words that begin so, in the same order? */
bool parameters_agree(const char *line, const char *other, const char *start);

#endif
