// SPDX-License-Identifier: MIT
/*
 * From a directory into new regions.
 */
#include <errno.h>
#include <string.h>

#include "base/export.h"
#include "base/options.h"
#include "save/task.h"
#include "system/cleanup.h"

struct load {
	struct hp_save_task task;
	struct hp_save_dir *dir;
	struct hp_memory bytes; /* of the index */
	struct hp_save_index index;
	/* The region at work. */
	uint32_t number;
	struct hp_save_region saved;
	char *address;
	uint64_t extent;      /* of the index: the next */
	uint64_t extents_end; /* of the region: behind its last */
};

static void load_end(struct load *load)
{
	hp_memory_end(&load->bytes);
	hp_save_task_unlock(&load->task);
}

/* -- The data -------------------------------------------------------------- */

/* What is between two extents is zero, and so is new memory. */
static int next_extent(void *context, struct hp_block *block)
{
	struct load *load = context;
	struct hp_save_extent extent;

	if (load->extent == load->extents_end)
		return 0;
	extent = hp_save_index_extent(&load->index, load->extent);
	*block = (struct hp_block){
		.memory = load->address + extent.offset,
		.length = extent.length,
		.offset = extent.offset,
		.number = load->extent++,
	};
	return 1;
}

static int extent_done(void *context, const struct hp_block *block)
{
	struct load *load = context;
	struct hp_save_extent extent =
		hp_save_index_extent(&load->index, block->number);

	if (extent.checksum == block->checksum)
		return hp_save_task_advance(&load->task, block->length, false);
	hp_log(&load->task.log, LOG_ERR,
	       "%s: region %#llx: the checksum of bytes %llu to %llu is wrong: "
	       "the data file of it, " HP_SAVE_DATA_FORMAT ", is damaged",
	       load->dir->path, (unsigned long long)load->saved.token,
	       (unsigned long long)extent.offset,
	       (unsigned long long)(extent.offset + extent.length - 1),
	       (unsigned long long)load->index.header.id, load->number);
	return -EBADMSG;
}

struct data_file {
	const struct hp_io *io;
	int fd;
	bool direct;
};

static void data_file_end(struct data_file *file)
{
	if (file->fd >= 0)
		file->io->close(file->fd);
}

/* Before any memory is taken: is the file there, and long enough? */
static int open_data(struct load *load, struct data_file *file)
{
	bool buffered = load->task.opts.flags & HP_SAVE_BUFFERED;
	struct hp_save_extent last;
	uint64_t length;
	int err;

	file->io = load->task.io;
	file->fd =
		hp_save_dir_data(load->dir, load->index.header.id, load->number,
				 buffered ? 0 : HP_IO_DIRECT, &file->direct);
	if (file->fd < 0)
		return file->fd;
	err = file->io->length(file->fd, &length);
	if (err < 0)
		return hp_save_error(err);
	if (load->extent == load->extents_end)
		return 0;
	last = hp_save_index_extent(&load->index, load->extents_end - 1);
	if (length >= last.offset + last.length)
		return 0;
	hp_log(&load->task.log, LOG_ERR,
	       "%s/" HP_SAVE_DATA_FORMAT ": has %llu bytes, too few",
	       load->dir->path, (unsigned long long)load->index.header.id,
	       load->number, (unsigned long long)length);
	return -EBADMSG;
}

static int read_data(struct load *load, const struct data_file *file)
{
	struct hp_save_task *task = &load->task;
	struct hp_transfer transfer;
	uint64_t extents = load->extent, stored = 0;
	int err;

	for (uint64_t i = extents; i < load->extents_end; i++)
		stored += hp_save_index_extent(&load->index, i).length;
	hp_save_task_prepare(task, &transfer, load->dir->path, false);
	transfer.fd = file->fd;
	transfer.direct = file->direct;
	transfer.next = next_extent;
	transfer.done = extent_done;
	transfer.context = load;
	err = hp_transfer_run(&transfer);
	hp_save_task_count(task, &transfer);
	if (err < 0)
		return err;
	return hp_save_task_advance(task, load->saved.length - stored, false);
}

/* -- One region ------------------------------------------------------------ */

