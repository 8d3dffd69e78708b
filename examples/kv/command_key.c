/* SPDX-License-Identifier: MIT */
/* Commands on keys, whatever their values are. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "entry.h"
#include "glob.h"
#include "index.h"
#include "number.h"

int command_del(struct call *call)
{
	int64_t count = 0;

	for (int i = 1; i < call->argc; i++) {
		uint64_t entry;
		int rc = entry_lookup(call->store, call->argv[i], call->now,
				      &entry);

		if (rc == 0 && entry)
			rc = entry_delete(call->store, call->argv[i]);
		if (rc < 0)
			return rc;
		count += rc;
	}
	resp_integer(call->out, count);
	return 0;
}

int command_exists(struct call *call)
{
	int64_t count = 0;

	for (int i = 1; i < call->argc; i++) {
		uint64_t entry;
		int rc = entry_lookup(call->store, call->argv[i], call->now,
				      &entry);

		if (rc < 0)
			return rc;
		if (entry)
			call->server->stats.hits++;
		else
			call->server->stats.misses++;
		count += !!entry;
	}
	resp_integer(call->out, count);
	return 0;
}

int command_type(struct call *call)
{
	uint64_t entry;
	int rc = entry_lookup(call->store, call->argv[1], call->now, &entry);

	if (rc < 0)
		return rc;
	resp_status(call->out, entry ? "string" : "none");
	return 0;
}

enum { IF_NX = 1, IF_XX = 2, IF_GT = 4, IF_LT = 8 };

static bool parse_conditions(struct call *call, unsigned int *ret)
{
	*ret = 0;
	for (int i = 3; i < call->argc; i++) {
		struct slice a = call->argv[i];

		if (slice_is(a, "nx")) {
			*ret |= IF_NX;
		} else if (slice_is(a, "xx")) {
			*ret |= IF_XX;
		} else if (slice_is(a, "gt")) {
			*ret |= IF_GT;
		} else if (slice_is(a, "lt")) {
			*ret |= IF_LT;
		} else {
			resp_error(call->out, "ERR Unsupported option %.*s",
				   (int)(a.n < 128 ? a.n : 128), a.p);
			return false;
		}
	}
	if ((*ret & IF_NX) && (*ret & ~IF_NX)) {
		resp_error(call->out,
			   "ERR NX and XX, GT or LT options at the same time are not compatible");
		return false;
	}
	if ((*ret & IF_GT) && (*ret & IF_LT)) {
		resp_error(call->out,
			   "ERR GT and LT options at the same time are not compatible");
		return false;
	}
	return true;
}

static bool condition_holds(unsigned int conditions, int64_t have, int64_t at)
{
	if ((conditions & IF_NX) && have)
		return false;
	if ((conditions & IF_XX) && !have)
		return false;
	/* No expiry is later than any. */
	if ((conditions & IF_GT) && (!have || at <= have))
		return false;
	if ((conditions & IF_LT) && have && at >= have)
		return false;
	return true;
}

static int expire(struct call *call, int64_t unit)
{
	struct store *s = call->store;
	unsigned int conditions;
	uint64_t entry;
	int64_t at;
	int rc;

	if (!parse_conditions(call, &conditions))
		return 0;
	if (!number_parse(call->argv[2], &at))
		return call_not_an_integer(call);
	if (__builtin_mul_overflow(at, unit, &at) ||
	    __builtin_add_overflow(at, call->now, &at)) {
		resp_error(call->out, "ERR invalid expire time in '%s' command",
			   call->command->name);
		return 0;
	}
	rc = entry_lookup(s, call->argv[1], call->now, &entry);
	if (rc < 0)
		return rc;
	if (!entry || !condition_holds(conditions, entry_expire(s, entry), at)) {
		resp_integer(call->out, 0);
		return 0;
	}
	if (at <= call->now)
		rc = entry_delete(s, call->argv[1]);
	else
		rc = entry_set_expire(s, entry, at);
	if (rc < 0)
		return rc;
	resp_integer(call->out, 1);
	return 0;
}

int command_expire(struct call *call)
{
	return expire(call, 1000);
}

int command_pexpire(struct call *call)
{
	return expire(call, 1);
}

static int ttl(struct call *call, int64_t unit)
{
	uint64_t entry;
	int64_t left = -2;
	int rc = entry_lookup(call->store, call->argv[1], call->now, &entry);

	if (rc < 0)
		return rc;
	if (entry) {
		left = entry_expire(call->store, entry);
		left = left ? (left - call->now + unit / 2) / unit : -1;
	}
	resp_integer(call->out, left);
	return 0;
}

int command_ttl(struct call *call)
{
	return ttl(call, 1000);
}

