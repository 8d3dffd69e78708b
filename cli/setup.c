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
#include "system/pool.h"
#include "unit/manager.h"
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

/* guard: NULL, or may this file go? It says why not. */
static void take(struct setup *setup, const char *pattern,
		 bool (*guard)(struct setup *setup, const char *path))
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
		if (guard && !guard(setup, path))
			continue;
		report_file(setup, path, REMOVED, NULL);
		if (!err && !setup->dry)
			err = files_remove(path);
		if (err < 0)
			complain(setup, "cannot remove", path, err);
	}
	globfree(&found);
}

/* -- Units ----------------------------------------------------------------- */

#define DROP_IN "/50-hugepersist.conf"

/* What systemd knows of the unit; NULL: nothing, or it is not asked. */
static struct unit *find_unit(const struct setup *setup, const char *name)
{
	struct manager *manager = NULL;
	struct unit *unit = NULL;

	if (*setup->root || manager_open(&manager) < 0)
		return NULL;
	if (manager_unit(manager, name, &unit) < 0)
		unit = NULL;
	manager_close(manager);
	return unit;
}

/* A store drops at once what is too much for a lower FileDescriptorStoreMax=. */
static bool has_room(struct setup *setup, const struct unit *unit, uint64_t max)
{
	if (unit->store_count <= max)
		return true;
	(void)command_error(&setup_command,
			    "%s: its store has %u descriptors, and systemd "
			    "would drop those above %" PRIu64
			    ", which is memory that is held. Give that up "
			    "first: hugepersist status, hugepersist drop",
			    unit->name, unit->store_count, max);
	setup->failed = true;
	return false;
}

/* The settings of a unit go only while its store is empty. */
static bool unit_may_go(struct setup *setup, const char *path)
{
	char name[UNIT_NAME_SIZE];
	const char *end = strrchr(path, '/') - strlen(".d");
	const char *start = end;
	struct unit *unit;
	bool may;

	while (start > path && start[-1] != '/')
		start--;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(end - start), start);
	unit = find_unit(setup, name);
	may = !unit || has_room(setup, unit, 0);
	units_free(unit);
	return may;
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
	char path[96];
	uint64_t have = 0;
	char *tmpfiles[] = { "systemd-tmpfiles", "--create", path, NULL };

	if (*setup->root || setup->failed)
		return;
	(void)snprintf(path, sizeof(path),
		       "/etc/tmpfiles.d/hugepersist-%s.conf",
		       size_text(setup->size).text);
	call(setup, tmpfiles);
	if (setup->dry || setup->failed)
		return;
	if (hp_pool_count(&hp_sys_linux, setup->size, "nr_hugepages", &have) ==
		    0 &&
	    have >= setup->pages)
		return;
	(void)command_error(&setup_command,
			    "the pool has %" PRIu64 " of %" PRIu64
			    " pages: there is no more memory in whole pieces. "
			    "It is filled at the next boot",
			    have, setup->pages);
	setup->failed = true;
}

static void mount_pool(struct setup *setup)
{
	char unit[64];
	char *enable[] = { "systemctl", "enable", "--now", unit, NULL };

	if (*setup->root || setup->failed || !systemctl_is_there())
		return;
	(void)snprintf(unit, sizeof(unit), "run-hugepersist-%s.mount",
		       size_text(setup->size).text);
	call(setup, enable);
}

/* Its files may be in use: then it stays. */
static bool mount_may_go(struct setup *setup, const char *path)
{
	char *disable[] = { "systemctl", "disable", "--now",
			    (char *)strrchr(path, '/') + 1, NULL };
	bool failed = setup->failed;

	if (*setup->root || !systemctl_is_there())
		return true;
	setup->failed = false;
	call(setup, disable);
	if (setup->failed)
		return false;
	setup->failed = failed;
	return true;
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
			       "Options=pagesize=%s,mode=1777\n"
			       "[Install]\nWantedBy=multi-user.target\n",
			       name, name, name);
		give(setup, path, text);
	}
	free((char *)name);
}

static void set_kernel(struct setup *setup)
{
	char path[PATH_MAX], text[512];

	give(setup, "/etc/default/grub.d/hugepersist.cfg",
	     "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX kho=on liveupdate=on "
	     "hugetlb_preserve=on\"\n");
	/* Pages of 1 GiB are only there if they are taken at boot. */
	if (setup->size < UINT64_C(1) << 30)
		return;
	(void)snprintf(path, sizeof(path),
		       "/etc/default/grub.d/hugepersist-%s.cfg",
		       size_text(setup->size).text);
	(void)snprintf(text, sizeof(text),
		       "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX hugepagesz=%s "
		       "hugepages=%" PRIu64 "\"\n",
		       size_text(setup->size).text, setup->pages);
	give(setup, path, text);
}

/* What the unit says itself, if that is more, stays. */
static void set_unit(struct setup *setup)
{
	char name[UNIT_NAME_SIZE], path[PATH_MAX], place[PATH_MAX], text[512];
	size_t length = strlen(setup->unit);
	bool whole =
		length > 8 && !strcmp(setup->unit + length - 8, ".service");
	enum files_state state = FILES_NEW;
	uint64_t max = setup->regions + 1;
	bool listens = true;
	struct unit *unit;

	(void)snprintf(name, sizeof(name), "%s%s", setup->unit,
		       whole ? "" : ".service");
	(void)snprintf(path, sizeof(path), "/etc/systemd/system/%s.d" DROP_IN,
		       name);
	(void)snprintf(place, sizeof(place), "%s%s", setup->root, path);
	(void)files_look(place, FILES_MARK, &state);
	unit = find_unit(setup, name);
	if (unit) {
		if (state == FILES_NEW && unit->store_max > max)
			max = unit->store_max;
		listens = strcmp(unit->notify_access, "all") != 0 &&
			  strcmp(unit->notify_access, "exec") != 0;
		if (!strcmp(unit->load_state, "not-found"))
			(void)command_error(&setup_command,
					    "%s: there is no such unit yet",
					    name);
	}
	(void)snprintf(text, sizeof(text),
		       "[Service]\n%sFileDescriptorStoreMax=%" PRIu64
		       "\nFileDescriptorStorePreserve=yes\n",
		       listens ? "NotifyAccess=main\n" : "", max);
	if (!unit || has_room(setup, unit, max))
		give(setup, path, text);
	units_free(unit);
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
	if (setup->mount)
		mount_pool(setup);
	return setup->failed ? STATUS_NO : STATUS_YES;
}

static int take_back(struct setup *setup)
{
	take(setup, "/etc/tmpfiles.d/hugepersist-*.conf", NULL);
	take(setup, "/etc/systemd/system/run-hugepersist-*.mount",
	     mount_may_go);
	take(setup, "/etc/systemd/system/*.d" DROP_IN, unit_may_go);
	take(setup, "/etc/default/grub.d/hugepersist*.cfg", NULL);
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
