/* SPDX-License-Identifier: MIT */
#ifndef KV_NOTIFY_H
#define KV_NOTIFY_H

/*
 * Tell the service manager, by the protocol of sd_notify(3), for example
 * "READY=1". Without a manager that listens nothing happens.
 */
void notify(const char *message);

#endif
