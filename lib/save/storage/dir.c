// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "save/storage/dir.h"

int hp_save_error(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOMEM:
	case -EMFILE:
	case -ENOSPC:
	case -EFBIG:
	case -EROFS:
	case -EACCES:
	case -EAGAIN:
	case -EBADMSG:
		return err;
	case -ENFILE:
		return -EMFILE;
	case -EPERM:
		return -EACCES;
	case -EDQUOT:
		return -ENOSPC;
	case -ENOTDIR:
	case -ENAMETOOLONG:
	case -ELOOP:
		return -EINVAL;
	case -EIO:
	case -ENXIO:
	case -ENODEV:
	case -ENODATA: /* a sector that cannot be read */
	case -EREMOTEIO:
	case -ENOLINK:
	case -EILSEQ:
	case -ETIMEDOUT:
	case -ESTALE: /* the server of a network file system */
	case -ESHUTDOWN:
	case -EUCLEAN: /* the file system is damaged */
		return -EIO;
	default:
		return -EPROTO;
	}
}

static int failed(const struct hp_save_dir *dir, int err, const char *call,
		  const char *name)
{
	hp_log(dir->log, LOG_ERR, "%s/%s: %s: %s", dir->path, name, call,
	       HP_ERRNO(err));
	return hp_save_error(err);
}

/* -- Open ------------------------------------------------------------------ */

static int open_directory(struct hp_save_dir *dir, bool make)
{
	int err;

	dir->fd = dir->io->open_directory(dir->path);
	if (dir->fd == -ENOENT && make) {
		err = dir->io->make_directory(dir->path);
		/* Another one may have made it just now. */
		if (err < 0 && err != -EEXIST)
			return failed(dir, err, "mkdir", "");
		dir->fd = dir->io->open_directory(dir->path);
	}
	if (dir->fd == -ENOENT && !make)
		return -ENOENT;
	return dir->fd < 0 ? failed(dir, dir->fd, "open", "") : 0;
}

/*
 * A reader does without where it may not, as on a file system that is mounted
 * for reading only, or a copy that lacks the file.
 */
static int lock(struct hp_save_dir *dir, bool save)
{
	int err;

	dir->lock = dir->io->open(dir->fd, HP_SAVE_LOCK,
				  save ? HP_IO_WRITE | HP_IO_CREATE : 0);
	if (dir->lock < 0 && !save)
		return 0;
	if (dir->lock < 0)
		return failed(dir, dir->lock, "open", HP_SAVE_LOCK);
	err = dir->io->lock(dir->lock, save);
	if (err == -EOPNOTSUPP) {
		hp_log(dir->log, LOG_WARNING,
		       "%s: this file system has no locks, so nothing keeps "
		       "two calls from working in the directory: flock",
		       dir->path);
		return 0;
	}
	return err < 0 ? failed(dir, err, "flock", HP_SAVE_LOCK) : 0;
}

int hp_save_dir_open(struct hp_save_dir *dir, enum hp_save_dir_use use)
{
	int err;

	dir->lock = -1;
	err = open_directory(dir, use == HP_SAVE_DIR_SAVE);
	if (err < 0 || use == HP_SAVE_DIR_LOOK)
		return err;
	return lock(dir, use == HP_SAVE_DIR_SAVE);
}

void hp_save_dir_close(struct hp_save_dir *dir)
{
	if (dir->lock >= 0) {
		/* A child that was forked meanwhile has it too. */
		dir->io->unlock(dir->lock);
		dir->io->close(dir->lock);
	}
	if (dir->fd >= 0)
		dir->io->close(dir->fd);
	dir->fd = -1;
	dir->lock = -1;
}

/* -- Index ----------------------------------------------------------------- */

struct file {
	const struct hp_io *io;
	int fd;
};

static void file_end(struct file *file)
{
	if (file->fd >= 0)
		file->io->close(file->fd);
}

