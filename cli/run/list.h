/* SPDX-License-Identifier: MIT */
/*
 * The list of what a holder has: a memfd in its session of LUO, under RUN_LIST_TOKEN.
 * An entry goes to the next kernel from the moment at which its token is stored, so a
 * kexec can come at any time.
 */
#ifndef RUN_LIST_H
#define RUN_LIST_H

#include <stdbool.h>
#include <stdint.h>

#define RUN_LIST_MAGIC UINT64_C(0x317473694c6e7552) /* "RunList1" */
#define RUN_LIST_TOKEN 1
#define RUN_LIST_COUNT 1024
#define RUN_NAME_SIZE 256

struct run_list {
	uint64_t magic;
	char reserved[4088]; /* whole pages */
	struct {
		uint64_t token; /* in the session of LUO; 0: not handed over */
		char name[RUN_NAME_SIZE]; /* "": nothing */
	} entries[RUN_LIST_COUNT];
};

/* As systemd has it: ASCII that can be printed, no colon, up to 255 of them. */
bool run_is_name(const char *name);

/* What is in the file; false: it is not such a list. Nothing of it is trusted. */
bool run_list_read(int fd, struct run_list *ret_list);

#endif
