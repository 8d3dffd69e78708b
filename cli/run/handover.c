// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "command.h"
#include "run/handover.h"
#include "run/run.h"

#define PREFIX "run." /* the library's own sessions have other names */
#define TRIES 20      /* of 100 ms, for what the kernel lacks for a moment */
#define PAUSE_MS 100

static const struct hp_sys *const sys = &hp_sys_linux;

/* -- The session for the next kernel --------------------------------------- */

static int preserve(const struct handover *handover, int fd, uint64_t token)
{
	struct luo_file_arg arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return sys->ioctl(handover->session, LUO_PRESERVE_FD, &arg);
}

/* A new one has the list. */
static int begin(struct handover *handover)
{
	int err;

	if (handover->session >= 0)
		return 0;
	err = hp_device_create(&handover->device, handover->name,
			       &handover->session);
	if (err < 0)
		return err;
	err = preserve(handover, handover->list_fd, RUN_LIST_TOKEN);
	if (err < 0) {
		sys->close(handover->session);
		handover->session = -1;
	}
	return err;
}

static int make_list(struct handover *handover)
{
	struct hp_map_request request = { .length = sizeof(struct run_list) };
	void *memory;
	int err;

	handover->list_fd = sys->memfd("hugepersist-list", 0);
	if (handover->list_fd < 0)
		return handover->list_fd;
	request.fd = handover->list_fd;
	err = sys->allocate(handover->list_fd, request.length);
	if (!err)
		err = sys->map(&request, &memory);
	if (err < 0)
		return err;
	handover->list = memory;
	handover->list->magic = RUN_LIST_MAGIC;
	return 0;
}

int handover_open(struct handover *handover, const char *name)
{
	int err;

	*handover = (struct handover){
		.session = -1,
		.incoming = { .log = &run_log, .fd = -1 },
		.last_token = RUN_LIST_TOKEN,
	};
	if (strlen(PREFIX) + strlen(name) >= sizeof(handover->name))
		return -ENAMETOOLONG;
	(void)snprintf(handover->name, sizeof(handover->name), PREFIX "%s",
		       name);
	hp_device_init(&handover->device, sys, &run_log, 0);
	err = make_list(handover);
	if (!err)
		err = begin(handover);
	handover->absent = err < 0;
	return err;
}

/* -- What came from the previous kernel ------------------------------------ */

/* Without a number of the library, whose numbers a child does not keep. */
static int retrieve(struct handover *handover, uint64_t token)
{
	int fd = -ENOMEM, copy;

	for (int i = 0; fd == -ENOMEM && i < TRIES; i++) {
		if (i)
			sys->sleep_ms(PAUSE_MS);
		fd = hp_incoming_retrieve(&handover->incoming, sys, token,
					  false);
	}
	if (fd < 0)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (copy < 0)
		copy = -errno;
	sys->close(fd);
	return copy;
}

static bool read_list(struct handover *handover, struct run_list *list)
{
	int fd = retrieve(handover, RUN_LIST_TOKEN);
	bool good = fd >= 0 && run_list_read(fd, list);

	if (fd >= 0)
		(void)close(fd);
	return good;
}

static bool has_name(const struct passed *passed, const char *name)
{
	for (unsigned int i = 0; i < passed->count; i++)
		if (!strcmp(passed->fds[i].name, name))
			return true;
	return false;
}

/* A file under two names is retrieved twice, which gives it twice. */
static void retrieve_one(struct handover *handover, const char *name,
			 uint64_t token, struct passed *passed)
{
	int fd;

	/* The unit's store has it, too: it is the same or newer. */
	if (has_name(passed, name))
		return;
	fd = retrieve(handover, token);
	if (fd >= 0)
		passed_add(passed, name, fd);
	else
		(void)command_error(&run_command,
				    "%s did not come back, it is lost: %s",
				    name, hp_strerror(fd));
}

int handover_retrieve(struct handover *handover, struct passed *passed)
{
	static struct run_list list;
	int err;

	if (handover->absent)
		return 0;
	err = hp_device_retrieve(&handover->device, handover->name,
				 &handover->incoming.fd);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	if (!read_list(handover, &list))
		return -EBADMSG;
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++)
		if (list.entries[i].token)
			retrieve_one(handover, list.entries[i].name,
				     list.entries[i].token, passed);
	return 0;
}

/* -- What is kept ---------------------------------------------------------- */

/* A file that has two names is handed over once. */
static uint64_t token_of(const struct handover *handover,
			 const struct kept *kept, const struct kept *one)
{
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++)
		if (kept[i].fd && kept[i].device == one->device &&
		    kept[i].inode == one->inode &&
		    handover->list->entries[i].token)
			return handover->list->entries[i].token;
	return 0;
}

static int add(struct handover *handover, const struct kept *kept,
	       unsigned int place)
{
	uint64_t token = token_of(handover, kept, &kept[place]);
	int err = 0;

	if (!token) {
		token = handover->last_token + 1;
		err = preserve(handover, kept[place].fd, token);
	}
	if (err < 0)
		return err;
	if (token > handover->last_token)
		handover->last_token = token;
	sys->store(&handover->list->entries[place].token, token);
	return 0;
}

int handover_add(struct handover *handover, const struct kept *kept)
{
	int err = 0, one;

	if (handover->absent)
		return 0;
	/* What is not finished cannot be handed over once more. */
	if (handover->incoming.fd >= 0)
		err = hp_incoming_finish(&handover->incoming, sys);
	if (!err)
		err = begin(handover);
	if (err < 0)
		return err;
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++) {
		if (!kept[i].fd || handover->list->entries[i].token)
			continue;
		strcpy(handover->list->entries[i].name, kept[i].name);
		one = add(handover, kept, i);
		err = one < 0 ? one : err;
	}
	return err;
}

void handover_remove(struct handover *handover, unsigned int place)
{
	if (handover->absent)
		return;
	sys->store(&handover->list->entries[place].token, 0);
	handover->list->entries[place].name[0] = '\0';
}

/* The session ends first: the list must not tell of what is not in it. */
void handover_begin_anew(struct handover *handover)
{
	if (handover->session >= 0)
		sys->close(handover->session);
	handover->session = -1;
	for (unsigned int i = 0; !handover->absent && i < RUN_LIST_COUNT; i++)
		sys->store(&handover->list->entries[i].token, 0);
}
