// SPDX-License-Identifier: MIT
/*
 * The regions of a session that is saved, and how large their blocks are.
 */
#include <errno.h>
#include <stdlib.h>

#include "save/image.h"

/* Which is best depends on the disk, and few were measured: callers choose. */
#define BLOCK_SIZE (UINT64_C(1) << 20)

/* -- Regions --------------------------------------------------------------- */

/*
 * The next region from that index on; NULL: it came back and is not open. One that
 * is lost has nothing to save. -ENOENT: there are no more.
 */
static int next_region(struct hp_session *session, unsigned int *index,
		       struct hp_region **ret_region)
{
	struct hp_region_info info = { .size = sizeof(info) };
	int err;

	do
		err = hp_session_region(session, (*index)++, &info);
	while (!err && info.state & HP_REGION_IS_LOST);
	if (err < 0)
		return err;
	*ret_region = NULL;
	return info.state & HP_REGION_IS_OPEN ?
		       hp_region_get(session, info.token, ret_region) :
		       0;
}

int hp_save_count_regions(struct hp_session *session, uint32_t *ret_count)
{
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region *region;
	unsigned int index = 0;
	uint32_t count = 0;
	int err;

	err = hp_session_info(session, &info);
	if (err < 0)
		return err;
	if (info.manifest_error)
		return info.manifest_error;
	do {
		err = next_region(session, &index, &region);
		if (!err && !region)
			err = -ENOTEMPTY;
		count += !err;
	} while (!err);
	if (err != -ENOENT)
		return err;
	*ret_count = count;
	return count > HP_SAVE_REGIONS_MAX ? -EFBIG : 0;
}

static int compare_tokens(const void *a, const void *b)
{
	const struct hp_save_image *one = a, *other = b;

	if (one->info.token == other->info.token)
		return 0;
	return one->info.token < other->info.token ? -1 : 1;
}

int hp_save_list_images(struct hp_save_task *task, struct hp_save_image *images,
			uint32_t count)
{
	struct hp_region *region = NULL;
	unsigned int index = 0;
	int err = 0;

	for (uint32_t i = 0; !err && i < count; i++) {
		err = next_region(task->session, &index, &region);
		if (!err)
			err = hp_save_image_init(&images[i], task, region);
	}
	if (!err)
		qsort(images, count, sizeof(*images), compare_tokens);
	return err;
}

/* -- Blocks ---------------------------------------------------------------- */

/* Is that an index that can be read again? */
static bool fits_index(const struct hp_save_image *images, uint32_t count)
{
	uint64_t extents = 0;

	for (uint32_t i = 0; i < count; i++)
		extents +=
			images[i].length / hp_save_block_size(&images[i]) + 1;
	return extents < HP_SAVE_INDEX_MAX / sizeof(struct hp_save_extent) / 2;
}

int hp_save_choose_block_size(struct hp_save_task *task,
			      const struct hp_save_image *images,
			      uint32_t count)
{
	uint64_t *size = &task->opts.block_size;
	bool given = *size;

	if (!given)
		*size = BLOCK_SIZE;
	while (!fits_index(images, count)) {
		if (given || *size == HP_SAVE_BLOCK_MAX) {
			hp_log(&task->log, LOG_ERR,
			       "too many blocks of %llu bytes for a save: "
			       "hp_session_save",
			       (unsigned long long)*size);
			return given ? -EINVAL : -EFBIG;
		}
		*size *= 2;
	}
	return 0;
}
