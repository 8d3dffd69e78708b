// SPDX-License-Identifier: MIT
/*
 * hugepersist run: give a program memory that outlives it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "command.h"
#include "run/notify.h"
#include "run/passed.h"
#include "run/run.h"
#include "session/session.h"

#define DESCRIPTORS_FROM 64 /* beyond those that a manager passes, mostly */

static const char usage[] =
	"Usage: hugepersist run NAME [--region LABEL=SIZE[,PAGE]]... "
	"[OPTION]... "
	"-- PROGRAM [ARGUMENT]...\n"
	"Give a program memory in huge pages that outlives it. @LABEL@ in its\n"
	"arguments becomes a path of the memory.\n"
	"\n"
	"  -r, --region=LABEL=SIZE[,PAGE]  a region in pages of 2M, or of "
	"PAGE;\n"
	"                       PAGE=shmem: shmem with transparent huge pages\n"
	"  -H, --hold           hold the memory in this process until a kexec, "
	"also\n"
	"                       if systemd keeps it; and what PROGRAM keeps "
	"itself\n"
	"  -u, --user=USER      run the program as that user\n"
	"  -n, --if-new=CMD     first run sh -c CMD if some of the memory is "
	"new\n"
	"  -s, --state=DIR      directory of the paths (first of "
	"$STATE_DIRECTORY,\n"
	"                       else /var/lib/hugepersist/NAME)\n"
	"  -h, --help           print this\n"
	"  -V, --version        print the version\n"
	"\n"
	"Exit status: that of the program; 2 wrong usage, or the memory cannot "
	"be\n"
	"had; 126 or 127 the program cannot be started.\n";

static const struct option long_options[] = {
	{ "region", required_argument, NULL, 'r' },
	{ "hold", no_argument, NULL, 'H' },
	{ "user", required_argument, NULL, 'u' },
	{ "if-new", required_argument, NULL, 'n' },
	{ "state", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

/* -- Talking --------------------------------------------------------------- */

static void log_line(void *context, int priority, const char *message)
{
	(void)context;
	if (priority <= LOG_NOTICE)
		fprintf(stderr, "hugepersist run: %s\n", message);
}

const struct hp_log run_log = { .function = log_line };

/* The start may take longer than its unit allows. */
static int tell(void *context, const struct hp_wait *wait)
{
	const char *address = getenv("NOTIFY_SOCKET");
	unsigned int *told = context;

	if (address)
		(void)hp_sys_linux.notify(address,
					  "EXTEND_TIMEOUT_USEC=30000000", -1);
	/* Only an operator can make room. */
	if (wait->error == -ENOSPC && wait->waited_ms > 5000)
		return 1;
	if (wait->error && (!*told || wait->waited_ms - *told > 30000)) {
		fprintf(stderr, "hugepersist run: waiting: %s\n",
			hp_strerror(wait->error));
		*told = wait->waited_ms;
	}
	return 0;
}

static bool failed(const char *what, int err)
{
	(void)command_error(&run_command, "%s: %s", what, hp_strerror(err));
	return false;
}

/* -- The memory ------------------------------------------------------------ */

static bool open_session(struct run *run)
{
	static unsigned int told;
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.log = log_line,
		.wait = tell,
		.wait_context = &told,
	};
	struct hp_session_info info = { .size = sizeof(info) };
	int err = hp_session_open(run->name, &opts, &run->session);

	if (!err)
		err = hp_session_info(run->session, &info);
	if (!err && info.holder != HP_HOLDER_STORE)
		err = -ENODEV;
	return err < 0 ? failed(run->name, err) : true;
}

/* The library speaks to who calls it; this is for who wrote the command. */
static bool is_another(const struct run_region *region)
{
	(void)command_error(
		&run_command,
		"%s: the memory that is held has another size or page size. "
		"Ask for the same as before, and it comes back. Or give it up "
		"with its content: stop the program, then call hugepersist "
		"drop with the UNIT/NAME that hugepersist status prints",
		region->label);
	return false;
}

/* The program must be able to open the file: a copy for it stays open. */
static bool open_region(struct run *run, struct run_region *region)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.page_size = region->shmem ? 0 : region->page_size,
		.flags = region->shmem ? HP_REGION_SHMEM : 0,
		.label = region->label,
	};
	int err = hp_region_open(run->session, region->token, region->length,
				 &opts, &region->region);

	if (err == -ESTALE)
		return is_another(region);
	if (err < 0)
		return failed(region->label, err);
	region->is_new = hp_region_is_new(region->region);
	region->fd =
		fcntl(hp_region_fd(region->region), F_DUPFD, DESCRIPTORS_FROM);
	if (region->fd < 0)
		return failed(region->label, -errno);
	if (region->is_new && run->user &&
	    fchown(region->fd, run->uid, run->gid) < 0)
		return failed("fchown", -errno);
	return true;
}

