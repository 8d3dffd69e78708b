// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "save/image.h"
#include "system/cleanup.h"

/* What the kernel takes as one registered buffer, and how many. */
#define BUFFER_MAX (UINT64_C(1) << 30)
#define BUFFERS_MAX 1024

/* To look at bytes without touching the page that they are not in. */
#define WINDOW (UINT64_C(1) << 20)

/* Between two looks at the clock. */
#define POLL_BYTES (UINT64_C(1) << 28)

static bool is_zero(const char *bytes, uint64_t length)
{
	uint64_t first;

	memcpy(&first, bytes, sizeof(first));
	return !first &&
	       !memcmp(bytes, bytes + sizeof(first), length - sizeof(first));
}

static uint64_t block_length(const struct hp_save_image *image, uint64_t number)
{
	uint64_t start = number * image->block_size;
	uint64_t left = image->length - start;

	return left < image->block_size ? left : image->block_size;
}

/* -- What there is --------------------------------------------------------- */

/*
 * A page that this process has not mapped may be in the file nevertheless, as
 * all are after an update. A read of the file tells zeros where there is none,
 * and takes none.
 */
static int page_has_data(const struct hp_save_image *image, uint64_t start,
			 void *window, bool *ret_has)
{
	const struct hp_sys *sys = image->task->sys;
	int fd = hp_region_fd(image->region), err;
	uint64_t step = WINDOW;

	*ret_has = false;
	if (step > image->unit)
		step = image->unit;
	for (uint64_t at = 0; at < image->unit && !*ret_has; at += step) {
		err = sys->read_at(fd, window, (size_t)step, start + at);
		if (err == -EIO)
			return -EHWPOISON;
		if (err < 0)
			return err == -ENOMEM ? -ENOMEM : -EUCLEAN;
		*ret_has = !is_zero(window, step);
	}
	return 0;
}

/*
 * Of shmem, which tells where it has small pages. What has one is looked at as
 * a whole, and has all of them then.
 */
static int find_units(struct hp_save_image *image, unsigned char *pages)
{
	const struct hp_sys *sys = image->task->sys;
	uint64_t start, end = 0, length = image->length;
	int fd = hp_region_fd(image->region), err;

	while (end < length) {
		err = sys->find_data(fd, end, &start, &end);
		if (err == -ENXIO)
			return 0;
		if (err < 0)
			return -EUCLEAN;
		for (uint64_t at = start - start % HP_PAGE_2M;
		     at < end && at < length; at += HP_PAGE_2M)
			pages[at / HP_PAGE_2M] = 1;
	}
	return 0;
}

