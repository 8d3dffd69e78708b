// SPDX-License-Identifier: MIT
/*
 * Saving before the jump. A save is of a session that nobody has open: the
 * services stop before.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "copy/copy.h"
#include "setup/files.h"
#include "unit/systemctl.h"
#include "update/update.h"

/* -- Where to -------------------------------------------------------------- */

bool update_folder(const struct update *update,
		   const struct held_session *session, char *folder,
		   size_t size)
{
	const struct unit *unit = session->of;
	int length;

	if (update->reboot && unit && *unit->load_folder &&
	    held_is_named(session, unit->load_name))
		length = snprintf(folder, size, "%s", unit->load_folder);
	else if (update->save)
		length = snprintf(folder, size, "%s/%s/%s", update->save,
				  session->unit, session->name);
	else
		return false;
	return (size_t)length < size;
}

/* Of the file system in which the folder is or will be. */
static bool has_room(const char *folder, uint64_t bytes)
{
	char path[512];
	struct statvfs fs;

	(void)snprintf(path, sizeof(path), "%s", folder);
	while (statvfs(path, &fs) < 0) {
		char *slash = strrchr(path, '/');

		if (errno != ENOENT || !slash)
			return false;
		slash[slash == path] = '\0';
	}
	return (uint64_t)fs.f_bavail * fs.f_frsize >= bytes;
}

void update_check_save(const struct update *update,
		       const struct held_session *session,
		       struct answer *answer)
{
	const struct life *stop = &session->lives.stop;
	char folder[512];

	if (session->by != HELD_BY_STORE || !session->of) {
		answer_no(answer, "Only what is in the store of a service can "
				  "be saved.");
		answer_remedy(answer, "Let the program save it itself.");
	} else if (stop->answer != ANSWER_YES) {
		answer_no(answer,
			  "It is saved while the service is stopped, "
			  "and the stop would lose it: %s",
			  stop->reason);
		answer_remedy(answer, "%s", stop->remedy);
	} else if (session->manifest_error || session->lost_count) {
		answer_no(answer, "Something of it is lost or damaged already: "
				  "see hugepersist status.");
		answer_remedy(answer, "Drop it.");
	} else if (!update_folder(update, session, folder, sizeof(folder))) {
		answer_no(answer, "No directory is known for it: its unit does "
				  "not start by hugepersist load.");
		answer_remedy(answer, "Give one for all: --save=DIR.");
	} else if (!has_room(folder, session->bytes)) {
		answer_no(answer, "The file system of %s has no room for it.",
			  folder);
		answer_remedy(answer, "Make room, or give another --save=DIR.");
	} else {
		answer_text(answer, "directory", folder);
	}
}

/* -- Services -------------------------------------------------------------- */

static bool is_saved(const struct update *update,
		     const struct held_session *session)
{
	return !update_may_lose(update, session);
}

/* "systemctl VERB UNIT...": those that ran, and of which something is saved. */
static bool tell_services(const struct update *update, const char *verb)
{
	unsigned int count = 2;
	char **words;
	bool done;

	for (struct held_session *s = update->held.sessions; s; s = s->next)
		count++;
	words = command_memory((count + 1) * sizeof(*words));
	words[0] = (char *)(uintptr_t) "systemctl";
	words[1] = (char *)(uintptr_t)verb;
	count = 2;
	for (struct held_session *s = update->held.sessions; s; s = s->next)
		if (is_saved(update, s) && s->of &&
		    strcmp(s->of->active_state, "inactive") != 0 &&
		    strcmp(s->of->active_state, "failed") != 0)
			words[count++] = s->unit;
	done = count == 2 || systemctl_run(words) == 0;
	free(words);
	return done;
}

void update_start_again(const struct update *update)
{
	if (update->save || update->reboot)
		(void)tell_services(update, "start");
}

/* -- Saving ---------------------------------------------------------------- */

/* In a process of its own: it takes the place of a service. */
static bool save_one(const struct update *update,
		     const struct held_session *session)
{
	struct hp_save_result result = { .size = sizeof(result) };
	char folder[512];
	int status = -1;
	pid_t child;

	if (!update_folder(update, session, folder, sizeof(folder)))
		return false;
	(void)files_make_folder(folder);
	(void)fflush(stdout);
	child = fork();
	if (!child) {
		if (!copy_save(&update_command, session, folder, true, &result))
			_exit(STATUS_NO);
		printf("%s: ", held_title(session));
		copy_print("saved", &result);
		_exit(fflush(stdout) ? STATUS_NO : STATUS_YES);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static bool save_all(const struct update *update)
{
	struct held now;
	bool done = true;

	held_look(&now);
	for (struct held_session *s = update->held.sessions; s; s = s->next) {
		const struct held_session *session = held_again(&now, s);

		if (!is_saved(update, s) || !done)
			continue;
		done = session && !session->owner && !session->lost_count &&
		       save_one(update, session);
		if (!done)
			(void)command_error(&update_command,
					    "%s could not be saved",
					    held_title(s));
	}
	held_free(&now);
	return done;
}

bool update_save(const struct update *update)
{
	if (!update->save && !update->reboot)
		return true;
	if (!tell_services(update, "stop"))
		(void)command_error(&update_command,
				    "the services could not be stopped");
	else if (save_all(update))
		return true;
	update_start_again(update);
	return false;
}
