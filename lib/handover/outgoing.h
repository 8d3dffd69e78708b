/* SPDX-License-Identifier: MIT */
/*
 * The outgoing half of a session: what the next kernel gets.
 */
#ifndef HP_OUTGOING_H
#define HP_OUTGOING_H

#include <stdbool.h>

#include "manifest/manifest.h"
#include "source/source.h"
#include "system/sys.h"

struct hp_region;

struct hp_outgoing {
	/*
	 * -1: nothing is preserved. One that was lent stays, without a region
	 * in it, when the first preserve failed.
	 */
	int fd;
	struct hp_manifest_writer manifest;

	/* The set before this one: last preserved here, or what came back. */
	uint64_t generation; /* 0: none */
	/* What came back, after commit: has lived through that many. */
	uint64_t updates;
};

/* Is any region preserved? */
static inline bool hp_outgoing_has_any(const struct hp_outgoing *outgoing)
{
	return outgoing->fd >= 0 && outgoing->manifest.count;
}

/* What came back is committed: the next set follows it. */
void hp_outgoing_follow(struct hp_outgoing *outgoing,
			const struct hp_manifest_about *about);

/*
 * Preserve one region, and before the first one the session and its manifest.
 * A failure leaves behind what was there before, not more, and not sealed.
 */
int hp_outgoing_preserve(struct hp_outgoing *outgoing, struct hp_source *source,
			 const char *name, struct hp_region *region);

/* Make a set without a region, unless there is a set already. */
int hp_outgoing_begin(struct hp_outgoing *outgoing, struct hp_source *source,
		      const char *name);

/* Add a region to the set that hp_outgoing_begin() made. */
int hp_outgoing_add(struct hp_outgoing *outgoing, struct hp_source *source,
		    struct hp_region *region);

/* End what hp_outgoing_begin() began: a set without a region is given up. */
void hp_outgoing_settle(struct hp_outgoing *outgoing,
			const struct hp_source *source);

/* Give up the set: nothing is preserved any more. */
void hp_outgoing_stop(struct hp_outgoing *outgoing, const struct hp_sys *sys);

/* Give up the descriptors of this process and change nothing else. */
void hp_outgoing_close(struct hp_outgoing *outgoing, const struct hp_sys *sys);

#endif
