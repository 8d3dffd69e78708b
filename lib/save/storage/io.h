/* SPDX-License-Identifier: MIT */
/*
 * All that saving and loading ask of the system, as a table.
 *
 * io_linux.c fills it with system calls; the tests fill it with a file
 * system of plain memory that can fail, and lose power, at every call.
 * Functions return a result >= 0 or a negative errno.
 */
#ifndef HP_SAVE_IO_H
#define HP_SAVE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "system/sys.h"

/* How to open a file of a directory; never through a link, close-on-exec. */
enum {
	HP_IO_WRITE = 1 << 0,  /* read and write, else read */
	HP_IO_CREATE = 1 << 1, /* may be new, mode 0600 */
	HP_IO_NEW = 1 << 2,    /* must be new: -EEXIST */
	HP_IO_EMPTY = 1 << 3,  /* truncate */
	HP_IO_DIRECT = 1 << 4  /* past the page cache, or -EINVAL */
};

/* One transfer between memory and the file of a queue. */
struct hp_io_request {
	bool write;
	void *memory;
	size_t length;
	uint64_t offset; /* into the file */
	int buffer;	 /* to write: the registered one it is in; -1: none */
	unsigned int tag;
};

struct hp_io_done {
	unsigned int tag;
	ssize_t result; /* bytes, perhaps fewer than asked for, or -errno */
};

struct hp_io_queue_setup {
	unsigned int depth;
	int fd;
	const struct iovec *buffers; /* to be registered */
	unsigned int buffers_count;
};

struct hp_io_queue;

struct hp_io {
	/* What the core asks of the system as well. */
	const struct hp_sys *sys;

	/* -- Directories ------------------------------------------------- */

	/* Mode 0700; -EEXIST. The entry is synchronized. */
	int (*make_directory)(const char *path);
	int (*open_directory)(const char *path);
	/* Calls visit for every name until it returns not 0. */
	int (*list)(int directory,
		    int (*visit)(void *context, const char *name),
		    void *context);
	int (*unlink)(int directory, const char *name);
	int (*rename)(int directory, const char *from, const char *to);

	/* -- Files ------------------------------------------------------- */

	/* -EBADMSG: there is something, but no regular file. */
	int (*open)(int directory, const char *name, unsigned int flags);
	void (*close)(int fd);
	/* Of files and directories. */
	int (*sync)(int fd);
	/* Without waiting: -EAGAIN. -EOPNOTSUPP: no locks here. */
	int (*lock)(int fd, bool exclusive);
	void (*unlock)(int fd);
	int (*length)(int fd, uint64_t *ret_length);
	int (*set_length)(int fd, uint64_t length);
	/* Make room for a part of a file; -EOPNOTSUPP: not here. */
	int (*allocate)(int fd, uint64_t offset, uint64_t length);
	/* Through the page cache from now on. */
	int (*set_buffered)(int fd);
	/* May move less than asked for. */
	ssize_t (*read)(int fd, void *memory, size_t length, uint64_t offset);
	ssize_t (*write)(int fd, const void *memory, size_t length,
			 uint64_t offset);

	/* -- Queues of transfers ----------------------------------------- */

	/*
	 * For one file. ret_registered: were the buffers? Without them all else
	 * works. Any error means that there are no queues here.
	 */
	int (*queue_open)(const struct hp_io_queue_setup *setup,
			  struct hp_io_queue **ret_queue, bool *ret_registered);
	/* At most depth requests that are not done. */
	int (*queue_put)(struct hp_io_queue *queue,
			 const struct hp_io_request *request);
	/* Wait for one. */
	int (*queue_take)(struct hp_io_queue *queue,
			  struct hp_io_done *ret_done);
	/* Nothing is under way. */
	void (*queue_close)(struct hp_io_queue *queue);

	/* -- Memory and time --------------------------------------------- */

	/* One byte per page of page_size: does this process have it? */
	int (*resident)(void *address, uint64_t length,
			unsigned char *ret_pages, uint64_t page_size);
	/*
	 * Make all pages readable for this process. -EHWPOISON: one is broken,
	 * which would be a signal otherwise. -EOPNOTSUPP: cannot tell.
	 */
	int (*populate_read)(void *address, uint64_t length);
	uint64_t (*now_ns)(void); /* monotonic */
	uint64_t (*cpu_ns)(void); /* of the calling thread */
};

/* The running kernel. */
extern const struct hp_io hp_io_linux;

#endif
