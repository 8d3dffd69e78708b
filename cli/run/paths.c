// SPDX-License-Identifier: MIT
/*
 * Run: the state directory and the paths in it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "run/run.h"

#define DEFAULT_FOLDER "/var/lib/hugepersist"

static bool complain(const char *what, const char *path)
{
	(void)command_error(&run_command, "%s %s: %s", what, path,
			    strerror(errno));
	return false;
}

/* Of $STATE_DIRECTORY, which can list several, the first. */
static bool choose(const struct run *run, char *folder, size_t size)
{
	const char *environment = getenv("STATE_DIRECTORY");
	int length;

	if (run->state)
		length = snprintf(folder, size, "%s", run->state);
	else if (environment && *environment == '/')
		length = snprintf(folder, size, "%.*s",
				  (int)strcspn(environment, ":"), environment);
	else
		length =
			snprintf(folder, size, DEFAULT_FOLDER "/%s", run->name);
	errno = ENAMETOOLONG;
	return (size_t)length < size || complain("state directory", folder);
}

/* With its parents; what is made last belongs to the user. */
static bool make_folder(const struct run *run, const char *folder)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s", folder);
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return complain("mkdir", path);
		*slash = '/';
	}
	if (mkdir(path, 0700) == 0)
		return !run->user || chown(path, run->uid, run->gid) == 0 ||
		       complain("chown", path);
	if (errno != EEXIST || stat(path, &st) < 0)
		return complain("mkdir", path);
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode) || complain("state directory", path);
}

/* The link says where already, or is replaced as a whole. A file is left alone. */
static bool make_link(const char *path, int fd)
{
	char target[32], have[32], new_path[PATH_MAX];
	ssize_t length;

	(void)snprintf(target, sizeof(target), "/proc/self/fd/%d", fd);
	length = readlink(path, have, sizeof(have) - 1);
	if (length < 0 && errno != ENOENT)
		return complain(errno == EINVAL ? "not a link of ours:" :
						  "readlink",
				path);
	have[length > 0 ? length : 0] = '\0';
	if (!strcmp(have, target))
		return true;
	if (length > 0 && strncmp(have, "/proc/self/fd/", 14) != 0) {
		errno = EEXIST;
		return complain("not a link of ours:", path);
	}
	(void)snprintf(new_path, sizeof(new_path), "%s.new", path);
	(void)unlink(new_path);
	if (symlink(target, new_path) < 0)
		return complain("symlink", new_path);
	return rename(new_path, path) == 0 || complain("rename", path);
}

bool run_make_paths(struct run *run)
{
	char folder[PATH_MAX - HP_LABEL_MAX - 8];

	if (!choose(run, folder, sizeof(folder)) || !make_folder(run, folder))
		return false;
	for (unsigned int i = 0; i < run->region_count; i++) {
		struct run_region *region = &run->regions[i];

		region->path = command_memory(PATH_MAX);
		(void)snprintf(region->path, PATH_MAX, "%s/%s", folder,
			       region->label);
		if (!make_link(region->path, region->fd))
			return false;
	}
	return true;
}

/* The region whose @LABEL@ begins the text; its length in the text. */
static const struct run_region *named(const struct run *run, const char *text,
				      size_t *ret_length)
{
	for (unsigned int i = 0; i < run->region_count; i++) {
		const char *label = run->regions[i].label;
		size_t length = strlen(label);

		if (*text == '@' && !strncmp(text + 1, label, length) &&
		    text[length + 1] == '@') {
			*ret_length = length + 2;
			return &run->regions[i];
		}
	}
	return NULL;
}

char *run_replace(const struct run *run, const char *text)
{
	const struct run_region *region;
	size_t size = strlen(text) + 1, length;
	char *result, *to;

	for (const char *from = text; *from; from++) {
		region = named(run, from, &length);
		if (region)
			size += strlen(region->path);
	}
	to = result = command_memory(size);
	while (*text) {
		region = named(run, text, &length);
		if (!region) {
			*to++ = *text++;
			continue;
		}
		to = stpcpy(to, region->path);
		text += length;
	}
	*to = '\0';
	return result;
}
