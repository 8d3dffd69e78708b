// SPDX-License-Identifier: MIT
/*
 * kv-list PORT [--commands]: all keys and values of a Redis server, sorted by
 * key. Prints how many, their bytes and a 128-bit checksum (XXH3) over each
 * key and value with their lengths; with --commands the SETs that make the
 * same data elsewhere, and the summary on stderr.
 */
#define _GNU_SOURCE
/* In emulation vector instructions cost more than what they replace */
#define XXH_VECTOR 0
#define XXH_INLINE_ALL
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "reply.h"

#define BATCH 256

struct key {
	size_t length;
	char bytes[];
};

static void fail(const char *what)
{
	fprintf(stderr, "kv-list: %s\n", what);
	exit(1);
}

static int by_bytes(const void *a, const void *b)
{
	const struct key *x = *(struct key *const *)a;
	const struct key *y = *(struct key *const *)b;
	size_t n = x->length < y->length ? x->length : y->length;
	int rc = memcmp(x->bytes, y->bytes, n);

	return rc ? rc : (x->length > y->length) - (x->length < y->length);
}

static struct key **list_keys(struct conn *conn, size_t *ret_count)
{
	struct reply reply;
	struct key **keys;
	size_t i, count;

	if (conn_write(conn, "KEYS *\r\n", 8) || conn_read(conn, &reply) ||
	    reply.kind != '*')
		fail("the server does not list its keys");
	count = reply.number;
	keys = calloc(count + 1, sizeof(*keys));
	if (!keys)
		fail("no memory");
	for (i = 0; i < count; i++) {
		if (conn_read(conn, &reply) || reply.length < 0)
			fail("the list of keys breaks off");
		keys[i] = malloc(sizeof(*keys[i]) + reply.length);
		if (!keys[i])
			fail("no memory");
		keys[i]->length = reply.length;
		memcpy(keys[i]->bytes, reply.text, reply.length);
	}
	qsort(keys, count, sizeof(*keys), by_bytes);
	*ret_count = count;
	return keys;
}

/* Ask for count keys at once: a system call for each would take longest */
static void ask(struct conn *conn, struct key **keys, size_t count)
{
	static char *out;
	static size_t size;
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		n += keys[i]->length + 64;
	if (n > size) {
		size = n;
		out = realloc(out, size);
		if (!out)
			fail("no memory");
	}
	for (i = n = 0; i < count; i++) {
		n += sprintf(out + n, "*2\r\n$3\r\nGET\r\n$%zu\r\n",
			     keys[i]->length);
		memcpy(out + n, keys[i]->bytes, keys[i]->length);
		n += keys[i]->length;
		n += sprintf(out + n, "\r\n");
	}
	if (conn_write(conn, out, n))
		fail("the server went away");
}

int main(int argc, char **argv)
{
	int commands = argc == 3 && !strcmp(argv[2], "--commands");
	uint64_t bytes = 0, lengths[2];
	struct key **keys;
	XXH3_state_t *sum = XXH3_createState();
	XXH128_hash_t hash;
	struct reply reply;
	struct conn conn;
	size_t count, i, asked = 0;

	if (argc < 2 || (argc == 3 && !commands) || argc > 3) {
		fprintf(stderr, "usage: kv-list PORT [--commands]\n");
		return 2;
	}
	if (!sum || conn_open(&conn, atoi(argv[1])))
		fail("no server on that port");
	XXH3_128bits_reset(sum);
	keys = list_keys(&conn, &count);
	for (i = 0; i < count; i++) {
		if (i == asked) {
			asked = i + BATCH < count ? i + BATCH : count;
			ask(&conn, keys + i, asked - i);
		}
		if (conn_read(&conn, &reply) || reply.length < 0)
			fail("a key has no value");
		lengths[0] = keys[i]->length;
		lengths[1] = reply.length;
		bytes += lengths[0] + lengths[1];
		XXH3_128bits_update(sum, lengths, sizeof(lengths));
		XXH3_128bits_update(sum, keys[i]->bytes, lengths[0]);
		XXH3_128bits_update(sum, reply.text, lengths[1]);
		if (!commands)
			continue;
		printf("*3\r\n$3\r\nSET\r\n$%zu\r\n", keys[i]->length);
		fwrite(keys[i]->bytes, 1, keys[i]->length, stdout);
		printf("\r\n$%ld\r\n", reply.length);
		fwrite(reply.text, 1, reply.length, stdout);
		printf("\r\n");
	}
	hash = XXH3_128bits_digest(sum);
	fprintf(commands ? stderr : stdout, "%zu %llu %016llx%016llx\n", count,
		(unsigned long long)bytes, (unsigned long long)hash.high64,
		(unsigned long long)hash.low64);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
