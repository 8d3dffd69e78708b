// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/process.h"
#include "system/sys.h"

#define LEVELS_MAX 1000
#define TRIES 3

/* 0: there is no such process. */
static pid_t parent_of(pid_t process)
{
	char path[32], text[512];
	const char *end;
	long parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)process);
	if (hp_sys_linux.read_text(path, text, sizeof(text)) <= 0)
		return 0;
	/* The name before it can have anything in it. */
	end = strrchr(text, ')');
	if (!end || sscanf(end + 1, " %*c %ld", &parent) != 1)
		return 0;
	return (pid_t)parent;
}

bool process_is_child(pid_t process)
{
	return process > 0 && parent_of(process) == getpid();
}

static bool leads_here(pid_t process)
{
	for (int i = 0; process > 1 && i < LEVELS_MAX; i++) {
		process = parent_of(process);
		if (process == getpid())
			return true;
	}
	return false;
}

/* One of them can end meanwhile, and its children are this process's then. */
bool process_is_descendant(pid_t process)
{
	for (int i = 0; i < TRIES; i++)
		if (leads_here(process))
			return true;
	return false;
}
