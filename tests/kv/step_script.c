/* SPDX-License-Identifier: MIT */
#include "step_script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "number.h"
#include "words.h"

static const char *const script[] = {
	/* New keys, small and large, overwritten in place and not. */
	"SET a 1", "SET b @100", "SET c @3000", "SET a 2", "SET a @60",
	"SET b @90", "SET b @2000", "SET c tiny", "SET \"\" empty",
	"SET d @500 PXAT 99999999999999", "SET d again KEEPTTL",
	"SET d @900", "SET nx 1 NX", "SET nx 2 NX", "SET nx 3 XX",
	"SET no 1 XX", "SET a fresh GET",
	/* Counters: other lengths on the way. */
	"INCR n", "INCR n", "SET n 99", "INCR n", "DECR n", "INCRBY n 1000000",
	"DECRBY n 1000001", "SET n 9223372036854775806", "INCR n", "!INCR n",
	"!INCR c",
	/* Growing, within spare room and beyond it. */
	"APPEND l x", "APPEND l yz", "APPEND l @40", "APPEND l @10",
	"APPEND l @900", "APPEND l @500", "APPEND l \"\"", "APPEND l @3000",
	/* Many at once, some there already, one twice. */
	"MSET m1 @10 m2 @200 m3 @1000 m4 @30 a @33",
	"MSET m1 @300 m1 @20 m1 @400", "MSET m2 @7 m5 @64 m3 @1100",
	"DEL m1", "DEL m2 m3 nothing m2", "SET m6 @1500", "DEL m4 m5 m6",
	"DEL nothing",
	/* Expiry, and what expires on access. */
	"EXPIRE a 100", "PEXPIRE a 500000", "PERSIST a", "EXPIRE b 100 NX",
	"EXPIRE b -1", "SET gone @80 PXAT 1", "GET gone", "SET old 1 PXAT 1",
	"SET old @700", "SET e1 1 PXAT 1", "APPEND e1 new",
	/* No room: all of it comes back. */
	"!SET a @40000", "!SET huge @35000", "!MSET a 5 h1 @20000 h2 @20000",
	"!APPEND l @34000", "!MSET h1 @9000 c @9000 h3 @9000 h4 @9000",
	"FILL", "!MSET c @15 FULL", "SET c @14", "DEL f0 f1 f2",
	/* Holes are merged again. */
	"MSET g1 @50 g2 @60 g3 @70 g4 @80", "DEL g2", "DEL g4", "DEL g3",
	"DEL g1",
	/* The recovery, stopped as well. */
	"~MSET a @50 b @600 x @70 c @10", "~MSET l 1 a 2",
	/* Everything, and again. */
	"FLUSHALL", "SET a 1", "MSET a @20 b @30", "FLUSHALL", "FLUSHALL",
	"SET last @1000",
};

static const char blob[48 * 1024] = "bytes";

int step_count(void)
{
	return sizeof(script) / sizeof(script[0]);
}

/*
 * FILL: as many keys in one MSET as the log takes, so that a later command
 * meets its end; "FULL" appends so many that it must.
 */
static void add_many(struct step_command *c, const char *prefix, int n)
{
	for (int i = 0; i < n && c->argc + 2 <= STEP_ARGS; i++) {
		char *key = malloc(16);

		if (!key)
			abort();
		snprintf(key, 16, "%s%d", prefix, i);
		c->argv[c->argc++] = slice_of(key);
		c->argv[c->argc++] = slice_of("v");
	}
}

void step_command(int n, struct step_command *c)
{
	const char *text = script[n];

	*c = (struct step_command){ .text = text };
	c->fails = *text == '!';
	c->abandoned = *text == '~';
	if (c->fails || c->abandoned)
		text++;
	c->bytes = malloc(strlen(text) + 1);
	if (!c->bytes)
		abort();
	c->argc = words_split(slice_of(text), c->bytes, c->argv, STEP_ARGS);
	if (slice_is(c->argv[0], "fill")) {
		c->argv[0] = slice_of("MSET");
		add_many(c, "f", 3);
	} else if (slice_is(c->argv[c->argc - 1], "full")) {
		c->argc--;
		add_many(c, "z", 100);
	}
	for (int i = 1; i < c->argc; i++) {
		struct slice *a = &c->argv[i];
		uint64_t length;

		if (!a->n || a->p[0] != '@')
			continue;
		if (!number_parse_unsigned((struct slice){ a->p + 1, a->n - 1 },
					   &length) || length > sizeof(blob))
			abort();
		*a = (struct slice){ blob, length };
	}
}

