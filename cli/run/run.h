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
	char **program;	    /* and its arguments */

	uid_t uid;
	gid_t gid;
	char *home;
	struct hp_session *session;
	unsigned int holder; /* enum hp_holder */
};

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

/*
 * Descriptors with our names, which the service manager passed, end here; those
 * that are left get the numbers from 3 on, and the variables say so.
 */
void run_hide_passed(void);

/* Become the program; comes back with an exit status if it cannot. */
int run_become(const struct run *run, char *const *program);

/* This process is the holder: start the program, and stay. */
int run_hold(const struct run *run, char **arguments);

#endif
