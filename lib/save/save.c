// SPDX-License-Identifier: MIT
/*
 * hp_session_save(): all regions of a session to a directory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/export.h"
#include "save/image.h"
#include "system/cleanup.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* HP_SAVE_ONLINE: so much may be left for the time of the pause. */
#define PAUSE_BYTES (UINT64_C(16) << 20)
#define PASSES_MAX 16

/* Ranges that the application is asked for at a time. */
#define RANGES 256

struct save {
	struct hp_save_task task;
	struct hp_save_dir *dir;
	struct hp_save_image *images; /* in ascending order of tokens */
	uint32_t count;
	uint64_t id;
	uint64_t generation;
	uint64_t index_size;
};

static void save_end(struct save *save)
{
	for (uint32_t i = 0; save->images && i < save->count; i++)
		hp_save_image_end(&save->images[i]);
	if (save->images)
		save->task.sys->free(save->images);
	hp_save_task_unlock(&save->task);
}

/* -- What there is to save ------------------------------------------------- */

static int list_images(struct save *save)
{
	struct hp_save_task *task = &save->task;
	int err;

	save->images =
		task->sys->zalloc((save->count + 1) * sizeof(*save->images));
	if (!save->images)
		return -ENOMEM;
	err = hp_save_list_images(task, save->images, save->count);
	if (err < 0)
		return err;
	for (uint32_t i = 0; i < save->count; i++)
		task->progress.total_bytes += save->images[i].length;
	task->result.regions = save->count;
	task->result.total_bytes = task->progress.total_bytes;
	return 0;
}

/* A session that lacks a region is perhaps one whose start failed. */
static int check_tokens(const struct save *save,
			const struct hp_save_index *old)
{
	struct hp_region *region;

	for (uint32_t i = 0; i < old->header.region_count; i++) {
		uint64_t token = hp_save_index_region(old, i).token;

		if (!hp_region_get(save->task.session, token, &region))
			continue;
		hp_log(&save->task.log, LOG_ERR,
		       "%s: has region %#llx, which is not open: "
		       "hp_session_save",
		       save->dir->path, (unsigned long long)token);
		return -EBUSY;
	}
	return 0;
}

/*
 * What is in the directory, and may it go? What no index names is removed at
 * once, to have its room; but not next to an index that we cannot read.
 */
static int look_at_old(struct save *save)
{
	bool replace = save->task.opts.flags & HP_SAVE_REPLACE;
	HP_MEMORY(bytes, save->task.sys, NULL);
	struct hp_save_index old;
	int err;

	save->generation = 1;
	err = hp_save_dir_read(save->dir, &bytes, &old);
	switch (err) {
	case 0:
		break;
	case -ENOENT:
		hp_save_dir_clean(save->dir, 0, true);
		return 0;
	case -EBADMSG:
		return 0;
	case -EOPNOTSUPP:
		return replace ? 0 : -EBUSY;
	default:
		return replace ? 0 : err;
	}
	if (strcmp(old.header.session, hp_session_name(save->task.session)) &&
	    !replace) {
		hp_log(&save->task.log, LOG_ERR,
		       "%s: has a save of session '%s': hp_session_save",
		       save->dir->path, old.header.session);
		return -EBUSY;
	}
	err = replace ? 0 : check_tokens(save, &old);
	if (err < 0)
		return err;
	save->generation = old.header.generation + 1;
	hp_save_dir_clean(save->dir, old.header.id, true);
	return 0;
}

/* -- Writing --------------------------------------------------------------- */

struct data_file {
	const struct hp_io *io;
	int fd;
};

static void data_file_end(struct data_file *file)
{
	if (file->fd >= 0)
		file->io->close(file->fd);
}

static int file_failed(const struct save *save, const char *call, int err)
{
	hp_log_call(&save->task.log, LOG_ERR, save->dir->path, call, err);
	return hp_save_error(err);
}

/*
 * All room at once: it says early that there is not enough, and blocks that
 * come in any order do not scatter the file.
 */
static int make_room(struct save *save, const struct hp_save_image *image,
		     int fd)
{
	struct hp_save_range run;
	uint64_t number = 0;
	int err;

	err = save->task.io->set_length(fd, image->length);
	if (err < 0)
		return file_failed(save, "ftruncate", err);
	while (hp_save_image_run(image, &number, &run)) {
		err = save->task.io->allocate(fd, run.offset, run.length);
		if (err == -EOPNOTSUPP)
			return 0;
		if (err < 0)
			return file_failed(save, "fallocate", err);
	}
	return 0;
}

static unsigned int direct_flag(const struct save *save)
{
	return save->task.opts.flags & HP_SAVE_BUFFERED ? 0 : HP_IO_DIRECT;
}

