/* SPDX-License-Identifier: MIT */
/*
 * What a subcommand finds out: a list of answers, each with its values.
 *
 * Whoever makes one need not look whether there was memory for it: a function
 * that is given NULL does nothing, and the list remembers.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "system/sys.h"

enum answer_kind {
	ANSWER_YES,    /* it can be done */
	ANSWER_NO,     /* it cannot, see reason and remedy */
	ANSWER_UNKNOWN /* it could not be found out, see reason */
};

/* A number or a word. */
struct answer_value {
	struct answer_value *next;
	char name[40];
	char unit[16];
	char text[80];
	bool is_text;
	uint64_t number; /* UINT64_MAX: without limit */
};

/* One thing that was found out. The texts are English. */
struct answer {
	struct answer *next;
	const struct hp_sys *sys;
	struct answer_value *values;
	bool no_memory;
	enum answer_kind kind;
	char id[320];
	char about[384];  /* what a yes means, a sentence */
	char reason[384]; /* why not, or why not known; yes: "" */
	char remedy[384]; /* what to type or to ask for; yes: "" */
};

struct answers {
	const struct hp_sys *sys;
	struct answer *first;
	bool no_memory;
};

#define ANSWER_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* Add one at the end. It is yes until something else is known. */
struct answer *answer_add(struct answers *answers, const char *id,
			  const char *about, ...) ANSWER_PRINTF(3, 4);

/* It is no, for this reason. The last word counts. */
void answer_no(struct answer *answer, const char *reason, ...)
	ANSWER_PRINTF(2, 3);

/* It is not known, for this reason. The last word counts. */
void answer_unknown(struct answer *answer, const char *reason, ...)
	ANSWER_PRINTF(2, 3);

/* What to do about it. */
void answer_remedy(struct answer *answer, const char *remedy, ...)
	ANSWER_PRINTF(2, 3);

/* Give the same answer as another one, for the same reason. */
void answer_copy(struct answer *answer, const struct answer *from);

/* A no becomes not known. */
void answer_doubt(struct answer *answer);

/* Is the answer of that kind? */
bool answer_is(const struct answer *answer, enum answer_kind kind);

/* Add a number to the values. */
void answer_number(struct answer *answer, const char *name, uint64_t number,
		   const char *unit);

/* Add a word to the values. */
void answer_text(struct answer *answer, const char *name, const char *text);

/* "yes", "no", "unknown" */
const char *answer_word(enum answer_kind kind);

/* The answer with that id, or NULL. */
const struct answer *answer_find(const struct answers *answers, const char *id);

/* Was there memory for all? */
bool answers_whole(const struct answers *answers);

/* Free all of them. */
void answers_free(struct answers *answers);

#endif
