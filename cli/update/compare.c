// SPDX-License-Identifier: MIT
#include <string.h>

#include "update/compare.h"

const char *record_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

const json_t *record_sessions(const json_t *record)
{
	return json_object_get(json_object_get(record, "held"), "sessions");
}

/* The element with the same word under that key. */
static const json_t *find_same(const json_t *list, const json_t *wanted,
			       const char *key)
{
	const json_t *element;
	size_t i;

	json_array_foreach(
		(json_t *)(uintptr_t)list, i,
		element) if (!strcmp(record_text(element, key),
				     record_text(wanted, key))) return element;
	return NULL;
}

static void miss(struct comparison *result, json_t *sentence)
{
	(void)json_array_append_new(result->missing, sentence);
}

static void compare_region(struct comparison *result, const json_t *region,
			   const json_t *after, const char *title)
{
	const json_t *now =
		find_same(json_object_get(after, "regions"), region, "token");
	json_int_t bytes = json_integer_value(json_object_get(region, "bytes"));

	if (now && json_is_true(json_object_get(now, "present"))) {
		result->regions++;
		result->bytes += (uint64_t)bytes;
		return;
	}
	miss(result, json_sprintf("%s: region %s '%s' did not come back: the "
				  "kernel refused it (see the console of the "
				  "shutdown), or it was dropped",
				  title, record_text(region, "token"),
				  record_text(region, "label")));
}

static void compare_regions(struct comparison *result, const json_t *before,
			    const json_t *after, const char *title)
{
	const json_t *region;
	size_t i;

	json_array_foreach(
		json_object_get(before, "regions"), i,
		region) if (json_is_true(json_object_get(region, "listed")) &&
			    json_is_true(json_object_get(region, "present")))
		compare_region(result, region, after, title);
}

/* After a reboot a session is made from its save, and has another id. */
static const char *key_of(const json_t *before)
{
	return strcmp(record_text(before, "way"), "reboot") ? "id" : "title";
}

void compare_records(const json_t *before, const json_t *after,
		     struct comparison *ret)
{
	const json_t *session, *now;
	size_t i;

	*ret = (struct comparison){ .missing = json_array() };
	json_array_foreach((json_t *)(uintptr_t)record_sessions(before), i,
			   session)
	{
		const char *title = record_text(session, "title");

		now = find_same(record_sessions(after), session,
				key_of(before));
		if (!now) {
			miss(ret, json_sprintf("%s did not come back", title));
			continue;
		}
		ret->sessions++;
		compare_regions(ret, session, now, title);
	}
}
