/* SPDX-License-Identifier: MIT */
/*
 * The file in which the plugin counts: a table of blocks of code, by address. It is
 * mapped, so that what is counted is there however the machine ends.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stdint.h>

#define COUNTS_BLOCKS (1u << 20)

struct counts_block {
	uint64_t address; /* 0: the place is free */
	uint64_t length;  /* in instructions */
	uint64_t times;
};

#endif
