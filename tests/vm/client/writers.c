// SPDX-License-Identifier: MIT
/*
 * writers ROUNDS SEED: clients outside the machine that write to hp-kv inside
 * it until it goes, and then look at what came back. run-case gives the port
 * in HP_VM_PORT. Seed 0: another one each time.
 *
 * Each connection sends a stream of SET, DEL and INCR. What is there after the
 * update must be what the first n commands of the stream give, for an n that
 * is at least the number of replies that arrived: no acknowledged write is
 * missing, none is half there, none overtook another.
 *
 * The case in the machine is told the round through the key host:round, and
 * jumps to the next kernel when it sees it, while the writing goes on.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "reply.h"

#define STREAMS		4
#define KEYS		64	/* the last one is a counter */
#define COUNTER		(KEYS - 1)
#define BATCH		16
#define VALUE_MAX	3000

struct command {
	int key;
	uint32_t version;	/* 0: delete. The counter: its value after */
};

struct stream {
	struct conn conn;
	uint32_t state[KEYS];	/* after every command that was acknowledged */
	struct command pending[BATCH];
	int sent, acked;	/* in pending */
	uint64_t total;
};

static struct stream streams[STREAMS];
static int port;
static uint32_t next_version = 1;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void fail(const char *what)
{
	printf("writers: %s\n", what);
	exit(1);
}

/* Length and bytes depend on the version only, so a mixture shows */
static size_t value_of(int stream, int key, uint32_t version, char *value)
{
	size_t length = (version * 2654435761u >> 8) % (VALUE_MAX - 40), n;

	if (!version)
		return 0;
	if (key == COUNTER)
		return sprintf(value, "%u", version);
	n = sprintf(value, "%d.%d.%u:", stream, key, version);
	while (n < length) {
		value[n] = 'a' + (n * 7 + version) % 26;
		n++;
	}
	return n;
}

static int send_batch(int index)
{
	static char out[BATCH * (VALUE_MAX + 100)];
	char value[VALUE_MAX];
	struct stream *s = &streams[index];
	uint32_t counter = s->state[COUNTER];
	size_t n = 0, length;
	int i;

	for (i = 0; i < BATCH; i++) {
		struct command *c = &s->pending[i];
		int kind = rand() % 10;

		if (kind == 0) {
			c->key = COUNTER;
			c->version = ++counter;
			n += sprintf(out + n, "INCR s%d:%d\r\n", index, COUNTER);
			continue;
		}
		c->key = rand() % COUNTER;
		c->version = kind == 1 ? 0 : next_version++;
		if (!c->version) {
			n += sprintf(out + n, "DEL s%d:%d\r\n", index, c->key);
			continue;
		}
		length = value_of(index, c->key, c->version, value);
		n += sprintf(out + n, "*3\r\n$3\r\nSET\r\n$%d\r\ns%d:%d\r\n$%zu\r\n",
			     snprintf(NULL, 0, "s%d:%d", index, c->key),
			     index, c->key, length);
		memcpy(out + n, value, length);
		n += length;
		n += sprintf(out + n, "\r\n");
	}
	s->acked = 0;
	s->sent = BATCH;
	return conn_write(&s->conn, out, n);
}

static int read_batch(struct stream *s)
{
	struct reply reply;

	while (s->acked < s->sent) {
		const struct command *c = &s->pending[s->acked];

		if (conn_read(&s->conn, &reply))
			return -1;
		if (reply.kind == '-') {
			printf("writers: the store said: %s\n", reply.text);
			fail("a write was refused");
		}
		if (c->key == COUNTER && reply.number != c->version)
			fail("INCR lost count while the machine was up");
		s->state[c->key] = c->version;
		s->acked++;
		s->total++;
	}
	s->sent = s->acked = 0;
	return 0;
}

/* Write until the machine is gone; ask it to go after a while */
static void write_until_gone(int round)
{
	int64_t ask = now_ms() + 300 + rand() % 1200;
	struct conn control = { .fd = -1 };
	struct reply reply;
	char text[64];
	int i, gone = 0;

	while (!gone) {
		for (i = 0; i < STREAMS && !gone; i++)
			gone = send_batch(i);
		/* a batch sent to the one that is gone counts as sent */
		for (i = 0; i < STREAMS && !gone; i++)
			gone = read_batch(&streams[i]);
		if (!gone && ask && now_ms() > ask) {
			ask = 0;
			if (conn_open(&control, port))
				fail("cannot ask for the update");
			snprintf(text, sizeof(text), "SET host:round %d\r\n", round);
			if (conn_write(&control, text, strlen(text)) ||
			    conn_read(&control, &reply))
				fail("cannot ask for the update");
			conn_close(&control);
		}
	}
	if (ask)
		fail("the store went away before it was asked to");
}

