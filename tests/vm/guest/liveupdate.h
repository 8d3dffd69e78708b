/* SPDX-License-Identifier: MIT */
/*
 * The live update ioctls as Linux 7.3 documents them, spelled out here so that
 * the tests judge the kernel without going through the library, and compile
 * where the kernel headers are older.
 */
#ifndef LIVEUPDATE_H
#define LIVEUPDATE_H

#include <stdint.h>
#include <sys/ioctl.h>

#define LU_NAME_MAX	64

struct lu_session {		/* create, retrieve */
	uint32_t size;
	int32_t fd;
	char name[LU_NAME_MAX];
};

struct lu_file {		/* preserve, retrieve */
	uint32_t size;
	int32_t fd;
	uint64_t token;
};

struct lu_finish {
	uint32_t size;
	uint32_t reserved;
};

struct lu_name {
	uint32_t size;
	uint32_t reserved;
	char name[LU_NAME_MAX];
	uint32_t kind;		/* as the series has it; Linux 7.3 leaves 0 */
};

#define LU_CREATE_SESSION	_IO(0xBA, 0x00)
#define LU_RETRIEVE_SESSION	_IO(0xBA, 0x01)
#define LU_PRESERVE_FD		_IO(0xBA, 0x40)
#define LU_RETRIEVE_FD		_IO(0xBA, 0x41)
#define LU_FINISH		_IO(0xBA, 0x42)
#define LU_GET_NAME		_IO(0xBA, 0x43)

#endif
