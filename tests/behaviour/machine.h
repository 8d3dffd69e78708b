/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_H
#define MACHINE_H

#include "behaviour.h"

/*
 * Before a stage: start the helper that makes processes which are no children
 * of the case and have none of its descriptors (machine_process.c).
 */
void other_start(void);

#endif
