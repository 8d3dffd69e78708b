// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <systemd/sd-bus.h>

#include "command.h"
#include "unit/manager.h"

#define DESTINATION "org.freedesktop.systemd1"
#define OBJECT "/org/freedesktop/systemd1"
#define MANAGER DESTINATION ".Manager"
#define UNIT DESTINATION ".Unit"
#define SERVICE DESTINATION ".Service"
#define PRIVATE "unix:path=/run/systemd/private"

struct manager {
	sd_bus *bus;
	char problem[256];
};

static int failed(struct manager *manager, sd_bus_error *error, int err)
{
	(void)snprintf(manager->problem, sizeof(manager->problem), "%s",
		       error->message ? error->message : strerror(-err));
	sd_bus_error_free(error);
	return err;
}

/* -- The connection -------------------------------------------------------- */

static int connect_private(sd_bus **ret_bus)
{
	sd_bus *bus = NULL;
	int err = sd_bus_new(&bus);

	if (err >= 0)
		err = sd_bus_set_address(bus, PRIVATE);
	if (err >= 0)
		err = sd_bus_start(bus);
	if (err >= 0)
		*ret_bus = bus;
	else
		sd_bus_unref(bus);
	return err;
}

int manager_open(struct manager **ret_manager)
{
	struct manager *manager = command_memory(sizeof(*manager));
	int err = connect_private(&manager->bus);

	if (err < 0)
		err = sd_bus_open_system(&manager->bus);
	if (err < 0) {
		free(manager);
		return err;
	}
	*ret_manager = manager;
	return 0;
}

void manager_close(struct manager *manager)
{
	if (!manager)
		return;
	sd_bus_flush_close_unref(manager->bus);
	free(manager);
}

const char *manager_problem(const struct manager *manager)
{
	return manager->problem;
}

/* -- Properties ------------------------------------------------------------ */

static int get_number(struct manager *manager, const char *path,
		      const char *interface, const char *name, char type,
		      void *ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int err =
		sd_bus_get_property_trivial(manager->bus, DESTINATION, path,
					    interface, name, &error, type, ret);

	return err < 0 ? failed(manager, &error, err) : 0;
}

/* A word that is not known stays empty. */
static void get_word(struct manager *manager, const char *path,
		     const char *interface, const char *name, char *word,
		     size_t size)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *text = NULL;

	if (sd_bus_get_property_string(manager->bus, DESTINATION, path,
				       interface, name, &error, &text) < 0)
		sd_bus_error_free(&error);
	else
		(void)snprintf(word, size, "%s", text);
	free(text);
}

int manager_version(struct manager *manager)
{
	char text[64] = "";

	get_word(manager, OBJECT, MANAGER, "Version", text, sizeof(text));
	return *text ? atoi(text) : -ENOENT;
}

bool manager_is_stopping(struct manager *manager)
{
	char text[64] = "";

	get_word(manager, OBJECT, MANAGER, "SystemState", text, sizeof(text));
	return !*text || !strcmp(text, "stopping");
}

/* -- Units ----------------------------------------------------------------- */

static int read_entry(sd_bus_message *reply, struct unit *unit)
{
	uint32_t mode, major, minor, r_major, r_minor, flags;
	const char *name, *path;
	uint64_t inode;
	int rc = sd_bus_message_read(reply, "(suuutuusu)", &name, &mode, &major,
				     &minor, &inode, &r_major, &r_minor, &path,
				     &flags);
	struct unit_entry *entry;

	if (rc <= 0)
		return rc;
	entry = realloc(unit->entries,
			(unit->entry_count + 1) * sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	unit->entries = entry;
	entry += unit->entry_count++;
	*entry = (struct unit_entry){ .device = makedev(major, minor),
				      .inode = inode };
	(void)snprintf(entry->name, sizeof(entry->name), "%s", name);
	return 1;
}

/*
 * By the unit's own method: that of the manager, which takes a name, refuses a unit
 * that has no file any more.
 */
static int dump(struct manager *manager, const char *path, struct unit *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int err;

	err = sd_bus_call_method(manager->bus, DESTINATION, path, SERVICE,
				 "DumpFileDescriptorStore", &error, &reply, "");
	/* systemd before 254 has no such method. */
	if (sd_bus_error_has_name(&error, SD_BUS_ERROR_UNKNOWN_METHOD)) {
		sd_bus_error_free(&error);
		return 0;
	}
	if (err < 0)
		return failed(manager, &error, err);
	err = sd_bus_message_enter_container(reply, 'a', "(suuutuusu)");
	while (err > 0)
		err = read_entry(reply, unit);
	sd_bus_message_unref(reply);
	unit->dumped = err >= 0;
	return err;
}

static void read_words(struct manager *manager, const char *path,
		       struct unit *unit)
{
#define WORD(interface, property, field)                          \
	get_word(manager, path, interface, property, unit->field, \
		 sizeof(unit->field))
	WORD(UNIT, "LoadState", load_state);
	WORD(UNIT, "ActiveState", active_state);
	WORD(UNIT, "SubState", sub_state);
	WORD(UNIT, "UnitFileState", file_state);
	WORD(SERVICE, "FileDescriptorStorePreserve", preserve);
	WORD(SERVICE, "NotifyAccess", notify_access);
	WORD(SERVICE, "Type", type);
	WORD(SERVICE, "User", user);
	WORD(SERVICE, "KillMode", kill_mode);
#undef WORD
}

static bool conflicts_with_shutdown(struct manager *manager, const char *path)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char **names = NULL;
	bool found = false;

	if (sd_bus_get_property_strv(manager->bus, DESTINATION, path, UNIT,
				     "Conflicts", &error, &names) < 0)
		sd_bus_error_free(&error);
	for (char **name = names; name && *name; name++) {
		found |= !strcmp(*name, "shutdown.target");
		free(*name);
	}
	free(names);
	return found;
}

