// SPDX-License-Identifier: MIT
/*
 * hp_fd_name(): by the rules of a service manager, and no two sessions have the
 * same one, since the name can be read back.
 */
#include "../../lib/fd_name.h"
#include "fuzz.h"

static unsigned int hex(char digit)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = digit ? strchr(digits, digit) : NULL;

	MUST(at);
	return (unsigned int)(at - digits);
}

static void check(const char *session, bool incoming)
{
	const char *prefix = incoming ? HP_FD_NAME_IN : HP_FD_NAME_OUT;
	char *name = malloc(HP_FD_NAME_SIZE);
	const char *at = name;

	MUST(name);
	hp_fd_name(name, session, incoming);
	MUST(strlen(name) <= 255);
	for (size_t i = 0; name[i]; i++)
		MUST(name[i] > ' ' && name[i] < 0x7f && name[i] != ':');
	MUST(!strncmp(name, prefix, strlen(prefix)));
	at += strlen(prefix);
	for (; *session; session++, at++) {
		unsigned int c = (unsigned char)*at;

		if (c == '%') {
			c = hex(at[1]) << 4 | hex(at[2]);
			at += 2;
		}
		MUST(c == (unsigned char)*session);
	}
	MUST(!*at);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *session =
		fuzz_string(data, size < HP_NAME_MAX ? size : HP_NAME_MAX);

	check(session, true);
	check(session, false);
	free(session);
	return 0;
}
