/* SPDX-License-Identifier: MIT */
/*
 * hugepersist: memory that outlives the process and the kernel.
 *
 * A region is memory in huge pages. A session is a named set of regions. The
 * holder keeps the memory while the program is not running: as a rule systemd,
 * in the file descriptor store of the program's service.
 *
 *	struct hp_session_info info = { .size = sizeof(info) };
 *	struct hp_session *session;
 *	struct hp_region *pool;
 *	int err;
 *
 *	err = hp_session_open("mydb", NULL, &session);
 *	if (!err)
 *		err = hp_region_open(session, POOL, POOL_BYTES, NULL, &pool);
 *	if (!err)
 *		err = hp_session_info(session, &info);
 *	if (!err && hp_region_is_new(pool))
 *		pool_format(hp_region_address(pool));
 *	else if (!err && !info.sealed)
 *		pool_recover(hp_region_address(pool));
 *	if (!err)
 *		err = hp_session_preserve(session);
 *	if (err)
 *		return fail(hp_strerror(err));
 *	... serve; on SIGTERM stop all writers ...
 *	return hp_session_seal(session);
 *
 * LIFE. After hp_session_preserve() the memory outlives the process: a restart,
 * a crash, SIGKILL. hp_session_info() tells whether it outlives a kexec. What came
 * back is preserved from the start. No error, exit or close gives it up: only
 * hp_region_drop(), hp_session_drop(), HP_COMMIT_DROP and hp_session_abort() do.
 * The exception is HP_HOLDER_PROCESS: the memory must be preserved again after an
 * update, and the process must live until the kexec. A reboot and a power cut lose
 * all. hugepersist(7) has the settings of the service.
 *
 * CONTENT. The last write is what comes back, without a flush. A crash or a kexec
 * can come between two stores. An aligned 8-byte store is not torn, and C11
 * order between stores holds. So keep a structure that can be recovered after
 * every store, or trust only what was sealed. A page with a memory error raises
 * SIGBUS when it is touched, after a kexec too; all others stay.
 *
 * ONE OWNER. One process at a time owns a session, with the children that it
 * forks. A process may own several. A seal covers a whole session: use one
 * session for each part of your data that is valid on its own.
 *
 * FORK. A child has the mappings, and the getters work. All else is -ECHILD
 * there. The library closes its descriptors in the child.
 * THREADS. Any thread may call. Calls on one session take turns; getters never
 * wait. Nobody may use an object during or after its close or drop.
 * ERRORS. Functions return 0 or a negative errno. A failed call changes nothing
 * and leaves ret_ arguments alone, unless its comment says so. These can come
 * from every call and are not repeated below: -EINVAL (an argument is wrong),
 * -ECHILD, -ENOMEM, -EMFILE, -EPROTO (the system gave an unknown answer).
 *
 * The library does not print, exit, or handle signals. Its descriptors are 3 or
 * higher and close-on-exec. Each function has a man page.
 */
#ifndef HUGEPERSIST_H
#define HUGEPERSIST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HP_VERSION_MAJOR 0
#define HP_VERSION_MINOR 2
#define HP_VERSION_PATCH 0
#define HP_NAME_MAX 63	    /* bytes of a session's name, without the zero */
#define HP_LABEL_MAX 63	    /* bytes of a region's label, without the zero */
#define HP_REGIONS_MAX 1023 /* regions of one session */
#define HP_TOKEN_RESERVED UINT64_MAX /* not for applications */

/* Page sizes in bytes. /sys/kernel/mm/hugepages lists those of this machine. */
#define HP_PAGE_2M (UINT64_C(1) << 21)
#define HP_PAGE_1G (UINT64_C(1) << 30)
#define HP_PAGE_ANY UINT64_C(1) /* the largest that fits and is free */

#define HP_NO_WAIT UINT32_MAX /* for timeout_ms */

struct hp_session;
struct hp_region;

