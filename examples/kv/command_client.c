/* SPDX-License-Identifier: MIT */
/* CLIENT: who is connected. */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

bool call_set_name(struct call *call, struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] >= '!' && name.p[i] <= '~')
			continue;
		resp_error(call->out,
			   "ERR Client names cannot contain spaces, newlines or special characters.");
		return false;
	}
	if (name.n >= CLIENT_NAME_MAX) {
		resp_error(call->out, "ERR Client names have up to %d bytes",
			   CLIENT_NAME_MAX - 1);
		return false;
	}
	memcpy(call->client->name, name.p, name.n);
	call->client->name[name.n] = '\0';
	return true;
}

static void describe(struct buf *out, const struct client *c, int64_t now)
{
	char text[512];
	int n = snprintf(text, sizeof(text),
		"id=%llu addr=%s fd=%d name=%s age=%lld idle=%lld flags=N db=0 qbuf=%zu obl=%zu cmd=%s resp=%d\n",
		(unsigned long long)c->id, c->address, c->fd, c->name,
		(long long)(now - c->since_ms) / 1000,
		(long long)(now - c->last_ms) / 1000,
		buf_size(&c->in), client_output(c), c->last_command, c->resp);

	if (n >= (int)sizeof(text))
		n = sizeof(text) - 1;
	buf_add(out, text, n);
}

static int list(struct call *call)
{
	struct buf text;

	buf_init(&text, CLIENT_OUTPUT_MAX);
	for (struct client *c = call->server->clients; c; c = c->next)
		describe(&text, c, call->now);
	if (!text.failed)
		resp_shown(call->out, call->resp,
			   (struct slice){ text.p, buf_size(&text) });
	else
		call->out->failed = true;
	buf_free(&text);
	return 0;
}

static int info(struct call *call)
{
	struct buf text;

	buf_init(&text, CLIENT_OUTPUT_MAX);
	describe(&text, call->client, call->now);
	resp_shown(call->out, call->resp,
		   (struct slice){ text.p, buf_size(&text) });
	buf_free(&text);
	return 0;
}

int command_client(struct call *call)
{
	static const struct {
		const char *name;
		int argc;
	} known[] = {
		{ "setname", 3 }, { "getname", 2 }, { "id", 2 },
		{ "setinfo", 4 }, { "list", 2 }, { "info", 2 },
	};
	struct slice sub = call->argv[1];
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (slice_is(sub, known[i].name))
			break;
	if (i == sizeof(known) / sizeof(known[0]) || !call->client)
		return call_unknown_subcommand(call);
	if (call->argc != known[i].argc)
		return call_wrong_arity(call, known[i].name);
	switch (i) {
	case 0:
		if (call_set_name(call, call->argv[2]))
			resp_status(call->out, "OK");
		return 0;
	case 1:
		if (call->client->name[0])
			resp_text(call->out, call->client->name);
		else
			resp_null(call->out, call->resp);
		return 0;
	case 2:
		resp_integer(call->out, (int64_t)call->client->id);
		return 0;
	case 3:
		/* The library's name and version: nobody here reads them. */
		resp_status(call->out, "OK");
		return 0;
	case 4:
		return list(call);
	default:
		return info(call);
	}
}
