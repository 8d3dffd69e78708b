/* SPDX-License-Identifier: MIT */
/*
 * Blocks between memory and one file, many at a time, with their checksums.
 */
#ifndef HP_SAVE_TRANSFER_H
#define HP_SAVE_TRANSFER_H

#include "base/log.h"
#include "save/storage/io.h"
#include "system/sys.h"

struct hp_block {
	void *memory;
	uint64_t length;
	uint64_t offset;   /* in the file */
	uint64_t checksum; /* of the memory when it is done */
	uint64_t number;   /* the caller's */
};

struct hp_transfer {
	/* Set by the caller. */
	const struct hp_io *io;
	const struct hp_sys *sys;
	const struct hp_log *log;
	const char *path; /* for messages */
	bool write;
	bool uring;  /* to be tried; false afterwards if it did not work */
	bool direct; /* the file is O_DIRECT; likewise */
	unsigned int depth;
	int fd;
	const struct iovec *buffers; /* to be registered, in ascending order */
	unsigned int buffers_count;

	/* 1: the next block, 0: no more, or an error, which ends the transfer.*/
	int (*next)(void *context, struct hp_block *block);
	/* 0, or an error, which ends it. */
	int (*done)(void *context, const struct hp_block *block);
	void *context;

	/* Set by the transfer. */
	bool registered;      /* the buffers were */
	uint64_t checksum_ns; /* added to */
	uint64_t bytes;	      /* added to */
};

/*
 * Move all blocks. When it returns nothing is under way any more. Errors as in save.h; -EBADMSG:
 * the file is too short. A page that cannot be had is -EHWPOISON when written
 * and -ENOMEM when read.
 */
int hp_transfer_run(struct hp_transfer *transfer);

#endif
