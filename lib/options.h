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
 * something that this version does not have, or when the size is less than
 * smallest (smallest.h), as that of a pointer is. NULL: all 0.
 */
int hp_options_read(void *known, size_t known_size, const void *options,
		    size_t smallest);

/*
 * The other way round: a structure that the library fills in. -EINVAL: NULL, or
 * its size is less than smallest (smallest.h).
 */
int hp_info_check(const void *info, size_t smallest);

/*
 * Copy known into the caller's structure as far as it reaches; what the caller
 * knows and this version does not becomes 0. Its size stays. Checked before.
 */
void hp_info_fill(void *info, const void *known, size_t known_size);

#endif
