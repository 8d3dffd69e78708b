// SPDX-License-Identifier: MIT
/*
 * hugepersist update: into another kernel with all that is held, or not at all.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "machine/text.h"
#include "report/report.h"
#include "update/update.h"

static const char usage[] =
	"Usage: hugepersist update KERNEL --append=LINE [OPTION]...\n"
	"       hugepersist update KERNEL --reuse-cmdline [OPTION]...\n"
	"       hugepersist update --reboot [OPTION]...\n"
	"Look whether all memory that is held will survive a kexec into that\n"
	"kernel. If so, load it and jump. If not, refuse and change nothing.\n"
	"\n"
	"  -i, --initrd=FILE     of the next kernel; none: it needs none\n"
	"  -a, --append=LINE     its whole command line\n"
	"  -r, --reuse-cmdline   the command line is that of this kernel\n"
	"  -s, --save=DIR        stop the services and save all to DIR before\n"
	"  -b, --reboot          save, and reboot the ordinary way\n"
	"  -l, --lose=UNIT/NAME  go on although that session will not survive\n"
	"  -n, --dry-run         only look\n"
	"  -y, --yes             do not ask\n"
	"  -j, --json            with --dry-run: JSON\n"
	"  -h, --help            print this\n"
	"  -V, --version         print the version\n"
	"\n"
	"Exit status: 0 it was started, or with --dry-run could be; 1 "
	"refused;\n"
	"3 refused, since something is not known; 2 wrong usage.\n";

static const struct option long_options[] = {
	{ "initrd", required_argument, NULL, 'i' },
	{ "append", required_argument, NULL, 'a' },
	{ "reuse-cmdline", no_argument, NULL, 'r' },
	{ "save", required_argument, NULL, 's' },
	{ "reboot", no_argument, NULL, 'b' },
	{ "lose", required_argument, NULL, 'l' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "yes", no_argument, NULL, 'y' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

struct options {
	struct update update;
	bool reuse, dry, yes, json;
};

/* -- The verdict ----------------------------------------------------------- */

static enum answer_kind judge(const struct answers *answers)
{
	enum answer_kind verdict = ANSWER_YES;

	for (const struct answer *a = answers->first; a; a = a->next) {
		if (a->kind == ANSWER_NO)
			return ANSWER_NO;
		if (a->kind == ANSWER_UNKNOWN)
			verdict = ANSWER_UNKNOWN;
	}
	return verdict;
}

static int print(const struct options *o, enum answer_kind verdict)
{
	static const char *const sentences[] = {
		[ANSWER_YES] = "Yes: all that is held will survive.",
		[ANSWER_NO] = "No: nothing was changed.",
		[ANSWER_UNKNOWN] = "Not known: nothing was changed.",
	};
	const struct report_field fields[] = {
		{ FIELD_NUMBER, "version", NULL, 1 },
		{ FIELD_TEXT, "image",
		  o->update.image_path ? o->update.image_path : "", 0 },
		{ FIELD_TEXT, "update", answer_word(verdict), 0 },
	};

	const char *sentence = o->update.reboot && verdict == ANSWER_YES ?
				       "Yes: all that is held can be saved." :
				       sentences[verdict];

	return o->json ? print_json(&o->update.answers, fields, 3) :
			 print_table(&o->update.answers, sentence);
}

/* -- The command ----------------------------------------------------------- */

static bool check_lose(const struct options *o)
{
	const struct update *update = &o->update;
	bool many;

	for (unsigned int i = 0; i < update->lose_count; i++)
		if (!held_get(&update->held, update->lose[i], &many)) {
			(void)command_error(&update_command,
					    "--lose: there is no session %s",
					    update->lose[i]);
			return false;
		}
	return true;
}

static const int statuses[] = {
	[ANSWER_YES] = STATUS_YES,
	[ANSWER_NO] = STATUS_NO,
	[ANSWER_UNKNOWN] = STATUS_UNKNOWN,
};

/* Look at the host, and judge. */
static enum answer_kind examine(struct update *update)
{
	answers_free(&update->answers);
	update_check(update);
	return judge(&update->answers);
}

static bool ask(const struct options *o)
{
	fputs(o->update.reboot ?
		      "The services stop, all is saved, and the host "
		      "reboots.\n" :
		      "From here on nothing can be taken back: the services "
		      "stop, and a jump\nthat fails is a reboot, which loses "
		      "all that is held. --save writes it\nto disk first.\n",
	      stdout);
	return o->yes || command_ask("Update?");
}

