/* SPDX-License-Identifier: MIT */
#ifndef RUN_PROCESS_H
#define RUN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* A child of this process? */
bool process_is_child(pid_t process);

/*
 * Or a child of such a child, and so on. This process must be their subreaper; a
 * process that nobody has waited for counts.
 */
bool process_is_descendant(pid_t process);

#endif
