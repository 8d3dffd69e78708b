/* SPDX-License-Identifier: MIT */
/*
 * A disk with one directory, made of plain memory, behind the table of
 * lib/save/storage/io.h.
 *
 * It knows for every file and name what the program sees and what would be left
 * after a power cut: bytes of a file last when the file was synchronized, names
 * when the directory was. Every call can fail or be the last one.
 */
#ifndef DISK_H
#define DISK_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../lib/save/storage/io.h"

#define DISK_DIRECTORY "/disk/save"

enum disk_call {
	DISK_MAKE_DIRECTORY,
	DISK_OPEN_DIRECTORY,
	DISK_LIST,
	DISK_UNLINK,
	DISK_RENAME,
	DISK_OPEN,
	DISK_SYNC,
	DISK_LOCK,
	DISK_LENGTH,
	DISK_SET_LENGTH,
	DISK_ALLOCATE,
	DISK_SET_BUFFERED,
	DISK_READ,
	DISK_WRITE,
	DISK_QUEUE_OPEN,
	DISK_QUEUE_PUT,
	DISK_QUEUE_TAKE,
	DISK_QUEUE_RESULT, /* of a transfer */
	DISK_RESIDENT,
	DISK_POPULATE_READ,
	DISK_CALLS,
};

const char *disk_call_name(enum disk_call call);

/* What a power cut leaves of that which was not synchronized. */
enum disk_cut {
	DISK_CUT_NOTHING, /* nothing */
	DISK_CUT_ALL,	  /* all */
	DISK_CUT_SOME,	  /* any part, in any order, by disk.seed */
};

struct disk {
	/* The machine. */
	bool no_parent;	     /* of the directory */
	bool no_queue;	     /* io_uring is forbidden */
	bool no_operation;   /* and is there, but cannot read and write */
	bool no_direct;	     /* O_DIRECT: refused at open */
	bool no_direct_late; /* at the first transfer */
	bool no_registered;
	bool no_allocate;
	bool no_locks;
	bool no_populate;
	bool no_resident;
	bool slow;     /* much time passes with every look at the clock */
	bool lies;     /* says it synchronized, and did not */
	uint64_t room; /* bytes that files can have; 0: any number */
	unsigned int shorten; /* every nth transfer moves only a part */
	unsigned int part;    /* of which that many bytes are left out */
	uint64_t seed;

	/* Let the nth call (1 is the next) of one kind fail. */
	enum disk_call fail_call;
	int fail_nth;
	int fail_errno;
	bool failed; /* it happened */

	/* Jump out before the nth call of any kind. */
	int stop_at;
	jmp_buf stop;

	/* Counters. */
	int fds, queues, locks;
	int calls[DISK_CALLS];
	int total_calls;
	uint64_t now;
};

extern struct disk disk;
extern const struct hp_io disk_io;

/* The fake kernel, as the save sees it (main.c). */
extern struct hp_sys save_sys;

/* Empty, without the directory. */
void disk_format(void);

/* The power goes and comes back; all that was open is not any more. */
void disk_power_cut(enum disk_cut cut);

/* The process ends; the machine goes on. */
void disk_crash(void);

/* Names in the directory. */
int disk_files(void);

/* The file whose name begins so; what the program sees. NULL: none. */
unsigned char *disk_bytes(const char *prefix, uint64_t *ret_length);
const char *disk_name(const char *prefix);
void disk_truncate(const char *prefix, uint64_t length);
void disk_remove(const char *prefix);

/* Keep all that is there, and put it back. */
void disk_keep(void);
void disk_restore(void);

#endif