/* -- Errors ---------------------------------------------------------------- */
/* What the caller does about an error. Every code is in one class. */
enum hp_error_class {
	HP_ERROR_NONE = 0,
	/*
	 * It passes: make room, wait, try again. -EAGAIN, -EALREADY (another
	 * live process owns it), -EMFILE, -ENOMEM, -ENOSPC (the holder is
	 * full). And -ECANCELED: your callback ended the call.
	 */
	HP_ERROR_AGAIN = 1,
	/* The program or its setup is wrong; data is safe. All other codes. */
	HP_ERROR_CALL = 2,
	/*
	 * This machine or this version cannot do it; data is safe. -EACCES,
	 * -EIO, -ENODEV, -EOPNOTSUPP, -EPROTO.
	 */
	HP_ERROR_MACHINE = 3,
	/*
	 * Gone for good: -ENODATA a region, -EHWPOISON a page. -ENOMSG and
	 * -EBADMSG the manifest, which lists the regions: the regions may be
	 * whole, see HP_REGION_UNLISTED.
	 */
	HP_ERROR_LOST = 4
};

/* hp_error_class - the class of an error that a function returned. */
enum hp_error_class hp_error_class(int err);
/* hp_strerror - one or two English sentences: what happened, what to do. */
const char *hp_strerror(int err);
/* hp_version - version of the loaded library, "0.2.0". */
const char *hp_version(void);

/* -- Options --------------------------------------------------------------- */
/*
 * Set size of a structure to its sizeof and every field that you do not use to
 * 0. A null pointer stands for all defaults.
 */
enum {
	/*
	 * Succeed where nobody can hold memory. Regions are ordinary huge pages
	 * there, and hp_session_preserve() fails with -ENODEV.
	 */
	HP_SESSION_LOCAL = 1 << 0,
	/* Do not use the store of the service manager. */
	HP_SESSION_NO_STORE = 1 << 1
};

/*
 * hp_wait_fn - called about once a second while a call waits or populates.
 *
 * Return 0 to go on. Another value ends the call with -ECANCELED. Must call only
 * getters. A service sends EXTEND_TIMEOUT_USEC here, see hugepersist(7).
 */
struct hp_wait {
	int error; /* what the call waits to pass; 0: it populates */
	unsigned int waited_ms;
	uint64_t done_bytes, total_bytes; /* populated, of all regions */
};
typedef int hp_wait_fn(void *context, const struct hp_wait *wait);

/* hp_log_fn - details, with a priority of syslog(3). Must call only getters. */
typedef void hp_log_fn(void *context, int priority, const char *message);

struct hp_session_opts {
	size_t size;
	unsigned int flags; /* HP_SESSION_* */
	/*
	 * How long a call waits for errors of HP_ERROR_AGAIN to pass, before it
	 * returns the last one. 0: hp_session_preserve(), hp_session_info(),
	 * and hp_region_open() for memory that came back, wait until they
	 * succeed: set wait to be told. All others wait 5 seconds, and only for
	 * the manager's answer or the device. HP_NO_WAIT: not at all.
	 */
	unsigned int timeout_ms;
	unsigned int populate_threads; /* of hp_session_preserve(); 0: none */
	hp_wait_fn *wait;	       /* or NULL */
	void *wait_context;
	hp_log_fn *log; /* or NULL */
	void *log_context;
	/*
	 * LUO sessions that someone else opened: one that came back, an empty
	 * one for the next kernel, or both. They are duplicated.
	 */
	const int *fds;
	unsigned int fds_count;
	unsigned int reserved;
};

/* From which NUMA nodes a part of a region takes its pages, mbind(2). */
enum { HP_NUMA_BIND = 1, HP_NUMA_PREFERRED = 2, HP_NUMA_INTERLEAVE = 3 };

