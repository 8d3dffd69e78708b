/* SPDX-License-Identifier: MIT */
/*
 * A kernel with LUO, made of plain memory, behind the library's table of system
 * calls. It follows kernel/liveupdate/luo_*.c of Linux 7.3 with the patches of
 * this project and keeps count, so that a test can say: this call failed, and
 * nothing was left behind. A call that no correct program makes (close of a
 * closed descriptor, unmap of what is not mapped) aborts the test.
 *
 * Time passes only in sleep_ms and wait_hangup. One process runs at a time, see
 * fake_switch(); fake_kexec(), fake_crash() and fake_restart() end processes and
 * all memory that they have. The table may be used by several threads.
 */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "../../cli/machine/machine.h"
#include "../../lib/system/sys.h"

enum fake_call {
	CALL_OPEN,
	CALL_LISTS_DRIVER,
	CALL_MEMFD,
	CALL_SET_LENGTH,
	CALL_ALLOCATE,
	CALL_FILE_INFO,
	CALL_FIND_DATA,
	CALL_READ_AT,
	CALL_MAP,
	CALL_ZALLOC,
	CALL_CREATE_SESSION,
	CALL_RETRIEVE_SESSION,
	CALL_PRESERVE_FD,
	CALL_RETRIEVE_FD,
	CALL_FINISH,
	CALL_DUPLICATE,
	CALL_REOPEN,
	CALL_MOVE,
	CALL_SEAL_LENGTH,
	CALL_LOCK,
	CALL_IS_LOCKED,
	CALL_LOCK_WHOLE,
	CALL_RANDOM,
	CALL_NOTIFY,
	CALL_PIPE,
	CALL_WAIT_HANGUP,
	CALL_POPULATE,
	CALL_POPULATE_READ,
	CALL_ADVISE_HUGE,
	CALL_COLLAPSE,
	CALL_COUNT_HUGE,
	CALL_SET_POLICY,
	CALL_FIND_MAPPING,
	CALL_OPEN_MAPPING,
	CALL_READ_TEXT,
	CALL_WRITE_TEXT,
	CALL_READ_FD_LINK,
	CALL_KERNEL_RELEASE,
	CALL_ENVIRONMENT,
	CALL_WATCH_FORKS,
	CALL_START_THREAD,
	/* These cannot fail; they are counted for fake.stop_at. */
	CALL_CLOSE,
	CALL_LEAVE,
	CALL_UNMAP,
	CALL_FREE,
	CALL_STORE,
	CALL_KINDS,
	CALL_CAN_FAIL = CALL_CLOSE,
};

/* The name of a kind, for messages. */
const char *fake_call_name(enum fake_call call);

struct fake {
	/* The machine. */
	bool no_device;	      /* no live update */
	bool hidden_device;   /* there is, but no /dev/liveupdate here */
	bool hidden_proc;     /* no /proc here either */
	int open_error;	      /* of the device, until cleared */
	uint64_t busy_until;  /* another process has the device, in ms */
	bool no_handler;      /* stock 7.3: does not take huge pages */
	bool next_cannot; /* the next kernel takes nothing from this one */
	bool leaves_holes;    /* preserve does not fill what it takes */
	int finish_error;     /* of FINISH and of the last close */
	int name_error;	      /* of GET_NAME; EINVAL as of Linux 6.19 */
	bool no_kind;	      /* nor does that tell the kind: stock 7.3 */
	long pool_pages;      /* huge pages of 2 MiB */
	long pool_1g_pages;   /* huge pages of 1 GiB */
	bool no_1g;	      /* this processor has none of that size */
	bool no_thp;	      /* no transparent huge pages in this kernel */
	bool no_free_thp;     /* no memory is free in pieces of 2 MiB */
	bool no_scan;	      /* a kernel without PAGEMAP_SCAN */
	bool no_numa;	      /* a kernel without mbind */
	uint64_t nodes;	      /* bit mask of the nodes that there are */
	bool no_fds;	      /* no descriptor is free */
	bool no_fork_handler; /* children come from vfork(2) or clone(2) */
	bool no_room;	      /* a cgroup takes no huge page more */
	int map_files_error;  /* of the open of a mapping, until cleared */
	bool hidden_config;   /* it does not show how it was built */
	int uring_error;      /* of io_uring_setup */
	int kexec_error;      /* of kexec_file_load, before it looks at flags */
	int kexec_tries;      /* how often it was called */
	int random_error;
	int limit_error;       /* of getrlimit */
	uint64_t limit_files;  /* RLIMIT_NOFILE; 0: 1024 */
	uint64_t limit_pinned; /* RLIMIT_MEMLOCK; 0: 8 MiB */
	uint64_t lacks;	       /* bit mask of the capabilities it has not */
	unsigned int forks;    /* that this process is a child of */

