/* SPDX-License-Identifier: MIT */
/*
 * hugepersist run: an unmodified program on memory that outlives it.
 *
 * The program gets descriptors without close-on-exec, and paths of them: a
 * symbolic link LABEL in a state directory on disk to /proc/self/fd/N. So files
 * that the program makes beside the path outlive a kexec, too.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <hugepersist/hugepersist.h>

#include "base/log.h"

#define RUN_REGIONS_MAX 64

struct run_region {
	char label[HP_LABEL_MAX + 1];
	uint64_t token; /* made of the label */
	uint64_t length, page_size;
	bool shmem;
	struct hp_region *region;
	bool is_new;
	int fd; /* the program's */
	char *path;
};

struct run {
	const char *name;
	unsigned int region_count;
	struct run_region regions[RUN_REGIONS_MAX];
	const char *user;   /* NULL: as it is */
	const char *if_new; /* for sh -c; or NULL */
	const char *state;  /* directory; or NULL: chosen */
	bool hold;	    /* also if the unit has a store */
	char **program;	    /* and its arguments */

	uid_t uid;
	gid_t gid;
	char *home;
	struct hp_session *session; /* if there are regions */
	pid_t held_by;		    /* another process of this program; or 0 */
};

/* What the library says goes to stderr. */
extern const struct hp_log run_log;

/* Functions that fail have said why; the program ends with STATUS_FAILED. */

/* "LABEL=SIZE[,PAGE]"; PAGE can be shmem; what is wrong with it, or NULL. */
const char *run_parse_region(struct run *run, const char *text);

/* Look up the user. */
bool run_find_user(struct run *run);

/* Make the state directory and the links; paths of the regions. */
bool run_make_paths(struct run *run);

/* The text with @LABEL@ replaced by paths, to be freed. */
char *run_replace(const struct run *run, const char *text);

/* For good, in this process. */
bool run_drop_rights(const struct run *run);

/* In a child of the holder: end with the holder. False: it has ended. */
bool run_end_with_holder(const struct run *run);

/* Become the program; comes back with an exit status if it cannot. */
int run_become(const struct run *run, char *const *program);

/*
 * This process is the holder, for the process that begin() turns into the program.
 * above: the unit has a store, too.
 */
int run_hold(struct run *run, bool above, char **arguments,
	     int (*begin)(struct run *run));

#endif
