// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup/files.h"

#define TEXT_MAX 8192

int files_look(const char *path, const char *text, enum files_state *ret_state)
{
	char have[TEXT_MAX];
	ssize_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT) {
		*ret_state = FILES_NEW;
		return 0;
	}
	if (fd < 0 && errno == ELOOP) {
		*ret_state = FILES_NOT_OURS;
		return 0;
	}
	if (fd < 0)
		return -errno;
	length = read(fd, have, sizeof(have) - 1);
	(void)close(fd);
	if (length < 0)
		return -EIO;
	have[length] = '\0';
	if (strncmp(have, FILES_MARK, strlen(FILES_MARK)) != 0)
		*ret_state = FILES_NOT_OURS;
	else
		*ret_state = strcmp(have, text) ? FILES_OTHER : FILES_SAME;
	return 0;
}

int files_make_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	for (slash = strchr(folder + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(folder, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_whole(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t length = write(fd, text, left);

		if (length < 0)
			return -errno;
		text += length;
		left -= (size_t)length;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd, err;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	fd = open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fsync(fd) < 0 ? -errno : 0;
	(void)close(fd);
	return err;
}

int files_write(const char *path, const char *text)
{
	char new_path[PATH_MAX];
	int fd, err = files_make_folder(path);

	if (err < 0)
		return err;
	/* No program reads a name that ends so. */
	if (snprintf(new_path, sizeof(new_path), "%s.new~", path) >=
	    (int)sizeof(new_path))
		return -ENAMETOOLONG;
	(void)unlink(new_path);
	fd = open(new_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = write_whole(fd, text);
	if (!err && fchmod(fd, 0644) < 0)
		err = -errno;
	(void)close(fd);
	if (!err && rename(new_path, path) < 0)
		err = -errno;
	if (err < 0) {
		(void)unlink(new_path);
		return err;
	}
	return sync_folder(path);
}

int files_remove(const char *path)
{
	char folder[PATH_MAX];
	size_t length;

	if (unlink(path) < 0)
		return -errno;
	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = '\0';
	length = strlen(folder);
	if (length > 10 && !strcmp(folder + length - 10, ".service.d"))
		(void)rmdir(folder); /* others may have files there */
	return 0;
}
