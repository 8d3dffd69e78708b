/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that a process is started with, by sd_listen_fds(3): from 3 on, with
 * LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES.
 */
#ifndef RUN_PASSED_H
#define RUN_PASSED_H

#include <stdbool.h>

#include "run/list.h"

struct passed {
	unsigned int count;
	struct passed_fd {
		char name[RUN_NAME_SIZE];
		int fd; /* close-on-exec */
	} * fds;
};

/* Those that this process was started with. */
void passed_take(struct passed *passed);

/* One more. */
void passed_add(struct passed *passed, const char *name, int fd);

/* In a new process: they get their numbers, and the variables say so. */
bool passed_give(const struct passed *passed);

/* Close them. */
void passed_end(struct passed *passed);

/*
 * Those of that session end with the exec, and the others move up. NULL: there is
 * no session.
 */
void passed_hide(const char *session);

#endif