struct hp_numa_range {
	uint64_t offset, length;    /* bytes; length 0: to the end */
	unsigned int policy;	    /* HP_NUMA_* */
	unsigned int nodes_bits;    /* length of the mask in bits */
	const unsigned long *nodes; /* mask of node numbers */
	uint64_t reserved;
};

/* Flags of struct hp_region_opts. Each man page lists what its call takes. */
enum {
	/* Take and zero all pages of new memory now. */
	HP_REGION_POPULATE = 1 << 0,
	/* Map for reading only, which does not break the seal. */
	HP_REGION_READ_ONLY = 1 << 1,
	/* Map where the region was before, or fail with -EADDRINUSE. */
	HP_REGION_OLD_ADDRESS = 1 << 2,
	/*
	 * Take memory also if no readable manifest lists it, by its token, with
	 * HP_REGION_MUST_EXIST and length 0. -ENOENT: it did not come back. Its
	 * layout is 0, and you judge the content.
	 */
	HP_REGION_UNLISTED = 1 << 3,
	/* hp_region_grow() may move the mapping. */
	HP_REGION_MAY_MOVE = 1 << 4,
	/* New memory is shmem, by HP_PAGE_2M. See hugepersist(7). */
	HP_REGION_SHMEM = 1 << 5,
	/* The caller fills the new memory from a copy: HP_ORIGIN_SAVE. */
	HP_REGION_LOADED = 1 << 6,
	/* No new memory: -ENOENT if there is none, -ENODATA if it is lost. */
	HP_REGION_MUST_EXIST = 1 << 7
};

struct hp_region_opts {
	size_t size;
	uint64_t page_size; /* bytes; 0: HP_PAGE_2M if new, else any */
	unsigned int flags; /* HP_REGION_* */
	unsigned int populate_threads; /* with HP_REGION_POPULATE; 0: none */
	const char *label;	       /* for people; copied; or NULL */
	uint64_t layout; /* your number of the data layout; 0: any */
	void *address;	 /* where to map, or NULL */
	const struct hp_numa_range *numa;
	unsigned int numa_count;
	unsigned int reserved;
};

/* -- Session --------------------------------------------------------------- */
/*
 * hp_session_open - take a session by name, with the memory that came back.
 * @name: 1 to HP_NAME_MAX bytes of any value, unique in the service or, without
 *        a store, on the machine; not "systemd"
 *
 * The holder is the first that is there: opts->fds; the store of the service
 * manager; /dev/liveupdate (root), where memory lives as long as this process.
 * Does not change memory and does not break the seal. On every error the memory
 * stays where it is, for a later open.
 *
 * -EALREADY	another live process, or a child that it left, owns the session
 * -EAGAIN	/dev/liveupdate is open elsewhere; the manager does not answer
 * -ENOSPC	the manager's store is full, or NotifyAccess= excludes us
 * -EBUSY	this process closed the session; the next start finds it
 * -ESRCH	the memory was passed to another process (LISTEN_PID), as to a
 *		shell that started this one: exec this program there
 * -EUCLEAN	the program closed descriptors that the manager passed: open the
 *		session before
 * -ENOTUNIQ	two sessions of this name came back: drop one, hugepersist(1)
 * -ENODEV	nobody here can hold memory, see HP_SESSION_LOCAL
 * -EACCES	no permission for /dev/liveupdate, and no store
 * -EIO		this kernel could not read what the last one handed over
 */
int hp_session_open(const char *name, const struct hp_session_opts *opts,
		    struct hp_session **ret_session);

/*
 * hp_session_preserve - from here on the memory outlives this process.
 *
 * Ends an update that came, takes and zeroes pages that were never touched, and
 * gives every open region to the holder. Regions that came back and are not open
 * stay with the holder. Waits and tries again, see timeout_ms. Returns 0 only
 * when the holder was seen to have all of it. Call it again for new regions. On
 * failure some are preserved: hp_region_is_preserved() tells.
 *
 * -ENOSPC	the holder is full: raise FileDescriptorStoreMax=
 * -ENODEV	HP_SESSION_LOCAL, and nobody here can hold memory
 * -EOPNOTSUPP	the kernel cannot hand over memory of this kind; or a newer
 *		library wrote what came back
 * -EALREADY	another process preserved a session of that name, or this memory
 * -EUCLEAN	the program resized or closed the file of a region
 * -EBADMSG, -ENOMSG	the manifest is gone, see hp_session_commit()
 * -E2BIG	more than HP_REGIONS_MAX regions
 */
