// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/answer.h"

/* A macro, since a va_list is of one function. */
#define PRINT_INTO(array, format)                                         \
	do {                                                              \
		va_list arguments;                                        \
                                                                          \
		va_start(arguments, format);                              \
		(void)vsnprintf(array, sizeof(array), format, arguments); \
		va_end(arguments);                                        \
	} while (0)

struct answer *answer_add(struct answers *answers, const char *id,
			  const char *about, ...)
{
	struct answer **end = &answers->first;
	struct answer *answer = answers->sys->zalloc(sizeof(*answer));

	if (!answer) {
		answers->no_memory = true;
		return NULL;
	}
	answer->sys = answers->sys;
	answer->kind = ANSWER_YES;
	(void)snprintf(answer->id, sizeof(answer->id), "%s", id);
	PRINT_INTO(answer->about, about);
	while (*end)
		end = &(*end)->next;
	*end = answer;
	return answer;
}

void answer_no(struct answer *answer, const char *reason, ...)
{
	if (!answer)
		return;
	answer->kind = ANSWER_NO;
	PRINT_INTO(answer->reason, reason);
}

void answer_unknown(struct answer *answer, const char *reason, ...)
{
	if (!answer)
		return;
	answer->kind = ANSWER_UNKNOWN;
	PRINT_INTO(answer->reason, reason);
}

void answer_remedy(struct answer *answer, const char *remedy, ...)
{
	if (answer)
		PRINT_INTO(answer->remedy, remedy);
}

void answer_copy(struct answer *answer, const struct answer *from)
{
	if (!answer || !from)
		return;
	answer->kind = from->kind;
	memcpy(answer->reason, from->reason, sizeof(answer->reason));
	memcpy(answer->remedy, from->remedy, sizeof(answer->remedy));
}

void answer_doubt(struct answer *answer)
{
	if (answer_is(answer, ANSWER_NO))
		answer->kind = ANSWER_UNKNOWN;
}

bool answer_is(const struct answer *answer, enum answer_kind kind)
{
	return answer && answer->kind == kind;
}

static struct answer_value *add_value(struct answer *answer, const char *name)
{
	struct answer_value **end, *value;

	if (!answer)
		return NULL;
	value = answer->sys->zalloc(sizeof(*value));
	if (!value) {
		answer->no_memory = true;
		return NULL;
	}
	(void)snprintf(value->name, sizeof(value->name), "%s", name);
	for (end = &answer->values; *end; end = &(*end)->next)
		;
	*end = value;
	return value;
}

void answer_number(struct answer *answer, const char *name, uint64_t number,
		   const char *unit)
{
	struct answer_value *value = add_value(answer, name);

	if (!value)
		return;
	value->number = number;
	(void)snprintf(value->unit, sizeof(value->unit), "%s", unit);
}

void answer_text(struct answer *answer, const char *name, const char *text)
{
	struct answer_value *value = add_value(answer, name);

	if (!value)
		return;
	value->is_text = true;
	(void)snprintf(value->text, sizeof(value->text), "%s", text);
}

const char *answer_word(enum answer_kind kind)
{
	static const char *const words[] = {
		[ANSWER_YES] = "yes",
		[ANSWER_NO] = "no",
		[ANSWER_UNKNOWN] = "unknown",
	};

	return words[kind];
}

const struct answer *answer_find(const struct answers *answers, const char *id)
{
	const struct answer *answer;

	for (answer = answers->first; answer; answer = answer->next)
		if (!strcmp(answer->id, id))
			return answer;
	return NULL;
}

bool answers_whole(const struct answers *answers)
{
	const struct answer *answer;

	for (answer = answers->first; answer; answer = answer->next)
		if (answer->no_memory)
			return false;
	return !answers->no_memory;
}

void answers_free(struct answers *answers)
{
	while (answers->first) {
		struct answer *answer = answers->first;

		answers->first = answer->next;
		while (answer->values) {
			struct answer_value *value = answer->values;

			answer->values = value->next;
			answers->sys->free(value);
		}
		answers->sys->free(answer);
	}
}
