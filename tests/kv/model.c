/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "entry.h"
#include "index.h"

struct model_entry *model_find(struct model *m, const char *key)
{
	for (int i = 0; i < m->count; i++)
		if (!strcmp(m->entries[i].key, key))
			return &m->entries[i];
	return NULL;
}

void model_set(struct model *m, const char *key, const void *value,
	       size_t length, int64_t expire)
{
	struct model_entry *e = model_find(m, key);

	if (!e) {
		if (m->count == MODEL_KEYS)
			abort();
		e = &m->entries[m->count++];
		memset(e, 0, sizeof(*e));
		snprintf(e->key, sizeof(e->key), "%s", key);
	}
	free(e->value);
	e->value = malloc(length + 1);
	if (!e->value)
		abort();
	memcpy(e->value, value, length);
	e->length = length;
	e->expire = expire;
}

bool model_delete(struct model *m, const char *key)
{
	struct model_entry *e = model_find(m, key);

	if (!e)
		return false;
	free(e->value);
	*e = m->entries[--m->count];
	return true;
}

void model_clear(struct model *m)
{
	while (m->count)
		free(m->entries[--m->count].value);
}

void model_copy(struct model *to, const struct model *from)
{
	model_clear(to);
	for (int i = 0; i < from->count; i++) {
		const struct model_entry *e = &from->entries[i];

		model_set(to, e->key, e->value, e->length, e->expire);
	}
}

static const char *compare_entry(const struct model_entry *e, struct store *s,
				 int64_t slack_ms)
{
	static char text[120];
	struct index_slot slot;
	struct slice value;
	int64_t expire;

	if (index_find(s, slice_of(e->key), &slot) < 0)
		return "the index is damaged";
	if (!slot.entry) {
		snprintf(text, sizeof(text), "key '%s' is missing", e->key);
		return text;
	}
	value = entry_value(s, slot.entry);
	if (value.n != e->length || memcmp(value.p, e->value, value.n)) {
		snprintf(text, sizeof(text), "key '%s' has another value (%zu bytes, not %zu)",
			 e->key, value.n, e->length);
		return text;
	}
	expire = entry_expire(s, slot.entry);
	if (!expire != !e->expire || expire > e->expire + slack_ms ||
	    expire < e->expire - slack_ms) {
		snprintf(text, sizeof(text), "key '%s' expires at %" PRId64 ", not %" PRId64,
			 e->key, expire, e->expire);
		return text;
	}
	return NULL;
}

const char *model_compare(const struct model *m, struct store *s,
			  int64_t slack_ms)
{
	if (store_keys(s) != (uint64_t)m->count)
		return "the number of keys differs";
	for (int i = 0; i < m->count; i++) {
		const char *why = compare_entry(&m->entries[i], s, slack_ms);

		if (why)
			return why;
	}
	return NULL;
}
