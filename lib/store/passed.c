// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "store/passed.h"
#include "system/cleanup.h"

#define FIRST 3

/* Digits and nothing else: strtol(3) takes blanks and signs. */
static int parse_number(const char *text, int *ret_number)
{
	long long number = 0;

	if (!*text)
		return -EPROTO;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EPROTO;
		number = number * 10 + (*text - '0');
		if (number > INT_MAX - FIRST)
			return -EPROTO;
	}
	*ret_number = (int)number;
	return 0;
}

/* Put those with the prefix into fds, unless that is NULL; how many there are. */
static unsigned int collect(const char *names, const char *prefix,
			    struct hp_passed_fd *fds)
{
	unsigned int count = 0;

	for (int fd = FIRST; *names; fd++) {
		size_t length = strcspn(names, ":");
		struct hp_store_name name;

		if (hp_store_parse(names, length, prefix, &name)) {
			if (fds)
				fds[count] = (struct hp_passed_fd){
					.fd = fd,
					.name = name,
				};
			count++;
		}
		names += length;
		if (*names)
			names++;
	}
	return count;
}

static int check(const struct hp_sys *sys, const struct hp_log *log,
		 const char *names, const char *pid, const char *total)
{
	int owner, number, colons = 0;

	for (const char *c = names; *c; c++)
		colons += *c == ':';
	if (!pid || !total || parse_number(pid, &owner) < 0 ||
	    parse_number(total, &number) < 0 || colons != number - 1) {
		hp_log(log, LOG_ERR,
		       "LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES do not fit");
		return -EPROTO;
	}
	if (owner == sys->process_id())
		return 0;
	hp_log(log, LOG_ERR,
	       "the memory was passed to process %d (LISTEN_PID), and this is "
	       "process %d: a program in between must use exec",
	       owner, (int)sys->process_id());
	return -ESRCH;
}

static void identify(const struct hp_sys *sys, struct hp_passed_fd *fd)
{
	struct hp_file_info info;

	if (sys->file_info(fd->fd, &info) < 0)
		return;
	fd->device = info.device;
	fd->inode = info.inode;
}

bool hp_passed_is_same(const struct hp_passed_fd *fd, const struct hp_sys *sys)
{
	struct hp_file_info info;

	return !sys->file_info(fd->fd, &info) && info.device == fd->device &&
	       info.inode == fd->inode;
}

int hp_passed_find(struct hp_passed *ret_passed, const struct hp_sys *sys,
		   const struct hp_log *log, const char *prefix)
{
	int err = 0;
	HP_MEMORY(names, sys, sys->environment("LISTEN_FDNAMES", &err));
	HP_MEMORY(pid, sys, sys->environment("LISTEN_PID", &err));
	HP_MEMORY(total, sys, sys->environment("LISTEN_FDS", &err));
	unsigned int count = 0;

	*ret_passed = (struct hp_passed){ 0 };
	if (err < 0)
		return hp_error_common(err);
	if (names.memory) {
		ret_passed->names_length = strlen(names.memory);
		count = collect(names.memory, prefix, NULL);
	}
	if (!count)
		return 0;
	err = check(sys, log, names.memory, pid.memory, total.memory);
	if (err < 0)
		return err;
	ret_passed->fds = sys->zalloc(count * sizeof(*ret_passed->fds));
	if (!ret_passed->fds)
		return -ENOMEM;
	ret_passed->count = collect(names.memory, prefix, ret_passed->fds);
	for (unsigned int i = 0; i < count; i++)
		identify(sys, &ret_passed->fds[i]);
	return 0;
}

struct hp_passed_fd *hp_passed_get(const struct hp_passed *passed,
				   const struct hp_store_name *name)
{
	for (unsigned int i = 0; i < passed->count; i++) {
		struct hp_passed_fd *fd = &passed->fds[i];

		if (fd->name.manifest == name->manifest &&
		    fd->name.id == name->id && fd->name.token == name->token &&
		    fd->name.incarnation == name->incarnation)
			return fd;
	}
	return NULL;
}
