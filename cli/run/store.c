// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "memory/file.h"
#include "run/run.h"
#include "run/store.h"

/* execve(2) takes a string of up to 128 KiB, and LISTEN_FDNAMES= is one. */
#define NAMES_LENGTH_MAX (120u << 10)

#define NAME_DEFAULT "stored" /* as systemd has it */

#define MESSAGES_MAX 256 /* before signals have their turn */

static const struct hp_sys *const sys = &hp_sys_linux;

/* -- What is kept ---------------------------------------------------------- */

/* The place of that file under that name, else a free one; NULL: there is none. */
static struct kept *place_of(struct store *store, const char *name,
			     const struct hp_file_info *info)
{
	struct kept *place = NULL;
	size_t length = strlen(name) + 1;

	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++) {
		struct kept *kept = &store->kept[i];

		if (kept->fd && !strcmp(kept->name, name) &&
		    kept->device == info->device && kept->inode == info->inode)
			return kept;
		if (kept->fd)
			length += strlen(kept->name) + 1;
		else if (!place)
			place = kept;
	}
	return length <= NAMES_LENGTH_MAX ? place : NULL;
}

/*
 * What LUO refuses is refused, so that the program knows; but not what was promised
 * before, nor what outlives other events in the unit's store.
 */
static int put(struct store *store, const char *name, int fd,
	       const struct hp_file_info *info, bool promised)
{
	struct kept *kept = place_of(store, name, info);
	int own, err;

	if (!kept)
		return -ENOSPC;
	own = store->above ? sys->reopen(fd) : sys->duplicate(fd);
	if (own < 0)
		return own;
	if (kept->fd) {
		sys->close(kept->fd);
		kept->fd = own;
		return 0;
	}
	kept->fd = own;
	kept->device = info->device;
	kept->inode = info->inode;
	strcpy(kept->name, name);
	err = handover_add(&store->handover, store->kept);
	/* Another one may be the reason. */
	if (promised || store->above ||
	    store->handover.list->entries[kept - store->kept].token)
		return 0;
	handover_remove(&store->handover, (unsigned int)(kept - store->kept));
	sys->close(own);
	*kept = (struct kept){ 0 };
	return err;
}

/* Does the file of that place have another name, too? */
static bool is_elsewhere(const struct store *store, const struct kept *kept)
{
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++)
		if (&store->kept[i] != kept && store->kept[i].fd &&
		    store->kept[i].device == kept->device &&
		    store->kept[i].inode == kept->inode)
			return true;
	return false;
}

static void remove_name(struct store *store, const char *name)
{
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++) {
		struct kept *kept = &store->kept[i];

		if (!kept->fd || strcmp(kept->name, name) != 0)
			continue;
		handover_remove(&store->handover, i);
		store->removed |= !is_elsewhere(store, kept);
		sys->close(kept->fd);
		*kept = (struct kept){ 0 };
	}
}

/* Of memory the holder has a copy; what else there is, only the unit's store. */
static bool keep(struct store *store, const char *name, int fd)
{
	struct hp_file_info info;
	int err = sys->file_info(fd, &info);

	if (err < 0 || !hp_file_page_size(&info)) {
		if (store->above)
			return true;
		(void)command_error(&run_command,
				    "'%s' is not kept: it is no memory", name);
		return false;
	}
	err = put(store, name, fd, &info, false);
	if (err < 0)
		(void)command_error(&run_command, "'%s' is not kept: %s", name,
				    err == -ENOSPC ? "there are too many" :
						     strerror(-err));
	return !err;
}

void store_hand_over(struct store *store)
{
	bool before = store->complete;
	int err;

	/* LUO gives no single file back. */
	if (store->removed)
		handover_begin_anew(&store->handover);
	store->removed = false;
	err = handover_add(&store->handover, store->kept);
	store->complete = !err;
	if (err < 0 && before)
		(void)command_error(&run_command,
				    "some of the memory would be lost by a "
				    "kexec now, this is tried again: %s",
				    strerror(-err));
	if (!err && !before)
		(void)command_error(&run_command,
				    "all of the memory outlives a kexec again");
}

/* -- What the program asks for --------------------------------------------- */

/* A message, taken apart. */
struct request {
	bool store, remove;
	char name[RUN_NAME_SIZE];
	char ours[NOTIFY_TEXT_SIZE]; /* lines about descriptors */
	char rest[NOTIFY_TEXT_SIZE]; /* for the manager above */
};

static bool begins(const char *line, const char *start)
{
	return !strncmp(line, start, strlen(start));
}

/* This process stays the main process of its unit. */
static bool stays_here(const char *line)
{
	return begins(line, "MAINPID") || begins(line, "NOTIFYACCESS=");
}

static void add_line(char *text, const char *line)
{
	if (*text)
		strcat(text, "\n");
	strcat(text, line);
}

