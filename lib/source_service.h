/* SPDX-License-Identifier: MIT */
/*
 * Source of sessions: what the service manager started the process with
 * (LISTEN_FDS), because an earlier process gave it a copy to keep.
 */
#ifndef HP_SOURCE_SERVICE_H
#define HP_SOURCE_SERVICE_H

#include "source.h"

/*
 * Take over into found what it does not have yet. An error of the system means
 * that nothing was taken over, though found may have duplicates.
 */
int hp_service_find(struct hp_source *source, const char *name,
		    struct hp_found *found);

/*
 * The same descriptor, under a number that no later call of the above can take
 * for one that the process was started with. It stays where it is if there is
 * no free number.
 */
int hp_service_move_out(const struct hp_source *source, int fd);

#endif
