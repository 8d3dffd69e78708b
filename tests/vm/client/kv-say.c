// SPDX-License-Identifier: MIT
/*
 * kv-say PORT WORD...: send one command to a Redis server and print the reply as
 * redis-cli does where nobody looks: the words alone, an empty line for nil.
 * However long the server takes.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "reply.h"

int main(int argc, char **argv)
{
	static const struct timeval forever;
	struct conn conn;
	struct reply reply;

	if (argc < 3) {
		fprintf(stderr, "usage: kv-say PORT WORD...\n");
		return 2;
	}
	if (conn_open(&conn, atoi(argv[1])) ||
	    setsockopt(conn.fd, SOL_SOCKET, SO_RCVTIMEO, &forever,
		       sizeof(forever)) ||
	    conn_ask(&conn, argc - 2, argv + 2, &reply)) {
		fprintf(stderr, "kv-say: no answer on port %s\n", argv[1]);
		return 1;
	}
	if (reply.kind == '*') {
		fprintf(stderr, "kv-say: %s: more than one reply\n", argv[2]);
		return 1;
	}
	printf("%s\n", reply.kind == '$' && reply.length < 0 ? "" : reply.text);
	conn_close(&conn);
	return 0;
}
