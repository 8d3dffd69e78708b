// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "held/held.h"

#define START "hugepersist."

/* -- Titles --------------------------------------------------------------- */

const char *held_title(const struct held_session *session)
{
	static char title[UNIT_NAME_SIZE + sizeof(session->name) + 16];

	if (session->by == HELD_BY_STORE)
		(void)snprintf(title, sizeof(title), "%s/%s",
			       *session->unit ? session->unit : "?",
			       session->name);
	else
		(void)snprintf(title, sizeof(title), "%ld/%s",
			       (long)session->holder,
			       *session->name ? session->name : "?");
	return title;
}

static bool is_unit(const char *unit, const char *text, size_t length)
{
	size_t whole = strlen(unit);

	if (whole == length)
		return !memcmp(unit, text, length);
	return whole == length + strlen(".service") &&
	       !memcmp(unit, text, length) &&
	       !strcmp(unit + length, ".service");
}

bool held_is_named(const struct held_session *session, const char *name)
{
	char prefix[HP_STORE_PREFIX_SIZE];

	if (strlen(name) > HP_NAME_MAX)
		return false;
	hp_store_prefix(prefix, name);
	prefix[strlen(prefix) - 1] = '\0';
	return !strcmp(session->name, prefix + strlen(START));
}

static bool is_meant(const struct held_session *session, const char *text)
{
	const char *slash = strrchr(text, '/');
	char holder[16];

	if (!slash || (strcmp(session->name, slash + 1) != 0 &&
		       !held_is_named(session, slash + 1)))
		return false;
	(void)snprintf(holder, sizeof(holder), "%ld", (long)session->holder);
	if (session->by == HELD_BY_PROCESS)
		return strlen(holder) == (size_t)(slash - text) &&
		       !memcmp(holder, text, (size_t)(slash - text));
	return is_unit(session->unit, text, (size_t)(slash - text));
}

struct held_session *held_get(const struct held *held, const char *text,
			      bool *ret_many)
{
	struct held_session *found = NULL;

	*ret_many = false;
	for (struct held_session *s = held->sessions; s; s = s->next) {
		if (!is_meant(s, text))
			continue;
		*ret_many = found != NULL;
		found = s;
	}
	return *ret_many ? NULL : found;
}

struct held_session *held_want(const struct held *held, const char *text,
			       const struct command *command, int *ret_status)
{
	bool many;
	struct held_session *session = held_get(held, text, &many);

	*ret_status = STATUS_NO;
	if (session)
		return session;
	if (many) {
		(void)command_error(command, "more than one session is %s",
				    text);
	} else if (held->complete) {
		(void)command_error(command,
				    "there is no session %s: see hugepersist "
				    "status",
				    text);
	} else {
		(void)command_error(command,
				    "no session %s was seen, and not all was "
				    "seen: %s",
				    text, held->obstacle);
		*ret_status = STATUS_UNKNOWN;
	}
	return NULL;
}

struct held_session *held_again(const struct held *held,
				const struct held_session *session)
{
	struct held_session *s = held->sessions;

	while (s && (s->by != session->by || s->id != session->id ||
		     strcmp(s->unit, session->unit) != 0))
		s = s->next;
	return s;
}

/* -- Sessions and regions -------------------------------------------------- */

static struct held_session *add_session(struct held *held, enum held_by by,
					uint64_t id)
{
	struct held_session *session = command_memory(sizeof(*session));
	struct held_session **end = &held->sessions;

	while (*end)
		end = &(*end)->next;
	session->by = by;
	session->id = id;
	session->manifest_error = -ENOMSG;
	*end = session;
	return session;
}

static struct held_region *add_region(struct held_session *session,
				      uint64_t token, uint64_t incarnation)
{
	struct held_region *all;

	for (unsigned int i = 0; i < session->region_count; i++)
		if (session->regions[i].token == token &&
		    session->regions[i].incarnation == incarnation)
			return &session->regions[i];
	all = realloc(session->regions,
		      (session->region_count + 1) * sizeof(*all));
	if (!all) {
		fputs("hugepersist: there is no memory\n", stderr);
		exit(STATUS_FAILED);
	}
	session->regions = all;
	all += session->region_count++;
	*all = (struct held_region){ .token = token,
				     .incarnation = incarnation };
	return all;
}

