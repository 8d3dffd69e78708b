// SPDX-License-Identifier: MIT
/*
 * hugepersist update: into another kernel with all that is held, or not at all.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "command.h"
#include "machine/text.h"
#include "report/report.h"
#include "update/update.h"

static const char usage[] =
	"Usage: hugepersist update KERNEL [OPTION]...\n"
	"Look whether all memory that is held will survive a kexec into that\n"
	"kernel. If so, load it and jump. If not, refuse and change nothing.\n"
	"\n"
	"  -i, --initrd=FILE     of the next kernel\n"
	"  -a, --append=LINE     its command line\n"
	"  -r, --reuse-cmdline   the command line is that of this kernel\n"
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
		{ FIELD_TEXT, "image", o->update.image_path, 0 },
		{ FIELD_TEXT, "update", answer_word(verdict), 0 },
	};

	return o->json ? print_json(&o->update.answers, fields, 3) :
			 print_table(&o->update.answers, sentences[verdict]);
}

/* -- The jump -------------------------------------------------------------- */

static int jump(void)
{
	char *command[] = { "systemctl", "kexec", NULL };

	if (access("/run/systemd/system", F_OK) == 0) {
		(void)execvp(command[0], command);
		return -errno;
	}
	sync();
	return reboot(LINUX_REBOOT_CMD_KEXEC) < 0 ? -errno : 0;
}

static bool is_interrupted(const sigset_t *signals)
{
	sigset_t pending;

	(void)sigpending(&pending);
	for (int i = 1; i < NSIG; i++)
		if (sigismember(&pending, i) == 1 &&
		    sigismember(signals, i) == 1)
			return true;
	return false;
}

/* A kernel that was loaded must not stay if nobody jumps into it. */
static int load_and_jump(const struct options *o, const sigset_t *signals)
{
	int err = update_load(&o->update);

	if (err < 0)
		return err;
	err = update_record(&o->update);
	if (!err && is_interrupted(signals))
		err = -EINTR;
	if (!err)
		err = jump();
	if (err < 0)
		(void)update_unload();
	return err;
}

static int go(struct options *o)
{
	sigset_t signals;
	int err;

	puts("From here on nothing can be taken back: the services stop, and a "
	     "jump that fails is a reboot, which loses all that is held.");
	if (!o->yes && !command_ask("Update?")) {
		puts("Nothing was changed.");
		return STATUS_NO;
	}
	(void)fflush(stdout);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	err = load_and_jump(o, &signals);
	if (!err)
		return STATUS_YES;
	(void)command_error(&update_command,
			    "the kernel could not be loaded or started: %s. "
			    "No kernel is loaded",
			    strerror(-err));
	return STATUS_NO;
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

static int decide(struct options *o)
{
	static const int statuses[] = {
		[ANSWER_YES] = STATUS_YES,
		[ANSWER_NO] = STATUS_NO,
		[ANSWER_UNKNOWN] = STATUS_UNKNOWN,
	};
	enum answer_kind verdict;

	if (!check_lose(o))
		return STATUS_FAILED;
	update_check(&o->update);
	verdict = judge(&o->update.answers);
	if (print(o, verdict) < 0 || fflush(stdout))
		return command_error(&update_command,
				     "cannot write the report");
	if (verdict != ANSWER_YES || o->dry)
		return statuses[verdict];
	return go(o);
}

static int look(struct options *o)
{
	struct manager *manager = NULL;
	int status, err = image_read(o->update.image_path, &o->update.image);

	if (err < 0)
		return command_error(&update_command, "%s: %s",
				     o->update.image_path,
				     err == -ENOEXEC ?
					     "not a kernel image (bzImage)" :
					     strerror(-err)),
		       STATUS_NO;
	(void)manager_open(&manager);
	held_find(&o->update.held, manager, &machine_linux);
	manager_close(manager);
	status = decide(o);
	answers_free(&o->update.answers);
	held_free(&o->update.held);
	image_free(&o->update.image);
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
		o->update.initrd_path = optarg;
		return -1;
	case 'a':
		o->update.parameters = optarg;
		return -1;
	case 'r':
		o->reuse = true;
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
	case 'h':
		fputs(usage, stdout);
		return STATUS_YES;
	case 'V':
		return command_version(&update_command);
	default:
		fputs("See hugepersist update --help\n", stderr);
		return STATUS_FAILED;
	}
}

static int run(int argc, char **argv)
{
	static struct options o;
	int c, status;

	while ((c = getopt_long(argc, argv, "i:a:rl:nyjhV", long_options,
				NULL)) != -1) {
		status = set(&o, c);
		if (status >= 0)
			return status;
	}
	if (optind + 1 != argc)
		return command_misused(&update_command, "one KERNEL is needed");
	if (o.reuse == (o.update.parameters != NULL))
		return command_misused(&update_command,
				       "one of --append and --reuse-cmdline is "
				       "needed");
	if (o.json && !o.dry)
		return command_misused(&update_command,
				       "--json goes with --dry-run");
	if (o.reuse)
		o.update.parameters = this_line();
	if (!o.update.parameters)
		return command_error(&update_command,
				     "cannot read /proc/cmdline");
	o.update.image_path = argv[optind];
	return look(&o);
}

const struct command update_command = {
	.name = "update",
	.about = "into another kernel with all that is held, or not at all",
	.run = run,
};
