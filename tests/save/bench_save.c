// SPDX-License-Identifier: MIT
/*
 * One save and one load of a region of the given size, and how long they took.
 * tools/bench-save runs this beside others.
 *
 *	usage: bench-save save|load DIRECTORY MIB BLOCK_KIB DEPTH
 *
 * save writes a region of bytes that are all the same nowhere; load reads it and
 * compares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hugepersist/save.h>

#define POOL 1

static void fail(const char *what, int rc)
{
	(void)fprintf(stderr, "bench-save: %s: %s\n", what, hp_strerror(rc));
	exit(EXIT_FAILURE);
}

static void heard(void *context, int priority, const char *message)
{
	(void)context;
	if (priority < 6)
		(void)fprintf(stderr, "bench-save: %s\n", message);
}

/* Fast, and with no two blocks alike. */
static uint64_t mix(uint64_t i)
{
	i *= 0x9e3779b97f4a7c15;
	return i ^ (i >> 29);
}

static void report(const char *what, const struct hp_save_result *result)
{
	(void)printf("%s_ns %llu\nmoved_bytes %llu\nchecksum_ns %llu\nhow %u\n",
		     what, (unsigned long long)result->duration_ns,
		     (unsigned long long)result->moved_bytes,
		     (unsigned long long)result->checksum_ns, result->how);
}

int main(int argc, char **argv)
{
	struct hp_session_opts session_opts = {
		.size = sizeof(session_opts),
		.flags = HP_SESSION_LOCAL,
		.log = heard,
	};
	struct hp_save_opts opts = { .size = sizeof(opts) };
	struct hp_save_result result = { .size = sizeof(result) };
	struct hp_session *session;
	struct hp_region *region;
	uint64_t length, *words;
	int rc;

	if (argc != 6) {
		(void)fprintf(stderr, "usage: bench-save save|load DIRECTORY "
				      "MIB BLOCK_KIB DEPTH\n");
		return 2;
	}
	length = strtoull(argv[3], NULL, 10) << 20;
	opts.depth = (unsigned int)strtoul(argv[5], NULL, 10);
	rc = hp_session_open("bench", &session_opts, &session);
	if (rc)
		fail("hp_session_open", rc);
	if (!strcmp(argv[1], "load")) {
		rc = hp_session_load(session, argv[2], &opts, &result);
		if (!rc)
			rc = hp_region_get(session, POOL, &region);
		if (rc)
			fail("hp_session_load", rc);
		words = hp_region_address(region);
		for (uint64_t i = 0; i < length / sizeof(*words); i++)
			if (words[i] != mix(i + 1))
				fail("the bytes are not the same", 0);
		report("load", &result);
		return 0;
	}
	rc = hp_region_create(session, POOL, length, NULL, &region);
	if (rc)
		fail("hp_region_create", rc);
	words = hp_region_address(region);
	for (uint64_t i = 0; i < length / sizeof(*words); i++)
		words[i] = mix(i + 1);
	opts.block_size = strtoull(argv[4], NULL, 10) << 10;
	rc = hp_session_save(session, argv[2], &opts, &result);
	if (rc)
		fail("hp_session_save", rc);
	report("save", &result);
	return 0;
}
