// SPDX-License-Identifier: MIT
#include <jansson.h>
#include <stdio.h>

#include "report/report.h"

/* Takes over what it is given, also when that failed. */
static int add(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value);
}

static json_t *number(uint64_t value)
{
	return value > INT64_MAX ? json_null() :
				   json_integer((json_int_t)value);
}

static json_t *value_object(const struct answer_value *value)
{
	json_t *object = json_object();
	int err;

	if (value->is_text)
		err = add(object, "text", json_string(value->text));
	else
		err = add(object, "number", number(value->number)) |
		      add(object, "unit", json_string(value->unit));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *values_object(const struct answer *answer)
{
	const struct answer_value *value;
	json_t *values = json_object();

	for (value = answer->values; value; value = value->next) {
		if (!add(values, value->name, value_object(value)))
			continue;
		json_decref(values);
		return NULL;
	}
	return values;
}

static json_t *answer_object(const struct answer *answer)
{
	json_t *object = json_object();
	int err;

	err = add(object, "id", json_string(answer->id)) |
	      add(object, "answer", json_string(answer_word(answer->kind))) |
	      add(object, "about", json_string(answer->about)) |
	      add(object, "reason", json_string(answer->reason)) |
	      add(object, "remedy", json_string(answer->remedy)) |
	      add(object, "values", values_object(answer));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static int add_answers(json_t *report, const struct answers *answers)
{
	const struct answer *answer;
	json_t *list = json_array();

	for (answer = answers->first; answer; answer = answer->next) {
		if (!json_array_append_new(list, answer_object(answer)))
			continue;
		json_decref(list);
		return -1;
	}
	return add(report, "findings", list);
}

static json_t *field_value(const struct report_field *field)
{
	switch (field->type) {
	case FIELD_TEXT:
		return json_string(field->text);
	case FIELD_BOOL:
		return json_boolean(field->number);
	default:
		return number(field->number);
	}
}

int print_json(const struct answers *answers, const struct report_field *fields,
	       unsigned int count)
{
	json_t *report = json_object();
	int err = 0;

	for (unsigned int i = 0; i < count; i++)
		err |= add(report, fields[i].name, field_value(&fields[i]));
	err |= add_answers(report, answers);
	if (!err)
		err = json_dumpf(report, stdout, JSON_INDENT(2));
	json_decref(report);
	putchar('\n');
	return err ? -1 : 0;
}
