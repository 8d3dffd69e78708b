/* SPDX-License-Identifier: MIT */
/*
 * What save and load have in common.
 */
#ifndef COPY_H
#define COPY_H

#include <stdio.h>
#include <sys/resource.h>

#include <hugepersist/hugepersist.h>
#include <hugepersist/save.h>

#include "command.h"
#include "held/held.h"

/* An hp_save_progress_fn: a bar on stderr, if that is a terminal. */
int copy_progress(void *context, const struct hp_save_progress *progress);

/* "4 GiB in 12 s". Ends the bar. */
void copy_print(const char *what, const struct hp_save_result *result);

/*
 * As many open files as this process may ever have: a session has up to a thousand,
 * and needs them twice. ret_before, or NULL: for setrlimit(2) before an exec.
 */
void copy_raise_limit(struct rlimit *ret_before);

/* An hp_log_fn: errors to stderr. */
void copy_log(void *context, int priority, const char *message);

/*
 * Open a session that is in a store and that nobody has open, by copies of the
 * descriptors: as if the service manager had started this process with them. It
 * has no way to the manager, so nothing of the store changes. False: it has said
 * why.
 */
bool copy_open(const struct command *command,
	       const struct held_session *session,
	       struct hp_session **ret_session);

/*
 * Write such a session to a directory. Descriptors of this process go away, so it
 * must do nothing more than end. False: it has said why.
 */
bool copy_save(const struct command *command,
	       const struct held_session *session, const char *directory,
	       bool replace, struct hp_save_result *ret_result);

#endif
