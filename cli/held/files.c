// SPDX-License-Identifier: MIT
/*
 * Manifests, and lists of holders, that processes have open. A file of memory that
 * has the right size and begins like one is read as one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "command.h"
#include "held/held.h"
#include "source/luo.h"

/* Digits and nothing else. */
static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

/* -- One file -------------------------------------------------------------- */

static bool has_magic(int fd, uint64_t offset)
{
	uint64_t magic;

	return pread(fd, &magic, sizeof(magic), (off_t)offset) ==
		       sizeof(magic) &&
	       magic == HP_MANIFEST_MAGIC;
}

static void read_manifest(struct held_file *file, int fd)
{
	struct hp_manifest *manifest = command_memory(sizeof(*manifest));

	file->error = hp_manifest_read(&hp_sys_linux, fd, manifest);
	if (file->error < 0) {
		free(manifest);
		return;
	}
	file->id = manifest->about.id;
	file->manifest = manifest;
}

static bool read_list(struct held_file *file, int fd)
{
	struct run_list *list = command_memory(sizeof(*list));

	if (run_list_read(fd, list))
		file->list = list;
	else
		free(list);
	return file->list;
}

static void add(struct held_files *files, const struct held_file *file)
{
	struct held_file *all = realloc(
		files->files, (files->count + 1) * sizeof(*files->files));

	if (!all) {
		fputs("hugepersist: there is no memory\n", stderr);
		exit(STATUS_FAILED);
	}
	all[files->count++] = *file;
	files->files = all;
}

/* Not a device or a pipe, of which an open can wait or do something. */
static bool can_be_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && !st->st_nlink &&
	       ((st->st_size >= HP_MANIFEST_SIZE_MIN &&
		 st->st_size <= HP_MANIFEST_SIZE_MAX) ||
		st->st_size == (off_t)sizeof(struct run_list));
}

static void look_at(struct held_files *files, pid_t process, const char *path)
{
	const struct held_file *known;
	struct held_file file = { .process = process };
	struct stat st;
	int fd;

	if (stat(path, &st) < 0 || !can_be_ours(&st))
		return;
	file.device = st.st_dev;
	file.inode = st.st_ino;
	for (unsigned int i = 0; i < files->count; i++) {
		known = &files->files[i];
		if (known->process == process && known->device == st.st_dev &&
		    known->inode == st.st_ino)
			return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	if (has_magic(fd, 0) || has_magic(fd, (uint64_t)st.st_size / 2)) {
		read_manifest(&file, fd);
		add(files, &file);
	} else if (st.st_size == (off_t)sizeof(struct run_list) &&
		   read_list(&file, fd)) {
		add(files, &file);
	}
	(void)close(fd);
}

/* -- All processes --------------------------------------------------------- */

static void look_at_process(struct held_files *files, const char *process)
{
	char folder[32], path[320];
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "/proc/%.10s/fd", process);
	dir = opendir(folder);
	if (!dir) {
		/* It can have ended meanwhile. */
		files->complete &= errno == ENOENT || errno == ESRCH;
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (!is_number(entry->d_name))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		look_at(files, (pid_t)atol(process), path);
	}
	(void)closedir(dir);
}

void held_files_find(struct held_files *files)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	*files = (struct held_files){ .complete = dir != NULL };
	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (is_number(entry->d_name) &&
		    atol(entry->d_name) != (long)getpid())
			look_at_process(files, entry->d_name);
	(void)closedir(dir);
}

void held_files_free(struct held_files *files)
{
	for (unsigned int i = 0; i < files->count; i++) {
		free(files->files[i].manifest);
		free(files->files[i].list);
	}
	free(files->files);
	*files = (struct held_files){ 0 };
}

const struct held_file *held_files_get(const struct held_files *files,
				       uint64_t device, uint64_t inode)
{
	for (unsigned int i = 0; i < files->count; i++)
		if (files->files[i].device == device &&
		    files->files[i].inode == inode)
			return &files->files[i];
	return NULL;
}

/* "2: FLOCK ADVISORY WRITE 301 00:01:73248 0 EOF"; not known: yes. */
bool held_is_owned(uint64_t device, uint64_t inode)
{
	FILE *file = fopen("/proc/locks", "re");
	unsigned int have_major, have_minor;
	unsigned long long have_inode;
	char line[256];
	bool found = false;

	if (!file)
		return true;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*u: FLOCK %*s %*s %*d %x:%x:%llu",
			       &have_major, &have_minor, &have_inode) == 3 &&
			have_major == major(device) &&
			have_minor == minor(device) && have_inode == inode;
	(void)fclose(file);
	return found;
}

int held_open(pid_t process, uint64_t device, uint64_t inode)
{
	char folder[32], path[320];
	struct dirent *entry;
	struct stat st;
	int fd = -ENOENT;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "/proc/%ld/fd", (long)process);
	dir = opendir(folder);
	if (!dir)
		return -errno;
	while (fd == -ENOENT && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		if (!is_number(entry->d_name) || stat(path, &st) < 0 ||
		    st.st_dev != device || st.st_ino != inode)
			continue;
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	(void)closedir(dir);
	return fd;
}

/* -- One process ----------------------------------------------------------- */

static void printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text > '~')
			*text = '?';
}

static ssize_t read_file(pid_t process, const char *name, char *text,
			 size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)process, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	(void)close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length;
}

void held_process_name(pid_t process, char *name, size_t size)
{
	char text[32];

	*name = '\0';
	if (read_file(process, "comm", text, sizeof(text)) <= 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	printable(text);
	(void)snprintf(name, size, "%s", text);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length > end_length && !strcmp(text + length - end_length, end);
}

/* The last part of its cgroup's path that is a service or a scope. */
void held_process_unit(pid_t process, char *unit, size_t size)
{
	char text[4096], *part;

	*unit = '\0';
	if (read_file(process, "cgroup", text, sizeof(text)) <= 0)
		return;
	for (part = strtok(text, "/\n"); part; part = strtok(NULL, "/\n")) {
		if (strlen(part) < size && (ends_with(part, ".service") ||
					    ends_with(part, ".scope"))) {
			printable(part);
			(void)snprintf(unit, size, "%s", part);
		}
	}
}

void held_process_user(pid_t process, char *user, size_t size)
{
	const struct passwd *entry;
	char path[32];
	struct stat st;

	*user = '\0';
	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)process);
	if (stat(path, &st) < 0)
		return;
	entry = getpwuid(st.st_uid);
	if (entry)
		(void)snprintf(user, size, "%s", entry->pw_name);
	else
		(void)snprintf(user, size, "%lu", (unsigned long)st.st_uid);
	printable(user);
}

unsigned int held_process_session(pid_t process, char *name, size_t size)
{
	char folder[32], path[320], link[256];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	*name = '\0';
	(void)snprintf(folder, sizeof(folder), "/proc/%ld/fd", (long)process);
	dir = opendir(folder);
	while (dir && (entry = readdir(dir)) != NULL) {
		const char *found = link + strlen(LUO_SESSION_LINK);
		ssize_t length;

		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		length = readlink(path, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		if (strncmp(link, LUO_SESSION_LINK, strlen(LUO_SESSION_LINK)) ||
		    !strcmp(found, name))
			continue;
		(void)snprintf(name, size, "%s", found);
		count++;
	}
	if (dir)
		(void)closedir(dir);
	/* Of several, nobody can tell which is of a manifest. */
	if (count > 1)
		*name = '\0';
	printable(name);
	return count;
}

bool held_process_asks(pid_t process)
{
	char text[16];

	return read_file(process, "cmdline", text, sizeof(text)) > 0 &&
	       *text == '@';
}
