// SPDX-License-Identifier: MIT
/*
 * hugepersist drop: give up the memory of a session that nobody has open.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "held/held.h"
#include "machine/text.h"

static const char usage[] =
	"Usage: hugepersist drop UNIT/NAME [OPTION]...\n"
	"Give up the memory of a session that is in the store of a stopped\n"
	"service, also if the unit is gone. hugepersist status lists them.\n"
	"systemd empties the whole store of the unit: what else is in it is\n"
	"named before the question.\n"
	"\n"
	"  -y, --yes      do not ask\n"
	"  -j, --json     with --yes: JSON\n"
	"  -h, --help     print this\n"
	"  -V, --version  print the version\n"
	"\n"
	"Exit status: 0 the memory was given up; 1 it was not; 2 wrong usage, "
	"or\n"
	"it failed; 3 it is not known whether systemd gave it up, or whether "
	"there is\n"
	"such a session (be root).\n";

static const struct option long_options[] = {
	{ "yes", no_argument, NULL, 'y' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

struct options {
	bool yes, json;
};

#define STUB_FOLDER "/run/systemd/system"
#define STUB                                                       \
	"# Written by hugepersist drop, for as long as it takes\n" \
	"[Service]\nExecStart=/bin/false\n"                        \
	"FileDescriptorStoreMax=65536\nFileDescriptorStorePreserve=yes\n"

/* -- Asking ---------------------------------------------------------------- */

static void print_loss(const struct held *held,
		       const struct held_session *session)
{
	unsigned int others = 0;

	for (struct held_session *s = held->sessions; s; s = s->next) {
		if (s->of != session->of)
			continue;
		printf("%s: %s, %u regions\n", held_title(s),
		       s->manifest_error ? "size not known" :
					   bytes_text(s->bytes).text,
		       s->region_count);
		for (unsigned int i = 0; i < s->region_count; i++)
			if (*s->regions[i].entry.label)
				printf("  %s  %s\n",
				       bytes_text(s->regions[i].entry.length)
					       .text,
				       s->regions[i].entry.label);
	}
	for (unsigned int i = 0; i < session->of->entry_count; i++) {
		struct hp_store_name parts;
		char name[sizeof(session->name)];

		others += !held_parse(session->of->entries[i].name, name,
				      sizeof(name), &parts);
	}
	if (others)
		printf("%u descriptors of the unit that are not ours\n",
		       others);
}

static void print_json(const struct held *held,
		       const struct held_session *session, int status)
{
	json_t *titles = json_array(), *report;

	for (struct held_session *s = held->sessions; s; s = s->next)
		if (s->of == session->of)
			(void)json_array_append_new(
				titles,
				json_pack("{sssI}", "title", held_title(s),
					  "bytes", (json_int_t)s->bytes));
	report = json_pack("{sisssssosi}", "version", 1, "unit", session->unit,
			   "given_up",
			   status == STATUS_YES ? "yes" :
			   status == STATUS_NO	? "no" :
						  "unknown",
			   "sessions", titles, "descriptors",
			   (int)session->of->store_count);
	(void)json_dumpf(report, stdout, JSON_INDENT(2));
	json_decref(report);
	putchar('\n');
}

/* -- Giving up ------------------------------------------------------------- */

/* A unit without a file cannot be cleaned: it gets one for a moment. */
static int write_stub(const char *unit, char *path, size_t size)
{
	ssize_t length;
	int fd;

	if (strchr(unit, '/') || *unit == '.')
		return -EINVAL;
	(void)snprintf(path, size, STUB_FOLDER "/%s", unit);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	length = write(fd, STUB, strlen(STUB));
	(void)close(fd);
	if (length == (ssize_t)strlen(STUB))
		return 0;
	(void)unlink(path);
	return -EIO;
}

static int clean(struct manager *manager, const struct held_session *session)
{
	char stub[UNIT_NAME_SIZE + sizeof(STUB_FOLDER) + 2];
	int err, reload_err;

	if (!session->unit_gone)
		return manager_clean(manager, session->unit);
	err = write_stub(session->unit, stub, sizeof(stub));
	if (err < 0)
		return command_error(&drop_command,
				     "cannot write a unit of that name: %s",
				     strerror(-err)),
		       err;
	err = manager_reload(manager);
	if (err >= 0)
		err = manager_clean(manager, session->unit);
	(void)unlink(stub);
	reload_err = manager_reload(manager);
	return err < 0 ? err : reload_err;
}

static int seen_empty(struct manager *manager, const char *unit)
{
	struct unit *after = NULL;
	uint32_t count = 1;

	/* systemd answers before the files are closed. */
	for (int i = 0; i < 50; i++) {
		if (manager_unit(manager, unit, &after) < 0)
			return STATUS_UNKNOWN;
		count = after->store_count;
		units_free(after);
		if (!count)
			return STATUS_YES;
		(void)usleep(100000);
	}
	return STATUS_NO;
}

static int give_up(struct manager *manager, const struct held_session *session)
{
	int status;

	if (clean(manager, session) < 0)
		return command_error(&drop_command, "systemd refuses: %s",
				     manager_problem(manager)),
		       STATUS_NO;
	status = seen_empty(manager, session->unit);
	if (status != STATUS_YES)
		(void)command_error(&drop_command,
				    "the store of %s is not seen to be empty",
				    session->unit);
	return status;
}

static int decide(struct manager *manager, const struct held *held,
		  const struct held_session *session, const struct options *o)
{
	int status;

	if (session->by != HELD_BY_STORE || !session->of)
		return command_error(
			       &drop_command,
			       "%s is not in a store that systemd can empty: "
			       "end the process, or stop the unit",
			       held_title(session)),
		       STATUS_NO;
	if (session->owner)
		return command_error(&drop_command,
				     "process %ld (%s) has %s open: stop it "
				     "first",
				     (long)session->owner, session->owner_name,
				     held_title(session)),
		       STATUS_NO;
	if (!o->json)
		print_loss(held, session);
	if (!o->yes && !command_ask("All of this is given up for good.")) {
		puts("Nothing was changed.");
		return STATUS_NO;
	}
	status = give_up(manager, session);
	if (o->json)
		print_json(held, session, status);
	else if (status == STATUS_YES)
		printf("The memory of %s was given up.\n", session->unit);
	return status;
}

static int drop(const char *title, const struct options *o)
{
	struct manager *manager = NULL;
	struct held_session *session;
	struct held held;
	int status;

	if (manager_open(&manager) < 0)
		return command_error(&drop_command, "there is no systemd");
	held_find(&held, manager, &machine_linux);
	session = held_want(&held, title, &drop_command, &status);
	if (session)
		status = decide(manager, &held, session, o);
	held_free(&held);
	manager_close(manager);
	return status;
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "yjhV", long_options, NULL)) != -1)
		switch (c) {
		case 'y':
			o.yes = true;
			break;
		case 'j':
			o.json = true;
			break;
		default:
			return command_other(&drop_command, usage, c);
		}
	if (optind + 1 != argc || !strchr(argv[optind], '/'))
		return command_misused(&drop_command,
				       "the session is given as UNIT/NAME");
	if (o.json && !o.yes)
		return command_misused(&drop_command, "--json goes with --yes");
	return drop(argv[optind], &o);
}

const struct command drop_command = {
	.name = "drop",
	.about = "give up the memory of a session that nobody has open",
	.run = run,
};