static void take_apart(char *text, struct request *request)
{
	char *line;

	*request = (struct request){ .name = NAME_DEFAULT };
	while ((line = strsep(&text, "\n")) != NULL) {
		request->store |= !strcmp(line, "FDSTORE=1");
		request->remove |= !strcmp(line, "FDSTOREREMOVE=1");
		if (begins(line, "FDNAME=") && !run_is_name(line + 7))
			continue;
		if (begins(line, "FDNAME="))
			strcpy(request->name, line + 7);
		if (begins(line, "FD"))
			add_line(request->ours, line);
		else if (*line && !stays_here(line))
			add_line(request->rest, line);
	}
}

static void keep_all(struct store *store, const struct request *request,
		     struct message *message)
{
	unsigned int count = message->fd_count;

	message->fd_count = 0;
	for (unsigned int i = 0; i < count; i++)
		if (request->store &&
		    keep(store, request->name, message->fds[i]))
			message->fds[message->fd_count++] = message->fds[i];
		else
			(void)close(message->fds[i]);
}

static void answer(struct store *store, struct message *message)
{
	static struct request request;
	char text[2 * NOTIFY_TEXT_SIZE];
	bool ours;

	take_apart(message->text, &request);
	if (request.remove)
		remove_name(store, request.name);
	keep_all(store, &request, message);
	ours = store->above && (request.remove || message->fd_count);
	(void)snprintf(text, sizeof(text), "%s%s%s", ours ? request.ours : "",
		       ours && *request.rest ? "\n" : "", request.rest);
	if (*text)
		notify_pass_on(&store->notify, text, message->fds,
			       ours ? message->fd_count : 0);
}

/* The manager above closes it when it has done all that was passed on before. */
static void answer_barrier(struct store *store, const struct message *message)
{
	store_hand_over(store);
	notify_pass_on(&store->notify, message->text, message->fds,
		       message->fd_count);
}

void store_serve(struct store *store)
{
	static struct message message;

	for (int i = 0;
	     i < MESSAGES_MAX && notify_receive(&store->notify, &message);
	     i++) {
		if (!strcmp(message.text, "BARRIER=1"))
			answer_barrier(store, &message);
		else
			answer(store, &message);
		notify_close_all(&message);
	}
	store_hand_over(store);
}

/* -- Beginning ------------------------------------------------------------- */

/* What came from the previous kernel is not in the unit's store yet. */
static void give_above(const struct store *store, const struct passed *passed,
		       unsigned int from)
{
	for (unsigned int i = from; store->above && i < passed->count; i++) {
		char text[RUN_NAME_SIZE + 64];

		(void)snprintf(text, sizeof(text),
			       "FDSTORE=1\nFDNAME=%s\nFDPOLL=0",
			       passed->fds[i].name);
		notify_pass_on(&store->notify, text, &passed->fds[i].fd, 1);
	}
}

/* Where a file of memory comes from does not matter: it is kept. */
static void keep_passed(struct store *store, const struct passed *passed)
{
	struct hp_file_info info;

	for (unsigned int i = 0; i < passed->count; i++) {
		const struct passed_fd *one = &passed->fds[i];
		int err = sys->file_info(one->fd, &info);

		if (err < 0 || !hp_file_page_size(&info) ||
		    !run_is_name(one->name) || !strcmp(one->name, NOTIFY_TRIAL))
			continue;
		err = put(store, one->name, one->fd, &info, true);
		if (err < 0)
			(void)command_error(&run_command,
					    "%s would be lost by a kexec: %s",
					    one->name, strerror(-err));
	}
}

static bool open_handover(struct store *store, const char *name)
{
	int err = handover_open(&store->handover, name);

	if (err == -ENODEV && store->above) {
		(void)command_error(&run_command,
				    "the memory does not outlive a kexec: this "
				    "kernel has no live update");
		return true;
	}
	if (err < 0)
		(void)command_error(&run_command, "%s: %s", name,
				    hp_strerror(err));
	return !err;
}

bool store_open(struct store *store, const char *name, bool above,
		struct passed *ret_passed)
{
	unsigned int own;
	int err;

	*store = (struct store){ .above = above, .complete = true };
	passed_take(ret_passed);
	if (!notify_open(&store->notify) || !open_handover(store, name))
		return false;
	own = ret_passed->count;
	err = handover_retrieve(&store->handover, ret_passed);
	if (err < 0) {
		(void)command_error(&run_command,
				    "what the previous kernel left for %s "
				    "cannot be had: %s",
				    name, hp_strerror(err));
		return false;
	}
	give_above(store, ret_passed, own);
	keep_passed(store, ret_passed);
	store_hand_over(store);
	return true;
}

bool store_give(const struct store *store, const struct passed *passed)
{
	char number[16];
	const char *maximum = getenv("FDSTORE");

	(void)close(store->notify.fd);
	(void)snprintf(number, sizeof(number), "%d", RUN_LIST_COUNT);
	(void)setenv("NOTIFY_SOCKET", store->notify.address, 1);
	(void)setenv("FDSTORE",
		     store->above && maximum && atoi(maximum) > 0 ? maximum :
								    number,
		     1);
	return passed_give(passed);
}
