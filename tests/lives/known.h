/* SPDX-License-Identifier: MIT */
#ifndef KNOWN_H
#define KNOWN_H

#include "sequence.h"

struct known {
	const char *what;
	struct sequence sequence;
};

extern const struct known known[];
extern const unsigned int known_count;

#endif
