/* SPDX-License-Identifier: MIT */
/*
 * A region that is being saved, block by block: what is to be written, and the
 * checksums of what was.
 */
#ifndef HP_SAVE_IMAGE_H
#define HP_SAVE_IMAGE_H

#include "save/task.h"

/* State of a block. */
enum {
	HP_BLOCK_ZERO = 0, /* or never touched: not to be stored */
	HP_BLOCK_DATA = 1, /* stored, or to be */
	HP_BLOCK_TODO = 2, /* to be written; or to be looked at, if not DATA */
};

struct hp_save_image {
	struct hp_region *region;
	struct hp_region_info info;
	uint64_t unit; /* what its length is a multiple of */
	bool shmem;
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
 * Count the regions of a session that is locked. -ENOTEMPTY: one came back and is
 * not open, so it would be missing; or what says that it is not known whether
 * one did. -EFBIG: more than a save can hold.
 */
int hp_save_count_regions(struct hp_session *session, uint32_t *ret_count);

/* Describe as many, in ascending order of their tokens. */
int hp_save_list_images(struct hp_save_task *task, struct hp_save_image *images,
			uint32_t count);

/* Describe a region of a session that is locked. It is not looked at yet. */
int hp_save_image_init(struct hp_save_image *image, struct hp_save_task *task,
		       struct hp_region *region);

/* The size of the blocks of an image, by the options of its task. */
uint64_t hp_save_block_size(const struct hp_save_image *image);

/*
 * Choose a block size, if the caller leaves it to us, of which an index can list
 * all blocks. -EINVAL: not with the caller's. -EFBIG: not with any.
 */
int hp_save_choose_block_size(struct hp_save_task *task,
			      const struct hp_save_image *images,
			      uint32_t count);

/*
 * Find out what there is to save. Pages that were never touched are not touched
 * here either. -EHWPOISON: a page is broken; -EUCLEAN: the file is not what it
 * was.
 */
int hp_save_image_begin(struct hp_save_image *image);
/* Free what hp_save_image_begin() took. */
void hp_save_image_end(struct hp_save_image *image);

/* Note that these bytes changed. */
void hp_save_image_mark(struct hp_save_image *image,
			const struct hp_save_range *range);

/* How many bytes the blocks have that are to be done. */
uint64_t hp_save_image_todo(const struct hp_save_image *image);

/* Find the next run of blocks with data, from block *number on; in bytes. */
bool hp_save_image_run(const struct hp_save_image *image, uint64_t *number,
		       struct hp_save_range *ret_run);

/* Write all that is to be done to a file. */
int hp_save_image_write(struct hp_save_image *image,
			struct hp_transfer *transfer);

/* Fill in the extents of the index, and count them. NULL: only count them. */
uint64_t hp_save_image_extents(const struct hp_save_image *image,
			       struct hp_save_extent *extents);

#endif
