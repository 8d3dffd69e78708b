/* SPDX-License-Identifier: MIT */
/*
 * Every public function with every call to the system failing in turn: what
 * there is to call (every_call_scenarios.c), and what a scenario has at hand.
 */
#ifndef EVERY_CALL_H
#define EVERY_CALL_H

#include "suites.h"

struct scenario {
	const char *function; /* as the header calls it */
	const char *variant;
	void (*prepare)(void);
	int (*call)(void);
	/* All is there, also after the call failed once. */
	void (*verify)(void);
	/*
	 * Documented to change something when it fails: do what the header says
	 * then. NULL: a failed call changes nothing, and is repeated.
	 */
	int (*recover)(void);
};

extern const struct scenario scenarios[];
extern const unsigned int scenarios_count;

/* What a scenario works on; all NULL or -1 at its start. */
struct at_hand {
	struct hp_session *s;
	struct hp_region *r, *q; /* r: the one that the call is about */
	int fd;			 /* of the application */
	char *mapping;		 /* of the application, of OWN_BYTES */
};

#define OWN_BYTES (4 * MIB)

extern struct at_hand at;
extern const struct hp_sys *scenario_sys;

/* The failure that is being tried. */
extern char where[256];

/* The way of a session from whatever state to its end. */
void end_all(void);

#endif
