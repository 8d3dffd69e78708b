/* SPDX-License-Identifier: MIT */
/*
 * /dev/liveupdate. One process in the system can have it open, so it is open
 * for one request only. A session outlives the descriptor of the device.
 */
#ifndef HP_DEVICE_H
#define HP_DEVICE_H

#include "base/log.h"
#include "system/sys.h"

struct hp_device {
	const struct hp_sys *sys;
	const struct hp_log *log;
	unsigned int timeout_ms; /* to wait while another process has it open */
};

/* timeout_ms as in struct hp_session_opts. */
void hp_device_init(struct hp_device *device, const struct hp_sys *sys,
		    const struct hp_log *log, unsigned int timeout_ms);

/* Take what the previous kernel handed over. -ENOENT: nothing. */
int hp_device_retrieve(const struct hp_device *device, const char *name,
		       int *ret_fd);

/*
 * Make a new and empty session for the next kernel. -EALREADY: there is one of
 * that name.
 */
int hp_device_create(const struct hp_device *device, const char *name,
		     int *ret_fd);

#endif