/* One pass over one region. */
static int write_image(struct save *save, uint32_t number, unsigned int flags,
		       bool sync)
{
	struct hp_save_image *image = &save->images[number];
	struct hp_save_task *task = &save->task;
	struct hp_transfer transfer;
	int err;

	hp_save_task_prepare(task, &transfer, save->dir->path, true);
	HP_CLEANUP(data_file_end)
	struct data_file file = {
		task->io,
		hp_save_dir_data(save->dir, save->id, number,
				 flags | HP_IO_WRITE | direct_flag(save),
				 &transfer.direct),
	};
	if (file.fd < 0)
		return file.fd;
	task->progress.token = image->info.token;
	err = flags & HP_IO_NEW ? make_room(save, image, file.fd) : 0;
	if (err < 0)
		return err;
	transfer.fd = file.fd;
	err = hp_save_image_write(image, &transfer);
	hp_save_task_count(task, &transfer);
	if (err < 0 || !sync)
		return err;
	err = task->io->sync(file.fd);
	return err < 0 ? file_failed(save, "fsync", err) : 0;
}

static int write_all(struct save *save)
{
	int err;

	for (uint32_t i = 0; i < save->count; i++) {
		save->task.progress.token = save->images[i].info.token;
		err = hp_save_image_begin(&save->images[i]);
		if (!err)
			err = write_image(save, i, HP_IO_NEW, true);
		if (err < 0)
			return err;
	}
	return 0;
}

/* -- While the application goes on ----------------------------------------- */

/* Ask what changed, until nothing did. */
static int collect(struct save *save, uint64_t *ret_bytes)
{
	const struct hp_save_opts *opts = &save->task.opts;
	struct hp_save_range ranges[RANGES];
	int n;

	*ret_bytes = 0;
	for (uint32_t i = 0; i < save->count; i++) {
		struct hp_save_image *image = &save->images[i];

		do {
			n = opts->dirty(opts->context, image->info.token,
					ranges, RANGES);
			if (n < 0 || n > RANGES)
				return n < 0 ? -ECANCELED : -EINVAL;
			for (int j = 0; j < n; j++)
				hp_save_image_mark(image, &ranges[j]);
		} while (n);
		*ret_bytes += hp_save_image_todo(image);
	}
	return 0;
}

static int write_changed(struct save *save, bool sync)
{
	int err = 0;

	save->task.progress.pass++;
	save->task.result.passes++;
	for (uint32_t i = 0; !err && i < save->count; i++) {
		uint64_t todo = hp_save_image_todo(&save->images[i]);

		save->task.progress.total_bytes += todo;
		if (todo)
			err = write_image(save, i, 0, sync);
	}
	return err;
}

static int sync_files(struct save *save)
{
	bool direct;
	int fd, err = 0;

	for (uint32_t i = 0; !err && i < save->count; i++) {
		fd = hp_save_dir_data(save->dir, save->id, i, HP_IO_WRITE,
				      &direct);
		if (fd < 0)
			return fd;
		err = save->task.io->sync(fd);
		save->task.io->close(fd);
	}
	return err < 0 ? file_failed(save, "fsync", err) : 0;
}

/* The rest, with the writers stopped for as long as that takes. */
static int write_paused(struct save *save)
{
	const struct hp_save_opts *opts = &save->task.opts;
	uint64_t start = save->task.io->now_ns();
	uint64_t bytes;
	int err;

	if (opts->pause(opts->context, 1))
		return -ECANCELED;
	err = collect(save, &bytes);
	if (!err)
		err = write_changed(save, false);
	(void)opts->pause(opts->context, 0);
	save->task.result.pause_ns = save->task.io->now_ns() - start;
	save->task.result.pause_bytes = bytes;
	return err ? err : sync_files(save);
}

/*
 * Go round as long as that pays: what is left gets less, but not so little that
 * the pause would not be felt.
 */
static int write_online(struct save *save)
{
	uint64_t bytes, last = UINT64_MAX;
	int err;

	for (int pass = 2; pass < PASSES_MAX; pass++) {
		err = collect(save, &bytes);
		if (err < 0)
			return err;
		if (bytes <= PAUSE_BYTES || bytes > last - last / 4)
			break;
		last = bytes;
		err = write_changed(save, true);
		if (err < 0)
			return err;
	}
	return write_paused(save);
}

/* -- The index ------------------------------------------------------------- */