int hp_session_preserve(struct hp_session *session);

/*
 * hp_session_seal - the content of all preserved regions is consistent.
 *
 * Stop all writers before. The next owner finds hp_session_info.sealed. Exit
 * needs no close; with HP_HOLDER_PROCESS do not exit. The seal breaks before a
 * call returns a writable mapping, and by hp_session_unseal(). If the call fails,
 * the session is not sealed. Regions that are not preserved do not count.
 *
 * -ENOENT	nothing is preserved
 * -EUCLEAN	the program resized or closed the file of a region
 */
int hp_session_seal(struct hp_session *session);

/* hp_session_unseal - there will be writes again. Call it before the first. */
int hp_session_unseal(struct hp_session *session);

/*
 * hp_session_close - unmap all regions; preserved memory stays with its holder.
 *
 * -EBUSY	HP_HOLDER_PROCESS: stay until the kexec, or drop it
 */
int hp_session_close(struct hp_session *session);

/* hp_session_drop - give up all memory of the session everywhere, and close. */
int hp_session_drop(struct hp_session *session);

enum hp_answer { HP_NO = 0, HP_YES = 1, HP_NOT_KNOWN = 2 };

enum hp_holder {
	HP_HOLDER_NONE = 0,    /* memory ends with the process */
	HP_HOLDER_STORE = 1,   /* the service manager's store */
	HP_HOLDER_PROCESS = 2, /* this process: its exit ends the memory */
	HP_HOLDER_GIVEN = 3    /* whoever gave opts->fds, and this process */
};

struct hp_session_info {
	size_t size; /* set before the call */
	unsigned int holder;
	unsigned int came_back; /* 1: a session of that name was there */
	/* -EBADMSG: damaged; -ENOMSG: gone; -EOPNOTSUPP: of a newer library. */
	int manifest_error;
	unsigned int sealed; /* 1: as found at the open: sealed, none lost */
	unsigned int region_count; /* listed, and came back */
	unsigned int lost_count;   /* listed, and did not come back */
	unsigned int sealed_now;   /* 1: it is sealed at this moment */
	unsigned int preserved_count;
	/* Does what is preserved outlive ... ? enum hp_answer; why. */
	unsigned int outlives_restart, outlives_kexec;
	const char *restart_reason, *kexec_reason; /* static sentences */
	/* For tools, of the last owner: */
	uint64_t generation; /* one more for each owner */
	uint64_t updates;    /* kernel updates that the session outlived */
	uint64_t written_ns; /* last change of the list, since 1970, UTC */
	char kernel[72], boot_id[40], library[16];
};

/* hp_session_info - what is known about a session. */
int hp_session_info(struct hp_session *session, struct hp_session_info *info);

enum {
	HP_REGION_IS_RETURNED = 1 << 0,	 /* came back and is not open */
	HP_REGION_IS_OPEN = 1 << 1,	 /* this process has it open */
	HP_REGION_IS_PRESERVED = 1 << 2, /* the holder has it */
	HP_REGION_IS_LOST = 1 << 3	 /* listed, and did not come back */
};

struct hp_region_info {
	size_t size; /* set before the call */
	uint64_t token, length, page_size, layout;
	uint64_t address;    /* not open: where it was mapped, 0: not known */
	unsigned int state;  /* HP_REGION_IS_* */
	unsigned int origin; /* enum hp_origin; not open: 0 */
	char label[HP_LABEL_MAX + 1];
};

