/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <stdio.h>


const struct command command_table[] = {
	{ "append", command_append, 3, COMMAND_WRITE, 1, 1, 1 },
	{ "auth", command_auth, -2, COMMAND_CONNECTION, 0, 0, 0 },
	{ "bgsave", command_bgsave, -1, COMMAND_NO_TX, 0, 0, 0 },
	{ "client", command_client, -2, 0, 0, 0, 0 },
	{ "command", command_command, -1, 0, 0, 0, 0 },
	{ "config", command_config, -2, 0, 0, 0, 0 },
	{ "dbsize", command_dbsize, 1, 0, 0, 0, 0 },
	{ "decr", command_decr, 2, COMMAND_WRITE, 1, 1, 1 },
	{ "decrby", command_decrby, 3, COMMAND_WRITE, 1, 1, 1 },
	{ "del", command_del, -2, COMMAND_WRITE, 1, -1, 1 },
	{ "discard", command_discard, 1,
	  COMMAND_CONNECTION | COMMAND_IN_MULTI, 0, 0, 0 },
	{ "echo", command_echo, 2, 0, 0, 0, 0 },
	{ "exec", command_exec, 1, COMMAND_CONNECTION | COMMAND_IN_MULTI,
	  0, 0, 0 },
	{ "exists", command_exists, -2, 0, 1, -1, 1 },
	{ "expire", command_expire, -3, COMMAND_WRITE, 1, 1, 1 },
	{ "flushall", command_flushall, -1, COMMAND_WRITE | COMMAND_NO_TX,
	  0, 0, 0 },
	{ "flushdb", command_flushall, -1, COMMAND_WRITE | COMMAND_NO_TX,
	  0, 0, 0 },
	{ "get", command_get, 2, 0, 1, 1, 1 },
	{ "hello", command_hello, -1, COMMAND_CONNECTION, 0, 0, 0 },
	{ "hugepersist", command_hugepersist, -2, COMMAND_NO_TX, 0, 0, 0 },
	{ "incr", command_incr, 2, COMMAND_WRITE, 1, 1, 1 },
	{ "incrby", command_incrby, 3, COMMAND_WRITE, 1, 1, 1 },
	{ "info", command_info, -1, 0, 0, 0, 0 },
	{ "keys", command_keys, 2, 0, 0, 0, 0 },
	{ "lastsave", command_lastsave, 1, 0, 0, 0, 0 },
	{ "mget", command_mget, -2, 0, 1, -1, 1 },
	{ "mset", command_mset, -3, COMMAND_WRITE, 1, -1, 2 },
	{ "multi", command_multi, 1, COMMAND_CONNECTION | COMMAND_IN_MULTI,
	  0, 0, 0 },
	{ "persist", command_persist, 2, COMMAND_WRITE, 1, 1, 1 },
	{ "pexpire", command_pexpire, -3, COMMAND_WRITE, 1, 1, 1 },
	{ "ping", command_ping, -1, 0, 0, 0, 0 },
	{ "pttl", command_pttl, 2, 0, 1, 1, 1 },
	{ "quit", command_quit, -1, COMMAND_CONNECTION | COMMAND_IN_MULTI,
	  0, 0, 0 },
	{ "reset", command_reset, 1, COMMAND_CONNECTION | COMMAND_IN_MULTI,
	  0, 0, 0 },
	{ "role", command_role, 1, 0, 0, 0, 0 },
	{ "save", command_save, 1, COMMAND_NO_TX, 0, 0, 0 },
	{ "scan", command_scan, -2, 0, 0, 0, 0 },
	{ "select", command_select, 2, 0, 0, 0, 0 },
	{ "set", command_set, -3, COMMAND_WRITE, 1, 1, 1 },
	{ "shutdown", command_shutdown, -1, COMMAND_NO_TX, 0, 0, 0 },
	{ "strlen", command_strlen, 2, 0, 1, 1, 1 },
	{ "ttl", command_ttl, 2, 0, 1, 1, 1 },
	{ "type", command_type, 2, 0, 1, 1, 1 },
	{ 0 }
};

const struct command *command_find(struct slice name)
{
	for (const struct command *c = command_table; c->name; c++)
		if (slice_is(name, c->name))
			return c;
	return NULL;
}

