/* SPDX-License-Identifier: MIT */
/*
 * A kernel with LUO, made of plain memory, behind the library's table of system
 * calls. It follows kernel/liveupdate/luo_*.c of Linux 7.3 and keeps count, so
 * that a test can say: this call failed, and nothing was left behind. A call
 * that no correct program makes (close of a closed descriptor, unmap of what is
 * not mapped) aborts the test.
 *
 * Time passes only in sleep_ms. One process runs at a time; fake_kexec() and
 * fake_crash() end it and all memory that it has.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../lib/sys.h"

enum fake_call {
	CALL_OPEN,
	CALL_LISTS_DRIVER,
	CALL_MEMFD,
	CALL_SET_LENGTH,
	CALL_ALLOCATE,
	CALL_FILE_INFO,
	CALL_READ_AT,
	CALL_MAP,
	CALL_ZALLOC,
	CALL_CREATE_SESSION,
	CALL_RETRIEVE_SESSION,
	CALL_PRESERVE_FD,
	CALL_RETRIEVE_FD,
	CALL_FINISH,
	/* These cannot fail; they are counted for fake.stop_at. */
	CALL_CLOSE,
	CALL_UNMAP,
	CALL_FREE,
	CALL_STORE,
	CALL_KINDS,
	CALL_CAN_FAIL = CALL_CLOSE,
};

struct fake {
	/* The machine. */
	bool no_device;	     /* no live update */
	bool hidden_device;  /* there is, but no /dev/liveupdate here */
	bool hidden_proc;    /* no /proc here either */
	int open_error;	     /* of the device, until cleared */
	uint64_t busy_until; /* another process has the device, in ms */
	bool no_handler;     /* stock 7.3: does not take huge pages */
	bool leaves_holes;   /* preserve does not fill what it takes */
	int finish_error;    /* of FINISH and of the last close */
	long pool_pages;     /* huge pages, 2 MiB each */
	pid_t pid;

	/* Let the nth call (1 is the next) of one kind fail. */
	enum fake_call fail_call;
	int fail_nth;
	int fail_errno;
	bool failed; /* it happened */

	/* Jump out before the nth call of any kind: the machine goes. */
	int stop_at;
	jmp_buf stop;

	/* At the start of every call; a cancellation point, say. */
	void (*on_call)(void);
	/* Watch every store, before it happens. */
	void (*on_store)(void);
	/* Something else that happens just before LUO takes a huge page file. */
	void (*on_preserve)(void);

	/* Counters of what is in use. */
	int fds, maps, allocations, files;
	long pool_used;
	int sessions_outgoing, sessions_incoming;
	uint64_t now;
	int calls[CALL_KINDS];
};

extern struct fake fake;
extern const struct hp_sys fake_sys;

/* A machine with 64 huge pages, after a cold boot. */
void fake_boot(void);

/* The kernel is replaced; the process is gone; a new one starts. */
void fake_kexec(void);

/* The process is gone, the kernel is not; a new one starts. */
void fake_crash(void);

/* What a dying process or a test leaves behind: descriptors, maps, memory. */
int fake_leaks(void);

/* Damage a preserved file before its retrieve. Of the session that returned. */
void fake_returned_set_length(uint64_t token, uint64_t length);
void fake_returned_set_allocated(uint64_t token, uint64_t allocated);
void fake_returned_set_page_size(uint64_t token, uint64_t page_size);
void fake_returned_remove(uint64_t token);
void fake_returned_write(uint64_t token, uint64_t offset, const void *bytes,
			 size_t length);
void fake_returned_read(uint64_t token, uint64_t offset, void *bytes,
			size_t length);

#endif
