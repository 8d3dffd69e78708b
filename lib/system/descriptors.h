/* SPDX-License-Identifier: MIT */
/*
 * The descriptors that the library has open in this process. The table is what
 * a forked child closes; a number in it that the program closed behind our back
 * is not touched again.
 */
#ifndef HP_DESCRIPTORS_H
#define HP_DESCRIPTORS_H

#include <stdbool.h>
#include <sys/types.h>

/* Which file a descriptor is of. */
struct hp_identity {
	dev_t device;
	ino_t inode;
	bool session; /* of LUO: all of them share one inode */
};

/*
 * The system call that makes a descriptor stands between these two, so that no
 * fork comes between the call and the table.
 */
void hp_descriptors_begin(void);

/*
 * Takes the number, or the negative errno, of that call. Returns the number
 * under which the file is in the table, which is 3 or higher and close-on-exec;
 * or a negative errno, and then nothing is open.
 */
int hp_descriptors_end(int fd);

/* Is it of LUO? Takes no lock. */
bool hp_descriptors_is_session(int fd);

/* Close it, if it is still ours, and forget it. */
void hp_descriptors_close(int fd);

/* Put the file of one number on another number; the first one is closed. */
int hp_descriptors_move(int fd, int to);

/*
 * Leave an empty file on the number and forget it. One that is not in the table
 * is the caller's to know.
 */
void hp_descriptors_leave(int fd);

/* Close all of the table in forked children from now on; -ENOMEM. */
int hp_descriptors_watch(void);

/* How many forks lie between this process and the one that first watched. */
unsigned int hp_descriptors_forks(void);

#endif
