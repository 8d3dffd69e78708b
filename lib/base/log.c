// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

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

void hp_log_call(const struct hp_log *log, int priority, const char *what,
		 const char *call, int err)
{
	hp_log(log, priority, "%s: %s: %s", what, call, HP_ERRNO(err));
}