static void take_manifest(struct held_session *session,
			  const struct held_file *file)
{
	session->manifest_error = file->error;
	if (file->error < 0)
		return;
	session->about = file->manifest->about;
	for (uint32_t i = 0; i < file->manifest->count; i++) {
		const struct hp_manifest_entry *entry =
			&file->manifest->entries[i];
		struct held_region *region =
			add_region(session, entry->token, entry->incarnation);

		region->listed = true;
		region->entry = *entry;
	}
}

static void count(struct held_session *session)
{
	for (unsigned int i = 0; i < session->region_count; i++) {
		const struct held_region *region = &session->regions[i];

		if (region->listed && !region->present)
			session->lost_count++;
		else if (region->listed)
			session->bytes += region->entry.length;
	}
}

/* -- In stores ------------------------------------------------------------- */

static struct held_session *session_of(struct held *held,
				       const struct unit *unit,
				       const char *name, uint64_t id)
{
	struct held_session *session;

	for (session = held->sessions; session; session = session->next)
		if (session->of == unit && session->id == id &&
		    !strcmp(session->name, name))
			return session;
	session = add_session(held, HELD_BY_STORE, id);
	session->of = unit;
	session->holder = 1;
	session->unit_gone = !strcmp(unit->load_state, "not-found");
	session->free_since = unit->inactive_since;
	session->active_since = unit->active_since;
	(void)snprintf(session->unit, sizeof(session->unit), "%s", unit->name);
	(void)snprintf(session->name, sizeof(session->name), "%s", name);
	return session;
}

static void take_entry(struct held *held, const struct unit *unit,
		       const struct unit_entry *entry,
		       const struct held_files *files)
{
	struct hp_store_name parts;
	struct held_session *session;
	const struct held_file *file;
	char name[sizeof(session->name)];

	if (!held_parse(entry->name, name, sizeof(name), &parts))
		return;
	session = session_of(held, unit, name, parts.id);
	if (!parts.manifest) {
		struct held_region *region =
			add_region(session, parts.token, parts.incarnation);

		region->present = true;
		region->device = entry->device;
		region->inode = entry->inode;
		return;
	}
	session->manifest_device = entry->device;
	session->manifest_inode = entry->inode;
	file = held_files_get(files, entry->device, entry->inode);
	if (file && (file->error || file->id == parts.id))
		take_manifest(session, file);
	else if (files->complete)
		session->manifest_error = -EBADMSG;
	else
		session->manifest_error = -EACCES;
}

static void take_stores(struct held *held, const struct held_files *files)
{
	for (struct unit *unit = held->units; unit; unit = unit->next)
		for (unsigned int i = 0; i < unit->entry_count; i++)
			take_entry(held, unit, &unit->entries[i], files);
}

/* -- In processes ---------------------------------------------------------- */

static struct held_session *by_id(const struct held *held, uint64_t id)
{
	struct held_session *session;

	for (session = held->sessions; session; session = session->next)
		if (session->id == id)
			return session;
	return NULL;
}

/* Of several that have it open, the one that says so in the manifest. */
static void take_owner(struct held_session *session,
		       const struct held_file *file)
{
	if (!held_is_owned(file->device, file->inode))
		return;
	if (session->owner &&
	    (!file->manifest ||
	     (uint32_t)file->process != file->manifest->about.owner))
		return;
	session->owner = file->process;
	session->free_since = 0;
	held_process_name(file->process, session->owner_name,
			  sizeof(session->owner_name));
}

/*
 * What no store that was asked has: of systemd before 254, which does not say
 * what its stores have, and of processes.
 */
