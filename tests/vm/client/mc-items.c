// SPDX-License-Identifier: MIT
/*
 * mc-items: items of a memcached, which are made from their number and are always
 * the same, but for their CAS ids.
 *
 * mc-items PORT fill FIRST COUNT	store them
 * mc-items PORT note FILE FIRST COUNT	write their CAS ids and ends of life to a file
 * mc-items PORT same FILE		compare all of it, and the values and flags
 * mc-items PORT gone FILE		none of them is there
 * mc-items PORT first			wait for the server; print "hit" or "miss" of
 *					item 0, and the time since the machine started
 *					in microseconds
 *
 * The number decides on value, flags and lifetime. Values have 8 to 64 bytes, from
 * the number LARGE on 700,000: memcached keeps such a value in several pieces.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LARGE 100000000
#define LARGE_BYTES 700000
#define BATCH 200
#define DAY 86400
#define PATIENCE_S 300
/*
 * A lifetime is asked for in seconds, of a clock that ticks once a second. While
 * memcached starts, that clock stands still: each restart makes the lives of its
 * items longer, by little where the machine has time.
 */
#define LIFETIME_S 60

struct note {
	uint64_t cas;
	int64_t ends; /* seconds since 1970; 0: never */
};

struct item {
	struct note note;
	unsigned int flags;
	size_t length;
	char *value;
};

static int port;
static FILE *in;
static int out;

static void fail(const char *what, long number)
{
	fprintf(stderr, "mc-items: %s (item %ld)\n", what, number);
	exit(1);
}

/* -- What an item is ------------------------------------------------------- */

static size_t value_length(long i)
{
	return i >= LARGE ? LARGE_BYTES + i % 1000 : 8 + i % 57;
}

static void make_value(long i, char *to)
{
	size_t length = value_length(i), at;
	uint64_t x = (uint64_t)i + 1;
	char word[17];

	for (at = 0; at < length; at += 8) {
		/* xorshift */
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		snprintf(word, sizeof(word), "%016llx", (unsigned long long)x);
		memcpy(to + at, word, length - at < 8 ? length - at : 8);
	}
}

static unsigned int flags_of(long i)
{
	return (unsigned int)i * 2654435761U;
}

/* What memcached is told: nothing, seconds, or a date if that is far away */
static long lifetime(long i, time_t now)
{
	switch (i % 4) {
	case 1:
		return 3600;
	case 2:
		return DAY;
	case 3:
		return now + 40 * DAY;
	default:
		return 0;
	}
}

/* -- Talking --------------------------------------------------------------- */

static int try_connect(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (in)
		fclose(in);
	in = NULL;
	out = socket(AF_INET, SOCK_STREAM, 0);
	if (out < 0 || connect(out, (void *)&address, sizeof(address)) < 0) {
		close(out);
		return -1;
	}
	in = fdopen(out, "r");
	return in ? 0 : -1;
}

static void send_all(const char *bytes, size_t length, long i)
{
	ssize_t done;

	for (; length; bytes += done, length -= done) {
		done = write(out, bytes, length);
		if (done <= 0)
			fail("the server went away", i);
	}
}

/* One answer to "mg KEY t f c v": 1 there, 0 not there, -1 no server */
static int read_item(struct item *item)
{
	char line[200];
	long long ttl;

	if (!fgets(line, sizeof(line), in))
		return -1;
	if (!strncmp(line, "EN", 2))
		return 0;
	if (sscanf(line, "VA %zu t%lld f%u c%lu", &item->length, &ttl,
		   &item->flags, &item->note.cas) != 4 ||
	    item->length > LARGE_BYTES + 1000)
		fail(line, 0);
	item->note.ends = ttl < 0 ? 0 : time(NULL) + ttl;
	return fread(item->value, 1, item->length + 2, in) == item->length + 2 ?
		       1 :
		       -1;
}

/* -- The verbs ------------------------------------------------------------- */

static int fill(long first, long count)
{
	char *text = malloc(BATCH * 200 + LARGE_BYTES + 2000), line[200];
	size_t at = 0;
	long i;

	for (i = first; i < first + count; i++) {
		at += sprintf(
			text + at, "set item:%09ld %u %ld %zu noreply\r\n", i,
			flags_of(i), lifetime(i, time(NULL)), value_length(i));
		make_value(i, text + at);
		at += value_length(i);
		at += sprintf(text + at, "\r\n");
		if (at > BATCH * 100 || i == first + count - 1) {
			send_all(text, at, i);
			at = 0;
		}
	}
	free(text);
	/* Whatever went wrong before is said first */
	send_all("mn\r\n", 4, i);
	if (!fgets(line, sizeof(line), in) || strcmp(line, "MN\r\n") != 0)
		fail("it was not stored", i);
	printf("%ld items\n", count);
	return 0;
}

