/* SPDX-License-Identifier: MIT */
/*
 * What the library tells beyond error codes. It prints nothing itself.
 */
#ifndef HP_LOG_H
#define HP_LOG_H

#include <hugepersist/hugepersist.h>
#include <syslog.h>

#include "base/error.h"

struct hp_log {
	hp_log_fn *function; /* NULL: nobody listens */
	void *context;
};

/*
 * Tell one line without a newline, with a priority of syslog(3). A line that is
 * too long is cut.
 */
__attribute__((format(printf, 3, 4))) void
hp_log(const struct hp_log *log, int priority, const char *format, ...);

/* Tell that a system call failed: "what: call: ENOMEM". */
void hp_log_call(const struct hp_log *log, int priority, const char *what,
		 const char *call, int err);

#endif
