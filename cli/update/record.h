/* SPDX-License-Identifier: MIT */
/*
 * The record on disk: what was held before an update, so that verify can say
 * what came back. It is JSON, and what is read of it is not trusted.
 */
#ifndef RECORD_H
#define RECORD_H

#include <jansson.h>

#include "held/held.h"

/* What is held now, with the pools, the kernel and the time; NULL: no memory. */
json_t *record_make(const struct held *held);

/* Atomically, to the disk; a negative errno. */
int record_write(const char *path, json_t *record);

/* NULL: there is none, or it is none of ours. */
json_t *record_read(const char *path);

/* Of this boot. */
void record_boot_id(char *text, size_t size);

#endif