/* What the caller asks for and what the save has, as options of a create. */
static int create_options(struct load *load, const struct hp_region_opts *known,
			  struct hp_region_opts *ret_opts)
{
	bool old_address = known->flags & HP_REGION_OLD_ADDRESS;

	if (known->layout && known->layout != load->saved.layout) {
		hp_log(&load->task.log, LOG_ERR,
		       "region %#llx: was saved with layout %llu: "
		       "hp_region_load",
		       (unsigned long long)load->saved.token,
		       (unsigned long long)load->saved.layout);
		return -ESTALE;
	}
	if (old_address && !load->saved.address)
		return -EADDRINUSE;
	*ret_opts = *known;
	ret_opts->size = sizeof(*ret_opts);
	ret_opts->flags &= ~(unsigned int)HP_REGION_OLD_ADDRESS;
	ret_opts->flags |= HP_REGION_LOADED;
	ret_opts->label = load->saved.label[0] ? load->saved.label : NULL;
	ret_opts->layout = load->saved.layout;
	/* What the caller says of pages counts, else what they were. */
	if (!known->page_size && !(known->flags & HP_REGION_SHMEM)) {
		if (load->saved.shmem)
			ret_opts->flags |= HP_REGION_SHMEM;
		else
			ret_opts->page_size = load->saved.page_size;
	}
	if (old_address)
		ret_opts->address = (void *)(uintptr_t)load->saved.address;
	return 0;
}

/*
 * Is the token open, or may it have come back? Creating the region asks the same
 * again; here it comes before any file is opened.
 */
static int check_token(const struct load *load)
{
	struct hp_session_info info = { .size = sizeof(info) };
	struct hp_region *region;
	int err;

	if (!hp_region_get(load->task.session, load->saved.token, &region))
		return -EEXIST;
	err = hp_session_info(load->task.session, &info);
	return err < 0 ? err : info.manifest_error;
}

/* Number and extents are set. A failure leaves nothing behind. */
static int load_region(struct load *load, const struct hp_region_opts *known,
		       struct hp_region **ret_region)
{
	HP_CLEANUP(data_file_end) struct data_file file = { .fd = -1 };
	struct hp_region_opts opts;
	struct hp_region *region;
	int err;

	load->task.progress.token = load->saved.token;
	err = check_token(load);
	if (!err)
		err = create_options(load, known, &opts);
	if (!err)
		err = open_data(load, &file);
	if (!err)
		err = hp_region_create(load->task.session, load->saved.token,
				       load->saved.length, &opts, &region);
	if (err < 0)
		return err;
	load->address = hp_region_address(region);
	err = read_data(load, &file);
	if (err < 0) {
		(void)hp_region_close(region);
		return err;
	}
	*ret_region = region;
	return 0;
}

/* -- The calls ------------------------------------------------------------- */

static int open_save(struct load *load)
{
	const char *name = hp_session_name(load->task.session);
	int err;

	err = hp_save_dir_open(load->dir, HP_SAVE_DIR_LOAD);
	if (!err)
		err = hp_save_dir_read(load->dir, &load->bytes, &load->index);
	if (err < 0)
		return err;
	if (!strcmp(load->index.header.session, name))
		return 0;
	hp_log(&load->task.log, LOG_ERR,
	       "%s: has a save of session '%s', not of '%s'", load->dir->path,
	       load->index.header.session, name);
	return -ENOENT;
}

/* Make a region of the index, and its extents, the one at work. */
static void select_region(struct load *load, uint32_t number)
{
	load->number = number;
	load->extent = load->extents_end;
	load->saved = hp_save_index_region(&load->index, number);
	load->extents_end += load->saved.extent_count;
}

static int find_region(struct load *load, uint64_t token)
{
	for (uint32_t i = 0; i < load->index.header.region_count; i++) {
		select_region(load, i);
		if (load->saved.token == token)
			return 0;
	}
	return -ENOENT;
}

static int load_one(struct load *load, uint64_t token,
		    const struct hp_region_opts *known,
		    struct hp_region **ret_region)
{
	struct hp_region *region;
	int err;

