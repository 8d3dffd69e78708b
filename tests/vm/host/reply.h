/* SPDX-License-Identifier: MIT */
/* A connection to a Redis server, with replies read one by one. */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>

struct conn {
	int fd;
	size_t start, end;	/* unread bytes in buffer */
	char buffer[16384];
};

struct reply {
	char kind;		/* + - : $ */
	long long number;	/* of : */
	int length;		/* of $, -1: nil */
	char text[4096];
};

/* All return 0, or -1 when the other side is gone or silent for two seconds */
int conn_open(struct conn *conn, int port);
int conn_write(struct conn *conn, const char *bytes, size_t length);
int conn_read(struct conn *conn, struct reply *ret_reply);
void conn_close(struct conn *conn);

#endif