int command_pttl(struct call *call)
{
	return ttl(call, 1);
}

int command_persist(struct call *call)
{
	uint64_t entry;
	int rc = entry_lookup(call->store, call->argv[1], call->now, &entry);
	bool had;

	if (rc < 0)
		return rc;
	had = entry && entry_expire(call->store, entry);
	if (had)
		rc = entry_set_expire(call->store, entry, 0);
	if (rc < 0)
		return rc;
	resp_integer(call->out, had);
	return 0;
}

/* Adds the bucket's keys that match; how many, or -EUCLEAN. */
static int64_t add_bucket(struct call *call, uint64_t bucket,
			  const struct slice *pattern, struct buf *out)
{
	struct store *s = call->store;
	uint64_t left = store_keys(s);
	int64_t count = 0;

	for (uint64_t e = index_first(s, bucket); e; e = index_next(s, e)) {
		struct slice key = entry_key(s, e);

		if (!left--)
			return -EUCLEAN;
		if (entry_is_expired(s, e, call->now))
			continue;
		if (pattern && !glob_match(*pattern, key))
			continue;
		resp_bulk(out, key);
		count++;
	}
	return s->damaged ? -EUCLEAN : count;
}

/* An array whose length is known at its end only. */
static int reply_keys(struct call *call, struct buf *keys, int64_t count)
{
	int rc = keys->failed ? -ENOMEM : 0;

	if (rc == 0) {
		resp_array(call->out, count);
		if (buf_size(keys))
			buf_add(call->out, keys->p + keys->start,
				buf_size(keys));
	}
	buf_free(keys);
	return rc;
}

int command_keys(struct call *call)
{
	const struct slice *pattern = &call->argv[1];
	int64_t count = 0;
	struct buf keys;

	buf_init(&keys, CLIENT_OUTPUT_MAX);
	if (slice_is(*pattern, "*"))
		pattern = NULL;
	for (uint64_t b = 0; b < call->store->header->bucket_count; b++) {
		int64_t n = add_bucket(call, b, pattern, &keys);

		if (n < 0 || keys.failed) {
			buf_free(&keys);
			return n < 0 ? (int)n : -ENOMEM;
		}
		count += n;
	}
	return reply_keys(call, &keys, count);
}

struct scan_options {
	const struct slice *pattern;
	int64_t count;
	bool strings;		/* TYPE: all that there is are strings */
};

static bool parse_scan(struct call *call, struct scan_options *o)
{
	*o = (struct scan_options){ .count = 10, .strings = true };
	for (int i = 2; i < call->argc; i += 2) {
		struct slice a = call->argv[i];

		if (i + 1 == call->argc) {
			call_syntax_error(call);
			return false;
		}
		if (slice_is(a, "count")) {
			if (!number_parse(call->argv[i + 1], &o->count)) {
				call_not_an_integer(call);
				return false;
			}
			if (o->count < 1) {
				call_syntax_error(call);
				return false;
			}
		} else if (slice_is(a, "match")) {
			o->pattern = &call->argv[i + 1];
		} else if (slice_is(a, "type")) {
			o->strings = slice_is(call->argv[i + 1], "string");
		} else {
			call_syntax_error(call);
			return false;
		}
	}
	return true;
}

/*
 * The cursor is the bucket to go on with. Buckets stay what they are, so a
 * key that is there all the time is met, and met once.
 */
int command_scan(struct call *call)
{
	uint64_t buckets = call->store->header->bucket_count;
	uint64_t cursor, tries;
	struct scan_options o;
	int64_t seen = 0, count = 0;
	struct buf keys;
	char text[24];

	if (!number_parse_unsigned(call->argv[1], &cursor)) {
		resp_error(call->out, "ERR invalid cursor");
		return 0;
	}
	if (!parse_scan(call, &o))
		return 0;
	buf_init(&keys, CLIENT_OUTPUT_MAX);
	/* A bounded walk, also through a bucket array that is mostly empty. */
	tries = 4096 + 10 * (uint64_t)(o.count < 1000000 ? o.count : 1000000);
	while (cursor < buckets && tries-- && seen < o.count) {
		int64_t n = add_bucket(call, cursor++, o.pattern, &keys);

		if (n < 0 || keys.failed) {
			buf_free(&keys);
			return n < 0 ? (int)n : -ENOMEM;
		}
		seen += n;
	}
	count = seen;
	if (!o.strings) {
		buf_free(&keys);
		count = 0;
	}
	if (cursor >= buckets)
		cursor = 0;
	resp_array(call->out, 2);
	snprintf(text, sizeof(text), "%" PRIu64, cursor);
	resp_text(call->out, text);
	return reply_keys(call, &keys, count);
}
