// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/record.h"
#include "system/cleanup.h"

#define FORMAT "%016" PRIx64 "\n"
#define LINE_SIZE 32

int hp_record_init(struct hp_record *record, const struct hp_sys *sys,
		   const struct hp_log *log, const char *prefix)
{
	int err = 0;
	HP_MEMORY(directories, sys, sys->environment("STATE_DIRECTORY", &err));
	const char *directory = directories.memory;
	char line[LINE_SIZE];
	int length;

	*record = (struct hp_record){ .sys = sys, .log = log };
	if (err < 0)
		return hp_error_common(err);
	if (!directory || directory[0] != '/')
		return 0;
	/* The first of several; the name without the dot at its end. */
	length = snprintf(record->path, sizeof(record->path), "%.*s/%.*s",
			  (int)strcspn(directory, ":"), directory,
			  (int)strlen(prefix) - 1, prefix);
	if (length < 0 || (size_t)length >= sizeof(record->path)) {
		record->path[0] = '\0';
		return 0;
	}
	err = sys->read_text(record->path, line, sizeof(line));
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE)
		return hp_error_common(err);
	if (err < 0 || sscanf(line, "%16" SCNx64, &record->id) != 1)
		record->id = 0;
	return 0;
}

void hp_record_write(struct hp_record *record, uint64_t id)
{
	char line[LINE_SIZE];
	int err;

	if (!record->path[0] || record->id == id)
		return;
	(void)snprintf(line, sizeof(line), FORMAT, id);
	err = record->sys->write_text(record->path, id ? line : NULL);
	if (err < 0)
		hp_log(record->log, LOG_WARNING,
		       "%s: %s: a store that is emptied will pass for a first "
		       "start",
		       record->path, HP_ERRNO(err));
	else
		record->id = id;
}
