// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/manager.h"
#include "store/names.h"
#include "system/cleanup.h"

/* systemd answers a barrier at once, unless it is busy itself. */
#define TIMEOUT_DEFAULT_MS 5000
#define DELAY_MS 10

#define CALL_SEND "sendmsg(NOTIFY_SOCKET)"

int hp_manager_find(struct hp_manager *manager, const struct hp_sys *sys,
		    const struct hp_log *log, unsigned int timeout_ms)
{
	int err = 0;
	HP_MEMORY(address, sys, sys->environment("NOTIFY_SOCKET", &err));
	HP_MEMORY(store, sys, sys->environment("FDSTORE", &err));
	const char *path = address.memory, *maximum = store.memory;

	*manager = (struct hp_manager){
		.sys = sys,
		.log = log,
		.timeout_ms = timeout_ms,
		.barrier = -1,
	};
	if (!timeout_ms)
		manager->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (timeout_ms == HP_NO_WAIT)
		manager->timeout_ms = 0;
	if (err < 0)
		return hp_error_common(err);
	if (!path || !*path)
		return 0;
	if (strlen(path) >= sizeof(manager->address)) {
		hp_log(log, LOG_WARNING,
		       "no store: NOTIFY_SOCKET is too long for the address of "
		       "a socket");
		return 0;
	}
	strcpy(manager->address, path);
	manager->has_store = maximum && maximum[strspn(maximum, "0")] != '\0';
	return 0;
}

/* The queue of the manager's socket may be full for a while. */
static int send_message(const struct hp_manager *manager, const char *message,
			int fd)
{
	const struct hp_sys *sys = manager->sys;
	uint64_t start = sys->now_ms();
	int err;

	for (;;) {
		err = sys->notify(manager->address, message, fd);
		if (err != -EAGAIN ||
		    sys->now_ms() - start >= manager->timeout_ms)
			break;
		sys->sleep_ms(DELAY_MS);
	}
	if (err < 0)
		hp_log_call(manager->log, LOG_WARNING,
			    "the service manager cannot be reached", CALL_SEND,
			    err);
	return err;
}

int hp_manager_store(struct hp_manager *manager, const char *name, int fd)
{
	char message[HP_STORE_NAME_SIZE + 64];

	/* FDPOLL=0: systemd drops what poll(2) reports an error of, else. */
	(void)snprintf(message, sizeof(message),
		       "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	manager->asked_on = true;
	return send_message(manager, message, fd);
}

int hp_manager_remove(struct hp_manager *manager, const char *name)
{
	char message[HP_STORE_NAME_SIZE + 64];

	(void)snprintf(message, sizeof(message), "FDSTOREREMOVE=1\nFDNAME=%s",
		       name);
	manager->asked_on = true;
	return send_message(manager, message, -1);
}

/*
 * BARRIER=1 comes alone, with one end of a pipe: the manager closes it when it
 * has worked on all earlier messages.
 */
static int send_barrier(struct hp_manager *manager)
{
	const struct hp_sys *sys = manager->sys;
	int ends[2], err;

	err = sys->pipe(ends);
	if (err < 0) {
		hp_log_call(manager->log, LOG_WARNING, "no barrier", "pipe2",
			    err);
		return err;
	}
	err = send_message(manager, "BARRIER=1", ends[1]);
	sys->close(ends[1]);
	if (err < 0) {
		sys->close(ends[0]);
		return err;
	}
	manager->barrier = ends[0];
	manager->asked_on = false;
	return 0;
}

static int wait_for_barrier(struct hp_manager *manager)
{
	const struct hp_sys *sys = manager->sys;
	uint64_t now = sys->now_ms(), end = now + manager->timeout_ms;
	int err;

	/* A signal does not begin the wait anew. */
	for (;;) {
		err = sys->wait_hangup(manager->barrier,
				       (unsigned int)(end - now));
		now = sys->now_ms();
		if (err != -EAGAIN || now >= end)
			break;
		sys->sleep_ms(1);
		now++;
	}
	if (err == -EAGAIN)
		err = -ETIMEDOUT;
	if (err < 0)
		hp_log_call(manager->log, LOG_WARNING,
			    "the service manager does not answer",
			    "poll(BARRIER)", err);
	else
		hp_manager_close(manager);
	return err;
}

int hp_manager_wait(struct hp_manager *manager)
{
	int err = 0;

	/* A new one each time would never see a slow manager. */
	if (manager->barrier >= 0)
		err = wait_for_barrier(manager);
	if (err < 0 || !manager->asked_on)
		return err;
	err = send_barrier(manager);
	return err < 0 ? err : wait_for_barrier(manager);
}

void hp_manager_close(struct hp_manager *manager)
{
	if (manager->barrier >= 0)
		manager->sys->close(manager->barrier);
	manager->barrier = -1;
}
