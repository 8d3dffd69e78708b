/* SPDX-License-Identifier: MIT */
/* Commands on the server as a whole. */
#include <errno.h>
#include <stdio.h>

#include "command.h"
#include "glob.h"
#include "number.h"

int command_dbsize(struct call *call)
{
	resp_integer(call->out, (int64_t)store_keys(call->store));
	return 0;
}

int command_role(struct call *call)
{
	resp_array(call->out, 3);
	resp_text(call->out, "master");
	resp_integer(call->out, 0);
	resp_array(call->out, 0);
	return 0;
}

int command_flushall(struct call *call)
{
	if (call->argc > 2 ||
	    (call->argc == 2 && !slice_is(call->argv[1], "sync") &&
	     !slice_is(call->argv[1], "async")))
		return call_syntax_error(call);
	store_flush(call->store);
	resp_status(call->out, "OK");
	return 0;
}

struct setting {
	const char *name;
	char value[4096];	/* as long as a path */
};

static int settings(const struct server *server, struct setting *set)
{
	const struct options *o = server->options;
	int n = 0;

#define ADD(key, ...) do { \
		set[n].name = key; \
		snprintf(set[n].value, sizeof(set[n].value), __VA_ARGS__); \
		n++; \
	} while (0)
	/* Asked for by clients; saves have no schedule, and there is no log. */
	ADD("save", "%s", "");
	ADD("dir", "%s", o->save_dir ? o->save_dir : "");
	ADD("appendonly", "no");
	ADD("databases", "1");
	ADD("maxmemory", "%llu",
	    (unsigned long long)store_capacity(server->store));
	ADD("maxmemory-policy", "noeviction");
	ADD("proto-max-bulk-len", "%lld", (long long)RESP_BULK_MAX);
	ADD("maxclients", "%d", server->max_clients);
	ADD("bind", "%s", o->bind);
	ADD("port", "%d", o->port);
	ADD("unixsocket", "%s", o->unixsocket ? o->unixsocket : "");
	ADD("timeout", "0");
	ADD("tcp-keepalive", "%d", o->keepalive);
#undef ADD
	return n;
}

#define SETTINGS 16

static int config_get(struct call *call)
{
	struct setting set[SETTINGS];
	bool wanted[SETTINGS] = { false };
	int n = settings(call->server, set), count = 0;

	if (call->argc < 3)
		return call_wrong_arity(call, "get");
	for (int i = 0; i < n; i++) {
		for (int k = 2; k < call->argc && !wanted[i]; k++)
			wanted[i] = slice_is(call->argv[k], set[i].name) ||
				glob_match(call->argv[k],
					   slice_of(set[i].name));
		count += wanted[i];
	}
	resp_map(call->out, call->resp, count);
	for (int i = 0; i < n; i++) {
		if (!wanted[i])
			continue;
		resp_text(call->out, set[i].name);
		resp_text(call->out, set[i].value);
	}
	return 0;
}

int command_config(struct call *call)
{
	if (slice_is(call->argv[1], "get"))
		return config_get(call);
	if (slice_is(call->argv[1], "resetstat")) {
		if (call->argc != 2)
			return call_wrong_arity(call, "resetstat");
		call->server->stats = (struct stats){ 0 };
		resp_status(call->out, "OK");
		return 0;
	}
	if (slice_is(call->argv[1], "set")) {
		resp_error(call->out,
			   "ERR CONFIG SET is not supported: settings are arguments of hp-kv, see hp-kv --help");
		return 0;
	}
	return call_unknown_subcommand(call);
}

static void reply_command(struct call *call, const struct command *c)
{
	resp_array(call->out, 6);
	resp_text(call->out, c->name);
	resp_integer(call->out, c->arity);
	resp_set(call->out, call->resp, 1);
	resp_status(call->out, c->flags & COMMAND_WRITE ? "write" : "readonly");
	resp_integer(call->out, c->first_key);
	resp_integer(call->out, c->last_key);
	resp_integer(call->out, c->key_step);
}

int command_command(struct call *call)
{
	int count = 0;

	while (command_table[count].name)
		count++;
	if (call->argc == 1) {
		resp_array(call->out, count);
		for (int i = 0; i < count; i++)
			reply_command(call, &command_table[i]);
	} else if (slice_is(call->argv[1], "count")) {
		if (call->argc != 2)
			return call_wrong_arity(call, "count");
		resp_integer(call->out, count);
	} else if (slice_is(call->argv[1], "docs")) {
		/* No texts: clients then show none. */
		resp_map(call->out, call->resp, 0);
	} else if (slice_is(call->argv[1], "info")) {
		resp_array(call->out, call->argc - 2);
		for (int i = 2; i < call->argc; i++) {
			const struct command *c = command_find(call->argv[i]);

			if (c)
				reply_command(call, c);
			else
				resp_null_array(call->out, call->resp);
		}
	} else {
		return call_unknown_subcommand(call);
	}
	return 0;
}
