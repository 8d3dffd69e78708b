/* SPDX-License-Identifier: MIT */
/*
 * hugepersist update: into another kernel, or a refusal that changes nothing.
 *
 * FINDINGS, in this order. Any no, and any that is not known, refuses.
 *
 *	image.whole	the image is as long as its header says
 *	image.machine	it is for this machine
 *	image.formats	its kernel reads what this one writes
 *	image.signed	the kernel takes it without a signature, or it has one
 *	next.parameters	the next command line has what a live update needs
 *	next.pages	the next kernel has the page sizes of all that is held
 *	next.memory	there is memory for it beside what is held
 *	next.crash	a crash kernel that is there will be there again
 *	next.initrd	the initrd can be read, and does not come back at shutdown
 *	kexec.load	this process may load a kernel
 *	kexec.free	nobody else has loaded one, or will
 *	held.seen	all that is held could be looked at
 *	held.UNIT/NAME	that session will survive
 */
#ifndef UPDATE_H
#define UPDATE_H

#include <stdbool.h>

#include "held/held.h"
#include "report/answer.h"
#include "update/image.h"

#define UPDATE_LOSE_MAX 64
#define UPDATE_RECORD "/var/lib/hugepersist/update.json"

struct update {
	const char *image_path, *initrd_path;
	const char *parameters; /* of the next kernel */
	const char *lose[UPDATE_LOSE_MAX];
	unsigned int lose_count;
	struct image image;
	struct held held;
	struct answers answers;
};

/* Add the findings. Changes nothing. */
void update_check(struct update *update);

/* May that session be lost? */
bool update_may_lose(const struct update *update,
		     const struct held_session *session);

/*
 * Let the kernel preserve each region that a store has, one at a time, and take
 * it back; the answer for a session becomes no if it refuses. A file with holes
 * is not tried: the holes that the shutdown will fill are told.
 */
void update_try(const struct update *update, const struct held_session *session,
		struct answer *answer);

/* Write down what is to come back. Negative errno. */
int update_record(const struct update *update);

/* kexec_file_load(2). Negative errno. */
int update_load(const struct update *update);
int update_unload(void);

#endif