	/* Let the nth call (1 is the next) of one kind fail. */
	enum fake_call fail_call;
	int fail_nth;
	int fail_errno;
	bool fail_on; /* and all later ones, until cleared */
	bool failed;  /* it happened */

	/* Jump out before the nth call of any kind: the machine goes. */
	int stop_at;
	jmp_buf stop;

	/* At the start of every call; a cancellation point, say. */
	void (*on_call)(void);
	/* Watch every store, before it happens. */
	void (*on_store)(void);
	/* Something else that happens just before LUO takes a huge page file. */
	void (*on_preserve)(void);

	/* Counters of what is in use, by all processes. */
	int fds, maps, allocations, files;
	int own_fds;	/* the library's, without the numbers of the manager */
	long pool_used; /* of 2 MiB: reserved or filled */
	long pool_1g_used; /* of 1 GiB */
	long pool_filled;  /* of the 2 MiB used ones: not only reserved */
	long pool_1g_filled;
	int sessions_outgoing, sessions_incoming;
	int threads;	    /* started and not joined */
	unsigned int boots; /* kernels since fake_boot() */
	uint64_t now;
	uint64_t randoms; /* numbers that random gave */
	int calls[CALL_KINDS];
};

extern struct fake fake;
extern const struct hp_sys fake_sys;

/* The same machine, for the program. */
extern const struct machine fake_machine;

/* A machine with 64 huge pages of 2 MiB, after a cold boot. */
void fake_boot(void);

/* The kernel is replaced; all processes are gone; a new one starts. */
void fake_kexec(void);

/* The process is gone, the kernel is not; a new one starts, by no manager. */
void fake_crash(void);

/* What the library leaves behind: its descriptors, maps, memory. */
int fake_leaks(void);

/* -- Processes ------------------------------------------------------------- */

#define FAKE_PROCESSES 3

/* Go on as another process; 0 is the first. It starts if it is not there. */
void fake_switch(int process);

/*
 * The running process forks: the other one has copies of all its descriptors
 * and mappings; the library's fork handler closes the library's descriptors in
 * it, unless fake.no_fork_handler. Only what the kernel sees; a test that calls
 * the library in the child does a fork(2) after this.
 */
void fake_fork(int process);

/* Once, before a fork(2) while several threads run. */
void fake_survive_fork(void);

/* Another process ends. */
void fake_exit(int process);

/* SCM_RIGHTS: the number of the copy in the other process, 4096 and up. */
int fake_pass_fd(int fd, int process);

/* How many descriptors of the running process an exec would leave open. */
int fake_inheritable(void);

/* A descriptor that is neither a file nor a session, as of a socket. */
int fake_other_fd(void);
/* The same at that number, which is free. */
int fake_other_fd_at(int fd);

/*
 * The program closes a number, be it the library's; fake_sys.close closes only
 * what the library has opened.
 */
void fake_close_behind(int fd);

/* Whoever has opened it. */
void fake_close_any(int fd);

