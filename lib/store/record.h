/* SPDX-License-Identifier: MIT */
/*
 * One line in the service's $STATE_DIRECTORY says that the manager was given a
 * session. Without it nobody can tell a store that was emptied from a first
 * start. A service without such a directory does without.
 */
#ifndef HP_RECORD_H
#define HP_RECORD_H

#include <stdbool.h>

#include "base/log.h"
#include "store/names.h"
#include "system/sys.h"

#define HP_RECORD_PATH_SIZE 4096

struct hp_record {
	const struct hp_sys *sys;
	const struct hp_log *log;
	char path[HP_RECORD_PATH_SIZE]; /* "": there is no directory */
	uint64_t id; /* of the session it speaks of; 0: none */
};

/*
 * Find the file of a session, by the prefix of its names, and read it. One that
 * cannot be read says nothing. -ENOMEM, -EMFILE.
 */
int hp_record_init(struct hp_record *record, const struct hp_sys *sys,
		   const struct hp_log *log, const char *prefix);

/* The manager has that session; 0: it has none. */
void hp_record_write(struct hp_record *record, uint64_t id);

#endif
