/* SPDX-License-Identifier: MIT */
/*
 * Source of sessions: descriptors that the caller has (opts->fds).
 */
#ifndef HP_SOURCE_GIVEN_H
#define HP_SOURCE_GIVEN_H

#include "source.h"

/*
 * Duplicates into found, the caller's stay the caller's. -EINVAL: one of them is
 * no LUO session, is one of another name, or the second of its kind. On failure
 * found may have some of them.
 */
int hp_given_find(const struct hp_source *source, const char *name,
		  const struct hp_session_opts *opts, struct hp_found *found);

#endif