/* pages: one byte for each, 1 if it may have data. */
static int find_pages(struct hp_save_image *image, uint64_t allocated,
		      unsigned char *pages)
{
	uint64_t size = image->unit, count = image->length / size;
	bool has;
	int err;

	if (image->shmem)
		return find_units(image, pages);
	if (allocated >= image->length) {
		memset(pages, 1, count);
		return 0;
	}
	if (!allocated)
		return 0;
	HP_MEMORY(window, image->task->sys, image->task->sys->zalloc(WINDOW));
	if (!window.memory)
		return -ENOMEM;
	if (image->task->io->resident(image->address, image->length, pages,
				      size) < 0)
		memset(pages, 0, count);
	for (uint64_t i = 0; i < count; i++) {
		if (pages[i])
			continue;
		err = page_has_data(image, i * size, window.memory, &has);
		if (err < 0)
			return err;
		pages[i] = has;
		if (i * size % POLL_BYTES == 0) {
			err = hp_save_task_advance(image->task, 0, false);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

/* A broken page shall be an error here and no signal at the first look. */
static int map_pages(struct hp_save_image *image, uint64_t start,
		     uint64_t length)
{
	int err =
		image->task->io->populate_read(image->address + start, length);

	switch (err) {
	case 0:
	case -EOPNOTSUPP:
		return 0;
	case -EHWPOISON:
	case -ENOMEM:
		break;
	case -EFAULT: /* beyond the end of the file; shmem: or no memory */
		if (image->shmem && !hp_region_check(image->region))
			err = -ENOMEM;
		else
			err = -EUCLEAN;
		break;
	default:
		err = -EPROTO;
	}
	hp_log(&image->task->log, LOG_ERR,
	       "region %#llx: pages from byte %llu on: madvise: %s",
	       (unsigned long long)image->info.token, (unsigned long long)start,
	       HP_ERRNO(err));
	return err;
}

/* Longer than one buffer may be: several. Too many: none at all. */
static void add_buffers(struct hp_save_image *image, uint64_t start,
			uint64_t length)
{
	while (image->buffers && length) {
		uint64_t part = length < BUFFER_MAX ? length : BUFFER_MAX;

		if (image->buffers_count == BUFFERS_MAX) {
			image->task->sys->free(image->buffers);
			image->buffers = NULL;
			image->buffers_count = 0;
			return;
		}
		image->buffers[image->buffers_count++] = (struct iovec){
			.iov_base = image->address + start,
			.iov_len = (size_t)part,
		};
		start += part;
		length -= part;
	}
}

static int use_pages(struct hp_save_image *image, const unsigned char *pages)
{
	uint64_t size = image->unit;
	uint64_t count = image->length / size;
	int err;

	for (uint64_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && pages[end] == pages[i];)
			end++;
		if (!pages[i])
			continue;
		err = map_pages(image, i * size, (end - i) * size);
		if (err < 0)
			return err;
		add_buffers(image, i * size, (end - i) * size);
	}
	return 0;
}

/* Does a block lie in pages that are there? Else it is not to be touched. */
static bool block_is_there(const struct hp_save_image *image, uint64_t number,
			   const unsigned char *pages)
{
	uint64_t size = image->unit;
	uint64_t start = number * image->block_size;
	uint64_t end = start + block_length(image, number);

	for (uint64_t i = start / size; i * size < end; i++)
		if (pages[i])
			return true;
	return false;
}

static int look_at_blocks(struct hp_save_image *image,
			  const unsigned char *pages)
{
	int err;

	for (uint64_t i = 0; i < image->count; i++) {
		const char *block = image->address + i * image->block_size;
		uint64_t length = block_length(image, i);

		if (block_is_there(image, i, pages) &&
		    !is_zero(block, length)) {
			image->states[i] = HP_BLOCK_DATA | HP_BLOCK_TODO;
			continue;
		}
		err = hp_save_task_advance(image->task, length, false);
		if (err < 0)
			return err;
	}
	return 0;
}

static int survey(struct hp_save_image *image, uint64_t allocated)
{
	const struct hp_sys *sys = image->task->sys;
	int err;

	HP_MEMORY(pages, sys, sys->zalloc(image->length / image->unit));
	if (!pages.memory)
		return -ENOMEM;
	err = find_pages(image, allocated, pages.memory);
	if (!err)
		err = use_pages(image, pages.memory);
	return err ? err : look_at_blocks(image, pages.memory);
}

uint64_t hp_save_block_size(const struct hp_save_image *image)
{
	uint64_t size = image->task->opts.block_size;

	/* A block is not to be partly in pages that were never touched. */
	return size > image->unit && image->unit >= HP_SAVE_BLOCK_MIN ?
		       image->unit :
		       size;
}

/* What the file of the region is now; -EUCLEAN: another one. */
static int look_at_file(const struct hp_save_image *image,
			struct hp_file_info *ret_info)
{
	int err = hp_region_check(image->region);

	if (err < 0)
		return err;
	err = image->task->sys->file_info(hp_region_fd(image->region),
					  ret_info);
	return err < 0 ? hp_error_common(err) : 0;
}

int hp_save_image_init(struct hp_save_image *image, struct hp_save_task *task,
		       struct hp_region *region)
{
	struct hp_file_info file;
	int err;

	*image = (struct hp_save_image){
		.region = region,
		.info.size = sizeof(image->info),
		.task = task,
	};
	err = hp_region_info(region, &image->info);
	if (!err)
		err = look_at_file(image, &file);
	if (err < 0)
		return err;
	image->shmem = !file.page_size;
	image->unit = image->shmem ? HP_PAGE_2M : file.page_size;
	image->address = hp_region_address(region);
	image->length = image->info.length;
	return 0;
}

int hp_save_image_begin(struct hp_save_image *image)
{
	const struct hp_sys *sys = image->task->sys;
	struct hp_file_info file;
	int err;

	err = look_at_file(image, &file);
	if (err < 0)
		return err;
	image->block_size = hp_save_block_size(image);
	image->count = (image->length - 1) / image->block_size + 1;
	image->checksums =
		sys->zalloc(image->count * sizeof(*image->checksums));
	image->states = sys->zalloc(image->count);
	/* Not to have it costs only speed. */
	image->buffers = sys->zalloc(BUFFERS_MAX * sizeof(*image->buffers));
	if (!image->checksums || !image->states)
		return -ENOMEM;
	return survey(image, file.allocated);
}

void hp_save_image_end(struct hp_save_image *image)
{
	if (image->checksums)
		image->task->sys->free(image->checksums);
	if (image->states)
		image->task->sys->free(image->states);
	if (image->buffers)
		image->task->sys->free(image->buffers);
}

/* -- What is to be done ---------------------------------------------------- */

void hp_save_image_mark(struct hp_save_image *image,
			const struct hp_save_range *range)
{
	uint64_t end;

	if (!range->length || range->offset >= image->length)
		return;
	end = range->length < image->length - range->offset ?
		      range->offset + range->length :
		      image->length;
	for (uint64_t i = range->offset / image->block_size;
	     i * image->block_size < end; i++)
		image->states[i] = HP_BLOCK_TODO;
}

uint64_t hp_save_image_todo(const struct hp_save_image *image)
{
	uint64_t bytes = 0;

	for (uint64_t i = 0; i < image->count; i++)
		if (image->states[i] & HP_BLOCK_TODO)
			bytes += block_length(image, i);
	return bytes;
}

bool hp_save_image_run(const struct hp_save_image *image, uint64_t *number,
		       struct hp_save_range *ret_run)
{
	uint64_t i = *number, first;

	while (i < image->count && !(image->states[i] & HP_BLOCK_DATA))
		i++;
	first = i;
	while (i < image->count && image->states[i] & HP_BLOCK_DATA)
		i++;
	*number = i;
	ret_run->offset = first * image->block_size;
	ret_run->length =
		(i < image->count ? i * image->block_size : image->length) -
		ret_run->offset;
	return i > first;
}

static int next_block(void *context, struct hp_block *block)
{
	struct hp_save_image *image = context;

	for (; image->cursor < image->count; image->cursor++) {
		uint64_t i = image->cursor;
		unsigned char state = image->states[i];
		uint64_t offset = i * image->block_size;
		uint64_t length = block_length(image, i);
		int err;

		if (!(state & HP_BLOCK_TODO))
			continue;
		/* Where shmem was written to there may be holes beside that. */
		if (image->shmem && !(state & HP_BLOCK_DATA)) {
			err = map_pages(image, offset, length);
			if (err < 0)
				return err;
		}
		if (state & HP_BLOCK_DATA ||
		    !is_zero(image->address + offset, length)) {
			image->states[i] = HP_BLOCK_DATA;
			*block = (struct hp_block){
				.memory = image->address + offset,
				.length = length,
				.offset = offset,
				.number = i,
			};
			image->cursor++;
			return 1;
		}
		/* What the file has there does not count any more. */
		image->states[i] = HP_BLOCK_ZERO;
		err = hp_save_task_advance(image->task, length, false);
		if (err < 0)
			return err;
	}
	return 0;
}

static int block_done(void *context, const struct hp_block *block)
{
	struct hp_save_image *image = context;

	image->checksums[block->number] = block->checksum;
	return hp_save_task_advance(image->task, block->length, false);
}

int hp_save_image_write(struct hp_save_image *image,
			struct hp_transfer *transfer)
{
	int err;

	image->cursor = 0;
	transfer->next = next_block;
	transfer->done = block_done;
	transfer->context = image;
	transfer->buffers = image->buffers;
	transfer->buffers_count = image->buffers_count;
	err = hp_transfer_run(transfer);
	/* Memory that is not there: is it broken, or gone with the file? */
	if (err == -EHWPOISON && hp_region_check(image->region) == -EUCLEAN)
		return -EUCLEAN;
	return err;
}

uint64_t hp_save_image_extents(const struct hp_save_image *image,
			       struct hp_save_extent *extents)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < image->count; i++) {
		if (image->states[i] != HP_BLOCK_DATA)
			continue;
		if (extents)
			extents[count] = (struct hp_save_extent){
				.offset = i * image->block_size,
				.length = block_length(image, i),
				.checksum = image->checksums[i],
			};
		count++;
	}
	return count;
}
