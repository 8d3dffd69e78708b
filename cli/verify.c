// SPDX-License-Identifier: MIT
/*
 * hugepersist verify: did all come back that was held before the update?
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "machine/text.h"
#include "update/record.h"
#include "update/update.h"

#define LAST "/var/lib/hugepersist/last-update.json"

static const char usage[] =
	"Usage: hugepersist verify [OPTION]...\n"
	"Compare what is held with what was held before the last update.\n"
	"\n"
	"  -b, --boot     at boot: this update counts as verified from now on\n"
	"  -r, --record=FILE  another record\n"
	"  -j, --json     JSON\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n"
	"\n"
	"Exit status: 0 all came back; 1 something is missing; 3 there is no "
	"update\n"
	"to verify; 2 wrong usage.\n";

static const struct option long_options[] = {
	{ "boot", no_argument, NULL, 'b' },
	{ "record", required_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

/* -- Comparing ------------------------------------------------------------- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const json_t *list_of(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

/* The element with the same words under these keys. */
static const json_t *find_same(const json_t *list, const json_t *wanted,
			       const char *const *keys)
{
	const json_t *element;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)list, i, element)
	{
		const char *const *key = keys;

		while (*key &&
		       !strcmp(text_of(element, *key), text_of(wanted, *key)))
			key++;
		if (!*key)
			return element;
	}
	return NULL;
}

struct result {
	json_t *missing; /* sentences */
	unsigned int sessions, regions;
	uint64_t bytes;
};

static void miss(struct result *result, json_t *sentence)
{
	(void)json_array_append_new(result->missing, sentence);
}

static void compare_regions(struct result *result, const json_t *before,
			    const json_t *after, const char *title)
{
	static const char *const keys[] = { "token", NULL };
	const json_t *region, *now;
	size_t i;

	json_array_foreach(list_of(before, "regions"), i, region)
	{
		json_int_t bytes =
			json_integer_value(json_object_get(region, "bytes"));

		if (!json_is_true(json_object_get(region, "listed")) ||
		    !json_is_true(json_object_get(region, "present")))
			continue;
		now = find_same(list_of(after, "regions"), region, keys);
		if (now && json_is_true(json_object_get(now, "present"))) {
			result->regions++;
			result->bytes += (uint64_t)bytes;
			continue;
		}
		miss(result,
		     json_sprintf("%s: region %s '%s' did not come back: the "
				  "kernel refused it (see the console of the "
				  "shutdown), or it was dropped",
				  title, text_of(region, "token"),
				  text_of(region, "label")));
	}
}

static void compare_sessions(struct result *result, const json_t *before,
			     const json_t *after)
{
	static const char *const keys[] = { "id", NULL };
	const json_t *session, *now;
	size_t i;

	json_array_foreach(list_of(before, "sessions"), i, session)
	{
		const char *title = text_of(session, "title");

		now = find_same(list_of(after, "sessions"), session, keys);
		if (!now) {
			miss(result,
			     json_sprintf("%s did not come back", title));
			continue;
		}
		result->sessions++;
		compare_regions(result, session, now, title);
	}
}

/* -- The report ------------------------------------------------------------ */

static void print_pools(const json_t *before, const json_t *after)
{
	const char *size;
	const json_t *pool;

	json_object_foreach((json_t *)(uintptr_t)before, size, pool)
	{
		const json_t *now = json_object_get(after, size);

		printf("pool %s: %" JSON_INTEGER_FORMAT
		       " pages (%" JSON_INTEGER_FORMAT
		       " free) before, %" JSON_INTEGER_FORMAT
		       " (%" JSON_INTEGER_FORMAT " free) now\n",
		       size, json_integer_value(json_object_get(pool, "total")),
		       json_integer_value(json_object_get(pool, "free")),
		       json_integer_value(json_object_get(now, "total")),
		       json_integer_value(json_object_get(now, "free")));
	}
}

static void print_taken(const json_t *sessions)
{
	const json_t *session;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)sessions, i, session)
	{
		const json_t *owner = json_object_get(session, "taken_by");

		printf("%s: ", text_of(session, "title"));
		if (json_is_integer(owner))
			printf("taken by process %" JSON_INTEGER_FORMAT "\n",
			       json_integer_value(owner));
		else
			puts("not taken yet");
	}
}

