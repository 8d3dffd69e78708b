// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/checksum.h"
#include "save/storage/dir.h"
#include "save/storage/transfer.h"
#include "system/cleanup.h"

/* O_DIRECT goes on after a short transfer only at such a place. */
#define ALIGN HP_SAVE_ALIGN

/* In a row for one block; a file system that says no more often means it. */
#define RETRIES_MAX 100

struct slot {
	struct hp_block block;
	uint64_t moved;
	unsigned int retries;
	bool busy;
};

struct run {
	struct hp_transfer *t;
	struct hp_io_queue *queue; /* NULL: one call at a time */
	struct slot *slots;
	unsigned int busy;
	unsigned int buffer; /* blocks ascend, so the search need not go back */
	int err;	     /* the first one */
};

static void compute(struct hp_transfer *t, struct hp_block *block)
{
	uint64_t start = t->io->cpu_ns();

	block->checksum = hp_checksum(block->memory, block->length);
	t->checksum_ns += t->io->cpu_ns() - start;
}

/* The registered buffer that has all of a block, or -1. */
static int find_buffer(struct run *run, const struct hp_block *block)
{
	const struct hp_transfer *t = run->t;
	const char *start = block->memory;

	if (!t->registered)
		return -1;
	for (; run->buffer < t->buffers_count; run->buffer++) {
		const struct iovec *b = &t->buffers[run->buffer];
		const char *base = b->iov_base;

		if (start < base)
			return -1;
		if (start + block->length <= base + b->iov_len)
			return (int)run->buffer;
		if (start < base + b->iov_len)
			return -1;
	}
	return -1;
}

static void do_without_uring(struct hp_transfer *t, int err)
{
	if (t->uring)
		hp_log(t->log, LOG_INFO,
		       "%s: one block at a time, since io_uring cannot be "
		       "used (see io_uring_disabled in proc_sys_kernel(5), and "
		       "seccomp): io_uring: %s",
		       t->path, HP_ERRNO(err));
	t->uring = false;
}

static int do_without_direct(struct hp_transfer *t)
{
	int err = t->io->set_buffered(t->fd);

	if (err < 0)
		return hp_save_error(err);
	hp_log(t->log, LOG_INFO,
	       "%s: this file system refuses O_DIRECT, so the data goes "
	       "through the page cache: %s",
	       t->path, t->write ? "write" : "read");
	t->direct = false;
	return 0;
}

static int transfer_error(const struct hp_transfer *t, uint64_t offset,
			  ssize_t result)
{
	int err;

	if (result == 0) {
		hp_log(t->log, LOG_ERR, "%s: ends at byte %llu: %s", t->path,
		       (unsigned long long)offset, t->write ? "write" : "read");
		return t->write ? -EIO : -EBADMSG;
	}
	hp_log(t->log, LOG_ERR, "%s: byte %llu: %s: %s", t->path,
	       (unsigned long long)offset, t->write ? "write" : "read",
	       HP_ERRNO((int)result));
	switch (result) {
	case -EFAULT:
		return t->write ? -EHWPOISON : -ENOMEM;
	case -EHWPOISON:
		return -EHWPOISON;
	case -EBADMSG: /* the file system's own checksum */
		return -EIO;
	case -EAGAIN:
		return -EPROTO;
	default:
		err = hp_save_error((int)result);
		return err == -ENOENT || err == -EINVAL ? -EPROTO : err;
	}
}

/* What to do with a result: 1: the block is done, 0: go on with it, or error. */
static int take_result(struct hp_transfer *t, struct slot *slot, ssize_t result)
{
	uint64_t offset = slot->block.offset + slot->moved;
	uint64_t left = slot->block.length - slot->moved;

	if (result == -EINVAL && t->direct)
		return do_without_direct(t);
	if ((result == -EINTR || result == -EAGAIN) &&
	    ++slot->retries < RETRIES_MAX)
		return 0;
	if (result <= 0)
		return transfer_error(t, offset, result);
	if ((uint64_t)result >= left) {
		slot->moved += left;
		return 1;
	}
	slot->retries = 0;
	if (t->direct) {
		result -= result % ALIGN;
		/* It ends within a page: the rest cannot be O_DIRECT. */
		if (!result)
			return do_without_direct(t);
	}
	slot->moved += (uint64_t)result;
	return 0;
}

/* One block by plain calls, from where it is. */
static int move_alone(struct hp_transfer *t, struct slot *slot)
{
	int rc = 0;

	while (!rc) {
		char *memory = (char *)slot->block.memory + slot->moved;
		size_t length = (size_t)(slot->block.length - slot->moved);
		uint64_t offset = slot->block.offset + slot->moved;
		ssize_t n;

		n = t->write ? t->io->write(t->fd, memory, length, offset) :
			       t->io->read(t->fd, memory, length, offset);
		rc = take_result(t, slot, n);
	}
	return rc < 0 ? rc : 0;
}

