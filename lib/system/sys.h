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
	/* Close-on-exec, read and write. */
	int (*open)(const char *path);
	void (*close)(int fd);
	void (*set_cloexec)(int fd);
	int (*duplicate)(int fd); /* close-on-exec */
	int (*ioctl)(int fd, unsigned long request, void *arg);
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
	/* Set the length and take memory for all of it. */
	int (*allocate)(int fd, uint64_t length);
	int (*file_info)(int fd, struct hp_file_info *ret_info);
	/* The next bytes that are no hole, from offset on; -ENXIO: none. */
	int (*find_data)(int fd, uint64_t offset, uint64_t *ret_start,
			 uint64_t *ret_end);
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
	/* What a descriptor's link in /proc/self/fd says; likewise. */
	int (*read_fd_link)(int fd, char *buffer, size_t size);
	/* uname(2): the release of the kernel; likewise. */
	int (*kernel_release)(char *buffer, size_t size);

	/* With all signals blocked; join waits for its end. */
	int (*start_thread)(pthread_t *ret_thread, void *(*run)(void *),
			    void *argument);
	void (*join_thread)(pthread_t thread);

	/*
	 * Count the forks that this process is a child of, from now on. Once is
	 * enough, more do no harm. -ENOMEM.
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
