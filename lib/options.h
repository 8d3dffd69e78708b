/* SPDX-License-Identifier: MIT */
/*
 * Option structures begin with their own size, so that an application and the
 * library may be of different versions.
 */
#ifndef HP_OPTIONS_H
#define HP_OPTIONS_H

#include <stddef.h>

/*
 * Copy the caller's options into known, which is of known_size bytes. Fields
 * that the caller's version lacks become 0. -EINVAL when the caller sets
 * something that this version does not have. NULL: all 0.
 */
int hp_options_read(void *known, size_t known_size, const void *options);

#endif
