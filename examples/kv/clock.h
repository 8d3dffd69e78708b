/* SPDX-License-Identifier: MIT */
/*
 * The clock that lifetimes are counted by.
 *
 * It is the clock of the machine, milliseconds since 1970, as long as that one
 * can be believed. A kernel that was just started may have a wrong one, by a day or
 * by years, until the network has set it right. A store that believed it would
 * delete keys for good. So the region has a note of the time, and from there
 * this clock goes on by itself, until the machine's clock
 *
 *	- is synchronised (the kernel knows, timedatectl shows it), or
 *	- has gone for an hour without a jump, or
 *	- is at most ten minutes ahead of the note, where a kernel starts: that
 *	  is how long updates take.
 */
#ifndef KV_CLOCK_H
#define KV_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

struct clock_reading {
	int64_t real_ms;	/* the machine's clock */
	int64_t boot_ms;	/* since this kernel's start: never jumps */
	bool is_synchronized;
};

struct clock {
	int64_t ms;			/* this clock, when ... */
	struct clock_reading last;	/* ... the others were this */
	int64_t steady_since;		/* boot_ms of the last jump */
};

struct clock_reading clock_read(void);
int64_t clock_boot_ms(void);

/* From the note in the region on. */
void clock_open(struct clock *c, struct store *s);
/* Some times a second: look at the machine's clock, and write a note. */
void clock_tick(struct clock *c, struct store *s);
int64_t clock_now(const struct clock *c);

/*
 * The same without a region. @noted is 0 if there is no note; @noted_boot_ms
 * is -1 if another kernel wrote it.
 */
void clock_start(struct clock *c, int64_t noted, int64_t noted_boot_ms,
		 const struct clock_reading *now);
void clock_follow(struct clock *c, const struct clock_reading *now);

#endif
