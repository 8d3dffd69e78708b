/* SPDX-License-Identifier: MIT */
/*
 * The directory of a save: who may work in it, its index, its data files.
 */
#ifndef HP_SAVE_DIR_H
#define HP_SAVE_DIR_H

#include <stdbool.h>

#include "base/log.h"
#include "save/storage/index.h"
#include "save/storage/io.h"
#include "system/cleanup.h"

struct hp_save_dir {
	const struct hp_io *io;
	const struct hp_sys *sys;
	const struct hp_log *log;
	const char *path; /* the caller's; for messages */
	int fd;		  /* -1: not open */
	int lock;	  /* -1: none */
};

/* What file systems fail with, in the terms of save.h. */
int hp_save_error(int err);

/* What for. */
enum hp_save_dir_use {
	HP_SAVE_DIR_LOOK, /* at the index, which is one or the other at any time */
	HP_SAVE_DIR_LOAD, /* with others that load */
	HP_SAVE_DIR_SAVE, /* alone; it is made if it is not there */
};

/* Open the directory, of which path, io, sys and log are set. */
int hp_save_dir_open(struct hp_save_dir *dir, enum hp_save_dir_use use);

/* Give up the lock and the descriptor, as far as there are any. */
void hp_save_dir_close(struct hp_save_dir *dir);

/*
 * Read and check the index. -ENOENT: there is no save. -EBADMSG, -EOPNOTSUPP: as
 * hp_save_index_parse(). The index points into memory, which the caller ends.
 */
int hp_save_dir_read(struct hp_save_dir *dir, struct hp_memory *ret_memory,
		     struct hp_save_index *ret_index);

/* Find an ID that no data file has. -EINVAL: one has the highest that there is. */
int hp_save_dir_new_id(struct hp_save_dir *dir, uint64_t *ret_id);

/*
 * Open the data file of a region. flags: HP_IO_*. With HP_IO_DIRECT it tries
 * without it too; ret_direct tells which it was.
 */
int hp_save_dir_data(struct hp_save_dir *dir, uint64_t id, uint32_t number,
		     unsigned int flags, bool *ret_direct);

/*
 * The index becomes that of the directory, in one step, and is on the storage.
 * ret_replaced: that step was done, though the rest may have failed; then both
 * saves must stay.
 */
int hp_save_dir_install(struct hp_save_dir *dir, const void *bytes, size_t size,
			bool *ret_replaced);

/* Remove the index. -ENOENT: there was none. */
int hp_save_dir_uninstall(struct hp_save_dir *dir);

/*
 * Remove data files: all but those of an ID, or only those. A failure costs
 * nothing but room, so the log hears it and nobody else.
 */
void hp_save_dir_clean(struct hp_save_dir *dir, uint64_t id, bool keep);

#define HP_SAVE_DIR(var, ...)         \
	HP_CLEANUP(hp_save_dir_close) \
	struct hp_save_dir var = { .fd = -1, .lock = -1, __VA_ARGS__ }

#endif