static int read_all(const struct hp_io *io, int fd, void *memory, size_t length)
{
	char *to = memory;
	ssize_t n;

	for (size_t at = 0; at < length; at += (size_t)n) {
		n = io->read(fd, to + at, length - at, at);
		if (n == -EINTR)
			n = 0;
		else if (n < 0)
			return (int)n;
		else if (n == 0)
			return -EBADMSG;
	}
	return 0;
}

static int write_all(const struct hp_io *io, int fd, const void *memory,
		     size_t length)
{
	const char *from = memory;
	ssize_t n;

	for (size_t at = 0; at < length; at += (size_t)n) {
		n = io->write(fd, from + at, length - at, at);
		if (n == -EINTR)
			n = 0;
		else if (n < 0)
			return (int)n;
		else if (n == 0)
			return -EIO;
	}
	return 0;
}

int hp_save_dir_read(struct hp_save_dir *dir, struct hp_memory *ret_memory,
		     struct hp_save_index *ret_index)
{
	HP_CLEANUP(file_end)
	struct file file = { dir->io,
			     dir->io->open(dir->fd, HP_SAVE_INDEX, 0) };
	const char *reason;
	uint64_t length;
	int err;

	if (file.fd == -ENOENT)
		return -ENOENT;
	if (file.fd < 0)
		return failed(dir, file.fd, "open", HP_SAVE_INDEX);
	err = dir->io->length(file.fd, &length);
	if (err < 0)
		return failed(dir, err, "fstat", HP_SAVE_INDEX);
	if (!length || length > HP_SAVE_INDEX_MAX) {
		hp_log(dir->log, LOG_ERR, "%s/%s: no index has %llu bytes",
		       dir->path, HP_SAVE_INDEX, (unsigned long long)length);
		return -EBADMSG;
	}
	HP_MEMORY(memory, dir->sys, dir->sys->zalloc((size_t)length));
	if (!memory.memory)
		return -ENOMEM;
	err = read_all(dir->io, file.fd, memory.memory, (size_t)length);
	if (err < 0)
		return failed(dir, err, "read", HP_SAVE_INDEX);
	err = hp_save_index_parse(memory.memory, (size_t)length, ret_index,
				  &reason);
	if (err < 0) {
		hp_log(dir->log, LOG_ERR, "%s/%s: %s", dir->path, HP_SAVE_INDEX,
		       reason);
		return err;
	}
	ret_memory->sys = dir->sys;
	ret_memory->memory = hp_memory_keep(&memory);
	return 0;
}

static int write_index(struct hp_save_dir *dir, const void *bytes, size_t size)
{
	HP_CLEANUP(file_end)
	struct file file = { dir->io, dir->io->open(dir->fd, HP_SAVE_INDEX_NEW,
						    HP_IO_WRITE | HP_IO_CREATE |
							    HP_IO_EMPTY) };
	int err;

	if (file.fd < 0)
		return failed(dir, file.fd, "open", HP_SAVE_INDEX_NEW);
	err = write_all(dir->io, file.fd, bytes, size);
	if (err < 0)
		return failed(dir, err, "write", HP_SAVE_INDEX_NEW);
	err = dir->io->sync(file.fd);
	return err < 0 ? failed(dir, err, "fsync", HP_SAVE_INDEX_NEW) : 0;
}

static int sync_directory(struct hp_save_dir *dir)
{
	int err = dir->io->sync(dir->fd);

	return err < 0 ? failed(dir, err, "fsync", "") : 0;
}

int hp_save_dir_install(struct hp_save_dir *dir, const void *bytes, size_t size,
			bool *ret_replaced)
{
	int err;

	*ret_replaced = false;
	err = write_index(dir, bytes, size);
	if (err < 0)
		return err;
	/* The names of the data files before the index that counts on them. */
	err = sync_directory(dir);
	if (err < 0)
		return err;
	err = dir->io->rename(dir->fd, HP_SAVE_INDEX_NEW, HP_SAVE_INDEX);
	if (err < 0)
		return failed(dir, err, "rename", HP_SAVE_INDEX);
	*ret_replaced = true;
	return sync_directory(dir);
}

