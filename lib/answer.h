/* SPDX-License-Identifier: MIT */
/*
 * What hp_probe() finds out: a list of answers, each with its values.
 *
 * Whoever makes one need not look whether there was memory for it: a function
 * that is given NULL does nothing, and the list remembers.
 */
#ifndef HP_ANSWER_H
#define HP_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include <hugepersist/probe.h>

#include "sys.h"

struct hp_answer_value {
	struct hp_answer_value *next;
	char name[40];
	char unit[16];
	char text[80];
	bool is_text;
	uint64_t number;
};

struct hp_answer_item {
	struct hp_answer_item *next;
	const struct hp_sys *sys;
	struct hp_answer_value *values;
	unsigned int value_count;
	bool no_memory;
	enum hp_answer answer;
	char id[40];
	char about[128];
	char reason[384];
	char remedy[384];
};

struct hp_answers {
	const struct hp_sys *sys;
	struct hp_answer_item *first;
	bool no_memory;
};

#define HP_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* At the end of the list; the answer is yes until something else is known. */
struct hp_answer_item *hp_answer_add(struct hp_answers *answers, const char *id,
				     const char *about, ...) HP_PRINTF(3, 4);

/* The last word counts. */
void hp_answer_no(struct hp_answer_item *item, const char *reason, ...)
	HP_PRINTF(2, 3);
void hp_answer_unknown(struct hp_answer_item *item, const char *reason, ...)
	HP_PRINTF(2, 3);
void hp_answer_remedy(struct hp_answer_item *item, const char *remedy, ...)
	HP_PRINTF(2, 3);
/* The same answer for the same reason, if it is not yes. */
void hp_answer_copy(struct hp_answer_item *item,
		    const struct hp_answer_item *from);
/* A no becomes not known. */
void hp_answer_doubt(struct hp_answer_item *item);
bool hp_answer_is(const struct hp_answer_item *item, enum hp_answer answer);

void hp_answer_number(struct hp_answer_item *item, const char *name,
		      uint64_t number, const char *unit);
void hp_answer_text(struct hp_answer_item *item, const char *name,
		    const char *text);

const struct hp_answer_item *hp_answer_find(const struct hp_answers *answers,
					    const char *id);
/* Was there memory for all? */
bool hp_answers_whole(const struct hp_answers *answers);
void hp_answers_free(struct hp_answers *answers);

#endif
