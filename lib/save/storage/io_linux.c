// SPDX-License-Identifier: MIT
/*
 * System calls of saving and loading.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "save/storage/io.h"

/* Newer than the C library of some distributions we build on. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/* -- Directories ----------------------------------------------------------- */

static int linux_open_directory(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static int linux_sync(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

/* The directory that has the last part of a path as an entry. */
static int open_parent(const char *path)
{
	size_t length = strlen(path);
	char *parent;
	int fd;

	while (length > 1 && path[length - 1] == '/')
		length--;
	while (length && path[length - 1] != '/')
		length--;
	if (!length)
		return linux_open_directory(".");
	parent = strndup(path, length);
	if (!parent)
		return -ENOMEM;
	fd = linux_open_directory(parent);
	free(parent);
	return fd;
}

static int linux_make_directory(const char *path)
{
	int parent, err;

	if (mkdir(path, 0700) < 0)
		return -errno;
	parent = open_parent(path);
	err = parent < 0 ? parent : linux_sync(parent);
	if (parent >= 0)
		close(parent);
	return err;
}

static int linux_list(int directory,
		      int (*visit)(void *context, const char *name),
		      void *context)
{
	struct dirent *entry;
	DIR *stream;
	int fd, err = 0;

	/* Its own: the stream takes it over and moves its position. */
	fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	stream = fdopendir(fd);
	if (!stream) {
		err = -errno;
		close(fd);
		return err;
	}
	do {
		errno = 0;
		entry = readdir(stream);
		if (entry)
			err = visit(context, entry->d_name);
		else
			err = -errno;
	} while (entry && !err);
	closedir(stream);
	return err;
}

static int linux_unlink(int directory, const char *name)
{
	return unlinkat(directory, name, 0) < 0 ? -errno : 0;
}

static int linux_rename(int directory, const char *from, const char *to)
{
	return renameat(directory, from, directory, to) < 0 ? -errno : 0;
}

/* -- Files ----------------------------------------------------------------- */

static void linux_close(int fd)
{
	(void)close(fd);
}

static int linux_open(int directory, const char *name, unsigned int flags)
{
	/* O_NONBLOCK: what is there may be a FIFO, whose open waits. */
	int how = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	struct stat st;
	int fd;

	how |= flags & HP_IO_WRITE ? O_RDWR : O_RDONLY;
	how |= flags & HP_IO_CREATE ? O_CREAT : 0;
	how |= flags & HP_IO_NEW ? O_CREAT | O_EXCL : 0;
	how |= flags & HP_IO_EMPTY ? O_TRUNC : 0;
	how |= flags & HP_IO_DIRECT ? O_DIRECT : 0;
	do
		fd = openat(directory, name, how, 0600);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return errno == ELOOP || errno == EISDIR || errno == ENXIO ?
			       -EBADMSG :
			       -errno;
	/* io_uring takes the flag seriously also for ordinary files. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fcntl(fd, F_SETFL, how & O_DIRECT) < 0) {
		linux_close(fd);
		return -EBADMSG;
	}
	return fd;
}

static int linux_lock(int fd, bool exclusive)
{
	int rc;

	do
		rc = flock(fd, LOCK_NB | (exclusive ? LOCK_EX : LOCK_SH));
	while (rc < 0 && errno == EINTR);
	if (!rc)
		return 0;
	switch (errno) {
	case EWOULDBLOCK:
		return -EAGAIN;
	case ENOLCK:
	case ENOSYS:
	case EINVAL:
	case EBADF: /* NFS, opened for reading only */
	case EOPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -errno;
	}
}

static void linux_unlock(int fd)
{
	(void)flock(fd, LOCK_UN);
}

static int linux_length(int fd, uint64_t *ret_length)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_length = (uint64_t)st.st_size;
	return 0;
}

static int linux_set_length(int fd, uint64_t length)
{
	int rc;

	do
		rc = ftruncate(fd, (off_t)length);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int linux_allocate(int fd, uint64_t offset, uint64_t length)
{
	int rc;

	do
		rc = fallocate(fd, 0, (off_t)offset, (off_t)length);
	while (rc < 0 && errno == EINTR);
	if (!rc)
		return 0;
	return errno == ENOSYS ? -EOPNOTSUPP : -errno;
}

static int linux_set_buffered(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_DIRECT) < 0)
		return -errno;
	return 0;
}

static ssize_t linux_read(int fd, void *memory, size_t length, uint64_t offset)
{
	ssize_t n = pread(fd, memory, length, (off_t)offset);

	return n < 0 ? -errno : n;
}

static ssize_t linux_write(int fd, const void *memory, size_t length,
			   uint64_t offset)
{
	ssize_t n = pwrite(fd, memory, length, (off_t)offset);

	return n < 0 ? -errno : n;
}

/* -- Queues ---------------------------------------------------------------- */

/* A tag that no caller has. */
#define NOBODY UINT64_MAX

struct hp_io_queue {
	struct io_uring ring;
	bool registered;
	int fd;
};

