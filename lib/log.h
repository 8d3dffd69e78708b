/* SPDX-License-Identifier: MIT */
/*
 * What the library tells beyond error codes. It prints nothing itself.
 */
#ifndef HP_LOG_H
#define HP_LOG_H

#include <hugepersist/hugepersist.h>
#include <syslog.h>

struct hp_log {
	hp_log_fn *function; /* NULL: nobody listens */
	void *context;
};

/* Priority as of syslog(3). One line, without a newline; cut if too long. */
__attribute__((format(printf, 3, 4))) void
hp_log(const struct hp_log *log, int priority, const char *format, ...);

/* "ENOMEM" for -ENOMEM, or the number if the C library knows no name. */
#define HP_ERRNO(err) hp_errno_name((err), (char[24]){ 0 }, 24)
const char *hp_errno_name(int err, char *buffer, size_t size);

/* A system call failed: "what: call: ENOMEM". */
void hp_log_call(const struct hp_log *log, int priority, const char *what,
		 const char *call, int err);

#endif
