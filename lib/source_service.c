// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"
#include "fd_name.h"
#include "listen_fds.h"
#include "source_service.h"

#define FIRST 3

struct search {
	struct hp_source *source;
	const char *name;
	char in[HP_FD_NAME_SIZE], out[HP_FD_NAME_SIZE];
	struct hp_found *found;
	/* Numbers to be closed: one of each kind. */
	int taken[2];
	unsigned int taken_count;
};

/*
 * Under its own name, or under the other: a manager that carries a session over
 * a kexec has stored it as outgoing and may hand out as that what is incoming
 * now.
 */
static void note_copy(struct hp_source *source, enum hp_luo_kind kind, bool in)
{
	struct hp_source_copy *copy =
		kind == HP_LUO_INCOMING ? &source->incoming : &source->outgoing;

	/* Who cannot be told to let go has no copy, we hope. */
	if (!source->manager.address[0]) {
		source->alone |= kind == HP_LUO_FILLED;
		return;
	}
	if (in)
		copy->in = true;
	else
		copy->out = true;
	copy->sure = source->manager.keeps;
}

static int consider(struct search *search, int number, bool in)
{
	struct hp_source *source = search->source;
	const struct hp_sys *sys = source->sys;
	enum hp_luo_kind kind;
	int *place, err;
	HP_FD(copy, sys, sys->duplicate(number));

	/* Closed: an earlier open has taken it, or the program did not want it. */
	if (copy.fd == -EBADF)
		return 0;
	if (copy.fd < 0)
		return hp_error_common(copy.fd);
	err = hp_luo_identify(sys, copy.fd, search->name, &kind);
	if (err == -EINVAL) {
		/* An earlier open took it, and the number is in use again. */
		hp_log(source->log, LOG_DEBUG,
		       "descriptor %d of LISTEN_FDS is not session '%s'",
		       number, search->name);
		return 0;
	}
	if (err < 0)
		return err;
	note_copy(source, kind, in);
	place = hp_found_place(search->found, kind);
	if (!place) {
		hp_log(source->log, LOG_WARNING,
		       "descriptor %d of LISTEN_FDS is one more of session "
		       "'%s' and is left alone",
		       number, search->name);
		return 0;
	}
	*place = hp_fd_keep(&copy);
	search->taken[search->taken_count++] = number;
	return 0;
}

static bool is(const char *name, size_t length, const char *wanted)
{
	return length == strlen(wanted) && !memcmp(name, wanted, length);
}

static int search_list(struct search *search, struct hp_listen_fds *list)
{
	const char *fd_name;
	size_t length;
	int number;

	while (hp_listen_fds_next(list, &number, &fd_name, &length)) {
		bool in = is(fd_name, length, search->in);
		int err;

		if (!in && !is(fd_name, length, search->out))
			continue;
		err = consider(search, number, in);
		if (err < 0)
			return err;
	}
	return 0;
}

int hp_service_find(struct hp_source *source, const char *name,
		    struct hp_found *found)
{
	const struct hp_sys *sys = source->sys;
	struct search search = {
		.source = source,
		.name = name,
		.found = found,
	};
	struct hp_listen_fds list;
	int err;

	err = hp_listen_fds_parse(&list, sys->getpid(),
				  sys->environment("LISTEN_PID"),
				  sys->environment("LISTEN_FDS"),
				  sys->environment("LISTEN_FDNAMES"));
	if (err < 0) {
		hp_log(source->log, LOG_WARNING,
		       "LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES are not as "
		       "sd_listen_fds(3) says, and are not used");
		return 0;
	}
	source->listen_end = list.end;
	hp_fd_name(search.in, name, true);
	hp_fd_name(search.out, name, false);
	err = search_list(&search, &list);
	if (err < 0)
		return err;
	/*
	 * Only now: until here the caller can fail, and call again. They are
	 * not close-on-exec, and while they are open the session cannot end.
	 */
	for (unsigned int i = 0; i < search.taken_count; i++) {
		hp_log(source->log, LOG_INFO,
		       "session '%s' came from the service manager as "
		       "descriptor %d",
		       name, search.taken[i]);
		sys->close(search.taken[i]);
	}
	return 0;
}

/*
 * The environment goes on to say that the number is one of the manager's: with
 * another session of this name under it, opened in between, the next open of
 * the same name in this process would take over, and close, what is in use.
 */
int hp_service_move_out(const struct hp_source *source, int fd)
{
	const struct hp_sys *sys = source->sys;
	int copy, result;

	if (fd < FIRST || fd >= source->listen_end)
		return fd;
	copy = sys->duplicate(fd);
	if (copy < 0)
		return fd;
	result = hp_service_move_out(source, copy);
	sys->close(fd);
	return result;
}