static void take_other(struct held *held, const struct held_file *file)
{
	bool store = file->process == 1;
	struct held_session *session = add_session(
		held, store ? HELD_BY_STORE : HELD_BY_PROCESS, file->id);

	session->holder = file->process;
	session->manifest_device = file->device;
	session->manifest_inode = file->inode;
	take_manifest(session, file);
	for (unsigned int i = 0; i < session->region_count; i++)
		session->regions[i].present = true;
	if (store)
		return;
	held_process_unit(file->process, session->unit, sizeof(session->unit));
	if (held_process_session(file->process, session->name,
				 sizeof(session->name)))
		session->kind = held_process_asks(file->process) ?
					PROCESS_SPARED :
					PROCESS_KILLED;
	/* Who holds it by a session of LUO is its owner, without a lock. */
	if (session->kind == PROCESS_WITHOUT_LUO) {
		take_owner(session, file);
		return;
	}
	session->owner = file->process;
	held_process_name(file->process, session->owner_name,
			  sizeof(session->owner_name));
}

static const struct unit *unit_of(const struct held *held, const char *name)
{
	const struct unit *unit = held->units;

	while (unit && strcmp(unit->name, name) != 0)
		unit = unit->next;
	return unit;
}

static void take_files(struct held *held, const struct held_files *files,
		       bool of_manager)
{
	for (unsigned int i = 0; i < files->count; i++) {
		const struct held_file *file = &files->files[i];
		struct held_session *session;

		if ((file->process == 1) != of_manager || !file->id)
			continue;
		session = by_id(held, file->id);
		if (!session)
			take_other(held, file);
		else if (!of_manager && file->process != session->keeper)
			take_owner(session, file);
	}
}

/* -- By hugepersist run ---------------------------------------------------- */

static const struct held_file *manifest_of(const struct held_files *files,
					   pid_t process, uint64_t id)
{
	for (unsigned int i = 0; i < files->count; i++)
		if (files->files[i].process == process &&
		    files->files[i].id == id)
			return &files->files[i];
	return NULL;
}

static struct held_session *add_kept(struct held *held,
				     const struct held_file *manifest)
{
	struct held_session *session =
		add_session(held, HELD_BY_PROCESS, manifest->id);

	session->holder = manifest->process;
	held_process_unit(manifest->process, session->unit,
			  sizeof(session->unit));
	take_manifest(session, manifest);
	return session;
}

/* In a store, too, if that has the same manifest. */
static void take_kept_session(struct held *held, const char *name,
			      const struct held_file *manifest,
			      bool handed_over)
{
	struct held_session *session = by_id(held, manifest->id);

	if (!session)
		session = add_kept(held, manifest);
	if (session->manifest_inode &&
	    (session->manifest_device != manifest->device ||
	     session->manifest_inode != manifest->inode))
		return;
	/* systemd before 254 does not tell it. */
	if (!*session->name)
		strcpy(session->name, name);
	session->keeper = manifest->process;
	session->manifest_handed_over = handed_over;
	session->kind = held_process_asks(manifest->process) ? PROCESS_SPARED :
							       PROCESS_KILLED;
}

static void take_kept(struct held *held, const struct held_files *files,
		      const struct held_file *list, bool manifests)
{
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++) {
		const bool handed_over = list->list->entries[i].token;
		struct hp_store_name parts;
		const struct held_file *manifest;
		struct held_session *session;
		struct held_region *region;
		char name[sizeof(session->name)];

		if (!held_parse(list->list->entries[i].name, name, sizeof(name),
				&parts) ||
		    parts.manifest != manifests)
			continue;
		manifest = manifest_of(files, list->process, parts.id);
		session = by_id(held, parts.id);
		if (manifests && manifest)
			take_kept_session(held, name, manifest, handed_over);
		if (manifests || !session || session->keeper != list->process)
			continue;
		region = add_region(session, parts.token, parts.incarnation);
		region->present |= session->by == HELD_BY_PROCESS;
		region->handed_over = handed_over;
	}
}

static void take_lists(struct held *held, const struct held_files *files)
{
	char name[64];

	for (unsigned int i = 0; i < files->count; i++) {
		const struct held_file *file = &files->files[i];

		if (!file->list ||
		    !held_process_session(file->process, name, sizeof(name)))
			continue;
		take_kept(held, files, file, true);
		take_kept(held, files, file, false);
	}
}