static void describe(const struct save *save, struct hp_save_header *h)
{
	const struct hp_sys *sys = save->task.sys;
	bool online = save->task.opts.flags & HP_SAVE_ONLINE;

	h->region_count = save->count;
	h->id = save->id;
	h->generation = save->generation;
	h->written_ns = sys->time_ns();
	h->flags = online ? HP_SAVE_ONLINE_BIT : 0;
	(void)snprintf(h->session, sizeof(h->session), "%s",
		       hp_session_name(save->task.session));
	if (sys->kernel_release(h->kernel, sizeof(h->kernel)) < 0)
		h->kernel[0] = '\0';
	if (sys->read_text(BOOT_ID, h->boot_id, sizeof(h->boot_id)) < 0)
		h->boot_id[0] = '\0';
	(void)snprintf(h->library, sizeof(h->library), "%s", hp_version());
}

static struct hp_save_region describe_region(const struct hp_save_image *image)
{
	struct hp_save_region r = {
		.token = image->info.token,
		.length = image->length,
		.page_size = image->info.page_size,
		.shmem = image->shmem,
		.address = (uintptr_t)image->address,
		.layout = image->info.layout,
		.extent_count = hp_save_image_extents(image, NULL),
	};

	memcpy(r.label, image->info.label, sizeof(r.label));
	return r;
}

static int install(struct save *save, bool *ret_replaced)
{
	const struct hp_sys *sys = save->task.sys;
	struct hp_save_header header = { .magic = 0 };
	struct hp_save_extent *extent;
	struct hp_save_region *region;
	uint64_t size;

	for (uint32_t i = 0; i < save->count; i++)
		header.extent_count +=
			hp_save_image_extents(&save->images[i], NULL);
	size = sizeof(header) + save->count * sizeof(*region) +
	       header.extent_count * sizeof(*extent);
	HP_MEMORY(bytes, sys, sys->zalloc(size));
	if (!bytes.memory)
		return -ENOMEM;
	describe(save, &header);
	memcpy(bytes.memory, &header, sizeof(header));
	region = (struct hp_save_region *)((char *)bytes.memory +
					   sizeof(header));
	extent = (struct hp_save_extent *)(region + save->count);
	for (uint32_t i = 0; i < save->count; i++) {
		*region++ = describe_region(&save->images[i]);
		extent += hp_save_image_extents(&save->images[i], extent);
	}
	hp_save_index_seal(bytes.memory, size);
	return hp_save_dir_install(save->dir, bytes.memory, size, ret_replaced);
}

/* -- The call -------------------------------------------------------------- */

static int write_and_install(struct save *save, bool *ret_replaced)
{
	int err;

	err = hp_save_task_advance(&save->task, 0, true);
	if (!err)
		err = write_all(save);
	if (!err && save->task.opts.flags & HP_SAVE_ONLINE)
		err = write_online(save);
	/* The last word: from here on the new save may be there. */
	if (!err)
		err = hp_save_task_advance(&save->task, 0, true);
	return err ? err : install(save, ret_replaced);
}

static int save_session(struct save *save)
{
	bool replaced = false;
	int err;

	err = hp_save_dir_open(save->dir, HP_SAVE_DIR_SAVE);
	if (!err)
		err = look_at_old(save);
	if (!err)
		err = list_images(save);
	if (!err)
		err = hp_save_choose_block_size(&save->task, save->images,
						save->count);
	if (!err)
		err = hp_save_dir_new_id(save->dir, &save->id);
	if (err < 0)
		return err;
	err = write_and_install(save, &replaced);
	if (!err)
		hp_save_dir_clean(save->dir, save->id, true);
	else if (!replaced)
		hp_save_dir_clean(save->dir, save->id, false);
	return err;
}

int hp_session_save_on(const struct hp_io *io, struct hp_session *session,
		       const char *directory, const struct hp_save_opts *opts,
		       struct hp_save_result *result)
{
	HP_CLEANUP(save_end) struct save save = { .count = 0 };
	int err;

	err = hp_save_task_begin(&save.task, io, session, directory, opts,
				 HP_SAVE_ONLINE | HP_SAVE_REPLACE |
					 HP_SAVE_BUFFERED | HP_SAVE_NO_URING,
				 result);
	if (!err)
		err = hp_save_count_regions(session, &save.count);
	if (err < 0)
		return err;
	HP_SAVE_DIR(dir, .io = io, .sys = io->sys, .log = &save.task.log,
		    .path = directory);
	save.dir = &dir;
	err = save_session(&save);
	if (err < 0)
		return err;
	hp_save_task_end(&save.task, result);
	return 0;
}

HP_EXPORT int hp_session_save(struct hp_session *session, const char *directory,
			      const struct hp_save_opts *opts,
			      struct hp_save_result *result)
{
	return hp_session_save_on(&hp_io_linux, session, directory, opts,
				  result);
}