/* Of this boot, in seconds since 1970. */
static uint64_t boot_time(void)
{
	char line[128];
	uint64_t seconds = 0;
	FILE *file = fopen("/proc/stat", "re");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "btime ", 6))
			seconds = strtoull(line + 6, NULL, 10);
	if (file)
		(void)fclose(file);
	return seconds;
}

static void print_text(const struct result *result, const json_t *before,
		       const json_t *after)
{
	json_int_t left = json_integer_value(json_object_get(before, "time"));
	const json_t *sentence;
	size_t i;

	printf("From kernel %s to kernel %s.\n", text_of(before, "kernel"),
	       text_of(after, "kernel"));
	printf("The update began %" PRId64 " s before this kernel started, "
	       "which was %" PRId64 " s ago.\n",
	       (int64_t)boot_time() - (int64_t)left,
	       (int64_t)time(NULL) - (int64_t)boot_time());
	printf("%u sessions with %u regions came back: %s.\n", result->sessions,
	       result->regions, bytes_text(result->bytes).text);
	print_taken(list_of(list_of(after, "held"), "sessions"));
	print_pools(list_of(before, "pools"), list_of(after, "pools"));
	json_array_foreach(result->missing, i, sentence)
		printf("MISSING: %s\n", json_string_value(sentence));
	if (!result->sessions && json_array_size(result->missing))
		puts("Nothing came back at all: this was a reboot in place of "
		     "a "
		     "kexec, or an image that the old call had loaded.");
}

static void print_object(const struct result *result, json_t *before,
			 json_t *after)
{
	json_t *report = json_pack(
		"{sisisisIsOsOsO}", "version", 1, "sessions",
		(int)result->sessions, "regions", (int)result->regions, "bytes",
		(json_int_t)result->bytes, "missing", result->missing, "before",
		before, "after", after);

	(void)json_dumpf(report, stdout, JSON_INDENT(2));
	json_decref(report);
	putchar('\n');
}

/* -- The command ----------------------------------------------------------- */

static json_t *record_now(void)
{
	struct manager *manager = NULL;
	struct held held;
	json_t *record;

	(void)manager_open(&manager);
	held_find(&held, manager, &machine_linux);
	manager_close(manager);
	record = record_make(&held);
	held_free(&held);
	return record;
}

static int compare(json_t *before, json_t *after, bool json)
{
	struct result result = { .missing = json_array() };
	int status;

	compare_sessions(&result, list_of(before, "held"),
			 list_of(after, "held"));
	if (json)
		print_object(&result, before, after);
	else
		print_text(&result, before, after);
	status = json_array_size(result.missing) ? STATUS_NO : STATUS_YES;
	json_decref(result.missing);
	if (fflush(stdout) || ferror(stdout))
		return command_error(&verify_command,
				     "cannot write the report");
	return status;
}

static int verify(const char *path, bool boot, bool json)
{
	json_t *before = record_read(path ? path : UPDATE_RECORD), *after;
	int status;

	if (!before && !path)
		before = record_read(LAST);
	if (!before)
		return command_error(&verify_command,
				     "there is no update to verify"),
		       STATUS_UNKNOWN;
	after = record_now();
	if (!strcmp(text_of(before, "boot_id"), text_of(after, "boot_id")))
		status = (command_error(&verify_command,
					"the update has not happened: this is "
					"still the kernel of before"),
			  STATUS_UNKNOWN);
	else
		status = compare(before, after, json);
	json_decref(before);
	json_decref(after);
	if (boot && status != STATUS_UNKNOWN &&
	    rename(UPDATE_RECORD, LAST) < 0 && errno != ENOENT)
		return command_error(&verify_command,
				     "cannot rename " UPDATE_RECORD ": %s",
				     strerror(errno));
	return status;
}

static int run(int argc, char **argv)
{
	bool boot = false, json = false;
	const char *path = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "br:jhV", long_options, NULL)) !=
	       -1)
		switch (c) {
		case 'b':
			boot = true;
			break;
		case 'r':
			path = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return STATUS_YES;
		case 'V':
			return command_version(&verify_command);
		default:
			fputs("See hugepersist verify --help\n", stderr);
			return STATUS_FAILED;
		}
	if (optind < argc)
		return command_misused(&verify_command, "not an option: '%s'",
				       argv[optind]);
	return verify(path, boot, json);
}

const struct command verify_command = {
	.name = "verify",
	.about = "did all come back that was held before the update",
	.run = run,
};
