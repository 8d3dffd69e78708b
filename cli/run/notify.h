/* SPDX-License-Identifier: MIT */
/*
 * The holder's two ends of sd_notify(3): a socket for its program, and the service
 * manager above it, if there is one.
 */
#ifndef RUN_NOTIFY_H
#define RUN_NOTIFY_H

#include <stdbool.h>

#include "store/manager.h"

#define NOTIFY_TEXT_SIZE 4097 /* systemd takes 4096 bytes */
#define NOTIFY_FDS_MAX 253    /* SCM_MAX_FD of the kernel */

struct notify {
	int fd;
	char address[HP_MANAGER_ADDRESS_SIZE]; /* what the program gets */
	char above[HP_MANAGER_ADDRESS_SIZE];   /* "": there is none */
};

struct message {
	char text[NOTIFY_TEXT_SIZE];
	unsigned int fd_count;
	int fds[NOTIFY_FDS_MAX]; /* close-on-exec */
};

/* It has said why not. */
bool notify_open(struct notify *notify);

/*
 * The next message of a descendant of this process; of others none is taken. False:
 * there is none now. The caller closes what came with it.
 */
bool notify_receive(const struct notify *notify, struct message *message);
void notify_close_all(const struct message *message);

/* Without a manager above nothing happens. */
void notify_pass_on(const struct notify *notify, const char *text,
		    const int *fds, unsigned int fd_count);

/*
 * Does the service manager keep descriptors for this process? systemd before 254
 * does not tell: it is asked to keep one.
 */
bool notify_has_store(void);

/* What it is asked to keep is called so. */
#define NOTIFY_TRIAL "hugepersist-trial"

#endif