static void connect_again(struct conn *conn)
{
	int64_t limit = now_ms() + 60000;
	struct reply reply;

	conn_close(conn);
	while (now_ms() < limit) {
		if (!conn_open(conn, port) &&
		    !conn_write(conn, "PING\r\n", 6) &&
		    !conn_read(conn, &reply) && reply.kind == '+')
			return;
		conn_close(conn);
		usleep(100000);
	}
	fail("the store did not come back within a minute");
}

/* 1: all keys are as in state */
static int same(int index, const uint32_t *state, char (*have)[VALUE_MAX],
		const int *length)
{
	char want[VALUE_MAX];
	int key;

	for (key = 0; key < KEYS; key++) {
		int n = value_of(index, key, state[key], want);

		if (!state[key] ? length[key] != -1 :
		    length[key] != n || memcmp(want, have[key], n))
			return 0;
	}
	return 1;
}

static void explain(int index, const uint32_t *state, char (*have)[VALUE_MAX],
		    const int *length)
{
	char want[VALUE_MAX];
	int key;

	for (key = 0; key < KEYS; key++) {
		int n = value_of(index, key, state[key], want);

		if (!state[key] ? length[key] == -1 :
		    length[key] == n && !memcmp(want, have[key], n))
			continue;
		printf("writers: s%d:%d has %d bytes '%.20s', acknowledged were %d bytes '%.20s'\n",
		       index, key, length[key], length[key] > 0 ? have[key] : "",
		       state[key] ? n : -1, state[key] ? want : "");
	}
}

static void verify(int index)
{
	static char have[KEYS][VALUE_MAX];
	struct stream *s = &streams[index];
	uint32_t state[KEYS];
	struct reply reply;
	int length[KEYS], key, n;
	char text[64];

	for (key = 0; key < KEYS; key++) {
		snprintf(text, sizeof(text), "GET s%d:%d\r\n", index, key);
		if (conn_write(&s->conn, text, strlen(text)) ||
		    conn_read(&s->conn, &reply))
			fail("the store went away while it was looked at");
		if (reply.kind != '$' || reply.length > VALUE_MAX)
			fail("GET gave something odd");
		length[key] = reply.length;
		if (reply.length > 0)
			memcpy(have[key], reply.text, reply.length);
	}
	memcpy(state, s->state, sizeof(state));
	for (n = s->acked;; n++) {
		if (same(index, state, have, length))
			break;
		if (n >= s->sent) {
			explain(index, s->state, have, length);
			printf("writers: stream %d: %d of %d in flight were acknowledged\n",
			       index, s->acked, s->sent);
			fail("what came back is not what was acknowledged");
		}
		state[s->pending[n].key] = s->pending[n].version;
	}
	printf("writers: stream %d: %llu acknowledged, all there, and %d more of the %d in flight\n",
	       index, (unsigned long long)s->total, n - s->acked,
	       s->sent - s->acked);
	memcpy(s->state, state, sizeof(state));
	s->sent = s->acked = 0;
}

int main(int argc, char **argv)
{
	struct reply reply;
	unsigned int seed;
	int round, rounds, i;

	if (argc != 3 || !getenv("HP_VM_PORT")) {
		fprintf(stderr, "usage: HP_VM_PORT=PORT writers ROUNDS SEED\n");
		return 2;
	}
	port = atoi(getenv("HP_VM_PORT"));
	rounds = atoi(argv[1]);
	seed = atoi(argv[2]);
	if (!seed)
		seed = (unsigned int)time(NULL);
	srand(seed);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("writers: seed %u\n", seed);

	for (i = 0; i < STREAMS; i++)
		streams[i].conn.fd = -1;
	for (round = 1; round <= rounds + 1; round++) {
		for (i = 0; i < STREAMS; i++) {
			connect_again(&streams[i].conn);
			verify(i);
		}
		if (round <= rounds)
			write_until_gone(round);
	}
	if (conn_write(&streams[0].conn, "SET host:round done\r\n", 21) ||
	    conn_read(&streams[0].conn, &reply))
		fail("the store went away at the end");
	return 0;
}
