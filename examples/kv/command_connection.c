/* SPDX-License-Identifier: MIT */
/* Commands on the connection alone. */
#include "command.h"
#include "number.h"

int command_ping(struct call *call)
{
	if (call->argc > 2)
		return call_wrong_arity(call, NULL);
	if (call->argc == 2)
		resp_bulk(call->out, call->argv[1]);
	else
		resp_status(call->out, "PONG");
	return 0;
}

int command_echo(struct call *call)
{
	resp_bulk(call->out, call->argv[1]);
	return 0;
}

int command_select(struct call *call)
{
	int64_t n;

	if (!number_parse(call->argv[1], &n))
		return call_not_an_integer(call);
	if (n != 0)
		resp_error(call->out, "ERR DB index is out of range");
	else
		resp_status(call->out, "OK");
	return 0;
}

int command_quit(struct call *call)
{
	resp_status(call->out, "OK");
	call->client->close_after_reply = true;
	return 0;
}

/* -- HELLO ----------------------------------------------------------------- */

static int no_passwords(struct call *call)
{
	resp_error(call->out,
		   "ERR hp-kv has no users and no passwords: connect without AUTH");
	return 0;
}

int command_auth(struct call *call)
{
	return no_passwords(call);
}

static int greet(struct call *call)
{
	int resp = call->client->resp;

	resp_map(call->out, resp, 7);
	resp_text(call->out, "server");
	resp_text(call->out, "redis");
	resp_text(call->out, "version");
	resp_text(call->out, COMMAND_REDIS_VERSION);
	resp_text(call->out, "proto");
	resp_integer(call->out, resp);
	resp_text(call->out, "id");
	resp_integer(call->out, (int64_t)call->client->id);
	resp_text(call->out, "mode");
	resp_text(call->out, "standalone");
	resp_text(call->out, "role");
	resp_text(call->out, "master");
	resp_text(call->out, "modules");
	resp_array(call->out, 0);
	return 0;
}

/* HELLO [2|3 [AUTH user password] [SETNAME name]] */
int command_hello(struct call *call)
{
	const struct slice *name = NULL;
	int64_t version = call->client->resp;

	if (call->argc > 1 && !number_parse(call->argv[1], &version)) {
		resp_error(call->out,
			   "ERR Protocol version is not an integer or out of range");
		return 0;
	}
	if (version != 2 && version != 3) {
		resp_error(call->out, "NOPROTO unsupported protocol version");
		return 0;
	}
	for (int i = 2; i < call->argc; i++) {
		struct slice a = call->argv[i];

		if (slice_is(a, "auth") && i + 2 < call->argc)
			return no_passwords(call);
		if (!slice_is(a, "setname") || i + 1 == call->argc) {
			resp_error(call->out,
				   "ERR Syntax error in HELLO option '%.*s'",
				   (int)(a.n < 128 ? a.n : 128), a.p);
			return 0;
		}
		name = &call->argv[++i];
	}
	if (name && !call_set_name(call, *name))
		return 0;
	call->client->resp = (int)version;
	return greet(call);
}

/* -- MULTI ----------------------------------------------------------------- */

/*
 * Refused, with all that follows up to EXEC or DISCARD: who sends MULTI wants
 * all of it or nothing, and does not look at each answer.
 */
int command_multi(struct call *call)
{
	if (call->client->in_multi) {
		resp_error(call->out, "ERR MULTI calls can not be nested");
		return 0;
	}
	call->client->in_multi = true;
	resp_error(call->out,
		   "ERR hp-kv has no MULTI: nothing up to EXEC or DISCARD is run");
	return 0;
}

static bool end_multi(struct call *call, const char *name)
{
	bool was = call->client->in_multi;

	call->client->in_multi = false;
	if (!was)
		resp_error(call->out, "ERR %s without MULTI", name);
	return was;
}

int command_exec(struct call *call)
{
	if (end_multi(call, "EXEC"))
		resp_error(call->out,
			   "EXECABORT Transaction discarded: hp-kv has no MULTI, and nothing of it was run");
	return 0;
}

int command_discard(struct call *call)
{
	if (end_multi(call, "DISCARD"))
		resp_status(call->out, "OK");
	return 0;
}

int command_reset(struct call *call)
{
	call->client->in_multi = false;
	call->client->name[0] = '\0';
	call->client->resp = 2;
	resp_status(call->out, "RESET");
	return 0;
}
