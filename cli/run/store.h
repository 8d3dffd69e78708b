/* SPDX-License-Identifier: MIT */
/*
 * The holder's store: what the program asks to keep, by the protocol of systemd's
 * file descriptor store.
 *
 * Without a store of its own unit, the holder has the very description that the
 * program gave. With one, the unit's store has that description, and the holder has
 * the same file through another one: the lock on the description, by which the library
 * asks whether it is kept, then tells what the unit's store has.
 */
#ifndef RUN_STORE_H
#define RUN_STORE_H

#include <stdbool.h>

#include "run/handover.h"
#include "run/notify.h"
#include "run/passed.h"

struct store {
	struct notify notify;
	struct handover handover;
	bool above;    /* the unit has a store, too */
	bool removed;  /* LUO has a file that nobody wants any more */
	bool complete; /* all that is kept is handed over */
	struct kept kept[RUN_LIST_COUNT];
};

/*
 * Be ready for a program. *ret_passed is what it gets: from the unit's store, and
 * from the previous kernel. False: it has said why not.
 */
bool store_open(struct store *store, const char *name, bool above,
		struct passed *ret_passed);

/* Tell a new program how to reach the store; in its process. */
bool store_give(const struct store *store, const struct passed *passed);

/*
 * Do what the program has asked for until now, of very much the first part; and what
 * store_hand_over() does.
 */
void store_serve(struct store *store);

/* Hand over what is not, as far as that is possible now. */
void store_hand_over(struct store *store);

#endif
