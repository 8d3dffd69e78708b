// SPDX-License-Identifier: MIT
/*
 * kv-ask PORT NAME WORD...: send one command to a Redis server, waiting until
 * there is one and it has loaded its data, and print the answer. To the file
 * that REPORT names go how long the answer took from sending the command
 * (NAME) and when it came, since the machine started (NAME-at).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reply.h"

#define PATIENCE_S 60

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	long long limit = now_us() + PATIENCE_S * 1000000LL, from, to;
	struct conn conn = { .fd = -1 };
	struct reply reply;
	FILE *report;

	if (argc < 4 || !getenv("REPORT")) {
		fprintf(stderr, "usage: REPORT=FILE kv-ask PORT NAME WORD...\n");
		return 2;
	}
	for (;;) {
		if (conn.fd < 0 && conn_open(&conn, atoi(argv[1])))
			goto again;
		from = now_us();
		if (conn_ask(&conn, argc - 3, argv + 3, &reply)) {
			conn_close(&conn);
			goto again;
		}
		to = now_us();
		if (strncmp(reply.text, "LOADING", 7))
			break;
again:
		if (now_us() > limit) {
			fprintf(stderr, "kv-ask: no answer in %d s\n", PATIENCE_S);
			return 1;
		}
		usleep(2000);
	}
	if (reply.kind == '-' || (reply.kind == '$' && reply.length < 0)) {
		fprintf(stderr, "kv-ask: %s: %s\n", argv[3],
			reply.kind == '-' ? reply.text : "no such key");
		return 1;
	}
	printf("%s\n", reply.text);
	report = fopen(getenv("REPORT"), "w");
	if (!report)
		return 1;
	fprintf(report, "value %s %lld us\nvalue %s-at %lld us\n", argv[2],
		to - from, argv[2], to);
	return fclose(report) ? 1 : 0;
}
