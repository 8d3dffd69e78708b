/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

struct client *client_new(struct server *server, int fd, const char *address)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->server = server;
	c->fd = fd;
	c->id = ++server->next_client_id;
	c->since_ms = c->last_ms = clock_now(&server->clock);
	c->last_command = "NULL";
	c->resp = 2;
	snprintf(c->address, sizeof(c->address), "%s", address);
	buf_init(&c->in, CLIENT_INPUT_MAX);
	buf_init(&c->out, CLIENT_OUTPUT_MAX);
	buf_init(&c->sending, CLIENT_OUTPUT_MAX);
	resp_parser_init(&c->parser);
	c->next = server->clients;
	if (c->next)
		c->next->prev = c;
	server->clients = c;
	server->client_count++;
	return c;
}

void client_free(struct client *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->server->clients = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->server->client_count--;
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->sending);
	resp_parser_free(&c->parser);
	free(c);
}

/*
 * A web page can have the browser send such requests to this machine, with
 * commands in the lines that follow. No client of Redis begins with these words.
 */
static bool is_http(const struct resp_parser *p)
{
	return p->argc && (slice_is(p->argv[0], "post") ||
			   slice_is(p->argv[0], "host:"));
}

static void refuse_http(struct client *c)
{
	struct server *server = c->server;
	int64_t now = clock_now(&server->clock);

	c->close_after_reply = true;
	/* Not a line for each: a log can be filled too. */
	if (server->told_http_ms && now - server->told_http_ms < 60000)
		return;
	server->told_http_ms = now;
	fprintf(stderr, "hp-kv: closed the connection of %s, which sent an HTTP request\n",
		c->address);
}

bool client_run(struct client *c)
{
	char error[128];

	while (!c->close_after_reply && !c->server->stopping) {
		if (client_output(c) > CLIENT_OUTPUT_SOFT)
			return true;
		switch (resp_parse(&c->parser, &c->in, error)) {
		case RESP_MORE:
			return false;
		case RESP_ERROR:
			resp_error(&c->out, "ERR %s", error);
			c->close_after_reply = true;
			return false;
		case RESP_REQUEST:
			break;
		}
		if (is_http(&c->parser))
			refuse_http(c);
		else if (c->parser.argc)
			command_run(c->server, c, c->parser.argc,
				    c->parser.argv, &c->out);
		resp_done(&c->parser, &c->in);
	}
	return false;
}

int client_prepare_read(struct client *c, void **ret_p, size_t *ret_n)
{
	size_t wanted = resp_wanted(&c->parser, &c->in);
	size_t room = buf_size(&c->in);
	int rc;

	/*
	 * A large argument is read in large pieces, but memory follows what
	 * has come, not what was announced.
	 */
	if (room > wanted)
		room = wanted;
	if (room < CLIENT_READ_SIZE)
		room = CLIENT_READ_SIZE;
	if (!buf_size(&c->in))
		buf_trim(&c->in, 4 * CLIENT_READ_SIZE);
	rc = buf_reserve(&c->in, room);
	if (rc < 0)
		return rc;
	*ret_p = c->in.p + c->in.end;
	*ret_n = c->in.capacity - c->in.end;
	if (*ret_n > (1 << 30))
		*ret_n = 1 << 30;
	return 0;
}
