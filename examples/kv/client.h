/* SPDX-License-Identifier: MIT */
/* A connection: bytes in, commands, bytes out. Does no input or output. */
#ifndef KV_CLIENT_H
#define KV_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "resp.h"
#include "server.h"

#define CLIENT_NAME_MAX		128
#define CLIENT_INPUT_MAX	(UINT64_C(1) << 30)
#define CLIENT_OUTPUT_MAX	(UINT64_C(1) << 30)
/* With more than this waiting to be sent, no further command is run. */
#define CLIENT_OUTPUT_SOFT	(1024 * 1024)
#define CLIENT_READ_SIZE	(16 * 1024)

struct client {
	struct client *next;
	struct client *prev;
	struct server *server;
	uint64_t id;
	int fd;
	int64_t since_ms;
	int64_t last_ms;
	char address[128];
	char name[CLIENT_NAME_MAX];
	const char *last_command;

	struct buf in;
	struct buf out;			/* replies not given to a send yet */
	struct resp_parser parser;
	int resp;			/* the protocol's version: 2 or 3 */
	bool close_after_reply;
	bool in_multi;			/* after a MULTI that was refused */

	/* The loop's. */
	struct buf sending;		/* what the running send reads from */
	unsigned int inflight;		/* operations that the kernel holds */
	bool receiving;
	bool sending_now;
	bool closing;
};

/* NULL without memory. */
struct client *client_new(struct server *server, int fd, const char *address);
void client_free(struct client *c);

/*
 * Run the complete requests in c->in, as long as the replies stay within
 * CLIENT_OUTPUT_SOFT. True: one was left because of that.
 */
bool client_run(struct client *c);

/* Room for the next read: 0 or -ENOMEM. Asks for no more than is sensible. */
int client_prepare_read(struct client *c, void **ret_p, size_t *ret_n);

/* Bytes waiting to be sent. */
static inline size_t client_output(const struct client *c)
{
	return buf_size(&c->out) + buf_size(&c->sending);
}

#endif