/* -- ExecStart=hugepersist load or run ------------------------------------- */

#define WORDS_MAX 64 /* before the program's own */

static bool is_program(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, "hugepersist");
}

/* load NAME DIR -- PROGRAM */
static void take_load(struct unit *unit, const char *const *words, int count)
{
	if (count < 4 || !is_program(words[0]) ||
	    strcmp(words[1], "load") != 0 || words[3][0] != '/' ||
	    strlen(words[2]) >= sizeof(unit->load_name) ||
	    strlen(words[3]) >= sizeof(unit->load_folder))
		return;
	(void)snprintf(unit->load_name, sizeof(unit->load_name), "%s",
		       words[2]);
	(void)snprintf(unit->load_folder, sizeof(unit->load_folder), "%s",
		       words[3]);
}

/* run NAME [OPTION]... -- PROGRAM */
static void take_run(struct unit *unit, const char *const *words, int count)
{
	if (count < 2 || !is_program(words[0]) || strcmp(words[1], "run") != 0)
		return;
	for (int i = 2; i < count && strcmp(words[i], "--") != 0; i++)
		unit->holds |=
			!strcmp(words[i], "--hold") || !strcmp(words[i], "-H");
}

/* One command: its path, its words, and what became of it. */
static int read_command(sd_bus_message *reply, struct unit *unit)
{
	const char *words[WORDS_MAX], *word;
	int count = 0, rc;

	rc = sd_bus_message_enter_container(reply, 'r', "sasbttttuii");
	if (rc <= 0)
		return rc;
	rc = sd_bus_message_skip(reply, "s");
	if (rc >= 0)
		rc = sd_bus_message_enter_container(reply, 'a', "s");
	while (rc >= 0) {
		rc = sd_bus_message_read(reply, "s", &word);
		if (rc <= 0)
			break;
		if (count < WORDS_MAX)
			words[count++] = word;
	}
	if (rc >= 0) {
		take_load(unit, words, count);
		take_run(unit, words, count);
	}
	if (rc >= 0)
		rc = sd_bus_message_exit_container(reply);
	if (rc >= 0)
		rc = sd_bus_message_skip(reply, "bttttuii");
	if (rc >= 0)
		rc = sd_bus_message_exit_container(reply);
	return rc < 0 ? rc : 1;
}

static void read_commands(struct manager *manager, const char *path,
			  struct unit *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int rc = sd_bus_get_property(manager->bus, DESTINATION, path, SERVICE,
				     "ExecStart", &error, &reply,
				     "a(sasbttttuii)");

	if (rc >= 0)
		rc = sd_bus_message_enter_container(reply, 'a',
						    "(sasbttttuii)");
	while (rc > 0)
		rc = read_command(reply, unit);
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
}

static int read_unit(struct manager *manager, const char *path,
		     struct unit *unit)
{
	uint32_t process = 0;
	int err, survives = 0, dynamic = 0;

