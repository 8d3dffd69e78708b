// SPDX-License-Identifier: MIT
/*
 * kv-fill PORT MIB [BYTES [TURN]]: so much data in values of so many bytes (16
 * KiB), each under its own key. The same each time, and it does not compress.
 * With TURN, a number, under keys of its own: other values each turn, under the
 * same keys.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

#define VALUE_MAX	16384
#define BATCH		32

static long value = VALUE_MAX, turn;

static void fail(const char *what)
{
	fprintf(stderr, "kv-fill: %s\n", what);
	exit(1);
}

static size_t put(char *out, long i)
{
	int n = sprintf(out, "*3\r\n$3\r\nSET\r\n$12\r\n%s%08ld\r\n$%ld\r\n",
			turn ? "turn" : "fill", i, value);
	uint64_t x = ((uint64_t)turn << 32) + (uint64_t)i + 1;
	long at;

	for (at = 0; at < value; at += sizeof(x)) {
		/* xorshift */
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(out + n + at, &x, sizeof(x));
	}
	memcpy(out + n + value, "\r\n", 2);
	return n + value + 2;
}

int main(int argc, char **argv)
{
	static char out[BATCH * (VALUE_MAX + 100)];
	long i, j, count = 0;
	struct reply reply;
	struct conn conn;
	size_t n;

	if (argc >= 4)
		value = atol(argv[3]);
	if (argc == 5)
		turn = atol(argv[4]);
	if (argc >= 3 && argc <= 5 && value >= 8 && value <= VALUE_MAX &&
	    value % 8 == 0 && (argc < 5 || turn > 0))
		count = atol(argv[2]) * (1 << 20) / value;
	if (count <= 0) {
		fprintf(stderr, "usage: kv-fill PORT MIB [BYTES [TURN]]\nBYTES: 8 to %d, a multiple of 8; TURN: from 1\n",
			VALUE_MAX);
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