int hp_save_dir_uninstall(struct hp_save_dir *dir)
{
	int err = dir->io->unlink(dir->fd, HP_SAVE_INDEX);

	if (err == -ENOENT)
		return -ENOENT;
	if (err < 0)
		return failed(dir, err, "unlink", HP_SAVE_INDEX);
	return sync_directory(dir);
}

/* -- Data files ------------------------------------------------------------ */

static void data_name(char name[HP_SAVE_DATA_NAME], uint64_t id,
		      uint32_t number)
{
	(void)snprintf(name, HP_SAVE_DATA_NAME, HP_SAVE_DATA_FORMAT,
		       (unsigned long long)id, number & 0xffff);
}

static bool parse_data_name(const char *name, uint64_t *ret_id)
{
	char again[HP_SAVE_DATA_NAME];
	unsigned long long id;
	unsigned int number;

	if (sscanf(name, HP_SAVE_DATA_FORMAT, &id, &number) != 2)
		return false;
	data_name(again, id, number);
	*ret_id = id;
	return !strcmp(name, again);
}

static int visit_id(void *context, const char *name)
{
	uint64_t *last = context, id;

	if (parse_data_name(name, &id) && id > *last)
		*last = id;
	return 0;
}

int hp_save_dir_new_id(struct hp_save_dir *dir, uint64_t *ret_id)
{
	uint64_t last = dir->sys->time_ns();
	int err = dir->io->list(dir->fd, visit_id, &last);
	char name[HP_SAVE_DATA_NAME];

	if (err < 0)
		return failed(dir, err, "readdir", "");
	if (last == UINT64_MAX) {
		data_name(name, last, 0);
		hp_log(dir->log, LOG_ERR,
		       "%s/%s, or one that differs in the last four digits, "
		       "has the highest number, so that no other can follow: "
		       "remove it, or save to another directory: readdir",
		       dir->path, name);
		return -EINVAL;
	}
	*ret_id = last + 1;
	return 0;
}

int hp_save_dir_data(struct hp_save_dir *dir, uint64_t id, uint32_t number,
		     unsigned int flags, bool *ret_direct)
{
	char name[HP_SAVE_DATA_NAME];
	int fd;

	data_name(name, id, number);
	fd = dir->io->open(dir->fd, name, flags);
	if (fd == -EINVAL && flags & HP_IO_DIRECT) {
		hp_log(dir->log, LOG_INFO,
		       "%s: this file system has no O_DIRECT, so the data goes "
		       "through the page cache: open",
		       dir->path);
		flags &= ~(unsigned int)HP_IO_DIRECT;
		/* It may have been made all the same. */
		if (flags & HP_IO_NEW)
			flags = (flags & ~(unsigned int)HP_IO_NEW) |
				HP_IO_CREATE | HP_IO_EMPTY;
		fd = dir->io->open(dir->fd, name, flags);
	}
	*ret_direct = flags & HP_IO_DIRECT;
	if (fd >= 0)
		return fd;
	(void)failed(dir, fd, "open", name);
	/* What the index names must be there. */
	return fd == -ENOENT ? -EBADMSG : hp_save_error(fd);
}

struct cleaning {
	struct hp_save_dir *dir;
	uint64_t id;
	bool keep;
};

static int visit_clean(void *context, const char *name)
{
	struct cleaning *c = context;
	uint64_t id;
	int err;

	if (parse_data_name(name, &id) ? (id == c->id) == c->keep :
					 strcmp(name, HP_SAVE_INDEX_NEW) != 0)
		return 0;
	err = c->dir->io->unlink(c->dir->fd, name);
	if (err < 0)
		hp_log(c->dir->log, LOG_WARNING, "%s/%s: unlink: %s",
		       c->dir->path, name, HP_ERRNO(err));
	return 0;
}

void hp_save_dir_clean(struct hp_save_dir *dir, uint64_t id, bool keep)
{
	struct cleaning cleaning = { dir, id, keep };
	int err = dir->io->list(dir->fd, visit_clean, &cleaning);

	if (err < 0)
		hp_log_call(dir->log, LOG_WARNING, dir->path, "readdir", err);
}
