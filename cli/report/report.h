/* SPDX-License-Identifier: MIT */
/*
 * Answers for people and for scripts.
 */
#ifndef REPORT_H
#define REPORT_H

#include "report/answer.h"

/* A table for a terminal of 80 columns, and one sentence below it. */
int print_table(const struct answers *answers, const char *verdict);

/* A line of the head of the JSON object. */
struct report_field {
	enum { FIELD_TEXT, FIELD_NUMBER, FIELD_BOOL } type;
	const char *name;
	const char *text;
	uint64_t number; /* UINT64_MAX: null */
};

/*
 * One JSON object: the fields, then the answers as "findings". -1: no memory, or
 * nowhere to write to.
 */
int print_json(const struct answers *answers, const struct report_field *fields,
	       unsigned int count);

#endif
