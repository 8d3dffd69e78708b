// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

#define MESSAGE_MAX 512

void hp_log(const struct hp_log *log, int priority, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	if (!log->function)
		return;
	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log->function(log->context, priority, message);
}

const char *hp_errno_name(int err, char *buffer, size_t size)
{
	const char *name = NULL;

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
	name = strerrorname_np(-err);
#endif
	if (name)
		return name;
	(void)snprintf(buffer, size, "errno %d", -err);
	return buffer;
}

void hp_log_call(const struct hp_log *log, int priority, const char *what,
		 const char *call, int err)
{
	hp_log(log, priority, "%s: %s: %s", what, call, HP_ERRNO(err));
}
