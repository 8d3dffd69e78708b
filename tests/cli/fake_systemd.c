// SPDX-License-Identifier: MIT
/*
 * A systemd that knows what is in a file, over D-Bus:
 *
 *	fake-systemd SOCKET STATE
 *
 * STATE is read at each call. Its lines:
 *
 *	version VERSION
 *	unit NAME LOAD ACTIVE SUB FILE-STATE PRESERVE MAX
 *	entry NAME MAJOR MINOR INODE		of the unit above
 *
 * What it is asked to change it prints.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#define UNITS_MAX 16
#define ENTRIES_MAX 32
#define PATHS "/org/freedesktop/systemd1/unit/u"

struct entry {
	char name[256];
	unsigned int major, minor;
	unsigned long long inode;
};

struct unit {
	char name[256], load[32], active[32], sub[32], file[32], preserve[32];
	unsigned int max, count;
	struct entry entries[ENTRIES_MAX];
};

static const char *state_path;
static char version[64];
static struct unit units[UNITS_MAX];
static unsigned int unit_count;

static void read_state(void)
{
	FILE *file = fopen(state_path, "re");
	char line[1024];

	if (!file)
		err(1, "%s", state_path);
	unit_count = 0;
	while (fgets(line, sizeof(line), file)) {
		struct unit *u = &units[unit_count];
		struct entry *e;

		if (sscanf(line, "version %63s", version) == 1)
			continue;
		memset(u, 0, sizeof(*u));
		if (sscanf(line, "unit %255s %31s %31s %31s %31s %31s %u",
			   u->name, u->load, u->active, u->sub, u->file,
			   u->preserve, &u->max) == 7) {
			unit_count++;
			continue;
		}
		u--;
		e = &u->entries[u->count];
		if (sscanf(line, "entry %255s %u %u %llu", e->name, &e->major,
			   &e->minor, &e->inode) != 4)
			errx(1, "a bad line: %s", line);
		u->count++;
	}
	(void)fclose(file);
}

static struct unit *find(const char *name)
{
	for (unsigned int i = 0; i < unit_count; i++)
		if (!strcmp(units[i].name, name))
			return &units[i];
	return NULL;
}

/* -- Answers --------------------------------------------------------------- */

static int list(sd_bus_message *m)
{
	sd_bus_message *reply;
	char path[64];

	sd_bus_message_new_method_return(m, &reply);
	sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
	for (unsigned int i = 0; i < unit_count; i++) {
		(void)snprintf(path, sizeof(path), PATHS "%u", i);
		sd_bus_message_append(reply, "(ssssssouso)", units[i].name, "",
				      units[i].load, units[i].active,
				      units[i].sub, "", path, 0, "", "/");
	}
	sd_bus_message_close_container(reply);
	return sd_bus_send(NULL, reply, NULL);
}

static struct unit *by_path(sd_bus_message *m)
{
	const char *path = sd_bus_message_get_path(m);

	return strncmp(path, PATHS, strlen(PATHS)) ?
		       &units[0] :
		       &units[atoi(path + strlen(PATHS)) % UNITS_MAX];
}

/* Of the unit: the method of the manager refuses a unit that has no file. */
static int dump(sd_bus_message *m)
{
	sd_bus_message *reply;
	const struct unit *unit = by_path(m);

	/* As systemd before 254 */
	if (atoi(version) < 254)
		return sd_bus_reply_method_errorf(
			m, SD_BUS_ERROR_UNKNOWN_METHOD, "Unknown method");
	sd_bus_message_new_method_return(m, &reply);
	sd_bus_message_open_container(reply, 'a', "(suuutuusu)");
	for (unsigned int i = 0; i < unit->count; i++)
		sd_bus_message_append(
			reply, "(suuutuusu)", unit->entries[i].name, 0100777,
			unit->entries[i].major, unit->entries[i].minor,
			(uint64_t)unit->entries[i].inode, 0, 0,
			"/memfd: (deleted)", 2);
	sd_bus_message_close_container(reply);
	return sd_bus_send(NULL, reply, NULL);
}

static int load(sd_bus_message *m)
{
	const char *name;
	char path[64];

	sd_bus_message_read(m, "s", &name);
	for (unsigned int i = 0; i < unit_count; i++) {
		if (strcmp(units[i].name, name) != 0)
			continue;
		(void)snprintf(path, sizeof(path), PATHS "%u", i);
		return sd_bus_reply_method_return(m, "o", path);
	}
	return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_INVALID_ARGS,
					  "Unit name %s is not valid.", name);
}