/* -- The service manager ---------------------------------------------------- */

/*
 * systemd as far as it keeps descriptors: a store for each service, which is one
 * for each process of fake_switch(). It does not answer; it closes the pipe of a
 * barrier. Messages of a process that has died count.
 */
struct fake_manager {
	bool there;	      /* starts processes, and tells them of itself */
	bool no_variable;     /* before 254: sets no FDSTORE */
	unsigned int maximum; /* of a store; 0: services have none */
	bool refuses;	      /* takes nothing, as by NotifyAccess= */
	bool silent;	      /* does not work on messages now */
	unsigned int slow_ms; /* it takes that long for a message */
	bool no_room;	      /* its socket is full now */
	bool loses_messages;  /* of a process that has died */
	bool reorders;	 /* passes descriptors in another order each time */
	bool hands_over; /* 261: its stores go to the next kernel */
	int pushes;	 /* descriptors that were sent to it */
};

extern struct fake_manager fake_manager;

/*
 * From now on there is one with that maximum, and the running process is gone; a
 * new one is started by the manager. Everything else is off.
 */
void fake_manager_start(unsigned int maximum);

/*
 * The process is gone; the manager starts a new one with what is in the store of
 * its service, at the numbers from 3 on.
 */
void fake_restart(void);

/* The manager restarts, with that maximum: what came last does not fit. */
void fake_manager_restart(unsigned int maximum);

/* How much is in the store of a service. By index, the oldest is the first. */
unsigned int fake_store_count(int service);

/* What is stored there: which file, and whether it has an owner (lock_whole). */
struct fake_stored {
	const char *name;
	uint64_t inode, length;
	bool owned;
};

struct fake_stored fake_store_entry(int service, unsigned int index);
const char *fake_store_name(int service, unsigned int index);

/* The manager drops that many, from the index on. */
void fake_store_drop(int service, unsigned int index, unsigned int count);

/* -- Environment and text files -------------------------------------------- */

/*
 * NULL: not set. Of all processes until fake_boot(); goes before what the manager
 * has set.
 */
void fake_setenv(const char *name, const char *value);

/*
 * A file for read_text beyond those that the machine has; NULL: none. One named
 * "CONFIG_X" is how the kernel was built: "y", or else it was not. An empty one
 * is there and cannot be read (-EACCES).
 */
void fake_set_text(const char *path, const char *text);

/* -- The application's own memory ------------------------------------------ */

enum {
	FAKE_PRIVATE = 1 << 0,
	FAKE_READ_ONLY = 1 << 1,
};

/* mmap(2) of a file, or of fd -1: memory of no file. Ends with sys.unmap. */
void *fake_mmap(int fd, uint64_t offset, uint64_t length, unsigned int flags);

/* Another descriptor of the file that does not allow to write. */
int fake_read_only(int fd);

/* -- NUMA ------------------------------------------------------------------ */

#define FAKE_POLICIES 16

/* What set_policy was asked for, the latest last. */
struct fake_policy {
	void *address;
	uint64_t length, nodes;
	unsigned int policy;
};

extern struct fake_policy fake_policies[FAKE_POLICIES];
extern unsigned int fake_policy_count;

/* Is the file of that inode in a session for the next kernel? */
bool fake_outgoing_has(uint64_t inode);

/* -- Damage ---------------------------------------------------------------- */

/* Change a preserved file before its retrieve. Of the session that returned. */
void fake_returned_set_length(uint64_t token, uint64_t length);
void fake_returned_set_allocated(uint64_t token, uint64_t allocated);
void fake_returned_set_page_size(uint64_t token, uint64_t page_size);
void fake_returned_remove(uint64_t token);
void fake_returned_write(uint64_t token, uint64_t offset, const void *bytes,
			 size_t length);
void fake_returned_read(uint64_t token, uint64_t offset, void *bytes,
			size_t length);

#endif
