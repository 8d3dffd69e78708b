// SPDX-License-Identifier: MIT
/*
 * lives: random sequences of what happens to a program that uses the library, on
 * the fake kernel. What must come back is judged by the last write.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "known.h"
#include "try.h"

static int usage(void)
{
	fputs("usage: lives [--seed N] [--count N] [--first N]\n"
	      "       lives --replay SEED/INDEX\n"
	      "       lives --find N [--seed N]\n"
	      "       lives --known\n"
	      "--find expects that one of N sequences fails, and says which.\n",
	      stderr);
	return 2;
}

static void show(uint64_t seed, uint64_t index)
{
	struct sequence sequence;

	sequence_make(&sequence, seed, index);
	try_shrink(&sequence);
	printf("The sequence %" PRIu64 "/%" PRIu64 " fails; what it needs:\n",
	       seed, index);
	sequence_print(&sequence);
	printf("\nAnd what happens, with results:\n");
	(void)try_one(&sequence, true);
}

static int replay(const char *text)
{
	struct sequence sequence;
	uint64_t seed, index;

	if (sscanf(text, "%" SCNu64 "/%" SCNu64, &seed, &index) != 2)
		return usage();
	sequence_make(&sequence, seed, index);
	if (try_one(&sequence, false)) {
		printf("%s passes\n", text);
		return 0;
	}
	show(seed, index);
	return 1;
}

static int run(uint64_t seed, uint64_t first, uint64_t count)
{
	int64_t failed;

	printf("seed %" PRIu64 ", %" PRIu64 " sequences from %" PRIu64 " on\n",
	       seed, count, first);
	failed = try_all(seed, first, count);
	if (failed < 0)
		return 0;
	show(seed, (uint64_t)failed);
	return 1;
}

static int try_known(void)
{
	int result = 0;

	for (unsigned int i = 0; i < known_count; i++) {
		if (try_one(&known[i].sequence, false))
			continue;
		printf("Known and back: %s\n", known[i].what);
		(void)try_one(&known[i].sequence, true);
		result = 1;
	}
	printf("%u known sequences\n", known_count);
	return result;
}

static int find(uint64_t seed, uint64_t count)
{
	int64_t failed = try_all(seed, 0, count);

	if (failed < 0) {
		printf("not found in %" PRIu64 " sequences\n", count);
		return 1;
	}
	printf("found by sequence %" PRId64 "\n", failed + 1);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, count = 1000, first = 0;
	bool finds = false;

	if (argc == 2 && !strcmp(argv[1], "--known"))
		return try_known();
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage();
		if (!strcmp(argv[i], "--replay"))
			return replay(argv[i + 1]);
		if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--first"))
			first = strtoull(argv[i + 1], NULL, 0);
		else if (!strcmp(argv[i], "--count") ||
			 !strcmp(argv[i], "--find"))
			count = strtoull(argv[i + 1], NULL, 0);
		else
			return usage();
		finds |= !strcmp(argv[i], "--find");
	}
	return finds ? find(seed, count) : run(seed, first, count);
}
