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
#include <sys/klog.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "machine/text.h"
#include "update/compare.h"
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

/* "4.2 s" */
static const char *seconds(int64_t us)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "%.1f s", (double)us / 1e6);
	return text;
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_sessions(const json_t *sessions, int64_t left)
{
	const json_t *session;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)sessions, i, session)
	{
		const json_t *manifest = json_object_get(session, "manifest");
		const int64_t active = number_of(session, "active_since_us");

		printf("%s: %s, %s, ", record_text(session, "title"),
		       bytes_text((uint64_t)number_of(session, "bytes")).text,
		       json_is_true(json_object_get(manifest, "sealed")) ?
			       "sealed" :
			       "not sealed");
		if (json_is_integer(json_object_get(session, "taken_by")))
			printf("taken by process %" JSON_INTEGER_FORMAT " (%s)",
			       number_of(session, "taken_by"),
			       record_text(session, "taken_by_name"));
		else
			fputs("not taken yet", stdout);
		if (active > left)
			printf("; its service ran again %s after the update "
			       "began",
			       seconds(active - left));
		putchar('\n');
	}
}

/* -- This boot ------------------------------------------------------------- */

/* When the kernel started, in us since 1970. */
static int64_t boot_time(void)
{
	struct timespec up, now;

	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)(now.tv_sec - up.tv_sec) * 1000000 +
	       (now.tv_nsec - up.tv_nsec) / 1000;
}

#define TREE "/proc/device-tree"

/*
 * By either call: of x86 the loader is 13 (Documentation/arch/x86/boot.rst), and
 * a device tree says so. What says nothing is not known to be a reboot.
 */
static bool came_by_kexec(void)
{
	uint64_t loader = 0;

	if (read_number(&hp_sys_linux, "/proc/sys/kernel/bootloader_type",
			&loader) == 0)
		return loader >> 4 == 13;
	return access(TREE, F_OK) < 0 ||
	       access(TREE "/chosen/linux,booted-from-kexec", F_OK) == 0;
}

/* The kernel's log of this boot, to be freed; NULL: it cannot be read. */
static char *read_kernel_log(void)
{
	int size = klogctl(10, NULL, 0); /* SYSLOG_ACTION_SIZE_BUFFER */
	char *log = size > 0 ? command_memory((size_t)size + 1) : NULL;

	/* SYSLOG_ACTION_READ_ALL */
	if (log && klogctl(3, log, size) < 0) {
		free(log);
		log = NULL;
	}
	return log;
}

/* What it said of what it was given. */
static void print_kernel_log(char *log)
{
	static const char *const words[] = { "luo: ", "liveupdate: ",
					     "preserved" };
	char *line;

	while ((line = strsep(&log, "\n")) != NULL)
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (strstr(line, words[i])) {
				/* Without its level: <6>[    1.229843] */
				printf("kernel: %s\n",
				       line + (*line == '<' ?
						       strcspn(line, "[") :
						       0));
				break;
			}
}

static void print_why(const struct comparison *result, const json_t *before)
{
	char *log;

	if (!json_array_size(result->missing) ||
	    !strcmp(record_text(before, "way"), "reboot"))
		return;
	if (!came_by_kexec()) {
		puts("Why: this kernel was started by a reboot in place of a "
		     "kexec, which keeps nothing.");
		return;
	}
	log = read_kernel_log();
	if (log && !strstr(log, "KHO: found kexec handover data"))
		puts("Why: this kernel was given nothing: its image was loaded "
		     "by the old call, or kho=on was missing.");
	else if (log)
		print_kernel_log(log);
	free(log);
}

static void print_text(const struct comparison *result, const json_t *before,
		       const json_t *after)
{
	const int64_t left = number_of(before, "time_us"), boot = boot_time();
	const json_t *sentence;
	size_t i;

	printf("From kernel %s to kernel %s.\n", record_text(before, "kernel"),
	       record_text(after, "kernel"));
	printf("The update began %s before this kernel started",
	       seconds(boot - left));
	printf(", which was %s ago.\n",
	       seconds((int64_t)number_of(after, "time_us") - boot));
	printf("%u %s with %u %s came back: %s.\n", result->sessions,
	       result->sessions == 1 ? "session" : "sessions", result->regions,
	       result->regions == 1 ? "region" : "regions",
	       bytes_text(result->bytes).text);
	print_sessions(record_sessions(after), left);
	print_pools(json_object_get(before, "pools"),
		    json_object_get(after, "pools"));
	json_array_foreach(result->missing, i, sentence)
		printf("MISSING: %s\n", json_string_value(sentence));
	print_why(result, before);
}

static void print_object(const struct comparison *result, json_t *before,
			 json_t *after)
{
	json_t *report = json_pack(
		"{sisbsisisIsOsOsO}", "version", 1, "kexec", came_by_kexec(),
		"sessions", (int)result->sessions, "regions",
		(int)result->regions, "bytes", (json_int_t)result->bytes,
		"missing", result->missing, "before", before, "after", after);

	(void)json_dumpf(report, stdout, JSON_INDENT(2));
	json_decref(report);
	putchar('\n');
}

/* -- The command ----------------------------------------------------------- */

static json_t *record_now(void)
{
	struct held held;
	json_t *record;

	held_look(&held);
	record = record_make(&held);
	held_free(&held);
	return record;
}

static int compare(json_t *before, json_t *after, bool json)
{
	struct comparison result;
	int status;

	compare_records(before, after, &result);
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
	if (!strcmp(record_text(before, "boot_id"),
		    record_text(after, "boot_id")))
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
		default:
			return command_other(&verify_command, usage, c);
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
