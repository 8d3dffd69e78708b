/* SPDX-License-Identifier: MIT */
/*
 * The service manager that started the process, as far as it keeps descriptors
 * for it. The protocol is that of sd_notify(3): datagrams to a Unix socket.
 */
#ifndef HP_MANAGER_H
#define HP_MANAGER_H

#include <stdbool.h>

#include "base/log.h"
#include "system/sys.h"

/* A Unix socket's address with a zero, unix(7). */
#define HP_MANAGER_ADDRESS_SIZE 108

struct hp_manager {
	const struct hp_sys *sys;
	const struct hp_log *log;
	unsigned int timeout_ms; /* to wait for its answer */
	/* Empty: there is none. Our copy, as programs clear the environment. */
	char address[HP_MANAGER_ADDRESS_SIZE];
	/* It says that this service has a store. systemd before 254 is silent. */
	bool has_store;
	int barrier;   /* the last one, which it has not answered yet; or -1 */
	bool asked_on; /* something was asked after the last one */
};

/* From the environment: NOTIFY_SOCKET and FDSTORE. -ENOMEM, -EMFILE. */
int hp_manager_find(struct hp_manager *manager, const struct hp_sys *sys,
		    const struct hp_log *log, unsigned int timeout_ms);

/*
 * Ask for a copy of the descriptor to be kept under that name; and for all
 * copies of a name to be closed. The manager answers neither. Errors of the
 * system are returned as they are, and logged.
 */
int hp_manager_store(struct hp_manager *manager, const char *name, int fd);
int hp_manager_remove(struct hp_manager *manager, const char *name);

/*
 * Wait until the manager has worked on all that was asked. -ETIMEDOUT: it has
 * not; the next call goes on waiting.
 */
int hp_manager_wait(struct hp_manager *manager);

/* Nobody waits any more. */
void hp_manager_close(struct hp_manager *manager);

#endif