static int put(struct run *run, struct slot *slot)
{
	struct hp_transfer *t = run->t;
	struct hp_io_request request = {
		.write = t->write,
		.memory = (char *)slot->block.memory + slot->moved,
		.length = (size_t)(slot->block.length - slot->moved),
		.offset = slot->block.offset + slot->moved,
		.buffer = find_buffer(run, &slot->block),
		.tag = (unsigned int)(slot - run->slots),
	};

	return t->io->queue_put(run->queue, &request);
}

static int finish(struct run *run, struct hp_block *block)
{
	run->t->bytes += block->length;
	if (!run->t->write)
		compute(run->t, block);
	return run->t->done(run->t->context, block);
}

/* Fetch the next block and start it. 1: there was one, 0: not. */
static int start(struct run *run, struct slot *slot)
{
	struct hp_transfer *t = run->t;
	int rc;

	*slot = (struct slot){ .moved = 0 };
	rc = t->next(t->context, &slot->block);
	if (rc <= 0)
		return rc;
	if (t->uring) {
		rc = put(run, slot);
		if (rc < 0)
			do_without_uring(t, rc);
	}
	if (!t->uring) {
		rc = move_alone(t, slot);
		if (rc < 0)
			return rc;
	} else {
		slot->busy = true;
		run->busy++;
	}
	/* While the storage is at work. */
	if (t->write)
		compute(t, &slot->block);
	if (slot->busy)
		return 1;
	rc = finish(run, &slot->block);
	return rc < 0 ? rc : 1;
}

/* Also when calls one at a time have to do it. */
static int start_all(struct run *run, struct slot *slot)
{
	int rc;

	do
		rc = start(run, slot);
	while (rc == 1 && !slot->busy);
	return rc;
}

/* A kernel that lacks the operation, or one that has rules against it. */
static bool means_no_uring(const struct hp_transfer *t, ssize_t result)
{
	return (result == -EINVAL && !t->direct) || result == -EOPNOTSUPP ||
	       result == -ENOSYS || result == -EPERM || result == -EACCES;
}

/* 1: the block is done, 0: it is under way again, or an error. */
static int go_on(struct run *run, struct slot *slot, ssize_t result)
{
	struct hp_transfer *t = run->t;
	int rc = 0;

	if (means_no_uring(t, result))
		do_without_uring(t, (int)result);
	else
		rc = take_result(t, slot, result);
	if (rc)
		return rc;
	if (t->uring) {
		rc = put(run, slot);
		if (!rc)
			return 0;
		do_without_uring(t, rc);
	}
	rc = move_alone(t, slot);
	return rc < 0 ? rc : 1;
}

/* Only the first one counts; the others wait for what is under way. */
static void record(struct run *run, int rc)
{
	if (rc < 0 && !run->err)
		run->err = rc;
}

static void take(struct run *run)
{
	struct hp_transfer *t = run->t;
	struct hp_io_done done;
	struct hp_block block;
	struct slot *slot;
	int rc;

	rc = t->io->queue_take(run->queue, &done);
	if (rc < 0) {
		/* Closing the queue ends what is under way. */
		hp_log_call(t->log, LOG_ERR, t->path, "io_uring_enter", rc);
		record(run, -EPROTO);
		run->busy = 0;
		return;
	}
	slot = &run->slots[done.tag];
	rc = run->err ? run->err : go_on(run, slot, done.result);
	if (!rc)
		return;
	slot->busy = false;
	run->busy--;
	record(run, rc);
	if (rc < 0)
		return;
	/* The next one first, so that the storage need not wait for us. */
	block = slot->block;
	record(run, start_all(run, slot));
	record(run, finish(run, &block));
}

static void open_queue(struct run *run)
{
	struct hp_transfer *t = run->t;
	struct hp_io_queue_setup setup = {
		.depth = t->depth,
		.fd = t->fd,
		.buffers = t->buffers,
		.buffers_count = t->buffers_count,
	};
	int err;

	t->registered = false;
	if (!t->uring)
		return;
	err = t->io->queue_open(&setup, &run->queue, &t->registered);
	if (err < 0)
		do_without_uring(t, err);
	else if (t->buffers_count && !t->registered)
		hp_log(t->log, LOG_INFO,
		       "%s: the memory of the region cannot be registered with "
		       "io_uring, which costs a little time (see "
		       "RLIMIT_MEMLOCK "
		       "in getrlimit(2)): io_uring_register",
		       t->path);
}

int hp_transfer_run(struct hp_transfer *t)
{
	struct run run = { .t = t };

	HP_MEMORY(slots, t->sys,
		  t->sys->zalloc(t->depth * sizeof(struct slot)));
	if (!slots.memory)
		return -ENOMEM;
	run.slots = slots.memory;
	open_queue(&run);
	for (unsigned int i = 0; i < t->depth && !run.err; i++) {
		int rc = start_all(&run, &run.slots[i]);

		record(&run, rc);
		if (rc <= 0)
			break;
	}
	while (run.busy)
		take(&run);
	if (run.queue)
		t->io->queue_close(run.queue);
	return run.err;
}
