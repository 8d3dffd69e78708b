// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"

/* A macro, since a va_list is of one function. */
#define PRINT_INTO(array, format)                                         \
	do {                                                              \
		va_list arguments;                                        \
                                                                          \
		va_start(arguments, format);                              \
		(void)vsnprintf(array, sizeof(array), format, arguments); \
		va_end(arguments);                                        \
	} while (0)

struct hp_answer_item *hp_answer_add(struct hp_answers *answers, const char *id,
				     const char *about, ...)
{
	struct hp_answer_item **end = &answers->first;
	struct hp_answer_item *item = answers->sys->zalloc(sizeof(*item));

	if (!item) {
		answers->no_memory = true;
		return NULL;
	}
	item->sys = answers->sys;
	item->answer = HP_ANSWER_YES;
	(void)snprintf(item->id, sizeof(item->id), "%s", id);
	PRINT_INTO(item->about, about);
	while (*end)
		end = &(*end)->next;
	*end = item;
	return item;
}

void hp_answer_no(struct hp_answer_item *item, const char *reason, ...)
{
	if (!item)
		return;
	item->answer = HP_ANSWER_NO;
	PRINT_INTO(item->reason, reason);
}

void hp_answer_unknown(struct hp_answer_item *item, const char *reason, ...)
{
	if (!item)
		return;
	item->answer = HP_ANSWER_UNKNOWN;
	PRINT_INTO(item->reason, reason);
}

void hp_answer_remedy(struct hp_answer_item *item, const char *remedy, ...)
{
	if (item)
		PRINT_INTO(item->remedy, remedy);
}

void hp_answer_copy(struct hp_answer_item *item,
		    const struct hp_answer_item *from)
{
	if (!item || !from)
		return;
	item->answer = from->answer;
	memcpy(item->reason, from->reason, sizeof(item->reason));
	memcpy(item->remedy, from->remedy, sizeof(item->remedy));
}

void hp_answer_doubt(struct hp_answer_item *item)
{
	if (hp_answer_is(item, HP_ANSWER_NO))
		item->answer = HP_ANSWER_UNKNOWN;
}

bool hp_answer_is(const struct hp_answer_item *item, enum hp_answer answer)
{
	return item && item->answer == answer;
}

static struct hp_answer_value *add_value(struct hp_answer_item *item,
					 const char *name)
{
	struct hp_answer_value **end, *value;

	if (!item)
		return NULL;
	value = item->sys->zalloc(sizeof(*value));
	if (!value) {
		item->no_memory = true;
		return NULL;
	}
	(void)snprintf(value->name, sizeof(value->name), "%s", name);
	for (end = &item->values; *end; end = &(*end)->next)
		;
	*end = value;
	item->value_count++;
	return value;
}

void hp_answer_number(struct hp_answer_item *item, const char *name,
		      uint64_t number, const char *unit)
{
	struct hp_answer_value *value = add_value(item, name);

	if (!value)
		return;
	value->number = number;
	(void)snprintf(value->unit, sizeof(value->unit), "%s", unit);
}

void hp_answer_text(struct hp_answer_item *item, const char *name,
		    const char *text)
{
	struct hp_answer_value *value = add_value(item, name);

	if (!value)
		return;
	value->is_text = true;
	(void)snprintf(value->text, sizeof(value->text), "%s", text);
}

const struct hp_answer_item *hp_answer_find(const struct hp_answers *answers,
					    const char *id)
{
	const struct hp_answer_item *item;

	for (item = answers->first; item; item = item->next)
		if (!strcmp(item->id, id))
			return item;
	return NULL;
}

bool hp_answers_whole(const struct hp_answers *answers)
{
	const struct hp_answer_item *item;

	for (item = answers->first; item; item = item->next)
		if (item->no_memory)
			return false;
	return !answers->no_memory;
}

void hp_answers_free(struct hp_answers *answers)
{
	while (answers->first) {
		struct hp_answer_item *item = answers->first;

		answers->first = item->next;
		while (item->values) {
			struct hp_answer_value *value = item->values;

			item->values = value->next;
			answers->sys->free(value);
		}
		answers->sys->free(item);
	}
}
