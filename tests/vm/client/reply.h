/* SPDX-License-Identifier: MIT */
/* A connection to a Redis server, with replies read one by one. */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>

struct conn {
	int fd;
	char *buffer;
	size_t start, end, size;	/* unread: start to end */
};

struct reply {
	char kind;		/* + - : $ * */
	long long number;	/* of : and *, how many follow */
	long length;		/* of $, -1: nil */
	const char *text;	/* valid until the next conn_read() */
};

/* Seconds of silence after which the other side counts as gone */
#define CONN_PATIENCE 3

/* All return 0, or -1 when the other side is gone or silent */
int conn_open(struct conn *conn, int port);
int conn_write(struct conn *conn, const char *bytes, size_t length);
int conn_read(struct conn *conn, struct reply *ret_reply);
/* Send a command, and read the reply */
int conn_ask(struct conn *conn, int argc, char **argv, struct reply *ret_reply);
void conn_close(struct conn *conn);

#endif
