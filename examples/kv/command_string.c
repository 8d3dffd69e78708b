/* SPDX-License-Identifier: MIT */
/* Commands on values. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "entry.h"
#include "number.h"

/* Looks up, and counts as INFO reports it. */
static int read_entry(struct call *call, struct slice key, uint64_t *ret_entry)
{
	int rc = entry_lookup(call->store, key, call->now, ret_entry);

	if (rc < 0)
		return rc;
	if (*ret_entry)
		call->server->stats.hits++;
	else
		call->server->stats.misses++;
	return 0;
}

static void reply_value(struct call *call, uint64_t entry)
{
	if (entry)
		resp_bulk(call->out, entry_value(call->store, entry));
	else
		resp_null(call->out, call->resp);
}

int command_get(struct call *call)
{
	uint64_t entry;
	int rc = read_entry(call, call->argv[1], &entry);

	if (rc < 0)
		return rc;
	reply_value(call, entry);
	return 0;
}

int command_mget(struct call *call)
{
	resp_array(call->out, call->argc - 1);
	for (int i = 1; i < call->argc; i++) {
		uint64_t entry;
		int rc = read_entry(call, call->argv[i], &entry);

		if (rc < 0)
			return rc;
		reply_value(call, entry);
		/* Do not go on copying what will not be sent. */
		if (call->out->failed)
			return -ENOMEM;
	}
	return 0;
}

struct set_options {
	bool nx, xx, get, keep_ttl;
	int64_t expire;
};

/*
 * The time in @arg to milliseconds since 1970. False: not a number (the reply
 * is written), or not a time (@ret is 0).
 */
static bool parse_expire(struct call *call, struct slice arg, bool seconds,
			 bool absolute, int64_t *ret)
{
	int64_t t;

	*ret = 0;
	if (!number_parse(arg, &t)) {
		call_not_an_integer(call);
		return false;
	}
	if (t <= 0 || (seconds && __builtin_mul_overflow(t, 1000, &t)) ||
	    (!absolute && __builtin_add_overflow(t, call->now, &t))) {
		resp_error(call->out, "ERR invalid expire time in 'set' command");
		return false;
	}
	*ret = t;
	return true;
}

static bool parse_set(struct call *call, struct set_options *o)
{
	struct slice time = { 0 };
	bool seconds = false, absolute = false;

	*o = (struct set_options){ 0 };
	for (int i = 3; i < call->argc; i++) {
		struct slice a = call->argv[i];

		if (slice_is(a, "nx") && !o->xx) {
			o->nx = true;
		} else if (slice_is(a, "xx") && !o->nx) {
			o->xx = true;
		} else if (slice_is(a, "get")) {
			o->get = true;
		} else if (slice_is(a, "keepttl") && !time.p) {
			o->keep_ttl = true;
		} else if (i + 1 < call->argc && !time.p && !o->keep_ttl &&
			   (slice_is(a, "ex") || slice_is(a, "px") ||
			    slice_is(a, "exat") || slice_is(a, "pxat"))) {
			seconds = (a.p[0] | 0x20) == 'e';
			absolute = a.n == 4;
			time = call->argv[++i];
		} else {
			call_syntax_error(call);
			return false;
		}
	}
	if (time.p)
		return parse_expire(call, time, seconds, absolute, &o->expire);
	return true;
}

int command_set(struct call *call)
{
	struct set_options o;
	uint64_t entry = 0;
	int rc;

	if (!parse_set(call, &o))
		return 0;
	if (o.nx || o.xx || o.get || o.keep_ttl) {
		rc = entry_lookup(call->store, call->argv[1], call->now, &entry);
		if (rc < 0)
			return rc;
	}
	if (o.get)
		reply_value(call, entry);
	if ((o.nx && entry) || (o.xx && !entry)) {
		if (!o.get)
			resp_null(call->out, call->resp);
		return 0;
	}
	if (o.keep_ttl && entry)
		o.expire = ENTRY_KEEP_EXPIRE;
	rc = entry_set(call->store, call->argv[1], call->argv[2], o.expire);
	if (rc < 0)
		return rc;
	if (!o.get)
		resp_status(call->out, "OK");
	return 0;
}

int command_mset(struct call *call)
{
	if (call->argc % 2 == 0)
		return call_wrong_arity(call, NULL);
	for (int i = 1; i < call->argc; i += 2) {
		int rc = entry_set(call->store, call->argv[i],
				   call->argv[i + 1], 0);

		if (rc < 0)
			return rc;
	}
	resp_status(call->out, "OK");
	return 0;
}

static int add(struct call *call, int64_t by)
{
	struct store *s = call->store;
	int64_t value = 0;
	uint64_t entry;
	char text[24];
	int rc;

	rc = entry_lookup(s, call->argv[1], call->now, &entry);
	if (rc < 0)
		return rc;
	if (entry && !number_parse(entry_value(s, entry), &value))
		return call_not_an_integer(call);
	if (__builtin_add_overflow(value, by, &value)) {
		resp_error(call->out,
			   "ERR increment or decrement would overflow");
		return 0;
	}
	rc = entry_set(s, call->argv[1],
		       (struct slice){ text, number_print(value, text) },
		       entry ? ENTRY_KEEP_EXPIRE : 0);
	if (rc < 0)
		return rc;
	resp_integer(call->out, value);
	return 0;
}

int command_incr(struct call *call)
{
	return add(call, 1);
}

int command_decr(struct call *call)
{
	return add(call, -1);
}

int command_incrby(struct call *call)
{
	int64_t by;

	if (!number_parse(call->argv[2], &by))
		return call_not_an_integer(call);
	return add(call, by);
}

int command_decrby(struct call *call)
{
	int64_t by;

	if (!number_parse(call->argv[2], &by))
		return call_not_an_integer(call);
	if (by == INT64_MIN) {
		resp_error(call->out, "ERR decrement would overflow");
		return 0;
	}
	return add(call, -by);
}

int command_append(struct call *call)
{
	uint64_t entry, length;
	int rc = entry_lookup(call->store, call->argv[1], call->now, &entry);

	if (rc < 0)
		return rc;
	if (entry && entry_value(call->store, entry).n + call->argv[2].n >
	    (uint64_t)RESP_BULK_MAX) {
		resp_error(call->out,
			   "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
		return 0;
	}
	rc = entry_append(call->store, call->argv[1], call->argv[2], &length);
	if (rc < 0)
		return rc;
	resp_integer(call->out, (int64_t)length);
	return 0;
}

int command_strlen(struct call *call)
{
	uint64_t entry;
	int rc = read_entry(call, call->argv[1], &entry);

	if (rc < 0)
		return rc;
	resp_integer(call->out,
		     entry ? (int64_t)entry_value(call->store, entry).n : 0);
	return 0;
}
