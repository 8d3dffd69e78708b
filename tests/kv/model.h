/* SPDX-License-Identifier: MIT */
/* What a store should hold: the same operations, done in the plainest way. */
#ifndef TEST_MODEL_H
#define TEST_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"
#include "store.h"

#define MODEL_KEYS 256

struct model_entry {
	char key[32];
	char *value;
	size_t length;
	int64_t expire;
};

struct model {
	struct model_entry entries[MODEL_KEYS];
	int count;
};

void model_set(struct model *m, const char *key, const void *value,
	       size_t length, int64_t expire);
bool model_delete(struct model *m, const char *key);
struct model_entry *model_find(struct model *m, const char *key);
void model_clear(struct model *m);
void model_copy(struct model *to, const struct model *from);

/*
 * NULL if @s holds exactly this, else the difference in words. Expiry times
 * may differ by @slack_ms.
 */
const char *model_compare(const struct model *m, struct store *s,
			  int64_t slack_ms);

#endif
