/* SPDX-License-Identifier: MIT */
/*
 * What hp-probe prints.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

#include <hugepersist/probe.h>

struct options {
	bool json;
	struct hp_probe_opts probe;
};

/* As the status of the program. */
enum verdict { VERDICT_YES = 0, VERDICT_NO = 1, VERDICT_UNKNOWN = 3 };

/* 0: go on. Else the program ends with *ret_status. */
int options_parse(int argc, char **argv, struct options *ret, int *ret_status);

/* "yes", "no", "unknown" */
const char *answer_word(unsigned int answer);

/* -1: no memory, or nowhere to write to. */
int print_table(const struct hp_probe *probe, enum verdict verdict);
int print_json(const struct hp_probe *probe, enum verdict verdict,
	       const struct options *options);

#endif
