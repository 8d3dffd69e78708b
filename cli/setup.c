// SPDX-License-Identifier: MIT
/*
 * hugepersist setup: files that make a host keep memory: a pool, parameters of
 * the kernel, settings of a unit. It takes all of them back.
 */
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "machine/machine.h"
#include "machine/text.h"
#include "setup/files.h"
#include "unit/systemctl.h"

static const char usage[] =
	"Usage: hugepersist setup --size SIZE --pages N [--unit UNIT] "
	"[OPTION]...\n"
	"       hugepersist setup --remove [OPTION]...\n"
	"Make this host keep memory: a pool of huge pages, parameters of the\n"
	"kernel, settings of a unit. It can be repeated.\n"
	"\n"
	"  -s, --size=SIZE     page size, as 2M or 1G\n"
	"  -p, --pages=N       pages of that size in the pool\n"
	"  -u, --unit=UNIT     a service whose store is to keep memory\n"
	"  -r, --regions=N     how many regions the service has (16)\n"
	"  -m, --mount         also mount the pool in /run/hugepersist\n"
	"  -x, --remove        take all of it back\n"
	"  -n, --dry-run       only print what would be written\n"
	"  -R, --root=DIR      write below DIR, and start nothing\n"
	"  -j, --json          print JSON\n"
	"  -h, --help          print this\n"
	"  -V, --version       print the version\n"
	"\n"
	"Exit status: 0 it is so; 1 it was refused or failed in part; 2 wrong "
	"usage.\n";

