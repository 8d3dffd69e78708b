// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "fd_name.h"
#include "manager.h"

#define DELAY_MS 10

#define CALL_SEND "sendmsg(NOTIFY_SOCKET)"

/* A number of descriptors, and not 0. */
static bool keeps_descriptors(const char *fdstore)
{
	return fdstore && fdstore[strspn(fdstore, "0")] != '\0';
}

void hp_manager_find(struct hp_manager *manager, const struct hp_sys *sys,
		     const struct hp_log *log)
{
	const char *address = sys->environment("NOTIFY_SOCKET");

	*manager = (struct hp_manager){ 0 };
	if (!address || !*address) {
		hp_log(log, LOG_WARNING,
		       "no service manager keeps the session: NOTIFY_SOCKET is "
		       "not set (systemd: FileDescriptorStoreMax=, "
		       "NotifyAccess=)");
		return;
	}
	if (strlen(address) >= sizeof(manager->address)) {
		hp_log(log, LOG_WARNING,
		       "no service manager keeps the session: NOTIFY_SOCKET is "
		       "too long for the address of a socket");
		return;
	}
	memcpy(manager->address, address, strlen(address) + 1);
	/*
	 * Nobody answers whether a descriptor is kept; by default systemd keeps
	 * none. From version 254 on it tells how many.
	 */
	manager->keeps = keeps_descriptors(sys->environment("FDSTORE"));
	if (!manager->keeps)
		hp_log(log, LOG_WARNING,
		       "the service manager does not say that it keeps "
		       "descriptors: FDSTORE is not set (systemd 254 and "
		       "later: FileDescriptorStoreMax=)");
}

/* The queue of the manager's socket may be full for a while. */
static int send_message(const struct hp_manager *manager,
			const struct hp_sys *sys, unsigned int timeout_ms,
			const char *message, const int *fds, unsigned int count)
{
	uint64_t start = sys->now_ms();

	for (;;) {
		int err = sys->notify(manager->address, message, fds, count);

		if (err != -EAGAIN || sys->now_ms() - start >= timeout_ms)
			return err;
		sys->sleep_ms(DELAY_MS);
	}
}

int hp_manager_store(const struct hp_manager *manager, const struct hp_sys *sys,
		     const struct hp_log *log, unsigned int timeout_ms,
		     const char *fd_name, int fd)
{
	char message[HP_FD_NAME_SIZE + 64];
	int err;

	/* FDPOLL=0: systemd drops what poll(2) reports an error of, else. */
	(void)snprintf(message, sizeof(message),
		       "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", fd_name);
	err = send_message(manager, sys, timeout_ms, message, &fd, 1);
	if (err < 0)
		hp_log_call(log, LOG_WARNING,
			    "the service manager does not keep the session",
			    CALL_SEND, err);
	return err;
}

int hp_manager_remove(const struct hp_manager *manager,
		      const struct hp_sys *sys, const struct hp_log *log,
		      unsigned int timeout_ms, const char *fd_name)
{
	char message[HP_FD_NAME_SIZE + 64];
	int err;

	(void)snprintf(message, sizeof(message), "FDSTOREREMOVE=1\nFDNAME=%s",
		       fd_name);
	err = send_message(manager, sys, timeout_ms, message, NULL, 0);
	if (err < 0)
		hp_log_call(log, LOG_WARNING,
			    "the service manager was not told to let go of the "
			    "session",
			    CALL_SEND, err);
	return err;
}

/*
 * BARRIER=1 comes alone, with one end of a pipe: the manager closes it when it
 * has worked on all earlier messages. If it dies instead, that closes its copy
 * too, here and of the session.
 */
int hp_manager_wait(const struct hp_manager *manager, const struct hp_sys *sys,
		    const struct hp_log *log, unsigned int timeout_ms)
{
	uint64_t start = sys->now_ms(), passed;
	const char *call = "pipe2";
	int ends[2], err;

	err = sys->pipe(ends);
	if (!err) {
		HP_FD(reader, sys, ends[0]);

		call = CALL_SEND;
		err = send_message(manager, sys, timeout_ms, "BARRIER=1",
				   &ends[1], 1);
		sys->close(ends[1]);
		if (!err) {
			call = "poll(BARRIER)";
			passed = sys->now_ms() - start;
			err = sys->wait_hangup(
				reader.fd,
				passed < timeout_ms ?
					timeout_ms - (unsigned int)passed :
					0);
		}
	}
	if (err < 0)
		hp_log_call(log, LOG_WARNING,
			    "the service manager did not say that it let go of "
			    "the session",
			    call, err);
	return err;
}
