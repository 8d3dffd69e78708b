/* SPDX-License-Identifier: MIT */
/*
 * The running kernel, but for what only LUO has: a session is a memory file
 * that knows its name and which tokens are in it, and huge pages are ordinary
 * ones. Descriptors are real, so they pass through sockets and over exec.
 */
#ifndef SERVICE_LUO_H
#define SERVICE_LUO_H

#include "../../lib/sys.h"

/* Call before the first use. */
void luo_on_memfd(struct hp_sys *ret_sys);

#endif
