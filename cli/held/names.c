// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "held/held.h"

#define START "hugepersist."

bool held_parse(const char *text, char *ret_session, size_t size,
		struct hp_store_name *ret_name)
{
	char prefix[UNIT_NAME_SIZE];
	const char *session, *end;

	if (strncmp(text, START, strlen(START)) != 0)
		return false;
	session = text + strlen(START);
	end = strchr(session, '.');
	if (!end || end == session || (size_t)(end - session) >= size)
		return false;
	/* Nothing else is ever written, and it goes to terminals. */
	for (const char *c = session; c < end; c++)
		if (!strchr("0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_%",
			    *c))
			return false;
	(void)snprintf(prefix, sizeof(prefix), "%.*s", (int)(end - text + 1),
		       text);
	if (!hp_store_parse(text, strlen(text), prefix, ret_name))
		return false;
	(void)snprintf(ret_session, size, "%.*s", (int)(end - session),
		       session);
	return true;
}

/* As names are written: two capital digits; -1: they are none. */
static int byte_of(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *high = *text ? strchr(digits, text[0]) : NULL;
	const char *low = high && text[1] ? strchr(digits, text[1]) : NULL;

	return low ? (int)((high - digits) << 4 | (low - digits)) : -1;
}

void held_program_name(const char *name, char *ret_text)
{
	for (; *name; name++) {
		int byte = *name == '%' ? byte_of(name + 1) : -1;

		*ret_text++ = byte > 0 ? (char)byte : *name;
		name += byte > 0 ? 2 : 0;
	}
	*ret_text = '\0';
}