static int decide(struct options *o)
{
	struct update *update = &o->update;
	enum answer_kind verdict;

	if (!check_lose(o))
		return STATUS_FAILED;
	verdict = examine(update);
	if (print(o, verdict) < 0 || fflush(stdout))
		return command_error(&update_command,
				     "cannot write the report");
	if (verdict != ANSWER_YES || o->dry)
		return statuses[verdict];
	if (!ask(o)) {
		puts("Nothing was changed.");
		return STATUS_NO;
	}
	/* Hours can have passed. */
	if (!o->yes) {
		held_free(&update->held);
		held_look(&update->held);
		verdict = examine(update);
	}
	if (verdict != ANSWER_YES) {
		(void)print(o, verdict);
		return statuses[verdict];
	}
	return update_go(update);
}

static int look(struct options *o)
{
	struct update *update = &o->update;
	int status, err = update->reboot ? 0 :
					   image_read(update->image_path,
						      &update->image);

	if (err < 0)
		return command_error(
			       &update_command, "%s: %s", update->image_path,
			       err == -ENOEXEC ? "not a kernel image (bzImage, "
						 "of arm64 Image)" :
						 strerror(-err)),
		       STATUS_NO;
	held_look(&update->held);
	status = decide(o);
	answers_free(&update->answers);
	held_free(&update->held);
	image_free(&update->image);
	return status;
}

/* Without what the boot loader said of itself. */
static const char *this_line(void)
{
	static char line[4096];
	char *start = line;

	if (hp_sys_linux.read_text("/proc/cmdline", line, sizeof(line)) < 0)
		return NULL;
	if (!strncmp(start, "BOOT_IMAGE=", 11)) {
		start += strcspn(start, " ");
		start += strspn(start, " ");
	}
	return start;
}

static int set(struct options *o, int c)
{
	switch (c) {
	case 'i':
		o->update.no_initrd = !strcmp(optarg, "none");
		o->update.initrd_path = o->update.no_initrd ? NULL : optarg;
		return -1;
	case 'a':
		o->update.parameters = optarg;
		return -1;
	case 'r':
		o->reuse = true;
		return -1;
	case 's':
		o->update.save = optarg;
		return -1;
	case 'b':
		o->update.reboot = true;
		return -1;
	case 'l':
		if (o->update.lose_count == UPDATE_LOSE_MAX)
			return command_misused(&update_command,
					       "too many of --lose");
		o->update.lose[o->update.lose_count++] = optarg;
		return -1;
	case 'n':
		o->dry = true;
		return -1;
	case 'y':
		o->yes = true;
		return -1;
	case 'j':
		o->json = true;
		return -1;
	default:
		return command_other(&update_command, usage, c);
	}
}

static const char *problem(const struct options *o, int operands)
{
	const struct update *update = &o->update;

	if (update->reboot && (operands || o->reuse || update->parameters ||
			       update->initrd_path || update->no_initrd))
		return "--reboot goes without KERNEL and what is for it";
	if (!update->reboot && operands != 1)
		return "one KERNEL is needed";
	if (!update->reboot && o->reuse == (update->parameters != NULL))
		return "one of --append and --reuse-cmdline is needed";
	if (update->save && *update->save != '/')
		return "--save is an absolute path";
	if (o->json && !o->dry)
		return "--json goes with --dry-run";
	return NULL;
}

static bool check_usage(const struct options *o, int operands)
{
	const char *wrong = problem(o, operands);

	if (wrong)
		(void)command_misused(&update_command, "%s", wrong);
	return !wrong;
}

static int run(int argc, char **argv)
{
	static struct options o;
	int c, status;

	while ((c = getopt_long(argc, argv, "i:a:rs:bl:nyjhV", long_options,
				NULL)) != -1) {
		status = set(&o, c);
		if (status >= 0)
			return status;
	}
	o.update.image_path = argv[optind];
	if (!check_usage(&o, argc - optind))
		return STATUS_FAILED;
	if (o.reuse)
		o.update.parameters = this_line();
	if (!o.update.reboot && !o.update.parameters)
		return command_error(&update_command,
				     "cannot read /proc/cmdline");
	return look(&o);
}

const struct command update_command = {
	.name = "update",
	.about = "into another kernel with all that is held, or not at all",
	.run = run,
};