	err = open_save(load);
	if (!err)
		err = find_region(load, token);
	if (err < 0)
		return err;
	load->task.progress.total_bytes = load->saved.length;
	err = hp_save_task_advance(&load->task, 0, true);
	if (!err)
		err = load_region(load, known, &region);
	if (err < 0)
		return err;
	err = hp_save_task_advance(&load->task, 0, true);
	if (err < 0) {
		(void)hp_region_close(region);
		return err;
	}
	*ret_region = region;
	return 0;
}

int hp_region_load_on(const struct hp_io *io, struct hp_session *session,
		      uint64_t token, const char *directory,
		      const struct hp_region_opts *region_opts,
		      const struct hp_save_opts *opts,
		      struct hp_region **ret_region)
{
	HP_CLEANUP(load_end) struct load load = { .number = 0 };
	struct hp_region_opts known;
	int err;

	err = hp_save_task_begin(&load.task, io, session, directory, opts,
				 HP_SAVE_LOADS, NULL);
	if (err < 0)
		return err;
	if (!ret_region || token == HP_TOKEN_RESERVED)
		return -EINVAL;
	err = hp_region_options_read(
		&known, region_opts,
		HP_TAKES_PAGE_SIZE | HP_TAKES_LAYOUT | HP_TAKES_ADDRESS |
			HP_TAKES_NUMA,
		HP_REGION_OLD_ADDRESS | HP_REGION_POPULATE | HP_REGION_SHMEM);
	if (err < 0)
		return err;
	if (known.flags & HP_REGION_OLD_ADDRESS && known.address)
		return -EINVAL;

	HP_SAVE_DIR(dir, .io = io, .sys = io->sys, .log = &load.task.log,
		    .path = directory);
	load.dir = &dir;
	return load_one(&load, token, &known, ret_region);
}

HP_EXPORT int hp_region_load(struct hp_session *session, uint64_t token,
			     const char *directory,
			     const struct hp_region_opts *region_opts,
			     const struct hp_save_opts *opts,
			     struct hp_region **ret_region)
{
	return hp_region_load_on(&hp_io_linux, session, token, directory,
				 region_opts, opts, ret_region);
}

/* All that this call made: as many as it got to. */
static void remove_loaded(struct load *load, uint32_t count)
{
	struct hp_region *region;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t token = hp_save_index_region(&load->index, i).token;

		if (!hp_region_get(load->task.session, token, &region))
			(void)hp_region_close(region);
	}
}

static int load_all(struct load *load)
{
	const struct hp_region_opts none = { .size = sizeof(none) };
	struct hp_save_task *task = &load->task;
	struct hp_region *region;
	uint32_t count, i;
	int err;

	err = open_save(load);
	if (err < 0)
		return err;
	count = load->index.header.region_count;
	for (i = 0; i < count; i++)
		task->progress.total_bytes +=
			hp_save_index_region(&load->index, i).length;
	task->result.regions = count;
	task->result.total_bytes = task->progress.total_bytes;
	err = hp_save_task_advance(task, 0, true);
	for (i = 0; !err && i < count; i++) {
		select_region(load, i);
		err = load_region(load, &none, &region);
		if (err < 0)
			break;
	}
	if (!err)
		err = hp_save_task_advance(task, 0, true);
	if (err < 0)
		remove_loaded(load, i);
	return err;
}

int hp_session_load_on(const struct hp_io *io, struct hp_session *session,
		       const char *directory, const struct hp_save_opts *opts,
		       struct hp_save_result *result)
{
	HP_CLEANUP(load_end) struct load load = { .number = 0 };
	int err;

	err = hp_save_task_begin(&load.task, io, session, directory, opts,
				 HP_SAVE_LOADS, result);
	if (err < 0)
		return err;

	HP_SAVE_DIR(dir, .io = io, .sys = io->sys, .log = &load.task.log,
		    .path = directory);
	load.dir = &dir;
	err = load_all(&load);
	if (err < 0)
		return err;
	hp_save_task_end(&load.task, result);
	return 0;
}

HP_EXPORT int hp_session_load(struct hp_session *session, const char *directory,
			      const struct hp_save_opts *opts,
			      struct hp_save_result *result)
{
	return hp_session_load_on(&hp_io_linux, session, directory, opts,
				  result);
}