/* hp_session_region - the regions by index from 0, until -ENOENT. */
int hp_session_region(struct hp_session *session, unsigned int index,
		      struct hp_region_info *info);
/* hp_session_name - the name; valid until close. */
const char *hp_session_name(const struct hp_session *session);

/* -- Region ---------------------------------------------------------------- */
/*
 * Where the bytes came from. CREATED and LOST are told at every open until the
 * new memory is preserved: so make its content between the two. CREATED: nothing
 * was found that speaks of the region, as after a reboot.
 */
enum hp_origin {
	HP_ORIGIN_CREATED = 1,	   /* new, all zero */
	HP_ORIGIN_LIVE_UPDATE = 2, /* kept, and the kernel is another one */
	HP_ORIGIN_ADOPTED = 3,	   /* the application's own memory */
	HP_ORIGIN_ATTACHED = 4,	   /* another process, hp_region_from_fd() */
	HP_ORIGIN_SAVE = 5,	   /* a save, see save.h */
	HP_ORIGIN_KEPT = 6,	   /* kept, in the same kernel */
	HP_ORIGIN_LOST = 7	   /* new, all zero: the old memory is lost */
};

/*
 * hp_region_open - the memory of that token, or new memory.
 * @token: your number for the region in its session
 * @length: bytes, a multiple of the page size; 0 with HP_REGION_MUST_EXIST: any
 *
 * The same bytes if they came back. If they should have come back and did not:
 * new memory and HP_ORIGIN_LOST. New memory is zero. Breaks the seal, unless it
 * fails: to look first, use hp_session_region(). Pages of the pool are reserved,
 * but before hp_session_preserve() a first touch can raise SIGBUS by a cgroup
 * limit or NUMA binding.
 *
 * -ESTALE	it came back with another length, page size or layout. Open it
 *		as it is: HP_REGION_MUST_EXIST, length 0, no page_size or layout.
 *		To make it shorter, copy it to another token and drop it
 * -EEXIST	the token is open
 * -ENOENT, -ENODATA	HP_REGION_MUST_EXIST: never there; lost
 * -ENOMEM	too few free huge pages (HugePages_Free less HugePages_Rsvd in
 *		/proc/meminfo), or a cgroup limit
 * -EBADMSG, -ENOMSG, -EOPNOTSUPP	see hp_session_info.manifest_error
 * -EUCLEAN	the file that came back is not what the manifest says
 * -EADDRINUSE	the address is taken
 * -EOPNOTSUPP	no huge pages of that size here
 */
int hp_region_open(struct hp_session *session, uint64_t token, uint64_t length,
		   const struct hp_region_opts *opts,
		   struct hp_region **ret_region);

/* hp_region_close - unmap it. Preserved memory stays with its holder. */
int hp_region_close(struct hp_region *region);
/* hp_region_drop - close it and give up its memory everywhere. */
int hp_region_drop(struct hp_region *region);

/*
 * hp_region_grow - make it longer; the new bytes are zero. Breaks the seal.
 *
 * What is preserved stays so, with the new bytes. A crash leaves one of the two
 * lengths.
 *
 * -EBUSY	HP_HOLDER_PROCESS and preserved: see hp_session_abort()
 * -EADDRINUSE	no room behind it, see HP_REGION_MAY_MOVE
 */
int hp_region_grow(struct hp_region *region, uint64_t length,
		   const struct hp_region_opts *opts);

/* hp_region_get - the open region of a token; -ENOENT. */
int hp_region_get(struct hp_session *session, uint64_t token,
		  struct hp_region **ret_region);
/* hp_region_info - what is known about an open region. */
int hp_region_info(struct hp_region *region, struct hp_region_info *info);
/* hp_region_set_layout - another layout; if preserved, stored at the return. */
int hp_region_set_layout(struct hp_region *region, uint64_t layout);
/* hp_region_huge_bytes - bytes that are in huge pages now; for shmem. */
int hp_region_huge_bytes(struct hp_region *region, uint64_t *ret_bytes);