static const struct option long_options[] = {
	{ "size", required_argument, NULL, 's' },
	{ "pages", required_argument, NULL, 'p' },
	{ "unit", required_argument, NULL, 'u' },
	{ "regions", required_argument, NULL, 'r' },
	{ "mount", no_argument, NULL, 'm' },
	{ "remove", no_argument, NULL, 'x' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "root", required_argument, NULL, 'R' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

struct setup {
	uint64_t size, pages, regions;
	const char *unit;
	const char *root;
	bool mount, remove, dry;
	bool failed;
	json_t *files, *commands; /* NULL: the report is text */
	FILE *report;		  /* where JSON goes, and nothing else */
};

/* -- The report ------------------------------------------------------------ */

/* By enum files_state, and what goes away */
static const char *const states[] = { "same", "new", "changed", "not_ours",
				      "removed" };
#define REMOVED (sizeof(states) / sizeof(*states) - 1)

static void report_file(const struct setup *setup, const char *path,
			size_t state, const char *text)
{
	if (setup->files)
		(void)json_array_append_new(setup->files,
					    json_pack("{ssssss?}", "path", path,
						      "state", states[state],
						      "text", text));
	else if (state == REMOVED)
		printf("%s goes away\n", path);
	else if (state != FILES_NOT_OURS)
		printf("%s%s\n%s\n", path,
		       state == FILES_SAME ? " (is so already)" : "", text);
}

static void report_command(const struct setup *setup, char *const *command)
{
	json_t *words;

	if (setup->commands) {
		words = json_array();
		for (char *const *word = command; *word; word++)
			(void)json_array_append_new(words, json_string(*word));
		(void)json_array_append_new(setup->commands, words);
		return;
	}
	putchar('$');
	for (char *const *word = command; *word; word++)
		printf(" %s", *word);
	putchar('\n');
	(void)fflush(stdout);
}

static void report_end(const struct setup *setup)
{
	json_t *report;

	if (!setup->files)
		return;
	report = json_pack("{sisbsbsOsO}", "version", 1, "dry_run", setup->dry,
			   "failed", setup->failed, "files", setup->files,
			   "commands", setup->commands);
	(void)json_dumpf(report, setup->report, JSON_INDENT(2));
	(void)fprintf(setup->report, "\n");
	json_decref(report);
}

/* What the commands print is for stderr then. */
static const char *want_json(struct setup *setup)
{
	setup->report = fdopen(dup(STDOUT_FILENO), "w");
	setup->files = json_array();
	setup->commands = json_array();
	return setup->report && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 ?
		       NULL :
		       "stdout and stderr must be open";
}

/* -- Files ----------------------------------------------------------------- */

static void complain(struct setup *setup, const char *what, const char *path,
		     int err)
{
	(void)command_error(&setup_command, "%s %s: %s", what, path,
			    strerror(-err));
	setup->failed = true;
}

static void give(struct setup *setup, const char *path, const char *text)
{
	char whole[4096], place[PATH_MAX];
	enum files_state state;
	int err;

	(void)snprintf(whole, sizeof(whole), FILES_MARK "%s", text);
	(void)snprintf(place, sizeof(place), "%s%s", setup->root, path);
	err = files_look(place, whole, &state);
	if (err < 0) {
		complain(setup, "cannot read", place, err);
		return;
	}
	report_file(setup, place, state, whole);
	if (state == FILES_NOT_OURS) {
		(void)command_error(&setup_command,
				    "%s is not of this program: it stays",
				    place);
		setup->failed = true;
		return;
	}
	if (setup->dry || state == FILES_SAME)
		return;
	err = files_write(place, whole);
	if (err < 0)
		complain(setup, "cannot write", place, err);
}

static void take(struct setup *setup, const char *pattern)
{
	char place[PATH_MAX];
	enum files_state state;
	glob_t found;

	(void)snprintf(place, sizeof(place), "%s%s", setup->root, pattern);
	if (glob(place, GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		int err = files_look(path, FILES_MARK, &state);

		if (err >= 0 && state == FILES_NOT_OURS)
			continue;
		report_file(setup, path, REMOVED, NULL);
		if (!err && !setup->dry)
			err = files_remove(path);
		if (err < 0)
			complain(setup, "cannot remove", path, err);
	}
	globfree(&found);
}

/* -- What comes after ------------------------------------------------------ */

static void call(struct setup *setup, char *const *command)
{
	report_command(setup, command);
	if (setup->dry)
		return;
	if (systemctl_run(command) == 0)
		return;
	(void)command_error(&setup_command, "%s failed", command[0]);
	setup->failed = true;
}

static bool is_there(const char *path)
{
	return access(path, X_OK) == 0;
}

static void make_so(struct setup *setup)
{
	char *reload[] = { "systemctl", "daemon-reload", NULL };
	char *grub[] = { "update-grub", NULL };

	if (*setup->root || setup->failed)
		return;
	if (systemctl_is_there())
		call(setup, reload);
	if (is_there("/usr/sbin/update-grub"))
		call(setup, grub);
	else
		puts("There is no update-grub: give the kernel these "
		     "parameters by hand.");
}

static void fill_pool(struct setup *setup)
{
	char path[64];
	char *tmpfiles[] = { "systemd-tmpfiles", "--create", path, NULL };

	if (*setup->root || setup->failed)
		return;
	(void)snprintf(path, sizeof(path),
		       "/etc/tmpfiles.d/hugepersist-%s.conf",
		       size_text(setup->size).text);
	call(setup, tmpfiles);
}

/* -- The three parts ------------------------------------------------------- */

static void set_pool(struct setup *setup)
{
	const char *name = strdup(size_text(setup->size).text);
	char path[PATH_MAX], text[512];

	(void)snprintf(path, sizeof(path),
		       "/etc/tmpfiles.d/hugepersist-%s.conf", name);
	(void)snprintf(text, sizeof(text),
		       "w /sys/kernel/mm/hugepages/hugepages-%" PRIu64
		       "kB/nr_hugepages - - - - %" PRIu64 "\n",
		       setup->size >> 10, setup->pages);
	give(setup, path, text);
	if (setup->mount) {
		(void)snprintf(path, sizeof(path),
			       "/etc/systemd/system/run-hugepersist-%s.mount",
			       name);
		(void)snprintf(text, sizeof(text),
			       "[Unit]\nDescription=Huge pages of %s\n"
			       "[Mount]\nWhat=hugetlbfs\nType=hugetlbfs\n"
			       "Where=/run/hugepersist/%s\n"
			       "Options=pagesize=%s,mode=1777\n",
			       name, name, name);
		give(setup, path, text);
	}
	free((char *)name);
}

/* Pages of 1 GiB are only there if they are taken at boot. */
static void set_kernel(struct setup *setup)
{
	char text[512], pages[96] = "";

	if (setup->size >= UINT64_C(1) << 30)
		(void)snprintf(pages, sizeof(pages),
			       " hugepagesz=%s hugepages=%" PRIu64,
			       size_text(setup->size).text, setup->pages);
	(void)snprintf(text, sizeof(text),
		       "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX kho=on "
		       "liveupdate=on hugetlb_preserve=on%s\"\n",
		       pages);
	give(setup, "/etc/default/grub.d/hugepersist.cfg", text);
}

static void set_unit(struct setup *setup)
{
	char path[PATH_MAX], text[512];
	size_t length = strlen(setup->unit);
	bool whole =
		length > 8 && !strcmp(setup->unit + length - 8, ".service");

	(void)snprintf(path, sizeof(path),
		       "/etc/systemd/system/%s%s.d/50-hugepersist.conf",
		       setup->unit, whole ? "" : ".service");
	(void)snprintf(text, sizeof(text),
		       "[Service]\nNotifyAccess=main\n"
		       "FileDescriptorStoreMax=%" PRIu64
		       "\nFileDescriptorStorePreserve=yes\n",
		       setup->regions + 1);
	give(setup, path, text);
}

/* -- The command ----------------------------------------------------------- */

static bool has_memory(const struct setup *setup)
{
	uint64_t total =
		(uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)getpagesize();

	return setup->pages <= total / setup->size;
}

static bool has_size(const struct setup *setup)
{
	char path[96];

	(void)snprintf(path, sizeof(path),
		       "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB",
		       setup->size >> 10);
	return machine_linux.can_see(path) == 0;
}

static int make(struct setup *setup)
{
	if (!*setup->root && !has_size(setup))
		return command_error(&setup_command,
				     "this machine has no pages of %s",
				     size_text(setup->size).text),
		       STATUS_NO;
	if (!*setup->root && !has_memory(setup))
		return command_error(&setup_command,
				     "this machine has less memory than "
				     "%" PRIu64 " pages of %s",
				     setup->pages, size_text(setup->size).text),
		       STATUS_NO;
	set_pool(setup);
	set_kernel(setup);
	if (setup->unit)
		set_unit(setup);
	make_so(setup);
	fill_pool(setup);
	return setup->failed ? STATUS_NO : STATUS_YES;
}

static int take_back(struct setup *setup)
{
	take(setup, "/etc/tmpfiles.d/hugepersist-*.conf");
	take(setup, "/etc/systemd/system/run-hugepersist-*.mount");
	take(setup, "/etc/systemd/system/*.d/50-hugepersist.conf");
	take(setup, "/etc/default/grub.d/hugepersist.cfg");
	make_so(setup);
	return setup->failed ? STATUS_NO : STATUS_YES;
}

static bool parse_count(const char *text, uint64_t *ret)
{
	return strspn(text, "0123456789") == strlen(text) &&
	       parse_size(text, ret) && *ret <= INT32_MAX;
}

static bool is_unit_name(const char *text)
{
	return *text && *text != '.' && *text != '-' && strlen(text) < 200 &&
	       !strpbrk(text, "/*?[ \t\n");
}

static const char *set(struct setup *setup, int c)
{
	switch (c) {
	case 's':
		return parse_size(optarg, &setup->size) &&
				       setup->size >= 1 << 14 &&
				       !(setup->size & (setup->size - 1)) ?
			       NULL :
			       "--size is a power of two, as 2M or 1G";
	case 'p':
		return parse_count(optarg, &setup->pages) ?
			       NULL :
			       "--pages is a number";
	case 'r':
		return parse_count(optarg, &setup->regions) &&
				       setup->regions <= 1023 ?
			       NULL :
			       "--regions is a number up to 1023";
	case 'u':
		setup->unit = optarg;
		return is_unit_name(optarg) ? NULL :
					      "--unit is the name of a service";
	case 'R':
		setup->root = optarg;
		return *optarg == '/' ? NULL : "--root is an absolute path";
	case 'm':
		setup->mount = true;
		return NULL;
	case 'x':
		setup->remove = true;
		return NULL;
	case 'j':
		return want_json(setup);
	default:
		setup->dry = true;
		return NULL;
	}
}

static int run(int argc, char **argv)
{
	struct setup setup = { .root = "", .regions = 16 };
	const char *problem;
	int c, status;

	while ((c = getopt_long(argc, argv, "s:p:u:r:mxnR:jhV", long_options,
				NULL)) != -1) {
		if (c == 'h' || c == 'V' || c == '?')
			return command_other(&setup_command, usage, c);
		problem = set(&setup, c);
		if (problem)
			return command_misused(&setup_command, "%s", problem);
	}
	if (optind < argc)
		return command_misused(&setup_command, "not an option: '%s'",
				       argv[optind]);
	if (!setup.remove && (!setup.size || !setup.pages))
		return command_misused(&setup_command,
				       "--size and --pages are needed");
	status = setup.remove ? take_back(&setup) : make(&setup);
	report_end(&setup);
	if (setup.report && fclose(setup.report) != 0)
		return command_error(&setup_command, "cannot print: %s",
				     strerror(errno)),
		       STATUS_FAILED;
	return status;
}

const struct command setup_command = {
	.name = "setup",
	.about = "make this host keep memory, or take that back",
	.run = run,
};
