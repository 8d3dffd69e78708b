/* SPDX-License-Identifier: MIT */
/*
 * Texts of the kernel: numbers, lists and lines of /proc and /sys. Digits and
 * nothing else: strtoull(3) also takes blanks, signs and "0x", and -1 would be
 * 2^64-1.
 */
#ifndef HP_TEXT_H
#define HP_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "system/sys.h"

/*
 * Take a number in base 10, or 16 with small letters. Returns what follows the
 * digits; NULL: there are none, or they are too many for the type.
 */
const char *hp_text_number(const char *text, unsigned int base,
			   uint64_t *ret_number);

/*
 * Take the next range off a list of NUMA nodes, "0-3,8"; one node is a range
 * too. False: the list ends here, or what follows is no range.
 */
bool hp_text_nodes(const char **list, uint64_t *ret_first, uint64_t *ret_last);

/* Read one line of /proc/PID/maps, proc_pid_maps(5). -EPROTO: it is none. */
int hp_text_mapping(const char *line, struct hp_mapping *ret_mapping);

#endif
