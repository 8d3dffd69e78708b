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

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the library wants to know about a file. */
struct hp_file_info {
	uint64_t device; /* with inode: which file it is */
	uint64_t inode;
	uint64_t length;	  /* bytes */
	uint64_t allocated;	  /* bytes that have memory behind them */
	uint64_t page_size;	  /* huge page size, 0: not a huge page file */
	uint64_t shmem_page_size; /* small page size, 0: not a shmem file */
	bool writable;		  /* through this descriptor */
};

/* Which part of which file is to be mapped, and where. */
struct hp_map_request {
	int fd;
	bool read_only;
	uint64_t offset; /* bytes */
	uint64_t length; /* bytes */
	void *address;	 /* there and nowhere else; NULL: anywhere */
	/* Bytes, if anywhere; 0: as the kernel aligns mappings of the file. */
	uint64_t alignment;
};

/* A mapping of this process, proc_pid_maps(5). */
struct hp_mapping {
	uint64_t start, end; /* addresses */
	uint64_t offset;     /* bytes into the file */
	uint64_t device;     /* of the file, as in struct hp_file_info */
	uint64_t inode;	     /* 0: no file, or the first of shmget(2) */
	bool shared;
	bool writable;
};

struct hp_sys {
	/*
	 * Descriptors that these calls give are 3 or higher, close-on-exec, and
	 * closed in a forked child (descriptors.h).
	 */
	int (*open)(const char *path); /* read and write */
	/* Nothing is done if the program closed the number behind our back. */
	void (*close)(int fd);
	int (*duplicate)(int fd);
	/*
	 * The same file through a description of its own, by /proc/self/fd; read
	 * and write where the descriptor can.
	 */
	int (*reopen)(int fd);
	/* The file of fd goes to the number of to; fd is closed. */
	int (*move)(int fd, int to);
	/*
	 * An empty file goes to a number that the process was started with, and
	 * the number is not ours any more.
	 */
	void (*leave)(int fd);
	/* Is the descriptor of a LUO session? */
	bool (*is_session)(int fd);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	/* A request that stores a descriptor in its argument; it, or an error. */
	int (*ioctl_fd)(int fd, unsigned long request, void *arg,
			const int32_t *arg_fd);
	/*
	 * Does a table like /proc/misc have a line "number name"? 0 also when
	 * there is no such table for this process.
	 */
	int (*lists_driver)(const char *table, const char *name);

	/*
	 * page_size 0: ordinary memory. Close-on-exec, empty, and not to be
	 * executed where the kernel can promise that.
	 */
	int (*memfd)(const char *name, uint64_t page_size);
	int (*set_length)(int fd, uint64_t length);
	/* Nobody changes the length of this memfd any more. */
	int (*seal_length)(int fd);
	/* Set the length and take memory for all of it. */
	int (*allocate)(int fd, uint64_t length);
	int (*file_info)(int fd, struct hp_file_info *ret_info);
	/* The next bytes that are no hole, from offset on; -ENXIO: none. */
	int (*find_data)(int fd, uint64_t offset, uint64_t *ret_start,
			 uint64_t *ret_end);
	/*
	 * The lock of that number on the description, which others see through
	 * other descriptions, also when this process has closed it.
	 */
	int (*lock)(int fd, uint64_t number);
	/* Does some other description of the file have that lock? 1 or 0. */
	int (*is_locked)(int fd, uint64_t number);
	/* The one lock of the whole file; -EAGAIN: another description has it. */
	int (*lock_whole)(int fd);
	/* All of length or an error; -ENODATA when the file is shorter. */
	int (*read_at)(int fd, void *buffer, size_t length, uint64_t offset);
	/* Shared, with reservation. -EEXIST: the address is taken. */
	int (*map)(const struct hp_map_request *request, void **ret_address);
	void (*unmap)(void *address, uint64_t length);
	/* Take and zero all pages, as by writing to each. */
	int (*populate)(void *address, uint64_t length);
	/*
	 * Make all pages readable for this process. -EHWPOISON: one is broken,
	 * which would be a signal otherwise. -EOPNOTSUPP: cannot tell.
	 */
	int (*populate_read)(void *address, uint64_t length);
	/* Transparent huge pages from now on; -EINVAL: the kernel has none. */
	int (*advise_huge)(void *address, uint64_t length);
	/*
	 * What is in small pages into huge ones, where some are free; the last
	 * error of several.
	 */
	int (*collapse)(void *address, uint64_t length);
	/*
	 * How much of it this process has mapped in huge pages. -ENOTTY: the
	 * kernel cannot tell.
	 */
	int (*count_huge)(void *address, uint64_t length, uint64_t *ret_bytes);
	/* mbind(2); policy is an HP_NUMA_*. */
	int (*set_policy)(void *address, uint64_t length, unsigned int policy,
			  const unsigned long *nodes, unsigned int nodes_bits);
	/* From /proc/self/maps: the mapping at that address; -ENXIO: none. */
	int (*find_mapping)(uint64_t address, struct hp_mapping *ret_mapping);
	/* Its file through /proc/self/map_files. Close-on-exec. */
	int (*open_mapping)(const struct hp_mapping *mapping);

	/*
	 * A small text file without the newline at its end, into a buffer that
	 * it must fit with a zero; its length.
	 */
	int (*read_text)(const char *path, char *buffer, size_t size);
	/* Replace such a file by one with this text; NULL: remove it. */
	int (*write_text)(const char *path, const char *text);
	/* What a descriptor's link in /proc/self/fd says; likewise. */
	int (*read_fd_link)(int fd, char *buffer, size_t size);
	/* uname(2): the release of the kernel; likewise. */
	int (*kernel_release)(char *buffer, size_t size);
	/*
	 * A copy of a variable of the environment, to be freed; NULL: it is not
	 * set, or an error is in ret_err, which stays as it is otherwise. Of one
	 * that the program has unset, what the process was started with.
	 */
	char *(*environment)(const char *name, int *ret_err);
	pid_t (*process_id)(void);
	int (*random)(uint64_t *ret_number);

	/*
	 * One datagram with up to one descriptor (-1: none) to a Unix socket,
	 * without waiting: -EAGAIN if there is no room now.
	 */
	int (*notify)(const char *address, const char *message, int fd);
	int (*pipe)(int ret_fds[2]);
	/* Until the other end of a pipe is closed; -ETIMEDOUT. */
	int (*wait_hangup)(int fd, unsigned int timeout_ms);

	/* With all signals blocked; join waits for its end. */
	int (*start_thread)(pthread_t *ret_thread, void *(*run)(void *),
			    void *argument);
	void (*join_thread)(pthread_t thread);

	/*
	 * From now on close descriptors in forked children, and count the forks
	 * that this process is a child of. More than once does no harm. -ENOMEM.
	 */
	int (*watch_forks)(void);
	/*
	 * Another number in a forked child than in its parent. Only to be
	 * compared: of what a child inherits none has its number.
	 */
	unsigned int (*forks)(void);
	uint64_t (*now_ms)(void);  /* monotonic */
	uint64_t (*time_ns)(void); /* since 1970, UTC */
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
