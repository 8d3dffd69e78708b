// SPDX-License-Identifier: MIT
/*
 * What can be done with a save without a session.
 */
#include <errno.h>
#include <string.h>

#include "base/export.h"
#include "base/options.h"
#include "save/task.h"
#include "system/cleanup.h"

static const struct hp_log nobody;

static int read_index(struct hp_save_dir *dir, struct hp_memory *bytes,
		      struct hp_save_index *index)
{
	int err;

	if (!dir->path || !dir->path[0])
		return -EINVAL;
	err = hp_save_dir_open(dir, HP_SAVE_DIR_LOOK);
	return err ? err : hp_save_dir_read(dir, bytes, index);
}

int hp_save_info_on(const struct hp_io *io, const char *directory,
		    struct hp_save_info *info)
{
	struct hp_save_info known = { .online = 0 };
	const struct hp_save_header *h;
	struct hp_save_index index;
	int err;

	err = hp_info_check(info, sizeof(known));
	if (err < 0)
		return err;

	HP_UNCANCELLED();
	HP_MEMORY(bytes, io->sys, NULL);
	HP_SAVE_DIR(dir, .io = io, .sys = io->sys, .log = &nobody,
		    .path = directory);
	err = read_index(&dir, &bytes, &index);
	if (err < 0)
		return err;
	h = &index.header;
	known.region_count = h->region_count;
	known.online = h->flags & HP_SAVE_ONLINE_BIT;
	known.generation = h->generation;
	known.written_ns = h->written_ns;
	for (uint32_t i = 0; i < h->region_count; i++)
		known.total_bytes += hp_save_index_region(&index, i).length;
	for (uint64_t i = 0; i < h->extent_count; i++)
		known.stored_bytes += hp_save_index_extent(&index, i).length;
	memcpy(known.session, h->session, sizeof(h->session));
	memcpy(known.kernel, h->kernel, sizeof(h->kernel));
	memcpy(known.boot_id, h->boot_id, sizeof(h->boot_id));
	memcpy(known.library, h->library, sizeof(h->library));
	hp_info_fill(info, &known, sizeof(known));
	return 0;
}

HP_EXPORT int hp_save_info(const char *directory, struct hp_save_info *info)
{
	return hp_save_info_on(&hp_io_linux, directory, info);
}

int hp_save_region_info_on(const struct hp_io *io, const char *directory,
			   unsigned int number, struct hp_region_info *info)
{
	struct hp_region_info known = { .state = 0 };
	struct hp_save_region region;
	struct hp_save_index index;
	int err;

	err = hp_info_check(info, sizeof(known));
	if (err < 0)
		return err;

	HP_UNCANCELLED();
	HP_MEMORY(bytes, io->sys, NULL);
	HP_SAVE_DIR(dir, .io = io, .sys = io->sys, .log = &nobody,
		    .path = directory);
	err = read_index(&dir, &bytes, &index);
	if (err < 0)
		return err;
	if (number >= index.header.region_count)
		return -ENOENT;
	region = hp_save_index_region(&index, number);
	known.token = region.token;
	known.length = region.length;
	known.page_size = region.page_size;
	known.address = region.address;
	known.layout = region.layout;
	memcpy(known.label, region.label, sizeof(region.label));
	hp_info_fill(info, &known, sizeof(known));
	return 0;
}

HP_EXPORT int hp_save_region_info(const char *directory, unsigned int number,
				  struct hp_region_info *info)
{
	return hp_save_region_info_on(&hp_io_linux, directory, number, info);
}

int hp_save_remove_on(const struct hp_io *io, const char *directory)
{
	int err;

	if (!directory || !directory[0])
		return -EINVAL;

	HP_UNCANCELLED();
	HP_SAVE_DIR(dir, .io = io, .sys = io->sys, .log = &nobody,
		    .path = directory);
	/* Nothing to remove makes nothing either. */
	dir.fd = io->open_directory(directory);
	if (dir.fd == -ENOENT)
		return 0;
	hp_save_dir_close(&dir);
	err = hp_save_dir_open(&dir, HP_SAVE_DIR_SAVE);
	if (err < 0)
		return err;
	err = hp_save_dir_uninstall(&dir);
	if (err < 0 && err != -ENOENT)
		return err;
	/* Of what an earlier crash or removal left, too. */
	hp_save_dir_clean(&dir, 0, true);
	return 0;
}

HP_EXPORT int hp_save_remove(const char *directory)
{
	return hp_save_remove_on(&hp_io_linux, directory);
}
