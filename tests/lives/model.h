/* SPDX-License-Identifier: MIT */
/*
 * What must come back: a small account of promises and writes, which knows nothing
 * of the library's code. It is told what the program did and got, and which files
 * the fake kernel really still has.
 */
#ifndef MODEL_H
#define MODEL_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include <hugepersist/hugepersist.h>

#include "sequence.h"

#define PAGES 6

enum belief { NO, MAYBE, YES };

/* The memory of a region: which file, and what was written last. */
struct content {
	uint64_t inode;
	uint64_t length,
		shorter;	 /* shorter: what a grow began with, or equal */
	uint64_t tags[PAGES][2]; /* at the start and the end of each page */
};

/* What is to be found under a token. */
struct account {
	struct content content;
	enum belief promised; /* the content comes back */
	enum belief lost;     /* if it does not: NO: as CREATED; YES: as LOST */
	bool there;	      /* the kernel still has the file */
};

struct model {
	struct account came[TOKENS]; /* until the region is opened */
	struct account next[TOKENS]; /* when this process or kernel has gone */
	struct content now[TOKENS];  /* of what is open */
	enum belief sealed;	     /* for the next owner */
	enum belief found_sealed;    /* by this one */
	bool incomplete;	     /* what came back: something is lost */
	bool perhaps_incomplete;
	bool all_gone; /* the holder has nothing of the session */
	bool may_lose; /* the kernel was made to refuse a file for good */
};

/* A sequence ends here; the message is in model_problem. */
extern jmp_buf model_failed;
extern char model_problem[512];
__attribute__((format(printf, 1, 2), noreturn)) void wrong(const char *format,
							   ...);

/*
 * A life begins. next is what the last one left, with there filled in; the holder
 * keeps (a store) or gives away (LUO) what came.
 */
void model_begin(struct model *model, bool keeps);

/* The region was opened: is it what it must be? */
void model_opened(struct model *model, unsigned int token,
		  struct hp_region *region, uint64_t inode, bool writable);

/* What is in memory changed: the accounts of the same file say so. */
void model_sync(struct model *model, unsigned int token);

/* A region is new, whatever the library calls it. */
void model_made(struct model *model, unsigned int token,
		struct hp_region *region, uint64_t inode);

/* What is in the memory. */
void model_write(struct content *content, struct hp_region *region,
		 unsigned int page, uint64_t tag);
void model_compare(const struct content *content,
		   const struct hp_region *region);

/* What came back with it. */
void model_info(const struct model *model, const struct hp_session_info *info);

#endif
