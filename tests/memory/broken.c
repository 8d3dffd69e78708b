// SPDX-License-Identifier: MIT
/*
 * A program with a mistake, to see that the checks see it: "leak", "overflow",
 * or "undefined" (which valgrind cannot see). Without one it is a right program.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Not for the compiler to know. */
static char *volatile memory;
static volatile int number;

int main(int argc, char **argv)
{
	const char *mistake = argc > 1 ? argv[1] : "";

	memory = malloc(16);
	if (!memory)
		return 1;
	memset(memory, 0, 16);
	number = INT_MAX - 1;
	if (!strcmp(mistake, "overflow"))
		memory[16 + (number - (INT_MAX - 1))] = 1;
	number = number + 1 + !strcmp(mistake, "undefined");
	if (strcmp(mistake, "leak") != 0)
		free(memory);
	memory = NULL;
	return 0;
}
