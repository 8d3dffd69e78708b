/* SPDX-License-Identifier: MIT */
/*
 * A region that is being saved, block by block: what is to be written, and the
 * checksums of what was.
 */
#ifndef HP_SAVE_IMAGE_H
#define HP_SAVE_IMAGE_H

#include "region.h"
#include "save_task.h"

/* State of a block. */
enum {
	HP_BLOCK_ZERO = 0, /* or never touched: not to be stored */
	HP_BLOCK_DATA = 1, /* stored, or to be */
	HP_BLOCK_TODO = 2, /* to be written; or to be looked at, if not DATA */
};

struct hp_save_image {
	const struct hp_region *region;
	char *address;
	uint64_t length;
	uint64_t block_size;
	uint64_t count;	       /* of blocks */
	uint64_t *checksums;   /* of each */
	unsigned char *states; /* HP_BLOCK_* of each */
	uint64_t cursor;       /* of the pass: the next block to look at */
	struct iovec *buffers; /* memory worth registering, or NULL */
	unsigned int buffers_count;
	struct hp_save_task *task;
};

/*
 * Before anything is written: a block size, if the caller leaves it to us, of
 * which an index can list all. regions: the first of a session. -EINVAL: not
 * with the caller's, -EFBIG: not with any.
 */
int hp_save_choose_block_size(struct hp_save_task *task,
			      const struct hp_region *regions);

/* Of the blocks of a region. */
uint64_t hp_save_block_size(const struct hp_save_task *task,
			    const struct hp_region *region);

/*
 * Find out what there is to save. Pages that were never touched are not touched
 * here either. -EHWPOISON: a page is broken; -EUCLEAN: the file is not what it
 * was.
 */
int hp_save_image_begin(struct hp_save_image *image, struct hp_save_task *task,
			const struct hp_region *region);
void hp_save_image_end(struct hp_save_image *image);

/* These bytes changed. */
void hp_save_image_mark(struct hp_save_image *image,
			const struct hp_save_range *range);

/* Bytes of blocks that are to be done. */
uint64_t hp_save_image_todo(const struct hp_save_image *image);

/* From block *number on, the next run of blocks with data, in bytes. */
bool hp_save_image_run(const struct hp_save_image *image, uint64_t *number,
		       struct hp_save_range *ret_run);

/* Write all that is to be done to a file. */
int hp_save_image_write(struct hp_save_image *image,
			struct hp_transfer *transfer);

/* Extents of the index; NULL: only count them. */
uint64_t hp_save_image_extents(const struct hp_save_image *image,
			       struct hp_save_extent *extents);

#endif
