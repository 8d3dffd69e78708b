/* SPDX-License-Identifier: MIT */
/*
 * Source of sessions: /dev/liveupdate.
 */
#ifndef HP_SOURCE_DEVICE_H
#define HP_SOURCE_DEVICE_H

#include "source.h"

/* What the previous kernel handed over. -ENOENT: nothing. */
int hp_device_retrieve(const struct hp_source *source, const char *name,
		       int *ret_fd);

/*
 * A new and empty session for the next kernel. -EALREADY: there is one of that
 * name, also after timeout_ms if the source is patient.
 */
int hp_device_create(const struct hp_source *source, const char *name,
		     int *ret_fd);

#endif
