// SPDX-License-Identifier: MIT
/*
 * hugepersist status: what is held on this host, by whom, and what it outlives.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "held/json.h"
#include "machine/text.h"

static const char usage[] =
	"Usage: hugepersist status [OPTION]...\n"
	"Every session on this host: who holds it, who has it open, its\n"
	"regions, and what they outlive.\n"
	"\n"
	"  -s, --short    one line for each session\n"
	"  -j, --json     JSON\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n"
	"\n"
	"Exit status: 0 all that is held is whole; 1 something is lost, "
	"damaged,\n"
	"or held for a unit that is not there; 3 that is not known, since not\n"
	"everything could be looked at (be root); 2 wrong usage.\n";

static const struct option long_options[] = {
	{ "short", no_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

/* -- Words ----------------------------------------------------------------- */

static const char *seal_word(const struct held_session *session)
{
	if (session->manifest_error)
		return "seal not known";
	return session->about.sealed ? "sealed" : "not sealed";
}

/* 2026-11-27 08:32:03, by the clock of this host */
static void time_text(uint64_t us, char *text, size_t size)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;

	*text = '\0';
	if (us && localtime_r(&seconds, &tm))
		(void)strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
}

static bool is_whole(const struct held_session *session)
{
	return !session->lost_count && !session->unit_gone &&
	       (!session->manifest_error || session->manifest_error == -EACCES);
}

/* -- For people ------------------------------------------------------------ */

static void print_taken(const struct held_session *session)
{
	char since[32];

	if (session->owner) {
		printf("taken by process %ld (%s)", (long)session->owner,
		       session->owner_name);
		return;
	}
	time_text(session->free_since, since, sizeof(since));
	fputs(session->manifest_error == -EACCES ? "not known who has it open" :
						   "not taken",
	      stdout);
	if (*since && session->manifest_error != -EACCES)
		printf(" since %s", since);
}

static void print_life(const char *event, const struct life *life)
{
	printf("  %-8s %s%s%s\n", event,
	       life->answer == ANSWER_YES ? "outlived" :
	       life->answer == ANSWER_NO  ? "not outlived" :
					    "not known",
	       *life->reason ? ": " : "", life->reason);
}

static void print_region(const struct held_region *region)
{
	printf("  region %016" PRIx64, region->token);
	if (!region->listed) {
		fputs(region->present ? " (not listed)\n" : "\n", stdout);
		return;
	}
	printf("  %s in pages of %s", bytes_text(region->entry.length).text,
	       size_text(hp_manifest_page_size(&region->entry)).text);
	if (*region->entry.label)
		printf("  \"%s\"", region->entry.label);
	puts(region->present ? "" : "  LOST");
}

static void print_session(const struct held_session *session)
{
	printf("%s\n  held by ", held_title(session));
	if (session->by == HELD_BY_STORE && session->keeper)
		printf("systemd and by process %ld, ", (long)session->keeper);
	else if (session->by == HELD_BY_STORE)
		fputs("systemd, ", stdout);
	else if (session->holder == session->owner)
		fputs("the process itself, ", stdout);
	else
		printf("process %ld, ", (long)session->holder);
	print_taken(session);
	if (*session->user)
		printf("; user %s", session->user);
	putchar('\n');
	if (session->unit_gone)
		printf("  the unit is gone: hugepersist drop %s gives the "
		       "memory up\n",
		       held_title(session));
	if (session->manifest_error)
		printf("  manifest: %s\n", held_manifest_word(session));
	else
		printf("  %s, written by library %s on %s; updates outlived: "
		       "%" PRIu64 "\n",
		       seal_word(session), session->about.library,
		       session->about.kernel, session->about.updates);
	for (unsigned int i = 0; i < session->region_count; i++)
		print_region(&session->regions[i]);
	print_life("restart", &session->lives.restart);
	print_life("stop", &session->lives.stop);
	print_life("kexec", &session->lives.kexec);
}

static void print_short(const struct held_session *session)
{
	printf("%s %s, %u %s, %s%s%s%s%s%s\n", held_title(session),
	       session->manifest_error ? "size not known" :
					 bytes_text(session->bytes).text,
	       session->region_count,
	       session->region_count == 1 ? "region" : "regions",
	       seal_word(session), *session->user ? ", user " : "",
	       session->user, session->owner ? ", taken" : "",
	       session->lost_count ? ", LOST regions" : "",
	       session->unit_gone ? ", unit gone" : "");
}

static void print_all(const struct held *held, bool brief)
{
	for (struct held_session *s = held->sessions; s; s = s->next) {
		if (brief)
			print_short(s);
		else
			print_session(s);
		if (!brief && s->next)
			putchar('\n');
	}
	if (!held->sessions)
		puts(held->complete ? "Nothing is held on this host." :
				      "Nothing was found.");
	if (!held->complete)
		fprintf(stderr, "hugepersist status: not all was seen: %s\n",
			held->obstacle);
}

static int print_json_report(const struct held *held)
{
	json_t *report = held_object(held);
	int err = json_dumpf(report, stdout, JSON_INDENT(2));

	json_decref(report);
	putchar('\n');
	return err;
}

/* -- The command ----------------------------------------------------------- */

static int verdict(const struct held *held)
{
	for (struct held_session *s = held->sessions; s; s = s->next)
		if (!is_whole(s))
			return STATUS_NO;
	return held->complete ? STATUS_YES : STATUS_UNKNOWN;
}

static int report(bool brief, bool json)
{
	struct held held;
	int status, err = 0;

	held_look(&held);
	if (json)
		err = print_json_report(&held);
	else
		print_all(&held, brief);
	status = verdict(&held);
	held_free(&held);
	if (err < 0 || fflush(stdout) || ferror(stdout))
		return command_error(&status_command,
				     "cannot write the report");
	return status;
}

static int run(int argc, char **argv)
{
	bool brief = false, json = false;
	int c;

	while ((c = getopt_long(argc, argv, "sjhV", long_options, NULL)) != -1)
		switch (c) {
		case 's':
			brief = true;
			break;
		case 'j':
			json = true;
			break;
		default:
			return command_other(&status_command, usage, c);
		}
	if (optind < argc)
		return command_misused(&status_command, "not an option: '%s'",
				       argv[optind]);
	return report(brief, json);
}

const struct command status_command = {
	.name = "status",
	.about = "what is held on this host, and what it outlives",
	.run = run,
};
