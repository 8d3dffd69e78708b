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
	resp_status(call->out, "RESET");
	return 0;
}
