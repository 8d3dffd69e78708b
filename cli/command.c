// SPDX-License-Identifier: MIT
#include <hugepersist/hugepersist.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static void complain(const struct command *command, const char *text,
		     va_list arguments)
{
	fprintf(stderr, "hugepersist %s: ", command->name);
	vfprintf(stderr, text, arguments);
}

int command_error(const struct command *command, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	complain(command, text, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return STATUS_FAILED;
}

int command_misused(const struct command *command, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	complain(command, text, arguments);
	va_end(arguments);
	fprintf(stderr, ". See hugepersist %s --help\n", command->name);
	return STATUS_FAILED;
}

int command_other(const struct command *command, const char *usage, int option)
{
	switch (option) {
	case 'h':
		fputs(usage, stdout);
		return STATUS_YES;
	case 'V':
		printf("hugepersist %s, libhugepersist %s\n", command->name,
		       hp_version());
		return STATUS_YES;
	default:
		fprintf(stderr, "See hugepersist %s --help\n", command->name);
		return STATUS_FAILED;
	}
}

bool command_ask(const char *question)
{
	char line[16];

	if (!isatty(STDIN_FILENO))
		return false;
	printf("%s Type yes to go on: ", question);
	(void)fflush(stdout);
	return fgets(line, sizeof(line), stdin) && !strcmp(line, "yes\n");
}

void *command_memory(size_t size)
{
	void *memory = calloc(1, size);

	if (memory)
		return memory;
	fputs("hugepersist: there is no memory\n", stderr);
	exit(STATUS_FAILED);
}