/* each(): call for each item that memcached has, or with NULL if it has not */
static void each(long first, long count,
		 void (*call)(long i, const struct item *item))
{
	struct item item = { .value = malloc(LARGE_BYTES + 2000) };
	long i, j, batch = first >= LARGE ? 1 : BATCH;
	char text[BATCH * 40];
	size_t at;
	int there;

	for (i = first; i < first + count; i += batch) {
		for (at = 0, j = i; j < i + batch && j < first + count; j++)
			at += sprintf(text + at, "mg item:%09ld t f c v\r\n",
				      j);
		send_all(text, at, i);
		for (j = i; j < i + batch && j < first + count; j++) {
			there = read_item(&item);
			if (there < 0)
				fail("the server went away", j);
			call(j, there ? &item : NULL);
		}
	}
	free(item.value);
}

static FILE *file;
static char *wanted;
static long missing, values, flags, ids, lives;
static int64_t shortest, longest; /* how lifetimes have changed, seconds */

static void note_one(long i, const struct item *item)
{
	if (!item)
		fail("memcached does not have it", i);
	if (fwrite(&item->note, sizeof(item->note), 1, file) != 1)
		fail(strerror(errno), i);
}

static void compare_one(long i, const struct item *item)
{
	struct note note;
	int64_t apart;

	if (fread(&note, sizeof(note), 1, file) != 1)
		fail("the file ends", i);
	if (!item) {
		missing++;
		return;
	}
	make_value(i, wanted);
	values += item->length != value_length(i) ||
		  memcmp(item->value, wanted, item->length) != 0;
	flags += item->flags != flags_of(i);
	ids += item->note.cas != note.cas;
	apart = item->note.ends - note.ends;
	shortest = apart < shortest ? apart : shortest;
	longest = apart > longest ? apart : longest;
	lives += !item->note.ends != !note.ends || apart > LIFETIME_S ||
		 apart < -LIFETIME_S;
}

static int same(long first, long count, int gone)
{
	wanted = malloc(LARGE_BYTES + 2000);
	each(first, count, compare_one);
	if (gone) {
		printf("%ld of %ld items\n", count - missing, count);
		return missing != count;
	}
	if (!missing && !values && !flags && !ids && !lives) {
		printf("%ld items, all the same, their ends of life "
		       "%lld to %lld s later\n",
		       count, (long long)shortest, (long long)longest);
		return 0;
	}
	printf("%ld of %ld items missing; of the others %ld values, %ld flags, "
	       "%ld CAS ids, %ld lifetimes differ\n",
	       missing, count, values, flags, ids, lives);
	return 1;
}

static int first_answer(void)
{
	struct item item = { .value = malloc(LARGE_BYTES + 2000) };
	const char *request = "mg item:000000000 t f c v\r\n";
	struct timespec t;
	int there, tries;

	for (tries = 0; tries < PATIENCE_S * 500; tries++) {
		if (try_connect() == 0 &&
		    write(out, request, strlen(request)) > 0 &&
		    (there = read_item(&item)) >= 0) {
			clock_gettime(CLOCK_BOOTTIME, &t);
			printf("%s %lld\n", there ? "hit" : "miss",
			       t.tv_sec * 1000000LL + t.tv_nsec / 1000);
			return 0;
		}
		usleep(2000);
	}
	fprintf(stderr, "mc-items: no answer in %d s\n", PATIENCE_S);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: mc-items PORT first | fill FIRST COUNT | note "
			"FILE FIRST COUNT | same FILE | gone FILE\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[2] : "";
	long range[2];

	port = argc > 1 ? atoi(argv[1]) : 0;
	if (!strcmp(verb, "first") && argc == 3)
		return first_answer();
	if (try_connect())
		fail("no server on that port", 0);
	if (!strcmp(verb, "fill") && argc == 5)
		return fill(atol(argv[3]), atol(argv[4]));
	if (!strcmp(verb, "note") && argc == 6) {
		range[0] = atol(argv[4]);
		range[1] = atol(argv[5]);
		file = fopen(argv[3], "w");
		if (!file || fwrite(range, sizeof(range), 1, file) != 1)
			fail(strerror(errno), 0);
		each(range[0], range[1], note_one);
		return fclose(file) ? 1 : 0;
	}
	if ((strcmp(verb, "same") && strcmp(verb, "gone")) || argc != 4)
		return usage();
	file = fopen(argv[3], "r");
	if (!file || fread(range, sizeof(range), 1, file) != 1)
		fail("no such file", 0);
	return same(range[0], range[1], verb[0] == 'g');
}
