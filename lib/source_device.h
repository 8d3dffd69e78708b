/* SPDX-License-Identifier: MIT */
/*
 * Source of sessions: /dev/liveupdate. As hp_source_retrieve() and
 * hp_source_create().
 */
#ifndef HP_SOURCE_DEVICE_H
#define HP_SOURCE_DEVICE_H

#include "source.h"

int hp_device_retrieve(const struct hp_source *source, const char *name,
		       int *ret_fd);
int hp_device_create(const struct hp_source *source, const char *name,
		     int *ret_fd);

#endif