static bool is_handed_over(const struct held_session *session)
{
	for (unsigned int i = 0; i < session->region_count; i++)
		if (session->regions[i].listed &&
		    !session->regions[i].handed_over)
			return false;
	return session->manifest_handed_over;
}

/* -- What is known of a session -------------------------------------------- */

/* systemd before 254 does not tell which unit: that of the owner. */
static void find_unit(struct held *held, struct held_session *session)
{
	const pid_t process = session->owner ? session->owner : session->keeper;

	if (session->of || session->by != HELD_BY_STORE || !process)
		return;
	held_process_unit(process, session->unit, sizeof(session->unit));
	session->of = unit_of(held, session->unit);
}

static void find_spared(struct manager *manager, struct held_session *session)
{
	struct unit *unit = NULL;

	if (!manager || session->kind == PROCESS_WITHOUT_LUO || !*session->unit)
		return;
	if (manager_unit(manager, session->unit, &unit) < 0) {
		/* A scope, as of a login, is stopped at shutdown. */
		session->kind = PROCESS_KILLED;
		return;
	}
	session->active_since = unit->active_since;
	session->kind = lives_in_unit(unit, session->kind == PROCESS_SPARED);
	units_free(unit);
}

static void find_user(struct held_session *session)
{
	const struct unit *unit = session->of;

	if (unit && unit->dynamic_user && !*unit->user)
		(void)snprintf(session->user, sizeof(session->user), "dynamic");
	else if (unit)
		(void)snprintf(session->user, sizeof(session->user), "%s",
			       *unit->user ? unit->user : "root");
	else if (session->owner)
		held_process_user(session->owner, session->user,
				  sizeof(session->user));
}

static void judge(struct held *held, struct held_session *session,
		  enum answer_kind kernel)
{
	static const struct unit unknown = { .store_max = 1 };
	struct lives process = lives_of_process(session->kind, kernel);

	session->lives =
		session->by == HELD_BY_PROCESS ?
			process :
			lives_of_unit(session->of ? session->of : &unknown,
				      held->systemd, kernel);
	if (!session->keeper)
		return;
	if (!is_handed_over(session))
		process.kexec = (struct life){
			ANSWER_NO,
			"The process that holds it could not hand all of it "
			"over yet.",
			"See what the process says in its log."
		};
	if (session->by == HELD_BY_PROCESS ||
	    session->lives.kexec.answer != ANSWER_YES)
		session->lives.kexec = process.kexec;
}

void held_find(struct held *held, struct manager *manager,
	       const struct machine *machine)
{
	enum answer_kind kernel = lives_kernel(machine);
	struct held_files files;

	*held = (struct held){ 0 };
	if (manager) {
		int version = manager_version(manager);

		held->systemd = version > 0 ? version : 0;
		held->knows_stores = manager_stores(manager, &held->units) >= 0;
		if (!held->knows_stores)
			held->obstacle = "systemd does not answer";
	}
	held_files_find(&files);
	held->complete = files.complete;
	if (!files.complete)
		held->obstacle = "only root can look at all processes";
	take_stores(held, &files);
	take_files(held, &files, true);
	take_lists(held, &files);
	take_files(held, &files, false);
	for (struct held_session *s = held->sessions; s; s = s->next) {
		count(s);
		find_unit(held, s);
		find_user(s);
		find_spared(manager, s);
		judge(held, s, kernel);
	}
	if (held->obstacle)
		held->complete = false;
	held_files_free(&files);
}

void held_look(struct held *held)
{
	struct manager *manager = NULL;

	(void)manager_open(&manager);
	held_find(held, manager, &machine_linux);
	manager_close(manager);
}

void held_free(struct held *held)
{
	while (held->sessions) {
		struct held_session *next = held->sessions->next;

		free(held->sessions->regions);
		free(held->sessions);
		held->sessions = next;
	}
	units_free(held->units);
	*held = (struct held){ 0 };
}
