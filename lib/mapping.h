/* SPDX-License-Identifier: MIT */
#ifndef HP_MAPPING_H
#define HP_MAPPING_H

#include "sys.h"

/*
 * Read one line of /proc/PID/maps, see proc_pid_maps(5). -EPROTO: it is none.
 */
int hp_mapping_parse(const char *line, struct hp_mapping *ret_mapping);

#endif
