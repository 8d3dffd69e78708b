/* SPDX-License-Identifier: MIT */
/*
 * The outgoing half of a session: what the next kernel gets.
 */
#ifndef HP_OUTGOING_H
#define HP_OUTGOING_H

#include "manifest.h"
#include "source.h"
#include "sys.h"

struct hp_outgoing {
	int fd; /* -1: nothing is preserved */
	/* What an earlier process preserved; -1: none. See struct hp_session_info. */
	int inherited_fd;
	struct hp_manifest_writer manifest;
};

/*
 * Preserve one region, and before the first one the session and its manifest.
 * A failure leaves behind what was there before, not more.
 */
int hp_outgoing_preserve(struct hp_outgoing *outgoing, struct hp_source *source,
			 const char *name, const struct hp_region *region);

/* Nothing is preserved any more. */
void hp_outgoing_stop(struct hp_outgoing *outgoing, const struct hp_sys *sys);

#endif
