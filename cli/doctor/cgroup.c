// SPDX-License-Identifier: MIT
/*
 * Doctor: limits of the cgroups that this process is in, up the tree.
 *
 * The memory of a region that comes back is charged to the process that
 * reclaims it, so a limit can fail that also where no page must be allocated.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/text.h"
#include "system/cleanup.h"

#define PATH_SIZE 1024
#define BUFFER_FIRST (UINT64_C(1) << 16)
#define BUFFER_MOST (UINT64_C(1) << 26)

/* A limit of one cgroup: names of two files. */
struct limit {
	char most[48];
	char used[48];
};

/* A mounted hierarchy. */
struct hierarchy {
	char mount[128];    /* "": none is seen */
	bool memory_counts; /* memory.max is for huge pages too */
};

/* Which limits apply, in which hierarchy, from which cgroup on. */
struct search {
	const struct doctor *task;
	struct answer *item;
	struct hierarchy two; /* cgroup v2 */
	struct hierarchy one; /* v1, with the controller hugetlb */
	const char *mount;    /* of the one at hand */
	char path[PATH_SIZE]; /* below it; "" for its root */
	struct limit limits[3];
	unsigned int count;
	uint64_t room; /* the least so far */
	int err;       /* something could not be read */
};

/* As the kernel names its files: 64KB, 2MB, 1GB. */
static void name_size(uint64_t page_size, char *name, size_t size)
{
	(void)snprintf(name, size, "%sB", size_text(page_size).text);
}

static void add_limit(struct search *search, const char *most, const char *used,
		      const char *size)
{
	struct limit *limit = &search->limits[search->count++];

	(void)snprintf(limit->most, sizeof(limit->most), "%s%s%s",
		       *size ? "hugetlb." : "", size, most);
	(void)snprintf(limit->used, sizeof(limit->used), "%s%s%s",
		       *size ? "hugetlb." : "", size, used);
}

static void look_at(struct search *search, const struct limit *limit)
{
	const struct hp_sys *sys = search->task->sys;
	const uint64_t wanted = search->task->opts.length;
	char file[PATH_SIZE + 128];
	uint64_t most, used, room;
	int err;

	(void)snprintf(file, sizeof(file), "%s%s/%s", search->mount,
		       search->path, limit->most);
	err = search->task->machine->can_see(file) ?
		      -ENOENT :
		      read_number(sys, file, &most);
	/* The root has none, nor has a cgroup without the controller. */
	if (err == -ENOENT)
		return;
	/* v1 has no word for "no limit": it says the most that it can count. */
	if (!err && most >= INT64_MAX - search->task->opts.page_size)
		return;
	(void)snprintf(file, sizeof(file), "%s%s/%s", search->mount,
		       search->path, limit->used);
	if (!err)
		err = read_number(sys, file, &used);
	if (err < 0) {
		search->err = err;
		return;
	}
	room = used < most ? most - used : 0;
	if (room < search->room)
		search->room = room;
	if (room >= wanted || answer_is(search->item, ANSWER_NO))
		return;
	answer_no(search->item,
		  "%.48s of cgroup %.120s is %" PRIu64 " bytes, of which "
		  "%" PRIu64 " are in use: too little for %" PRIu64 ".",
		  limit->most, *search->path ? search->path : "/", most, used,
		  wanted);
	answer_remedy(search->item,
		      "As root: echo %" PRIu64 " > %s%.120s/%.48s (MemoryMax="
		      " and the like of systemd for memory.max), or start "
		      "the program in a cgroup with room.",
		      used + wanted, search->mount, search->path, limit->most);
}

