// SPDX-License-Identifier: MIT
/*
 * The same as one JSON object. Numbers without limit are null.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

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

static json_t *value_object(const struct hp_value *value)
{
	json_t *object = json_object();
	int err;

	if (value->text)
		err = add(object, "text", json_string(value->text));
	else
		err = add(object, "number", number(value->number)) |
		      add(object, "unit", json_string(value->unit));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *values_object(const struct hp_probe *probe, const char *id)
{
	struct hp_value value = { .size = sizeof(value) };
	json_t *values = json_object();

	for (unsigned int i = 0; !hp_probe_value(probe, id, i, &value); i++) {
		if (!add(values, value.name, value_object(&value)))
			continue;
		json_decref(values);
		return NULL;
	}
	return values;
}

static json_t *finding_object(const struct hp_probe *probe,
			      const struct hp_finding *finding)
{
	json_t *object = json_object();
	int err;

	err = add(object, "id", json_string(finding->id)) |
	      add(object, "answer", json_string(answer_word(finding->answer))) |
	      add(object, "about", json_string(finding->about)) |
	      add(object, "reason", json_string(finding->reason)) |
	      add(object, "remedy", json_string(finding->remedy)) |
	      add(object, "values", values_object(probe, finding->id));
	if (!err)
		return object;
	json_decref(object);
	return NULL;
}

static int add_findings(json_t *report, const struct hp_probe *probe)
{
	struct hp_finding finding = { .size = sizeof(finding) };
	json_t *list = json_array();

	for (unsigned int i = 0; !hp_probe_finding(probe, i, &finding); i++) {
		if (!json_array_append_new(list,
					   finding_object(probe, &finding)))
			continue;
		json_decref(list);
		return -1;
	}
	return add(report, "findings", list);
}

int print_json(const struct hp_probe *probe, enum verdict verdict,
	       const struct options *options)
{
	static const unsigned int answers[] = {
		[VERDICT_YES] = HP_ANSWER_YES,
		[VERDICT_NO] = HP_ANSWER_NO,
		[VERDICT_UNKNOWN] = HP_ANSWER_UNKNOWN,
	};
	json_t *report = json_object();
	int err;

	err = add(report, "library", json_string(hp_version())) |
	      add(report, "tried",
		  json_boolean(options->probe.flags & HP_PROBE_TRY)) |
	      add(report, "page_size", number(options->probe.page_size)) |
	      add(report, "length", number(options->probe.length)) |
	      add(report, "hand_over",
		  json_string(answer_word(answers[verdict]))) |
	      add_findings(report, probe);
	if (!err)
		err = json_dumpf(report, stdout, JSON_INDENT(2));
	json_decref(report);
	putchar('\n');
	return err ? -1 : 0;
}
