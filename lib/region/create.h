/* SPDX-License-Identifier: MIT */
#ifndef HP_CREATE_H
#define HP_CREATE_H

#include "session/session.h"

/*
 * New memory under a token that is free, or lost and then found to be new. The
 * options were read; origin 0: as they say.
 */
int hp_region_make(struct hp_session *session, uint64_t token, uint64_t length,
		   const struct hp_region_opts *known, enum hp_origin origin,
		   struct hp_region **ret_region);

#endif