static void key_of(struct slice s, char out[32])
{
	snprintf(out, 32, "%.*s", (int)s.n, s.p);
}

static void apply_set(const struct step_command *c, struct model *m)
{
	struct model_entry *e;
	int64_t expire = 0;
	char key[32];

	key_of(c->argv[1], key);
	e = model_find(m, key);
	for (int i = 3; i < c->argc; i++) {
		if (slice_is(c->argv[i], "pxat"))
			number_parse(c->argv[++i], &expire);
		else if (slice_is(c->argv[i], "keepttl"))
			expire = e ? e->expire : 0;
		else if (slice_is(c->argv[i], e ? "nx" : "xx"))
			return;
	}
	model_set(m, key, c->argv[2].p, c->argv[2].n, expire);
}

static void apply_add(const struct step_command *c, struct model *m)
{
	struct model_entry *e;
	int64_t value = 0, by = 1;
	char key[32], text[24];

	key_of(c->argv[1], key);
	e = model_find(m, key);
	if (e)
		number_parse((struct slice){ e->value, e->length }, &value);
	if (c->argc > 2)
		number_parse(c->argv[2], &by);
	value += (c->argv[0].p[0] | 0x20) == 'd' ? -by : by;
	model_set(m, key, text, number_print(value, text), e ? e->expire : 0);
}

static void apply_append(const struct step_command *c, struct model *m)
{
	struct model_entry *e;
	size_t length = 0;
	char key[32], *text;

	key_of(c->argv[1], key);
	e = model_find(m, key);
	text = malloc((e ? e->length : 0) + c->argv[2].n + 1);
	if (!text)
		abort();
	if (e && e->expire != 1) {
		length = e->length;
		memcpy(text, e->value, length);
	}
	memcpy(text + length, c->argv[2].p, c->argv[2].n);
	model_set(m, key, text, length + c->argv[2].n,
		  e && e->expire != 1 ? e->expire : 0);
	free(text);
}

static void apply_expire(const struct step_command *c, struct model *m)
{
	struct model_entry *e;
	int64_t at = 0;
	char key[32];

	key_of(c->argv[1], key);
	e = model_find(m, key);
	if (!e)
		return;
	if (c->argc == 2) {
		e->expire = 0;
		return;
	}
	number_parse(c->argv[2], &at);
	if (at < 0)
		model_delete(m, key);
	else
		e->expire = clock_read().real_ms +
			(slice_is(c->argv[0], "expire") ? 1000 : 1) * at;
}

void step_apply(const struct step_command *c, struct model *m)
{
	struct slice name = c->argv[0];
	char key[32];

	if (c->fails || c->abandoned)
		return;
	if (slice_is(name, "set")) {
		apply_set(c, m);
	} else if (slice_is(name, "mset")) {
		for (int i = 1; i < c->argc; i += 2) {
			key_of(c->argv[i], key);
			model_set(m, key, c->argv[i + 1].p, c->argv[i + 1].n, 0);
		}
	} else if (slice_is(name, "append")) {
		apply_append(c, m);
	} else if (slice_is(name, "del")) {
		for (int i = 1; i < c->argc; i++) {
			key_of(c->argv[i], key);
			model_delete(m, key);
		}
	} else if (slice_is(name, "flushall")) {
		model_clear(m);
	} else if (slice_is(name, "get")) {
		/* Only used on a key that has expired. */
		key_of(c->argv[1], key);
		model_delete(m, key);
	} else if (slice_is(name, "expire") || slice_is(name, "pexpire") ||
		   slice_is(name, "persist")) {
		apply_expire(c, m);
	} else {
		apply_add(c, m);
	}
}
