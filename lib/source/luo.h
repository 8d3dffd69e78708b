/* SPDX-License-Identifier: MIT */
/*
 * The part of the Live Update Orchestrator's user interface that we use.
 *
 * Declared here since most build machines have headers older than Linux 6.19
 * and the running kernel is what counts. Facts: every request starts with its
 * own size; requests are plain _IO numbers of type 0xBA; the device takes the
 * two session requests, a session descriptor the others.
 * Structures and numbers are the ABI of include/uapi/linux/liveupdate.h.
 */
#ifndef HP_LUO_H
#define HP_LUO_H

#include <stdint.h>
#include <sys/ioctl.h>

#define LUO_DEVICE "/dev/liveupdate"

/* Where the kernel lists the driver, whether or not there is a device node. */
#define LUO_DRIVERS "/proc/misc"
#define LUO_DRIVER "liveupdate"

/* With the terminating zero. */
#define LUO_NAME_SIZE 64

/* For both session requests. */
struct luo_session_arg {
	uint32_t size;
	int32_t fd; /* out */
	char name[LUO_NAME_SIZE];
};

/* For both file requests; fd goes in for preserve and comes out of retrieve. */
struct luo_file_arg {
	uint32_t size;
	int32_t fd;
	uint64_t token;
};

struct luo_finish_arg {
	uint32_t size;
	uint32_t reserved;
};

/*
 * name comes out. Linux 6.19 does not have it. kind comes out too, if it was 0; a
 * kernel that does not know it leaves 0.
 */
struct luo_name_arg {
	uint32_t size;
	uint32_t reserved;
	char name[LUO_NAME_SIZE];
	uint32_t kind;
};

#define LUO_CREATE_SESSION _IO(0xBA, 0x00)
#define LUO_RETRIEVE_SESSION _IO(0xBA, 0x01)
#define LUO_PRESERVE_FD _IO(0xBA, 0x40)
#define LUO_RETRIEVE_FD _IO(0xBA, 0x41)
#define LUO_FINISH _IO(0xBA, 0x42)
#define LUO_GET_NAME _IO(0xBA, 0x43)

/* The kinds of a session. */
#define LUO_OUTGOING 1
#define LUO_INCOMING 2

/* What /proc/self/fd says of a session, before its name. */
#define LUO_SESSION_LINK "anon_inode:[luo_session] "

_Static_assert(sizeof(struct luo_session_arg) == 72, "LUO session ABI");
_Static_assert(sizeof(struct luo_file_arg) == 16, "LUO file ABI");
_Static_assert(sizeof(struct luo_finish_arg) == 8, "LUO finish ABI");
_Static_assert(sizeof(struct luo_name_arg) == 76, "LUO name ABI");

#endif
