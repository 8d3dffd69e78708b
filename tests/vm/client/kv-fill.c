// SPDX-License-Identifier: MIT
/* kv-fill PORT MIB: so much data in values of 16 KiB, each under its own key */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

#define VALUE	16384
#define BATCH	32

static void fail(const char *what)
{
	fprintf(stderr, "kv-fill: %s\n", what);
	exit(1);
}

static size_t put(char *out, long i)
{
	int n = sprintf(out, "*3\r\n$3\r\nSET\r\n$12\r\nfill%08ld\r\n$%d\r\n",
			i, VALUE);

	memset(out + n, 'a' + i % 26, VALUE);
	memcpy(out + n, &i, sizeof(i));
	memcpy(out + n + VALUE, "\r\n", 2);
	return n + VALUE + 2;
}

int main(int argc, char **argv)
{
	static char out[BATCH * (VALUE + 100)];
	long i, j, count = argc == 3 ? atol(argv[2]) * (1 << 20) / VALUE : 0;
	struct reply reply;
	struct conn conn;
	size_t n;

	if (count <= 0) {
		fprintf(stderr, "usage: kv-fill PORT MIB\n");
		return 2;
	}
	if (conn_open(&conn, atoi(argv[1])))
		fail("no server on that port");
	for (i = 0; i < count; i += BATCH) {
		for (n = 0, j = i; j < i + BATCH && j < count; j++)
			n += put(out + n, j);
		if (conn_write(&conn, out, n))
			fail("the server went away");
		for (j = i; j < i + BATCH && j < count; j++) {
			if (conn_read(&conn, &reply))
				fail("the server went away");
			if (reply.kind != '+')
				fail(reply.text);
		}
	}
	printf("%ld keys\n", count);
	return 0;
}