	err = get_number(manager, path, SERVICE, "NFileDescriptorStore", 'u',
			 &unit->store_count);
	if (err >= 0)
		err = get_number(manager, path, SERVICE,
				 "FileDescriptorStoreMax", 'u',
				 &unit->store_max);
	if (err >= 0)
		err = get_number(manager, path, SERVICE, "MainPID", 'u',
				 &process);
	if (err >= 0)
		err = get_number(manager, path, UNIT, "InactiveEnterTimestamp",
				 't', &unit->inactive_since);
	if (err < 0)
		return err;
	(void)get_number(manager, path, UNIT, "ActiveEnterTimestamp", 't',
			 &unit->active_since);
	unit->main_process = (pid_t)process;
	/* systemd before 255 does not know it. */
	(void)get_number(manager, path, UNIT, "SurviveFinalKillSignal", 'b',
			 &survives);
	unit->survives = survives;
	(void)get_number(manager, path, SERVICE, "DynamicUser", 'b', &dynamic);
	unit->dynamic_user = dynamic;
	unit->goes_at_shutdown = conflicts_with_shutdown(manager, path);
	read_words(manager, path, unit);
	read_commands(manager, path, unit);
	if (!strcmp(unit->active_state, "active"))
		unit->inactive_since = 0;
	else
		unit->active_since = 0;
	return unit->store_count ? dump(manager, path, unit) : 0;
}

static void unit_free(struct unit *unit)
{
	free(unit->entries);
	free(unit);
}

void units_free(struct unit *units)
{
	while (units) {
		struct unit *next = units->next;

		unit_free(units);
		units = next;
	}
}

/* The unit goes to *ret_unit if its store has something, or if it must. */
static int take_unit(struct manager *manager, const char *name,
		     const char *path, bool must, struct unit **ret_unit)
{
	struct unit *unit;
	uint32_t count = 0;
	int err;

	err = get_number(manager, path, SERVICE, "NFileDescriptorStore", 'u',
			 &count);
	if (!must && (err < 0 || !count))
		return 0;
	unit = command_memory(sizeof(*unit));
	(void)snprintf(unit->name, sizeof(unit->name), "%s", name);
	err = read_unit(manager, path, unit);
	if (err < 0) {
		unit_free(unit);
		return err;
	}
	unit->next = *ret_unit;
	*ret_unit = unit;
	return 0;
}

static int take_units(struct manager *manager, sd_bus_message *list,
		      struct unit **ret_units)
{
	const char *name, *path;
	int err = sd_bus_message_enter_container(list, 'a', "(ssssssouso)");

	while (err >= 0) {
		err = sd_bus_message_read(list, "(ssssssouso)", &name, NULL,
					  NULL, NULL, NULL, NULL, &path, NULL,
					  NULL, NULL);
		if (err <= 0)
			break;
		err = take_unit(manager, name, path, false, ret_units);
	}
	return err;
}

int manager_stores(struct manager *manager, struct unit **ret_units)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *list = NULL;
	struct unit *units = NULL;
	int err;

	err = sd_bus_call_method(manager->bus, DESTINATION, OBJECT, MANAGER,
				 "ListUnitsByPatterns", &error, &list, "asas",
				 0, 1, "*.service");
	if (err < 0)
		return failed(manager, &error, err);
	err = take_units(manager, list, &units);
	sd_bus_message_unref(list);
	if (err < 0) {
		units_free(units);
		return err;
	}
	*ret_units = units;
	return 0;
}

int manager_unit(struct manager *manager, const char *name,
		 struct unit **ret_unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	struct unit *unit = NULL;
	const char *path;
	int err;

	err = sd_bus_call_method(manager->bus, DESTINATION, OBJECT, MANAGER,
				 "LoadUnit", &error, &reply, "s", name);
	if (err < 0)
		return failed(manager, &error, err);
	err = sd_bus_message_read(reply, "o", &path);
	if (err >= 0)
		err = take_unit(manager, name, path, true, &unit);
	sd_bus_message_unref(reply);
	if (err >= 0)
		*ret_unit = unit;
	return err;
}

/* -- Changes --------------------------------------------------------------- */

int manager_reload(struct manager *manager)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int err = sd_bus_call_method(manager->bus, DESTINATION, OBJECT, MANAGER,
				     "Reload", &error, NULL, "");

	return err < 0 ? failed(manager, &error, err) : 0;
}

int manager_clean(struct manager *manager, const char *unit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int err = sd_bus_call_method(manager->bus, DESTINATION, OBJECT, MANAGER,
				     "CleanUnit", &error, NULL, "sas", unit, 1,
				     "fdstore");

	return err < 0 ? failed(manager, &error, err) : 0;
}