static int clean(sd_bus_message *m)
{
	const char *name, *what;
	struct unit *unit;

	sd_bus_message_read(m, "s", &name);
	sd_bus_message_enter_container(m, 'a', "s");
	sd_bus_message_read(m, "s", &what);
	unit = find(name);
	if (!unit || strcmp(unit->active, "active") == 0)
		return sd_bus_reply_method_errorf(
			m, "org.freedesktop.systemd1.UnitBusy",
			"Unit is not inactive.");
	printf("clean %s %s\n", name, what);
	return sd_bus_reply_method_return(m, NULL);
}

static int word(sd_bus_message *m, const char *text)
{
	return sd_bus_reply_method_return(m, "v", "s", text);
}

static int number(sd_bus_message *m, unsigned int value)
{
	return sd_bus_reply_method_return(m, "v", "u", value);
}

static int property(sd_bus_message *m)
{
	const char *interface, *name;
	const struct unit *unit = by_path(m);

	sd_bus_message_read(m, "ss", &interface, &name);
	if (!strcmp(name, "Version"))
		return word(m, version);
	if (!strcmp(name, "NFileDescriptorStore"))
		return number(m, unit->count);
	if (!strcmp(name, "FileDescriptorStoreMax"))
		return number(m, unit->max);
	if (!strcmp(name, "MainPID"))
		return number(m, 0);
	if (!strcmp(name, "InactiveEnterTimestamp"))
		return sd_bus_reply_method_return(m, "v", "t",
						  (uint64_t)1700000000000000);
	if (!strcmp(name, "LoadState"))
		return word(m, unit->load);
	if (!strcmp(name, "ActiveState"))
		return word(m, unit->active);
	if (!strcmp(name, "SubState"))
		return word(m, unit->sub);
	if (!strcmp(name, "UnitFileState"))
		return word(m, unit->file);
	if (!strcmp(name, "NotifyAccess"))
		return word(m, "main");
	if (!strcmp(name, "FileDescriptorStorePreserve") &&
	    atoi(version) >= 254)
		return word(m, unit->preserve);
	return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_UNKNOWN_PROPERTY,
					  "Unknown property");
}

static int answer(sd_bus_message *m, void *context, sd_bus_error *error)
{
	static const struct {
		const char *name;
		int (*answer)(sd_bus_message *m);
	} calls[] = {
		{ "ListUnitsByPatterns", list },
		{ "LoadUnit", load },
		{ "DumpFileDescriptorStore", dump },
		{ "CleanUnit", clean },
		{ "Get", property },
	};
	const char *member = sd_bus_message_get_member(m);

	(void)context;
	(void)error;
	if (!member)
		return 0;
	read_state();
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(member, calls[i].name))
			return calls[i].answer(m) < 0 ? -1 : 1;
	if (!strcmp(member, "Hello"))
		return sd_bus_reply_method_return(m, "s", ":1.1") < 0 ? -1 : 1;
	if (!strcmp(member, "Reload")) {
		puts("reload");
		return sd_bus_reply_method_return(m, NULL) < 0 ? -1 : 1;
	}
	return 0;
}

/* -- Connections ----------------------------------------------------------- */

static void serve(int fd)
{
	sd_id128_t id;
	sd_bus *bus;

	sd_id128_randomize(&id);
	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, 1, id) < 0 ||
	    sd_bus_add_filter(bus, NULL, answer, NULL) < 0 ||
	    sd_bus_start(bus) < 0)
		errx(1, "no D-Bus");
	for (;;) {
		int rc = sd_bus_process(bus, NULL);

		if (rc < 0)
			break;
		if (rc == 0 && sd_bus_wait(bus, UINT64_MAX) < 0)
			break;
	}
	sd_bus_unref(bus);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 3)
		errx(2, "usage: fake-systemd SOCKET STATE");
	setvbuf(stdout, NULL, _IOLBF, 0);
	state_path = argv[2];
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		       argv[1]);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0)
		err(1, "%s", argv[1]);
	puts("ready");
	for (;;) {
		int fd = accept4(listener, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			err(1, "accept");
		serve(fd);
	}
}
