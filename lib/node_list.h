/* SPDX-License-Identifier: MIT */
/*
 * Lists of NUMA nodes as the kernel writes them in /sys and /proc: "0-3,8".
 */
#ifndef HP_NODE_LIST_H
#define HP_NODE_LIST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Take the next range off the list; one node is a range too. False: the list
 * ends here, or what follows is no range.
 */
bool hp_node_list_take(const char **list, uint64_t *ret_first,
		       uint64_t *ret_last);

#endif