/* Getters; a signal handler and a forked child may call them. */
void *hp_region_address(const struct hp_region *region);
uint64_t hp_region_length(const struct hp_region *region);
uint64_t hp_region_page_size(const struct hp_region *region);
uint64_t hp_region_token(const struct hp_region *region);
enum hp_origin hp_region_origin(const struct hp_region *region);
/* hp_region_is_new - 1: it was CREATED or LOST when it was opened. */
int hp_region_is_new(const struct hp_region *region);
/* hp_region_is_preserved - does the holder have it? 1, 0, -ECHILD, -EUCLEAN. */
int hp_region_is_preserved(const struct hp_region *region);
/* hp_region_fd - its file; belongs to the region. Do not close or resize it. */
int hp_region_fd(const struct hp_region *region);

/* -- The application's own memory ------------------------------------------ */
/*
 * hp_region_adopt - make a hugetlb file a region; it is mapped once more.
 *
 * -EMEDIUMTYPE: not in huge pages. -EROFS: not writable. -EEXIST: the token is in
 * use or came back.
 */
int hp_region_adopt(struct hp_session *session, uint64_t token, int fd,
		    const struct hp_region_opts *opts,
		    struct hp_region **ret_region);

/*
 * hp_region_adopt_mapping - make mapped huge pages a region where they are.
 *
 * Needs CAP_CHECKPOINT_RESTORE (-EACCES). -ENXIO: nothing, or MAP_PRIVATE, which
 * is in no file: map it MAP_SHARED. -ERANGE: a part of a file, or several files.
 */
int hp_region_adopt_mapping(struct hp_session *session, uint64_t token,
			    void *address, uint64_t length,
			    const struct hp_region_opts *opts,
			    struct hp_region **ret_region);

/* hp_region_from_fd - map a region whose descriptor another process passed. */
int hp_region_from_fd(int fd, const struct hp_region_opts *opts,
		      struct hp_region **ret_region);

/* -- Single steps ---------------------------------------------------------- */
/* hp_region_create - new memory; -EEXIST: the token is open or came back. */
int hp_region_create(struct hp_session *session, uint64_t token,
		     uint64_t length, const struct hp_region_opts *opts,
		     struct hp_region **ret_region);
/* hp_region_reclaim - hp_region_open() with HP_REGION_MUST_EXIST; one try. */
int hp_region_reclaim(struct hp_session *session, uint64_t token,
		      const struct hp_region_opts *opts,
		      struct hp_region **ret_region);
/* hp_region_preserve - hp_session_preserve() for one region; one try. */
int hp_region_preserve(struct hp_region *region);
/*
 * hp_session_commit - end an update that came; one try.
 * @flags: HP_COMMIT_DROP: give up what came back and is not open
 *
 * Memory that is not open is carried along. hp_session_preserve() does this too.
 *
 * -EBADMSG, -ENOMSG	nobody can list what is not open: open every token with
 *		HP_REGION_UNLISTED, then use HP_COMMIT_DROP, then preserve
 */
enum { HP_COMMIT_DROP = 1 << 0 };
int hp_session_commit(struct hp_session *session, unsigned int flags);

/* hp_session_abort - all memory ends with this process, until preserved again. */
int hp_session_abort(struct hp_session *session);
/* hp_session_fd - the LUO session for the next kernel; -ENOENT: there is none. */
int hp_session_fd(const struct hp_session *session);

/* For libraries on top of this one: several calls as one step; a log; a check. */
int hp_session_lock(struct hp_session *session);
void hp_session_unlock(struct hp_session *session);
void hp_session_log(struct hp_session *session, int priority,
		    const char *message);
int hp_region_check(struct hp_region *region);

#ifdef __cplusplus
}
#endif

#endif /* HUGEPERSIST_H */
