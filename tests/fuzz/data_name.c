// SPDX-License-Identifier: MIT
/*
 * The names in the directory of a save, which anybody may have put there: the ID
 * of a new save is none that a data file has, and there is one unless a file has
 * the highest. The input is names by lines.
 */
#include <errno.h>

#include "../../lib/save/storage/dir.h"
#include "fuzz.h"

static char *names; /* in turn, each with a zero */
static size_t names_size;

static int list(int directory, int (*visit)(void *context, const char *name),
		void *context)
{
	(void)directory;
	for (size_t at = 0; at < names_size; at += strlen(names + at) + 1) {
		int err = visit(context, names + at);

		if (err)
			return err;
	}
	return 0;
}

static uint64_t time_ns(void)
{
	return UINT64_C(1) << 60;
}

static const struct hp_io io = { .list = list };
static const struct hp_sys sys = { .time_ns = time_ns };
static const struct hp_log no_log;

/* As storage/format.h has it, by another way. */
static bool is_data_of(const char *name, uint64_t id)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "data-%016llx-",
		 (unsigned long long)id);
	return !strncmp(name, prefix, strlen(prefix)) &&
	       strlen(name + strlen(prefix)) == 4 &&
	       strspn(name + strlen(prefix), "0123456789abcdef") == 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hp_save_dir dir = {
		.io = &io,
		.sys = &sys,
		.log = &no_log,
		.path = "fuzz",
		.fd = -1,
		.lock = -1,
	};
	bool highest = false;
	uint64_t id;
	int err;

	names = fuzz_string(data, size);
	names_size = size;
	for (size_t i = 0; i < size; i++)
		if (names[i] == '\n')
			names[i] = '\0';
	err = hp_save_dir_new_id(&dir, &id);
	for (size_t at = 0; at < names_size; at += strlen(names + at) + 1) {
		highest |= is_data_of(names + at, UINT64_MAX);
		check(err || !is_data_of(names + at, id));
	}
	check(err == (highest ? -EINVAL : 0));
	free(names);
	return 0;
}