/* As Redis words it: up to 128 bytes of the name and of the arguments. */
static void unknown(struct call *call)
{
	char args[128 + 8];
	size_t n = 0;

	args[0] = '\0';
	for (int i = 1; i < call->argc && n < 128; i++) {
		struct slice a = call->argv[i];
		size_t room = 128 - n;

		n += snprintf(args + n, sizeof(args) - n, "'%.*s' ",
			      (int)(a.n < room ? a.n : room), a.p);
		if (n > 128)
			n = 128;
	}
	resp_error(call->out,
		   "ERR unknown command '%.*s', with args beginning with: %s",
		   (int)(call->argv[0].n < 128 ? call->argv[0].n : 128),
		   call->argv[0].p, args);
}

int call_syntax_error(struct call *call)
{
	resp_error(call->out, "ERR syntax error");
	return 0;
}

int call_not_an_integer(struct call *call)
{
	resp_error(call->out, "ERR value is not an integer or out of range");
	return 0;
}

int call_wrong_arity(struct call *call, const char *subcommand)
{
	resp_error(call->out,
		   "ERR wrong number of arguments for '%s%s%s' command",
		   call->command->name, subcommand ? "|" : "",
		   subcommand ? subcommand : "");
	return 0;
}

int call_unknown_subcommand(struct call *call)
{
	char name[32];
	int n = snprintf(name, sizeof(name), "%s", call->command->name);

	for (int i = 0; i < n; i++)
		name[i] &= ~0x20;
	resp_error(call->out, "ERR unknown subcommand '%.*s'. Try %s HELP.",
		   (int)(call->argv[1].n < 128 ? call->argv[1].n : 128),
		   call->argv[1].p, name);
	return 0;
}

static void failed(struct call *call, int err)
{
	switch (err) {
	case -ENOSPC:
		resp_error(call->out,
			   "OOM command not allowed: the region is full. Delete keys, or start with a larger --memory");
		break;
	case -E2BIG:
		resp_error(call->out,
			   "ERR too many changes for one command: the undo log is full and nothing was changed. Split the command, or start with a larger --memory");
		break;
	case -ENOMEM:
		resp_error(call->out,
			   "ERR the reply is larger than 1 GiB or found no memory, and nothing was changed. Ask for less at once");
		break;
	default:
		resp_error(call->out,
			   "ERR the region's content is damaged. Save what can be read, then use FLUSHALL");
		break;
	}
}

static int run_in_tx(struct call *call)
{
	int rc;

	store_begin(call->store);
	rc = call->command->run(call);
	if (rc >= 0 && call->out->failed)
		rc = -ENOMEM;
	if (rc >= 0)
		rc = store_commit(call->store);
	if (rc < 0)
		store_rollback(call->store);
	return rc;
}

/* False: the reply says why not. */
static bool is_run(struct call *call)
{
	unsigned int flags = call->command ? call->command->flags : 0;

	if (!call->client && flags & COMMAND_CONNECTION) {
		resp_error(call->out, "ERR there is no connection");
		return false;
	}
	if (call->client && call->client->in_multi &&
	    !(flags & COMMAND_IN_MULTI)) {
		resp_error(call->out, "ERR not run: it follows a MULTI, which hp-kv does not have");
		return false;
	}
	return true;
}

void command_run(struct server *server, struct client *client, int argc,
		 struct slice *argv, struct buf *out)
{
	struct call call = {
		.server = server,
		.store = server->store,
		.client = client,
		.out = out,
		.resp = client ? client->resp : 2,
		.argc = argc,
		.argv = argv,
		.now = clock_now(&server->clock),
		.command = command_find(argv[0]),
	};
	size_t before = buf_size(out);
	int rc;

	server->stats.commands++;
	if (client) {
		client->last_ms = call.now;
		if (call.command)
			client->last_command = call.command->name;
	}
	if (!is_run(&call))
		return;
	if (!call.command) {
		unknown(&call);
		return;
	}
	if (call.command->arity > 0 ? argc != call.command->arity :
	    argc < -call.command->arity) {
		call_wrong_arity(&call, NULL);
		return;
	}
	if (call.command->flags & COMMAND_NO_TX)
		rc = call.command->run(&call);
	else
		rc = run_in_tx(&call);
	if (rc >= 0)
		return;
	/* Half a reply must not go out. */
	out->end = out->start + before;
	out->failed = false;
	failed(&call, rc);
}
