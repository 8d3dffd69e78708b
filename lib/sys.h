/* SPDX-License-Identifier: MIT */
/*
 * All that the library asks of the system, as a table.
 *
 * sys.c fills it with system calls; the unit tests fill it with a kernel made
 * of plain memory, in which every call can be made to fail. Functions return a
 * result >= 0 or a negative errno. Those without a result cannot fail in a way
 * that a caller could act upon.
 */
#ifndef HP_SYS_H
#define HP_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the library wants to know about a file. */
struct hp_file_info {
	uint64_t device; /* with inode: which file it is */
	uint64_t inode;
	uint64_t length;    /* bytes */
	uint64_t allocated; /* bytes that have memory behind them */
	uint64_t page_size; /* huge page size, 0: not a huge page file */
};

struct hp_sys {
	/* Close-on-exec, read and write. */
	int (*open)(const char *path);
	void (*close)(int fd);
	void (*set_cloexec)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	/*
	 * Does a table like /proc/misc have a line "number name"? 0 also when
	 * there is no such table for this process.
	 */
	int (*lists_driver)(const char *table, const char *name);

	/* page_size 0: ordinary memory. Close-on-exec, empty. */
	int (*memfd)(const char *name, uint64_t page_size);
	int (*set_length)(int fd, uint64_t length);
	/* Set the length and take memory for all of it. */
	int (*allocate)(int fd, uint64_t length);
	int (*file_info)(int fd, struct hp_file_info *ret_info);
	/* All of length or an error; -ENODATA when the file is shorter. */
	int (*read_at)(int fd, void *buffer, size_t length, uint64_t offset);
	/* Shared, readable and writable, with reservation. */
	int (*map)(int fd, uint64_t length, void **ret_address);
	void (*unmap)(void *address, uint64_t length);

	pid_t (*getpid)(void);
	uint64_t (*now_ms)(void); /* monotonic */
	void (*sleep_ms)(unsigned int ms);

	void *(*zalloc)(size_t size);
	void (*free)(void *memory);

	/*
	 * One store into memory that a kexec can take at any time. Stores
	 * become visible in the order of the calls.
	 */
	void (*store)(uint64_t *address, uint64_t value);
};

/* The running kernel. */
extern const struct hp_sys hp_sys_linux;

#endif