/* What the program knows of memory that is not there any more must go first. */
static bool do_if_new(const struct run *run)
{
	char labels[RUN_REGIONS_MAX * (HP_LABEL_MAX + 1) + 1] = "";
	char *command;
	int status;
	pid_t child;

	for (unsigned int i = 0; i < run->region_count; i++)
		if (run->regions[i].is_new)
			strcat(strcat(labels, *labels ? " " : ""),
			       run->regions[i].label);
	if (!*labels || !run->if_new)
		return true;
	command = run_replace(run, run->if_new);
	(void)setenv("HUGEPERSIST_NEW", labels, 1);
	child = fork();
	if (!child) {
		char *shell[] = { "sh", "-c", command, NULL };
		struct run once = *run;

		/* It is no child of the holder. */
		once.held_by = 0;
		_exit(run_become(&once, shell));
	}
	(void)unsetenv("HUGEPERSIST_NEW");
	free(command);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return failed("--if-new", -errno);
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		(void)command_error(&run_command,
				    "the command of --if-new failed");
		return false;
	}
	return true;
}

/*
 * The lock of the owner is on the description behind the manifest, and ended
 * with its mapping: the program and its children hold it from now on.
 */
static bool keep_lock(const struct run *run)
{
	if (fcntl(run->session->manifest->fd, F_DUPFD, DESCRIPTORS_FROM) < 0)
		return failed("the lock of the owner", -errno);
	return true;
}

static bool prepare(struct run *run)
{
	int err;

	if (!run->region_count)
		return true;
	if (!open_session(run))
		return false;
	for (unsigned int i = 0; i < run->region_count; i++)
		if (!open_region(run, &run->regions[i]))
			return false;
	if (!run_make_paths(run) || !do_if_new(run))
		return false;
	err = hp_session_preserve(run->session);
	return err < 0 ? failed(run->name, err) : keep_lock(run);
}

/* In a process that a store is there for: that of the unit, or the holder's. */
static int begin(struct run *run)
{
	if (!prepare(run))
		return STATUS_FAILED;
	for (char **argument = run->program; *argument; argument++)
		*argument = run_replace(run, *argument);
	passed_hide(run->region_count ? run->name : NULL);
	return run_become(run, run->program);
}

static int start(struct run *run, char **arguments)
{
	bool above = notify_has_store();

	if (!run_find_user(run))
		return STATUS_FAILED;
	return run->hold || !above ? run_hold(run, above, arguments, begin) :
				     begin(run);
}

/* -- The command ----------------------------------------------------------- */

static int set(struct run *run, int c)
{
	const char *problem;

	switch (c) {
	case 'r':
		problem = run_parse_region(run, optarg);
		if (problem)
			return command_misused(&run_command, "--region %s: %s",
					       optarg, problem);
		return -1;
	case 'H':
		run->hold = true;
		return -1;
	case 'u':
		run->user = optarg;
		return -1;
	case 'n':
		run->if_new = optarg;
		return -1;
	case 's':
		run->state = optarg;
		return -1;
	default:
		return command_other(&run_command, usage, c);
	}
}

static int run_run(int argc, char **argv)
{
	static struct run run;
	int c, status, name;

	/* NAME comes first, and PROGRAM's own options are its own. */
	name = argc > 1 && argv[1][0] != '-';
	argv += name;
	argc -= name;
	while ((c = getopt_long(argc, argv, "+r:Hu:n:s:hV", long_options,
				NULL)) != -1) {
		status = set(&run, c);
		if (status >= 0)
			return status;
	}
	if (!name)
		return command_misused(&run_command, "NAME must come first");
	run.name = argv[0];
	run.program = argv + optind;
	if (!*run.name || strlen(run.name) > HP_NAME_MAX ||
	    strchr(run.name, '/') || *run.name == '.')
		return command_misused(&run_command, "'%s' cannot be a name",
				       run.name);
	if (!run.region_count && !run.hold)
		return command_misused(&run_command,
				       "--region is missing, or --hold");
	if (!*run.program)
		return command_misused(&run_command, "PROGRAM is missing");
	return start(&run, argv - name - 1);
}

const struct command run_command = {
	.name = "run",
	.about = "give a program memory that outlives it",
	.run = run_run,
};