/*
 * One thread submits and waits, so completions need not interrupt it. Kernels
 * before 6.1 do not know that and refuse it.
 */
static int open_ring(struct io_uring *ring, unsigned int depth)
{
	int err;

	err = io_uring_queue_init(depth, ring,
				  IORING_SETUP_SINGLE_ISSUER |
					  IORING_SETUP_DEFER_TASKRUN);
	if (err == -EINVAL)
		err = io_uring_queue_init(depth, ring, 0);
	return err;
}

static int linux_queue_open(const struct hp_io_queue_setup *setup,
			    struct hp_io_queue **ret_queue,
			    bool *ret_registered)
{
	struct hp_io_queue *queue;
	int err;

	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	err = open_ring(&queue->ring, setup->depth);
	if (err < 0) {
		free(queue);
		return err;
	}
	queue->fd = setup->fd;
	queue->registered =
		setup->buffers_count &&
		!io_uring_register_buffers(&queue->ring, setup->buffers,
					   setup->buffers_count);
	*ret_registered = queue->registered;
	*ret_queue = queue;
	return 0;
}

static int linux_queue_put(struct hp_io_queue *queue,
			   const struct hp_io_request *request)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&queue->ring);
	int fd = queue->fd;
	unsigned int length = (unsigned int)request->length;
	int rc;

	if (!sqe)
		return -EBUSY;
	if (request->write && request->buffer >= 0)
		io_uring_prep_write_fixed(sqe, fd, request->memory, length,
					  request->offset, request->buffer);
	else if (request->write)
		io_uring_prep_write(sqe, fd, request->memory, length,
				    request->offset);
	else
		io_uring_prep_read(sqe, fd, request->memory, length,
				   request->offset);
	sqe->user_data = request->tag;
	/*
	 * What is not taken now (EAGAIN, EBUSY, EINTR) stays in the ring, and
	 * goes with the next call.
	 */
	rc = io_uring_submit(&queue->ring);
	if (rc >= 0 || rc == -EAGAIN || rc == -EBUSY || rc == -EINTR)
		return 0;
	/* It stays there as well, so that it must not do anything later. */
	io_uring_prep_nop(sqe);
	sqe->user_data = NOBODY;
	return rc;
}

static int linux_queue_take(struct hp_io_queue *queue,
			    struct hp_io_done *ret_done)
{
	struct io_uring_cqe *cqe;
	bool nobody;
	int err;

	do {
		while (io_uring_peek_cqe(&queue->ring, &cqe)) {
			err = io_uring_submit_and_wait(&queue->ring, 1);
			if (err < 0 && err != -EINTR && err != -EAGAIN &&
			    err != -EBUSY)
				return err;
		}
		nobody = cqe->user_data == NOBODY;
		ret_done->tag = (unsigned int)cqe->user_data;
		ret_done->result = cqe->res;
		io_uring_cqe_seen(&queue->ring, cqe);
	} while (nobody);
	return 0;
}

static void linux_queue_close(struct hp_io_queue *queue)
{
	/*
	 * The kernel takes a ring apart some time after it is closed. Memory is
	 * not to stay pinned until then; nor the file in use, so it is not
	 * registered: with large blocks that would gain nothing.
	 */
	if (queue->registered)
		(void)io_uring_unregister_buffers(&queue->ring);
	io_uring_queue_exit(&queue->ring);
	free(queue);
}

/* -- Memory and time ------------------------------------------------------- */

static int linux_resident(void *address, uint64_t length,
			  unsigned char *ret_pages, uint64_t page_size)
{
	size_t small = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char first;
	char *at = address;

	/* A huge page is there as a whole or not at all. */
	for (uint64_t i = 0; i < length / page_size; i++, at += page_size) {
		if (mincore(at, small, &first) < 0)
			return -errno;
		ret_pages[i] = first & 1;
	}
	return 0;
}

static int linux_populate_read(void *address, uint64_t length)
{
	return hp_sys_linux.populate_read(address, length);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint64_t linux_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static uint64_t linux_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

const struct hp_io hp_io_linux = {
	.sys = &hp_sys_linux,
	.make_directory = linux_make_directory,
	.open_directory = linux_open_directory,
	.list = linux_list,
	.unlink = linux_unlink,
	.rename = linux_rename,
	.open = linux_open,
	.close = linux_close,
	.sync = linux_sync,
	.lock = linux_lock,
	.unlock = linux_unlock,
	.length = linux_length,
	.set_length = linux_set_length,
	.allocate = linux_allocate,
	.set_buffered = linux_set_buffered,
	.read = linux_read,
	.write = linux_write,
	.queue_open = linux_queue_open,
	.queue_put = linux_queue_put,
	.queue_take = linux_queue_take,
	.queue_close = linux_queue_close,
	.resident = linux_resident,
	.populate_read = linux_populate_read,
	.now_ns = linux_now_ns,
	.cpu_ns = linux_cpu_ns,
};
