// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/options.h"
#include "save/task.h"
#include "system/cleanup.h"

/* Which is best depends on the disk, and few were measured: callers choose. */
#define DEPTH 32

#define PROGRESS_NS UINT64_C(100000000)

static bool is_block_size(uint64_t size)
{
	return size >= HP_SAVE_BLOCK_MIN && size <= HP_SAVE_BLOCK_MAX &&
	       !(size & (size - 1));
}

static int check_options(struct hp_save_opts *opts, unsigned int flags)
{
	bool online = opts->flags & HP_SAVE_ONLINE;

	if (opts->flags & ~flags || opts->depth > HP_SAVE_DEPTH_MAX)
		return -EINVAL;
	if (online != !!opts->dirty || online != !!opts->pause)
		return -EINVAL;
	/* Who reads has no choice. */
	if (opts->block_size && !(flags & HP_SAVE_ONLINE))
		return -EINVAL;
	if (!opts->depth)
		opts->depth = DEPTH;
	return !opts->block_size || is_block_size(opts->block_size) ? 0 :
								      -EINVAL;
}

int hp_save_options_read(struct hp_save_opts *known,
			 const struct hp_save_opts *opts, unsigned int flags)
{
	int err;

	err = hp_options_read(known, sizeof(*known), opts);
	return err < 0 ? err : check_options(known, flags);
}

static void tell_session(void *context, int priority, const char *message)
{
	hp_session_log(context, priority, message);
}

int hp_save_task_begin(struct hp_save_task *task, const struct hp_io *io,
		       struct hp_session *session, const char *directory,
		       const struct hp_save_opts *opts, unsigned int flags,
		       const struct hp_save_result *result)
{
	int err, cancel_state = hp_uncancelled_begin();

	err = hp_session_lock(session);
	*task = (struct hp_save_task){
		.io = io,
		.sys = io->sys,
		.session = err < 0 ? NULL : session,
		.log = { .function = tell_session, .context = session },
		.cancel_state = cancel_state,
		.start_ns = io->now_ns(),
		.progress.pass = 1,
		.result.passes = 1,
		/* Until a file shows otherwise. */
		.result.how = HP_SAVE_BY_URING | HP_SAVE_BY_DIRECT |
			      HP_SAVE_BY_REGISTERED,
	};
	if (!err && (!directory || !directory[0]))
		err = -EINVAL;
	if (!err && result)
		err = hp_info_check(result, sizeof(*result));
	return err ? err : hp_save_options_read(&task->opts, opts, flags);
}

void hp_save_task_unlock(struct hp_save_task *task)
{
	if (task->session)
		hp_session_unlock(task->session);
	if (task->io)
		hp_uncancelled_end(&task->cancel_state);
}

int hp_save_task_advance(struct hp_save_task *task, uint64_t bytes, bool now)
{
	uint64_t time;

	task->progress.done_bytes += bytes;
	if (!task->opts.progress)
		return 0;
	/* The caller's last word is asked for once, when all is there. */
	if (!now && task->progress.done_bytes == task->progress.total_bytes)
		return 0;
	time = task->io->now_ns();
	if (!now && time - task->told_ns < PROGRESS_NS)
		return 0;
	task->told_ns = time;
	return task->opts.progress(task->opts.context, &task->progress) ?
		       -ECANCELED :
		       0;
}

void hp_save_task_prepare(const struct hp_save_task *task,
			  struct hp_transfer *transfer, const char *path,
			  bool write)
{
	*transfer = (struct hp_transfer){
		.io = task->io,
		.sys = task->sys,
		.log = &task->log,
		.path = path,
		.write = write,
		.uring = !(task->opts.flags & HP_SAVE_NO_URING),
		.depth = task->opts.depth,
	};
}

void hp_save_task_count(struct hp_save_task *task,
			const struct hp_transfer *transfer)
{
	if (!transfer->bytes)
		return;
	if (!transfer->uring)
		task->result.how &= ~(unsigned int)HP_SAVE_BY_URING;
	if (!transfer->direct)
		task->result.how &= ~(unsigned int)HP_SAVE_BY_DIRECT;
	if (!transfer->uring || !transfer->registered)
		task->result.how &= ~(unsigned int)HP_SAVE_BY_REGISTERED;
	task->result.moved_bytes += transfer->bytes;
	task->result.checksum_ns += transfer->checksum_ns;
}

void hp_save_task_end(struct hp_save_task *task, struct hp_save_result *result)
{
	/* Nothing was moved, in no way. */
	if (!task->result.moved_bytes)
		task->result.how = 0;
	task->result.duration_ns = task->io->now_ns() - task->start_ns;
	if (result)
		hp_info_fill(result, &task->result, sizeof(task->result));
}
