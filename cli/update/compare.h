/* SPDX-License-Identifier: MIT */
/*
 * A record of before an update against one of now. Neither is trusted: what has
 * another type than it should counts as not there.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <jansson.h>
#include <stdint.h>

struct comparison {
	json_t *missing; /* sentences */
	unsigned int sessions, regions;
	uint64_t bytes;
};

/* The caller puts missing back. */
void compare_records(const json_t *before, const json_t *after,
		     struct comparison *ret);

/* A word of an object; "" if it is none. */
const char *record_text(const json_t *object, const char *key);

/* The sessions of a record. */
const json_t *record_sessions(const json_t *record);

#endif
