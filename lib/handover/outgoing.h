/* SPDX-License-Identifier: MIT */
/*
 * What the next kernel gets in a LUO session of this process.
 */
#ifndef HP_OUTGOING_H
#define HP_OUTGOING_H

#include <stdatomic.h>
#include <stdbool.h>

#include "memory/region.h"
#include "source/source.h"
#include "system/sys.h"

struct hp_outgoing {
	atomic_int fd; /* -1: nothing is preserved; the getters do not wait */
};

/*
 * Make a set with the manifest in it, unless there is a set already. The
 * manifest goes first: a session that holds a region without one would come
 * back looking empty.
 */
int hp_outgoing_begin(struct hp_outgoing *outgoing, struct hp_source *source,
		      const char *name, int manifest_fd);

/*
 * Add the file of a region. -EUCLEAN: the kernel took a file that is not the
 * region; LUO gives no single file back, so it stays in the set.
 */
int hp_outgoing_add(struct hp_outgoing *outgoing,
		    const struct hp_source *source,
		    const struct hp_region *region);

/* Is the descriptor still the one of the set? The program has it, too. */
bool hp_outgoing_is_open(const struct hp_outgoing *outgoing,
			 const struct hp_sys *sys);

/* Give up the set: with the last copy of the descriptor LUO lets go. */
void hp_outgoing_close(struct hp_outgoing *outgoing, const struct hp_sys *sys);

#endif
