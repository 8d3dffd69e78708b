/* SPDX-License-Identifier: MIT */
/*
 * The service manager that started the process, as far as it keeps descriptors
 * for it. The protocol is that of sd_notify(3): datagrams to a Unix socket.
 */
#ifndef HP_MANAGER_H
#define HP_MANAGER_H

#include <stdbool.h>

#include "log.h"
#include "sys.h"

/* A Unix socket's address with a zero, unix(7). */
#define HP_MANAGER_ADDRESS_SIZE 108

struct hp_manager {
	/* Empty: there is none. Our copy, as programs clear the environment. */
	char address[HP_MANAGER_ADDRESS_SIZE];
	bool keeps; /* it says that it keeps descriptors */
};

/* From the environment: NOTIFY_SOCKET and FDSTORE. */
void hp_manager_find(struct hp_manager *manager, const struct hp_sys *sys,
		     const struct hp_log *log);

/*
 * Each of these waits up to timeout_ms for the manager to read what was sent
 * before. Errors of the system are returned as they are, and logged.
 */

/* Keep a copy of the descriptor, for the next start of the service too. */
int hp_manager_store(const struct hp_manager *manager, const struct hp_sys *sys,
		     const struct hp_log *log, unsigned int timeout_ms,
		     const char *fd_name, int fd);

/* Close the copies of that name. Asks, and does not wait for it. */
int hp_manager_remove(const struct hp_manager *manager,
		      const struct hp_sys *sys, const struct hp_log *log,
		      unsigned int timeout_ms, const char *fd_name);

/* Until the manager has done what it was asked for; -ETIMEDOUT. */
int hp_manager_wait(const struct hp_manager *manager, const struct hp_sys *sys,
		    const struct hp_log *log, unsigned int timeout_ms);

#endif
