// SPDX-License-Identifier: MIT
/*
 * A name in a store, which any service can choose: it goes to terminals.
 */
#include "../../cli/held/held.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), session[3 * HP_NAME_MAX + 1];
	char program[3 * HP_NAME_MAX + 1];
	struct hp_store_name name;

	if (held_parse(text, session, sizeof(session), &name)) {
		check(memchr(session, 0, sizeof(session)));
		check(*session);
		for (const char *c = session; *c; c++)
			check(*c > ' ' && *c <= '~' && *c != '/');
		check(strstr(text, session));
		held_program_name(session, program);
		check(strlen(program) <= strlen(session));
	}
	free(text);
	return 0;
}
