/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of one session that came from wherever; -1 where there is none.
 */
#ifndef HP_FOUND_H
#define HP_FOUND_H

#include <stdbool.h>

#include "luo_kind.h"
#include "sys.h"

struct hp_found {
	int incoming_fd;  /* what the previous kernel handed over */
	int inherited_fd; /* for the next kernel: an earlier process filled it */
	int empty_fd;	  /* for the next kernel, with nothing in it */
};

void hp_found_init(struct hp_found *found);

/* Close what is there. */
void hp_found_end(struct hp_found *found, const struct hp_sys *sys);

bool hp_found_any(const struct hp_found *found);

/*
 * Where a descriptor of that kind belongs; NULL: there is one already. A session
 * for the next kernel is one, be it filled or empty.
 */
int *hp_found_place(struct hp_found *found, enum hp_luo_kind kind);

#endif
