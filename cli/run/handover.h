/* SPDX-License-Identifier: MIT */
/*
 * The holder's session of LUO: the list, and each file that the holder keeps, from
 * the moment at which the program gives it. So a kexec can come at any time, and what
 * the kernel refuses is known at once. A file in it cannot change its length.
 */
#ifndef RUN_HANDOVER_H
#define RUN_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "handover/incoming.h"
#include "run/list.h"
#include "run/passed.h"
#include "source/device.h"
#include "source/luo.h"

/* A file that the holder keeps. */
struct kept {
	char name[RUN_NAME_SIZE];
	int fd; /* 0: the place is free */
	uint64_t device, inode;
};

struct handover {
	struct hp_device device;
	char name[LUO_NAME_SIZE];
	bool absent; /* this kernel has no LUO */
	int session; /* -1: none now */
	struct hp_incoming incoming;
	int list_fd;
	struct run_list *list; /* an entry for each place of the holder */
	uint64_t last_token;
};

/*
 * A session of that name. -ENODEV: this kernel has none. -EALREADY: another process
 * has it. -ENAMETOOLONG; others as hp_device_create().
 */
int handover_open(struct handover *handover, const char *name);

/*
 * What the previous kernel left. What cannot be had is said, and does not keep the
 * rest from coming. -EBADMSG: there is no list that can be read.
 */
int handover_retrieve(struct handover *handover, struct passed *passed);

/*
 * Hand over what is kept, as far as that is not so. 0, or the last error; which
 * entries have no token then.
 */
int handover_add(struct handover *handover, const struct kept *kept);

/* This place is given up. LUO has the file until the session is begun anew. */
void handover_remove(struct handover *handover, unsigned int place);
void handover_begin_anew(struct handover *handover);

#endif