static void climb(struct search *search)
{
	char *slash;

	do {
		for (unsigned int i = 0; i < search->count; i++)
			look_at(search, &search->limits[i]);
		slash = strrchr(search->path, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
}

/* "0::/a/b" for v2, "7:hugetlb:/a/b" for v1; line is cut up. */
static bool read_line(struct search *search, char *line)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;
	char size[32];

	if (!path || strlen(path + 1) >= PATH_SIZE)
		return false;
	*path++ = '\0';
	controllers++;
	name_size(search->task->opts.page_size, size, sizeof(size));
	search->count = 0;
	if (!*controllers) {
		search->mount = search->two.mount;
		add_limit(search, ".max", ".current", size);
		add_limit(search, ".rsvd.max", ".rsvd.current", size);
		if (search->two.memory_counts)
			add_limit(search, "memory.max", "memory.current", "");
	} else if (!strcmp(controllers, "hugetlb")) {
		search->mount = search->one.mount;
		add_limit(search, ".limit_in_bytes", ".usage_in_bytes", size);
		add_limit(search, ".rsvd.limit_in_bytes",
			  ".rsvd.usage_in_bytes", size);
	} else {
		return false;
	}
	/* "/.." is outside of the namespace of this process. */
	if (!*search->mount || !strncmp(path, "/..", 3)) {
		search->err = -EXDEV;
		return false;
	}
	(void)snprintf(search->path, sizeof(search->path), "%s",
		       strcmp(path, "/") ? path : "");
	return true;
}

/* "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0"; line is cut up. */
static void read_mount(struct search *search, char *line)
{
	char *fields[4], *rest;
	struct hierarchy *found;

	for (int i = 0; i < 4; i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &rest);
		if (!fields[i])
			return;
	}
	if (!strcmp(fields[2], "cgroup2"))
		found = &search->two;
	else if (!strcmp(fields[2], "cgroup") && strstr(fields[3], "hugetlb"))
		found = &search->one;
	else
		return;
	if (strlen(fields[1]) >= sizeof(found->mount))
		return;
	(void)snprintf(found->mount, sizeof(found->mount), "%s", fields[1]);
	found->memory_counts =
		strstr(fields[3], "memory_hugetlb_accounting") != NULL;
}

static void read_mounts(struct search *search, char *text)
{
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		read_mount(search, line);
}

static void read_cgroups(struct search *search, char *text)
{
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (read_line(search, line))
			climb(search);
}

/* A file of any length, in a buffer that is as long as it takes. */
static int read_file(struct search *search, const char *path,
		     void (*read)(struct search *search, char *text))
{
	const struct hp_sys *sys = search->task->sys;

	for (uint64_t size = BUFFER_FIRST; size <= BUFFER_MOST; size *= 2) {
		HP_MEMORY(text, sys, sys->zalloc(size));
		int length;

		if (!text.memory) {
			search->task->answers->no_memory = true;
			return -ENOMEM;
		}
		length = sys->read_text(path, text.memory, size);
		if (length == -E2BIG)
			continue;
		if (length >= 0)
			read(search, text.memory);
		return length < 0 ? length : 0;
	}
	return -E2BIG;
}

void doctor_cgroup(struct doctor *task)
{
	struct search search = { .task = task, .room = UINT64_MAX };
	struct answer *item;
	int err, mounts_err;

	item = answer_add(task->answers, "cgroup.room",
			  "The limits of the cgroups of this process leave "
			  "room for %" PRIu64 " bytes in pages of %s.",
			  task->opts.length,
			  size_text(task->opts.page_size).text);
	search.item = item;
	mounts_err = read_file(&search, "/proc/self/mounts", read_mounts);
	err = read_file(&search, "/proc/self/cgroup", read_cgroups);
	/* A kernel without cgroups has no limits of them. */
	if (err == -ENOENT && task->sees_proc)
		return;
	if (err < 0 || mounts_err < 0) {
		answer_unknown(item, "%s: %s",
			       err < 0 ? "/proc/self/cgroup" :
					 "/proc/self/mounts",
			       HP_ERRNO(err < 0 ? err : mounts_err));
		answer_remedy(item, "Show the process /proc (mount -t proc "
				    "proc /proc).");
		return;
	}
	if (search.room != UINT64_MAX)
		answer_number(item, "room", search.room, "bytes");
	if (!search.err || answer_is(item, ANSWER_NO))
		return;
	if (search.err == -EXDEV)
		answer_unknown(item, "The cgroup of this process is not in "
				     "a mounted hierarchy that it sees.");
	else
		answer_unknown(item,
			       "A limit of the cgroup cannot be read: "
			       "%s",
			       HP_ERRNO(search.err));
	answer_remedy(item, "Show the process /sys/fs/cgroup (mount -t "
			    "cgroup2 cgroup /sys/fs/cgroup).");
}
