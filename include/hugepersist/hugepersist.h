/* SPDX-License-Identifier: MIT */
/*
 * hugepersist: keep huge pages across a kernel update.
 *
 * A region is memory in huge pages. A session is a named set of regions. The
 * running kernel hands a preserved session to the next kernel over kexec; the
 * program asks for it there by name and gets the same pages, without a copy.
 *
 *	struct hp_session *s;
 *	struct hp_region *r;
 *	int rc = hp_session_open("mydb.pool", NULL, &s);
 *
 *	if (rc)
 *		return fail(hp_strerror(rc));
 *	// An exit now frees what came back (LIFE): wait for room instead.
 *	while ((rc = hp_region_reclaim(s, POOL, NULL, &r)) == -ENOMEM ||
 *	       rc == -EMFILE)
 *		complain_and_sleep(hp_strerror(rc));
 *	if (rc == -ENOENT)
 *		rc = hp_region_create(s, POOL, POOL_BYTES, NULL, &r);
 *	if (!rc)
 *		rc = hp_session_commit(s, 0);
 *	if (!rc)
 *		rc = hp_region_preserve(r);
 *	if (rc)
 *		return fail(hp_strerror(rc));
 *	... serve from hp_region_address(r), until the kexec ...
 *
 * -- Read this before the first call ---------------------------------------
 *
 * LIFE. Preserved memory lives as long as the process that holds the session.
 * The kernel keeps nothing for a process that is gone:
 *  - Exit, exec, crash or SIGKILL before the kexec: nothing is preserved any
 *    more, and the pages go back to the pool. The process must still be running
 *    when the kernel jumps. A service manager that stops it first loses the
 *    data.
 *  - The same after hp_session_open(): a session that came back can be opened
 *    once, so exit frees its data. Retry what can be retried (-EMFILE and
 *    -ENOMEM from reclaim, -EAGAIN from commit) before giving up. If a limit is
 *    too low, stay, say so, and try again until it has been raised.
 *  - A service manager's store as the holder of a session is on its way.
 *  - Preserve again after every start: what came back is not preserved for the
 *    next kexec, which loses it until hp_region_preserve() has returned 0.
 *  - A session that nobody opens keeps its pages reserved until the next kexec,
 *    which drops them.
 *
 * WHAT SURVIVES. The bytes of a preserved region, its token, length, page size,
 * label and layout number. The address only if it is asked for and free
 * (HP_REGION_OLD_ADDRESS): store offsets, or be ready for -EADDRINUSE. Not
 * protection, NUMA policy (the pages stay on their nodes), locks (mlock),
 * userfaultfd or io_uring registrations, and not regions that were created but
 * never preserved. A reset, a power cut and a kexec without handover
 * (kexec_load, or a next kernel without kho=on and liveupdate=on, or, but for
 * SHMEM, without the hugetlb patches of this project) lose everything.
 *
 * CONTENTS. Preserve hands over pages, not a snapshot. The program may go on
 * writing, and what the pages hold when the processors stop is what arrives:
 * a kexec can land between any two stores of any thread. Either keep a
 * structure that is valid after every store; or stop writing before the kexec,
 * call hp_session_seal(), and trust what comes back only if hp_session_info()
 * says sealed.
 *
 * SEVERAL REGIONS. They are not preserved as one: a kexec between two preserves
 * brings back only the first. Memory that belongs together should be one
 * region; or seal when all are preserved.
 *
 * FROZEN SET OF PAGES. While a region is preserved, reads, writes and page
 * faults inside it work. Everything that would change which pages it has
 * fails: hp_region_grow(), and ftruncate, fallocate and hole punching on
 * hp_region_fd().
 *
 * SHMEM. A kernel without the patches of this project hands over no pages of
 * the pool, but from Linux 6.19 on (CONFIG_LIVEUPDATE_MEMFD) it does memory
 * files of ordinary memory. HP_REGION_SHMEM makes a region of one, which asks
 * for transparent huge pages. It is a choice of the caller, at create; nothing
 * falls back to it. All calls are the same. It survives the same, also from and
 * to a kernel with the patches, and in the same pages, huge or small. Different
 * are:
 *  - It needs no pool, and nothing is set aside for it: memory is found at the
 *    first touch, which raises SIGBUS if there is none (or ends in the OOM
 *    killer). HP_REGION_POPULATE and hp_region_preserve() say -ENOMEM.
 *  - Huge pages come only if memory is free in such pieces. At first touch they
 *    also need the policy (/sys/kernel/mm/transparent_hugepage/shmem_enabled:
 *    advise, or always); HP_REGION_POPULATE and hp_region_preserve() ask for
 *    them under any policy but deny. The rest is small pages, with a word to
 *    the log function and no error.
 *  - hp_region_page_size() is that of the small pages. How much is huge tells
 *    hp_region_huge_bytes(): ask it after HP_REGION_POPULATE, and again after
 *    hp_region_reclaim().
 *  - Preserve and reclaim take their time for each page. Of small pages that
 *    are 140 ms and 765 ms per GiB (on an emulated processor); of huge ones
 *    there are 512 times fewer.
 *  - It can be swapped out until it is preserved.
 *  - What preserve filled stays filled, also after hp_session_abort().
 *  - If the kernel fails to rebuild it, be it for want of memory or by a limit
 *    of the cgroup (memory.max), that is final: -ENODATA from reclaim. See to
 *    it that there is room, before the kexec.
 *
 * ALL HUGE PAGES AT ONCE. But for SHMEM: a region takes its whole length from
 * the huge page pool when it is created (as a reservation), and preserve fills
 * pages that were never touched. There is no fall back to small pages. The
 * reservation does not cover a hugetlb cgroup limit, a cpuset or an mbind that
 * excludes the nodes with free pages: there a first touch can still raise
 * SIGBUS.
 *
 * THREADS. Any thread may call. Calls on one session and its regions take
 * turns; those on different sessions do not wait for each other here, though
 * they may in the kernel. The getters never wait, also while a preserve is
 * running. Close is the exception: nothing else may use the object then or
 * later, unless it fails. A thread that is cancelled (pthread_cancel) ends its
 * call first. A signal handler may call hp_version(), hp_strerror() and the
 * getters, which are the calls that take a const object of this header, and
 * nothing else.
 *
 * FORK. A session belongs to the process that opened it. In a forked child,
 * which the library notices by a fork handler (pthread_atfork(3)), the mapped
 * memory works (it is the same memory) and so do the getters, but is_preserved
 * stays what it was at the fork. Close gives up the child's copies of
 * descriptors, mappings and memory, and changes nothing for the parent. All
 * else is refused with -ECHILD. vfork(2), clone(2) and _Fork(3) run no handlers:
 * call nothing of this library in such a child.
 * Until it closes, calls exec or exits, a child keeps the session alive, also
 * when the parent exits, crashes, aborts or commits: the next open or preserve
 * under that name, or preserve of that memory, then gets -EALREADY. Fork before
 * hp_session_open(), or let the child close or exec soon.
 * A child that is forked while another thread has /dev/liveupdate open (see
 * DESCRIPTORS) has a copy: until it execs or exits everybody else gets -EAGAIN.
 *
 * DESCRIPTORS. All are close-on-exec. /dev/liveupdate has one opener at a time
 * in the whole system; the library opens it for the length of one call in
 * hp_session_open() and in a call that preserves when nothing is preserved, and
 * closes it again. It never prints, exits or changes what a signal
 * does, and has threads only within a call that asks for them
 * (populate_threads), which block all signals.
 *
 * ERRORS. Functions return 0 or a negative errno, and leave their ret_
 * argument alone on failure. A failed call changes nothing, except where its
 * comment says so. A code has one meaning:
 *
 *	-EINVAL		bad argument: a null pointer, a name, token, length,
 *			flag or option that is not allowed
 *	-ECHILD		called in a forked child
 *	-ENOMEM		too few free huge pages, no memory for bookkeeping, or a
 *			cgroup limit that is too low. Nothing is lost: make room
 *			and call again (but see SHMEM)
 *	-EMFILE		no free file descriptor, in this process or the system
 *	-ENODEV		no live update here: the kernel has no /dev/liveupdate
 *	-EACCES		no permission for /dev/liveupdate (as a rule it is for
 *			root only) or /proc/self/map_files, or a container that
 *			does not show them; or none for the directory of a save
 *	-EAGAIN		busy for now, try again: another process had
 *			/dev/liveupdate open for the whole timeout, or uses the
 *			directory of the save, or the kernel cannot finish the
 *			session yet
 *	-EIO		a fault below: the kernel could not read what its
 *			predecessor handed over, and live update is out of order
 *			until the next boot; or the storage of a save failed
 *	-EPROTO		the kernel gave an answer that this library does not
 *			know: it is too new or too old, or has a defect
 *	-EALREADY	someone else holds this session name or this memory:
 *			another process, a child, another handle in this one
 *	-EEXIST		the token is in use in this session
 *	-ENOENT		there is nothing of the kind: no such token came back,
 *			nothing came back, nothing is preserved, end of a list
 *	-EINPROGRESS	the session came back and is not committed yet
 *	-ENOTEMPTY	regions that came back were not reclaimed
 *	-EBUSY		the call would lose data
 *	-EOPNOTSUPP	this kernel, or this version of the library, cannot do
 *			this with memory of this kind
 *	-EHWPOISON	a page of the region has a hardware memory error
 *	-EFBIG		the region is longer than a file can be, or has more
 *			pages than the kernel can hand over
 *	-ENOSPC		no room: the session is full, or the file system of the
 *			save
 *	-EBADMSG	the manifest that came back, or the save, is damaged
 *	-EADDRINUSE	something else is mapped at the address asked for
 *	-ESTALE		the layout number is not the one asked for
 *	-EMEDIUMTYPE	the memory or file is not in huge pages of the pool, or,
 *			where that is asked for, not shmem
 *	-ENXIO		the memory is in no file that could be handed over: not
 *			mapped, or MAP_PRIVATE
 *	-ERANGE		the memory is only a part of its file
 *	-EROFS		the descriptor, mapping or file system does not allow to
 *			write
 *	-EUCLEAN	the region's file is not what it was when it was created
 *			or preserved
 *	-ENODATA	the kernel failed to rebuild the region (of the pool:
 *			not for want of room) or the manifest. It does not try
 *			twice: a region is gone; of the manifest only labels and
 *			lengths are gone, and HP_REGION_UNLISTED reclaims the
 *			regions
 *	-ECANCELED	a callback said so (save.h)
 *
 * SOURCES. kernel/liveupdate/luo_core.c, luo_session.c, luo_file.c,
 * include/uapi/linux/liveupdate.h and mm/memfd_luo.c of Linux 7.3;
 * Documentation/admin-guide/mm/ (hugetlbpage.rst, transhuge.rst, pagemap.rst);
 * kernel-patches/7.3/ (what is frozen, filled and refused for huge pages);
 * memfd_create(2), mmap(2), fork(2), open(2), ftruncate(2), lseek(2), mbind(2),
 * madvise(2), proc(5), unix(7), pthread_atfork(3), pthread_cancel(3),
 * signal-safety(7).
 */
#ifndef HUGEPERSIST_H
#define HUGEPERSIST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- Constants ------------------------------------------------------------- */

/* The version; the build takes it from here and from nowhere else. */
#define HP_VERSION_MAJOR 0
#define HP_VERSION_MINOR 2
#define HP_VERSION_PATCH 0

/* For timeout_ms: do not wait. */
#define HP_NO_WAIT UINT32_MAX

/* Longest session name in bytes, without the terminating zero. */
#define HP_NAME_MAX 63

/* Most regions that one session can preserve. */
#define HP_REGIONS_MAX 1023

/* The one token that an application may not use: it carries the manifest. */
#define HP_TOKEN_RESERVED UINT64_MAX

/* Longest label of a region in bytes, without the terminating zero. */
#define HP_LABEL_MAX 63

/*
 * Page sizes in bytes. Any power of two is understood; which ones a machine has
 * is in /sys/kernel/mm/hugepages.
 */
#define HP_PAGE_2M (UINT64_C(1) << 21)
#define HP_PAGE_1G (UINT64_C(1) << 30)

/*
 * In place of a page size at create: the largest that divides the length and of
 * which that many pages are free. hp_region_page_size() tells which it became.
 * Where /sys/kernel/mm/hugepages is hidden from the process: HP_PAGE_1G if the
 * kernel gives them, else HP_PAGE_2M.
 */
#define HP_PAGE_ANY UINT64_C(1)

/* -- Structures ------------------------------------------------------------ */

struct hp_session;
struct hp_region;

/*
 * OPTIONS. Set size to sizeof of the structure and all you do not use to zero:
 *
 *	struct hp_session_opts opts = { 0 };
 *
 *	opts.size = sizeof(opts);
 *
 * (C++: "= {}".) A null pointer means all defaults. A field that this version
 * of the library does not know must be zero, otherwise the call fails with
 * -EINVAL; so it does if size is smaller than in this version.
 */

/* Flags of struct hp_session_opts */
enum {
	/*
	 * Succeed also on a machine without live update. Regions work there as
	 * ordinary huge pages and hp_region_preserve() fails with -ENODEV.
	 * Other errors still fail the open: behind -EACCES or -EAGAIN there may
	 * be data that waits to be reclaimed. A machine whose /proc/misc lists
	 * "liveupdate" is not without, though a container hides the device. One
	 * that hides /proc/misc too (ProcSubset=pid, a chroot without /proc)
	 * counts as without: show the process one of them.
	 */
	HP_SESSION_LOCAL = 1 << 0
};

/*
 * hp_log_fn - called with what there is to say beyond the error code.
 * @context: from struct hp_session_opts
 * @priority: LOG_ERR (3), LOG_WARNING (4), LOG_INFO (6) or LOG_DEBUG (7), as of
 *            syslog(3)
 * @message: English, one line, without a newline; ends with the call
 *
 * The system call that failed and its errno, for one.
 *
 * Runs in the thread of the call that it is about, perhaps in several at the
 * same time, and must not call functions on the same session or its regions,
 * except the getters.
 */
typedef void hp_log_fn(void *context, int priority, const char *message);

/* How to open a session. */
struct hp_session_opts {
	size_t size;	    /* sizeof(struct hp_session_opts) */
	unsigned int flags; /* HP_SESSION_* */

	/*
	 * How long to wait while another process has /dev/liveupdate open. 0:
	 * the default, 5000. HP_NO_WAIT: not at all.
	 */
	unsigned int timeout_ms;

	/*
	 * LUO descriptors of this session that someone else got from the
	 * kernel: the returned one, an empty new one, or both, in any order.
	 * None in which something is preserved already. Duplicated; the
	 * caller's stay the caller's. Who gives one has asked
	 * the kernel for the others: /dev/liveupdate is not opened then. NULL:
	 * none.
	 */
	const int *fds;
	unsigned int fds_count;

	unsigned int reserved; /* 0 */
	hp_log_fn *log;	       /* or NULL */
	void *log_context;     /* its first argument */
};

/* Policy of struct hp_numa_range; as the MPOL_* of the same name in mbind(2) */
enum {
	HP_NUMA_BIND = 1,      /* pages of these nodes, or an error */
	HP_NUMA_PREFERRED = 2, /* of the first of them while it has any */
	HP_NUMA_INTERLEAVE = 3 /* of these nodes in turn, page by page */
};

/* From which nodes a part of a region takes its pages. */
struct hp_numa_range {
	uint64_t offset; /* bytes into the region, by whole pages */
	/*
	 * Bytes, by whole pages. 0: to the end, also of what hp_region_grow()
	 * adds later.
	 */
	uint64_t length;
	unsigned int policy;	    /* HP_NUMA_* */
	unsigned int nodes_bits;    /* length of the mask, in bits */
	const unsigned long *nodes; /* bit mask of node numbers, mbind(2) */
	uint64_t reserved;	    /* 0 */
};

/*
 * Flags of struct hp_region_opts. In brackets the calls that take them; in
 * others they are -EINVAL.
 */
enum {
	/*
	 * [create, grow, load, open] Take and zero all pages now. Without it
	 * each is taken at its first touch, or by hp_region_preserve().
	 */
	HP_REGION_POPULATE = 1 << 0,
	/* [reclaim, adopt, from_fd] Map for reading only. */
	HP_REGION_READ_ONLY = 1 << 1,
	/*
	 * [reclaim, load, open] Map where the region was before, or fail with
	 * -EADDRINUSE. Ask early in the life of the process, before others use
	 * the place.
	 */
	HP_REGION_OLD_ADDRESS = 1 << 2,
	/*
	 * [reclaim] Without the manifest, if it cannot be read, for whatever
	 * reason (damaged, newer, lost), or does not list the token: length and
	 * page size are those of the file, label and layout number are gone.
	 * Whether all its bytes arrived is then for the caller to judge.
	 */
	HP_REGION_UNLISTED = 1 << 3,
	/* [grow] Move the mapping if it cannot grow where it is. */
	HP_REGION_MAY_MOVE = 1 << 4,
	/*
	 * [create, load, open, from_fd] Not pages of the pool, but shmem with
	 * transparent huge pages: see SHMEM. page_size must be 0; length and
	 * address are multiples of HP_PAGE_2M, and so are ranges of numa.
	 * Reclaim needs no flag: what comes back is what it was.
	 */
	HP_REGION_SHMEM = 1 << 5,
	/*
	 * [create] The caller fills it from a copy on storage: its origin is
	 * HP_ORIGIN_SAVE.
	 */
	HP_REGION_LOADED = 1 << 6
};

/* What a call does not name among its options must be 0 there (-EINVAL). */
struct hp_region_opts {
	size_t size; /* sizeof(struct hp_region_opts) */

	/*
	 * Bytes. Create, open (for a new one): 0 (HP_PAGE_2M), a page size, or
	 * HP_PAGE_ANY. Load: the same, but 0: as it was. Reclaim, adopt,
	 * from_fd: the size expected; 0: as it is. With HP_REGION_SHMEM: 0.
	 */
	uint64_t page_size;

	unsigned int flags; /* HP_REGION_* */

	/*
	 * With HP_REGION_POPULATE: threads to start for it, which end with the
	 * call; fewer where no more can be started. 0: the calling thread does
	 * it. Without the flag: 0.
	 */
	unsigned int populate_threads;

	/*
	 * Create, open, adopt: for people and tools; up to HP_LABEL_MAX bytes,
	 * which are copied. NULL: none. Control characters are '?' after an
	 * update.
	 */
	const char *label;

	/*
	 * The application's number for how the bytes are to be read. Create,
	 * adopt: kept with the region. Reclaim, load: the one expected; 0: any.
	 * Open: both.
	 */
	uint64_t layout;

	/*
	 * Map there or fail with -EADDRINUSE; a multiple of the page size, of
	 * HP_PAGE_2M for shmem. NULL: anywhere.
	 */
	void *address;

	/*
	 * Create, grow, reclaim, load, open (not for what came back): applied
	 * in this order. NULL: the policy of the thread that touches a page.
	 */
	const struct hp_numa_range *numa;
	unsigned int numa_count;

	unsigned int reserved; /* 0 */
};

/* Where the bytes of a region came from. */
enum hp_origin {
	HP_ORIGIN_CREATED = 1,	   /* hp_region_create(): zero bytes */
	HP_ORIGIN_LIVE_UPDATE = 2, /* hp_region_reclaim(): the old kernel */
	HP_ORIGIN_ADOPTED = 3,	   /* hp_region_adopt*(): the application */
	HP_ORIGIN_ATTACHED = 4,	   /* hp_region_from_fd(): another process */
	HP_ORIGIN_SAVE = 5	   /* hp_region_load(): a save, see save.h */
};

/* State of a session. */
enum hp_session_state {
	HP_STATE_FRESH = 1,    /* nothing came back */
	HP_STATE_RETURNED = 2, /* came back, is not committed */
	HP_STATE_COMMITTED = 3 /* came back, and is committed */
};

/*
 * Set size to sizeof of the structure before the call. A longer one than this
 * version of the library knows is filled up with zeros.
 *
 * The fields from generation to library tell what came back, also after commit:
 * all 0 if nothing did, and those that the library which wrote it did not know.
 */
struct hp_session_info {
	size_t size;	    /* sizeof(struct hp_session_info) */
	unsigned int state; /* enum hp_session_state */

	/*
	 * What came back has no readable manifest: -EBADMSG, -EOPNOTSUPP or
	 * -ENODATA as of hp_region_reclaim(), the last also if there was no
	 * room to read it before HP_COMMIT_DROP. Else 0.
	 */
	int manifest_error;

	/*
	 * 1 for the first set of regions that was preserved under this name,
	 * one more for each later one. A set begins with the first preserve
	 * after an open or abort. 1 again after a start at which nothing came
	 * back.
	 */
	uint64_t generation;
	uint64_t updates;	   /* lived through, this one included */
	uint64_t written_ns;	   /* last change: ns since 1970, UTC */
	unsigned int sealed;	   /* 1: hp_session_seal() was the last word */
	unsigned int region_count; /* regions that came back */
	char kernel[72];	   /* release of the kernel that wrote it */
	char boot_id[40];	   /* its /proc/sys/kernel/random/boot_id */
	char library[16];	   /* hp_version() of the writer */

	uint64_t next_generation;     /* of what is preserved; 0: nothing */
	unsigned int next_sealed;     /* 1: that is sealed */
	unsigned int preserved_count; /* regions that the next kernel gets */

	/* 1: opened with HP_SESSION_LOCAL, and there is no live update here. */
	unsigned int local;
	unsigned int reserved; /* 0 */
};

/* State in struct hp_region_info, as bits */
enum {
	HP_REGION_IS_RETURNED = 1 << 0, /* came back, not committed */
	HP_REGION_IS_OPEN = 1 << 1,	/* this process has it */
	HP_REGION_IS_PRESERVED = 1 << 2 /* the next kernel gets it */
};

/* As struct hp_session_info: set size before the call. */
struct hp_region_info {
	size_t size;	    /* sizeof(struct hp_region_info) */
	uint64_t token;	    /* the one it was created with */
	uint64_t length;    /* bytes */
	uint64_t page_size; /* bytes; of shmem the small pages */

	/*
	 * First byte of the mapping. Not open: where it was before the update,
	 * 0 if that is not known.
	 */
	uint64_t address;

	uint64_t layout;	      /* the application's number */
	unsigned int state;	      /* HP_REGION_IS_* */
	unsigned int origin;	      /* enum hp_origin; not open: 0 */
	char label[HP_LABEL_MAX + 1]; /* the one it was created with, or "" */
};

/* Flags of hp_session_commit() */
enum {
	/*
	 * Give up what came back and is not reclaimed, for whatever reason. Its
	 * pages are freed.
	 */
	HP_COMMIT_DROP = 1 << 0
};

/* Flags of hp_session_close() */
enum {
	/* Give up what is preserved, and what came back and is not committed. */
	HP_CLOSE_DROP = 1 << 0
};

/* -- Library --------------------------------------------------------------- */

/*
 * hp_version - version of the library that is loaded, "0.2.0".
 *
 * May differ from the HP_VERSION_* of the header that was compiled with.
 *
 * Returns a static string. Never fails.
 */
const char *hp_version(void);

/*
 * hp_strerror - what an error means and what to do about it.
 * @err: a value that a function of this library returned
 *
 * Returns one English sentence or two, without a newline, for an operator: a
 * static string, also for values that the library does not return. Never fails.
 */
const char *hp_strerror(int err);

/* -- Session --------------------------------------------------------------- */

/*
 * hp_session_open - take a session by name, with what came back under it.
 * @name: 1 to HP_NAME_MAX bytes; copied. Names are one space for the whole
 *        system, so start with the name of the program.
 * @opts: or NULL
 * @ret_session: the session, to be closed with hp_session_close()
 *
 * If the previous kernel handed over a session of that name, this call takes
 * it, for good: see LIFE. hp_session_info() tells. The regions are then
 * asked for with hp_region_reclaim(), in any order, and when all is well
 * hp_session_commit() ends it. Opening does not look inside: a damaged
 * manifest is reported by reclaim, create and commit, and destroys nothing.
 *
 * Two opens of one name succeed as long as nothing came back; the second to
 * preserve gets -EALREADY.
 *
 * The session is taken from opts->fds if there are any, else from
 * /dev/liveupdate.
 *
 * Blocks up to timeout_ms while another process has /dev/liveupdate open.
 * Otherwise short. The first open of
 * the device in a new kernel makes that kernel read all that was handed over.
 *
 * -EINVAL	name empty or too long; null ret_session; unknown option; one
 *		of opts->fds is no LUO session, is one of another name, is the
 *		second of its kind, or has something preserved in it
 * -ENODEV	no live update: CONFIG_LIVEUPDATE is not set, or the kernel was
 *		not booted with kho=on liveupdate=on (not with HP_SESSION_LOCAL,
 *		see there)
 * -EACCES	no permission for /dev/liveupdate, or no such device in this
 *		container or chroot
 * -EAGAIN	another process had it open for all of timeout_ms
 * -EIO		this kernel could not read what was handed over
 * -EALREADY	the session came back, and someone has taken it already, or a
 *		child of that process is left
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE, -ENOMEM
 */
int hp_session_open(const char *name, const struct hp_session_opts *opts,
		    struct hp_session **ret_session);

/*
 * hp_session_name - the name given to hp_session_open().
 *
 * Returns a string that is valid until hp_session_close(). NULL for a null
 * session.
 */
const char *hp_session_name(const struct hp_session *session);

/*
 * hp_session_info - all that is known about a session.
 * @info: filled in; its size must be set
 *
 * Reads the manifest, unless that is done already: that is, asks the kernel for
 * its file. A manifest that cannot be read is no error of this call but a
 * result, manifest_error. May wait for a call of another thread on the session.
 *
 * -EINVAL	null pointer; info->size smaller than in this version
 * -ECHILD	in a forked child
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE, -ENOMEM	from reading the manifest; can be repeated
 */
int hp_session_info(struct hp_session *session, struct hp_session_info *info);

/*
 * hp_session_region - one by one the regions of a session.
 * @index: from 0 on, until -ENOENT
 * @info: filled in; its size must be set
 *
 * First those that came back, in the order in which they were preserved, until
 * commit; then the others in the order in which they were opened. Open or not,
 * each once. With a manifest that cannot be read only the open ones. While
 * other threads open and close regions an index can move.
 *
 * -EINVAL	null pointer; info->size smaller than in this version
 * -ECHILD	in a forked child
 * -ENOENT	there are not that many
 * -EPROTO, -EMFILE, -ENOMEM	as hp_session_info()
 */
int hp_session_region(struct hp_session *session, unsigned int index,
		      struct hp_region_info *info);

/*
 * hp_session_commit - the data arrived: the session may be preserved again.
 * @flags: 0 or HP_COMMIT_DROP
 *
 * Ends the stay of a returned session with the kernel. Reclaimed regions are
 * from now on ordinary memory of this process, and what was not reclaimed is
 * freed (only with HP_COMMIT_DROP, if anything was not). A region whose reclaim
 * failed is one that was not reclaimed, also if it could be tried again:
 * without the flag it is never freed here. A session that did not come back, or
 * was committed, has nothing to commit: 0.
 *
 * On failure everything is as before, and the call can be repeated.
 *
 * Blocks while the kernel frees pages that are dropped.
 *
 * -EINVAL	null session, unknown flag
 * -ECHILD	in a forked child
 * -ENOTEMPTY	a region came back that is not reclaimed (or was closed
 *		again): reclaim it, after -ENOMEM or -EMFILE with more room, or
 *		use HP_COMMIT_DROP
 * -EBADMSG	damaged manifest: take what can be had with HP_REGION_UNLISTED;
 *		HP_COMMIT_DROP gives up the rest
 * -ENODATA	the kernel failed to rebuild the manifest; as -EBADMSG
 * -EOPNOTSUPP	a newer version of the library wrote the manifest, in a way
 *		that this one does not know; as -EBADMSG
 * -EAGAIN	the kernel cannot finish yet: try again
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE, -ENOMEM	from reading the manifest; not with HP_COMMIT_DROP
 */
int hp_session_commit(struct hp_session *session, unsigned int flags);

/*
 * hp_session_seal - the content of all preserved regions is consistent.
 *
 * The caller's word, for the reader in the next kernel: nothing writes to the
 * regions any more. The library cannot see stores, so the application stops its
 * writers first, in all processes, and calls hp_session_unseal() before it lets
 * them go on, if the kexec does not come. hp_region_preserve(),
 * hp_region_unpreserve() and abort unseal too. Regions that are open and not
 * preserved do not matter. Sealed: 0. Takes effect with one store, before or
 * after which the kexec may come.
 *
 * -EINVAL	null session
 * -ECHILD	in a forked child
 * -ENOENT	nothing is preserved
 */
int hp_session_seal(struct hp_session *session);

/*
 * hp_session_unseal - there will be writes again.
 *
 * To be called before the first of them. Not sealed: 0.
 *
 * -EINVAL	null session
 * -ECHILD	in a forked child
 */
int hp_session_unseal(struct hp_session *session);

/*
 * hp_session_abort - do not preserve: undo every hp_region_preserve().
 *
 * All at once: Linux cannot stop preserving one file. Regions stay mapped with
 * their contents; each one that a kexec is to take along must be preserved
 * again. Nothing preserved: 0. Does not touch what came back and is not
 * committed.
 *
 * The kernel lets go when the last copy of its descriptor is closed: one that
 * the caller gave in opts->fds, the caller closes itself.
 *
 * Blocks while the kernel unpins the pages; the time grows with their number.
 *
 * -EINVAL	null session
 * -ECHILD	in a forked child
 */
int hp_session_abort(struct hp_session *session);

/*
 * hp_session_close - close the session and all its regions.
 * @flags: 0 or HP_CLOSE_DROP
 *
 * NULL: 0. Unmaps every region; pointers to the session, to its regions and
 * into their memory end. The memory is freed, as at exit. In a forked child:
 * see FORK.
 *
 * With HP_CLOSE_DROP the call succeeds always: what is preserved, and what came
 * back and is not committed, is given up first. The only exception is a forked
 * child (-ECHILD).
 *
 * Blocks while the kernel frees the pages; the time grows with their number.
 *
 * -EINVAL	unknown flag
 * -ECHILD	in a child that was forked while another thread was in a call
 *		on the session
 * -EBUSY	a region is preserved: hp_session_abort() first; or the session
 *		came back and is not committed: hp_session_commit() first. Not
 *		with HP_CLOSE_DROP, and not in a forked child
 */
int hp_session_close(struct hp_session *session, unsigned int flags);

/* -- Region ---------------------------------------------------------------- */

/*
 * hp_region_create - new memory in huge pages, all bytes zero.
 * @token: names the region within its session across updates; any value but
 *         HP_TOKEN_RESERVED
 * @length: in bytes; a multiple of the page size (HP_REGION_SHMEM: of
 *          HP_PAGE_2M), not 0
 * @opts: or NULL
 * @ret_region: belongs to the session; ends with hp_region_close() or with
 *              hp_session_close()
 *
 * Options: page_size, label, layout, address, numa, HP_REGION_POPULATE with
 * populate_threads, HP_REGION_SHMEM.
 *
 * The region is mapped readable and writable, shared. Its pages are reserved
 * now and taken from the pool at first touch; not with HP_REGION_SHMEM, see
 * SHMEM. Works in a returned session before commit, for tokens that did not
 * come back. Does not survive an update until it is preserved.
 *
 * Short, but for HP_REGION_POPULATE. An RLIMIT_FSIZE below the length raises
 * SIGXFSZ, see ftruncate(2).
 *
 * -EINVAL	null session or ret_region; token is HP_TOKEN_RESERVED; length 0
 *		or not a multiple of the page size (HP_PAGE_ANY: of none that
 *		there is); page size no power of two, or none of huge pages, or
 *		set with HP_REGION_SHMEM; label too long; address no multiple of
 *		the page size; a range of numa outside the region, not by whole
 *		pages, without nodes or with ones that the machine or the cpuset
 *		has not; unknown option
 * -ECHILD	in a forked child
 * -EFBIG	longer than a file can be, or than RLIMIT_FSIZE allows
 * -EADDRINUSE	something is mapped at the address
 * -EEXIST	a region with that token exists, or came back and is not
 *		reclaimed
 * -ENOMEM	fewer free huge pages than asked for (HugePages_Free less
 *		HugePages_Rsvd in /proc/meminfo, nr_hugepages under /sys), or a
 *		limit of the cgroup, address space or process. With numa and
 *		HP_REGION_POPULATE: fewer on these nodes. HP_REGION_SHMEM with
 *		HP_REGION_POPULATE: not enough memory, in pages of any size
 * -EOPNOTSUPP	this kernel has no huge pages of that size, no NUMA, or no
 *		MADV_POPULATE_WRITE (before Linux 5.14)
 * -EHWPOISON	populating met a page with a hardware memory error
 * -EBADMSG, -ENODATA, -EOPNOTSUPP
 *		returned session whose manifest cannot be read, see commit: the
 *		token may be one that came back
 * -EACCES	a security policy forbids memfd_create(2), mmap(2) or mbind(2)
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE
 */
int hp_region_create(struct hp_session *session, uint64_t token,
		     uint64_t length, const struct hp_region_opts *opts,
		     struct hp_region **ret_region);

/*
 * hp_region_reclaim - take back a region that the previous kernel preserved.
 * @token: the one it was created with
 * @opts: or NULL
 * @ret_region: as of hp_region_create()
 *
 * Options: page_size and layout (expected), address, numa,
 * HP_REGION_OLD_ADDRESS, HP_REGION_READ_ONLY, HP_REGION_UNLISTED.
 *
 * The same bytes in the same pages, at a new address if none is asked for.
 * Length and page size come from the manifest and are checked against the file.
 * Pages stay on their nodes: numa is for what hp_region_grow() adds, and for
 * pages that the program gives back (fallocate(2)) and touches again. A region
 * that was reclaimed and closed can be reclaimed again until
 * hp_session_commit().
 *
 * The memory is charged to the cgroup of the calling process, all of it or
 * nothing. If a limit does not allow that (hugetlb.2MB.max,
 * hugetlb.2MB.rsvd.max; memory.max where it counts huge pages), see -ENOMEM.
 * Not so shmem, which is lost then: -ENODATA.
 *
 * Blocks while the kernel rebuilds the file; the time grows with the number of
 * huge pages, not with their size.
 *
 * -EINVAL	null session or ret_region; token is HP_TOKEN_RESERVED; unknown
 *		option; the page size in opts is not that of the region; address
 *		and numa as hp_region_create(); HP_REGION_OLD_ADDRESS together
 *		with an address
 * -ECHILD	in a forked child
 * -EADDRINUSE	something is mapped at the address, or the old one is not known
 *		(HP_REGION_OLD_ADDRESS). Nothing is lost: ask without it
 * -ESTALE	the layout number in opts is not that of the region. Nothing is
 *		lost either
 * -EEXIST	a region with that token is open in this session
 * -ENOENT	that token did not come back: it was not preserved when the
 *		kexec came, or the session did not come back or is committed
 * -EBADMSG	damaged manifest (not with HP_REGION_UNLISTED, as all errors
 *		that come from the manifest)
 * -EUCLEAN	length, page size or number of pages differ from the manifest,
 *		or it is neither a huge page file nor shmem. What is there stays
 *		until commit.
 * -ENODATA	the kernel failed to rebuild the file, or has none though the
 *		manifest lists it: this region is gone, and every retry says so.
 *		The kernel's log says why (damage, a page size or a format that
 *		it lacks; for shmem also want of memory, a limit of the cgroup,
 *		or that of the system's open files). What other regions hold is
 *		not affected. Or it failed
 *		to rebuild the manifest (manifest_error in hp_session_info()
 *		tells), for which also want of memory is final: labels and
 *		lengths are gone, the regions are not. Reclaim each token with
 *		HP_REGION_UNLISTED.
 * -EOPNOTSUPP	a newer version of the library preserved it, with a manifest
 *		that this one does not know; or numa as hp_region_create()
 * -EACCES	a security policy forbids mmap(2) or mbind(2). Nothing is lost
 * -EPROTO	an answer of the kernel that the library does not know
 * -ENOMEM	no memory, or a limit of the cgroup does not allow the region.
 *		Nothing is lost, and the cgroup is charged nothing: raise the
 *		limit, or move the process to a cgroup with room, and reclaim
 *		again, before exit or HP_COMMIT_DROP, which free the data. Not
 *		so for shmem with HP_REGION_UNLISTED: it is lost, and every
 *		retry says -ENOMEM
 * -EMFILE	nothing is lost either; the same. But shmem with
 *		HP_REGION_UNLISTED is lost if the limit is that of the system
 *		(fs.file-max)
 */
int hp_region_reclaim(struct hp_session *session, uint64_t token,
		      const struct hp_region_opts *opts,
		      struct hp_region **ret_region);

/*
 * hp_region_preserve - from now on, a kexec takes this region along.
 *
 * May run while other threads and processes use the memory. Fills pages that
 * were never touched, so that the whole length is taken. Then the set of pages
 * is frozen until hp_session_abort(), hp_region_unpreserve() or the kexec. A
 * region that is preserved: 0, nothing is done. The first preserve of a session
 * registers its name with the kernel. A kexec that overtakes this call brings
 * the region back whole or not at all (-ENOENT from reclaim).
 *
 * On failure the region is not preserved and usable as before; regions of the
 * session that were preserved stay so; the session is not sealed any more in
 * any case. Pages that were filled stay filled, here and on abort.
 *
 * Shmem is put into huge pages first, as far as there are any; if there are
 * none that is no error. See SHMEM.
 *
 * A huge page of the pool that has a hardware memory error goes along with the
 * others. In the next kernel the region is complete, and touching that page
 * raises SIGBUS, as in this kernel.
 *
 * Blocks while the kernel fills and pins the pages; the time grows with the
 * number of huge pages, and with their size for those that must be zeroed
 * first. Only a signal that kills the process ends it early. In addition up to
 * timeout_ms of the session when /dev/liveupdate is needed and busy.
 *
 * -EINVAL	null region, or one from hp_region_from_fd()
 * -ECHILD	in a forked child
 * -EINPROGRESS	the session came back and is not committed yet
 * -EALREADY	another session of that name is preserved already, perhaps by
 *		a child (see FORK), or this memory is preserved by someone else
 *		through hp_region_fd()
 * -EOPNOTSUPP	the kernel cannot preserve huge pages (of that size or in that
 *		place): Linux 7.3 without the patches of this project; or shmem:
 *		Linux before 6.19, or without CONFIG_LIVEUPDATE_MEMFD
 * -ENODEV	HP_SESSION_LOCAL, and no live update on this machine; or
 *		/dev/liveupdate is gone since the open
 * -EACCES, -EAGAIN, -EIO	opening /dev/liveupdate, as hp_session_open()
 * -ENOMEM	too few free huge pages (for shmem: too little memory) to fill
 *		the region, or to move pages out of places that cannot be handed
 *		over; or such a page is in use by some I/O right now, then it
 *		can be tried again
 * -EUCLEAN	someone resized hp_region_fd(), or closed it: what would be
 *		handed over is not the region
 * -EEXIST	a preserve under this token failed when the kernel had the file
 *		already (-EUCLEAN): hp_session_abort() first
 * -ENOSPC	HP_REGIONS_MAX regions are preserved already, or the kernel's
 *		own list is full
 * -EFBIG	more pages than the kernel can hand over in one file
 * -EHWPOISON	a page of shmem, or a huge page in the memory that KHO keeps for
 *		the next kernel, has a hardware memory error and cannot be
 *		handed over
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE
 */
int hp_region_preserve(struct hp_region *region);

/*
 * hp_region_unpreserve - the next kernel is not to get this region.
 *
 * The others of the session stay preserved. Linux cannot stop preserving one
 * file, so this ends the whole set and preserves the others again, as a new
 * generation, not sealed. A kexec that overtakes this call loses regions of the
 * session: not while an update is on its way. Not preserved: 0. A file that a
 * failed preserve left with the kernel (-EEXIST there) is given free likewise.
 *
 * Blocks as hp_session_abort() and hp_region_preserve() of the others.
 *
 * -EINVAL	null region, or one from hp_region_from_fd()
 * -ECHILD	in a forked child
 * -EAGAIN, -EALREADY, -EOPNOTSUPP, -EACCES, -ENODEV, -EIO, -ENOMEM, -ENOSPC,
 * -EFBIG, -EUCLEAN, -EHWPOISON, -EPROTO, -EMFILE
 *		as hp_region_preserve(): this region is not preserved any more,
 *		and others are not either; hp_region_is_preserved() tells which,
 *		and for them hp_region_preserve() can be tried again
 */
int hp_region_unpreserve(struct hp_region *region);

/*
 * hp_region_grow - make a region longer.
 * @length: the new length in bytes; a multiple of the page size (of shmem: of
 *          HP_PAGE_2M), not less than now
 * @opts: or NULL
 *
 * Options: HP_REGION_MAY_MOVE, HP_REGION_POPULATE with populate_threads, numa
 * (offsets from the start of the region, all in the part that is added).
 *
 * The new bytes are zero. What the region was created with to the end (a length
 * of 0 in numa) goes for them too, before numa. The address stays, unless it
 * must and may move: then the same bytes are at a new address when the call
 * returns, the old one is unmapped, and no thread may use it from the call on.
 * A region that is preserved cannot grow; nor can one whose mapping is the
 * application's (hp_region_adopt_mapping()), or that another process grew.
 *
 * -EINVAL	null region, or one from hp_region_from_fd(); length less than
 *		now or no multiple of the page size; numa as hp_region_create();
 *		unknown option
 * -ECHILD	in a forked child
 * -EBUSY	it is preserved, or was by a failed preserve (-EEXIST there):
 *		hp_session_abort() or hp_region_unpreserve() first; or the
 *		session came back and is not committed
 * -EADDRINUSE	the addresses behind the region are taken, and
 *		HP_REGION_MAY_MOVE is not set
 * -EROFS	it was opened for reading only
 * -EUCLEAN	someone else resized or closed hp_region_fd()
 * -EOPNOTSUPP	the mapping is the application's; or, for numa and
 *		HP_REGION_POPULATE, as hp_region_create()
 * -ENOMEM, -EFBIG, -EHWPOISON, -EACCES, -EMFILE, -EPROTO
 *		as hp_region_create()
 */
int hp_region_grow(struct hp_region *region, uint64_t length,
		   const struct hp_region_opts *opts);

/*
 * hp_region_adopt - make a file in huge pages a region of the session.
 * @fd: of a memfd (MFD_HUGETLB), of a file on a hugetlbfs mount, or of
 *      /proc/PID/map_files; the library duplicates it, the caller's stays the
 *      caller's
 *
 * Options: page_size (expected), label, layout, address,
 * HP_REGION_READ_ONLY.
 *
 * The whole file, as long as it is now. It is mapped once more; mappings that
 * the application has stay as they are. No byte is copied or moved. A file of a
 * mount comes back as a memfd: the bytes survive, the path does not.
 *
 * -EINVAL	null session or ret_region; token is HP_TOKEN_RESERVED; not a
 *		descriptor; empty file; page size not the one expected; label
 *		too long; address no multiple of the page size; unknown option
 * -ECHILD	in a forked child
 * -EMEDIUMTYPE	the file is not in huge pages (4 KiB pages, or shmem with
 *		transparent huge pages)
 * -EROFS	the descriptor does not allow to write, without
 *		HP_REGION_READ_ONLY
 * -EADDRINUSE	something is mapped at the address
 * -EEXIST, -EBADMSG, -ENODATA, -EOPNOTSUPP, -EACCES, -EPROTO, -ENOMEM,
 * -EMFILE	as hp_region_create()
 */
int hp_region_adopt(struct hp_session *session, uint64_t token, int fd,
		    const struct hp_region_opts *opts,
		    struct hp_region **ret_region);

/*
 * hp_region_adopt_mapping - make memory in huge pages a region, where it is.
 * @address: first byte of a shared mapping of this process: of any file that
 *           hp_region_adopt() takes, of mmap(2) with
 *           MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB, or of shmat(2) with
 *           SHM_HUGETLB
 * @length: in bytes; with address the whole file, in one mapping or in several
 *          that follow one another
 *
 * Options: page_size (expected), label, layout.
 *
 * hp_region_address() is address; hp_region_close() does not unmap it. The
 * application keeps it mapped until then. Opens /proc/self/map_files, for which
 * Linux wants CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
 *
 * -EINVAL	as hp_region_adopt()
 * -ECHILD	in a forked child
 * -ENXIO	nothing is mapped there, or a part is missing; or it is mapped
 *		MAP_PRIVATE: then the pages that were written are in no file
 *		that could be handed over. Map it MAP_SHARED
 * -EMEDIUMTYPE	the memory is in 4 KiB pages
 * -ERANGE	the memory is only a part of its file, or several files
 * -EROFS	no part of it is mapped for writing, or its mount is read-only
 * -EACCES	no right to open /proc/self/map_files, or no /proc
 * -EEXIST, -EBADMSG, -ENODATA, -EOPNOTSUPP, -EPROTO, -ENOMEM, -EMFILE
 *		as hp_region_create()
 */
int hp_region_adopt_mapping(struct hp_session *session, uint64_t token,
			    void *address, uint64_t length,
			    const struct hp_region_opts *opts,
			    struct hp_region **ret_region);

/*
 * hp_region_from_fd - map a region that another process has.
 * @fd: hp_region_fd() of that process, passed over a Unix socket (SCM_RIGHTS in
 *      unix(7)) or inherited; duplicated, the caller's stays the caller's
 * @ret_region: belongs to the caller; ends with hp_region_close()
 *
 * Options: page_size (expected), address, HP_REGION_READ_ONLY, HP_REGION_SHMEM
 * for a file of shmem, which is refused without it.
 *
 * Both processes see the same bytes. The region belongs to no session here: the
 * other process preserves it, and may grow it, which this one does not see. It
 * has token 0. The memory lives until all processes have closed it. Forked
 * children may use and close it.
 *
 * -EINVAL	null ret_region; not a descriptor; empty file; page size not the
 *		one expected; address no multiple of the page size; unknown
 *		option; HP_REGION_SHMEM: the length is no multiple of HP_PAGE_2M
 * -EMEDIUMTYPE	as hp_region_adopt(); HP_REGION_SHMEM: the file is not shmem
 * -EROFS, -EADDRINUSE, -EACCES, -ENOMEM, -EMFILE, -EPROTO
 *		as hp_region_adopt()
 */
int hp_region_from_fd(int fd, const struct hp_region_opts *opts,
		      struct hp_region **ret_region);

/*
 * hp_region_get - the open region with that token.
 *
 * The same object that opening it gave; it is closed once, for all. May wait
 * for a call of another thread on the session.
 *
 * -EINVAL	null session or ret_region
 * -ECHILD	in a forked child
 * -ENOENT	no region with that token is open
 */
int hp_region_get(struct hp_session *session, uint64_t token,
		  struct hp_region **ret_region);

/*
 * hp_region_set_layout - the bytes are to be read in another way from now on.
 * @layout: the application's number, handed over by the next preserve
 *
 * For a program that brings the content of a region from one layout to the
 * next.
 *
 * -EINVAL	null region, or one from hp_region_from_fd()
 * -ECHILD	in a forked child
 * -EBUSY	it is preserved: hp_session_abort() or hp_region_unpreserve()
 *		first
 */
int hp_region_set_layout(struct hp_region *region, uint64_t layout);

/*
 * hp_region_huge_bytes - how much of the region is in huge pages, right now?
 * @ret_bytes: from 0 to the length
 *
 * Of shmem (HP_REGION_SHMEM) it is measured: what this process has mapped in
 * huge pages, after all that is there was mapped. Parts that were never touched
 * count as not huge, and stay untouched. The kernel can split huge pages and
 * make new ones at any time, under want of memory or by khugepaged; what is
 * preserved stays as it is. All other regions are in huge pages from their
 * start to their end: the length.
 *
 * Blocks while pages are mapped, and brought back that were swapped out. May
 * wait for a call of another thread on the session.
 *
 * -EINVAL	null pointer
 * -ECHILD	in a forked child
 * -EOPNOTSUPP	the kernel cannot tell: Linux before 6.7, one without
 *		CONFIG_PROC_PAGE_MONITOR, or no /proc here
 * -EACCES	no permission for /proc/self/pagemap
 * -EUCLEAN	someone resized or closed hp_region_fd()
 * -EHWPOISON	a page has a hardware memory error
 * -EPROTO	an answer of the kernel that the library does not know
 * -ENOMEM	no memory to bring back what was swapped out
 * -EMFILE
 */
int hp_region_huge_bytes(struct hp_region *region, uint64_t *ret_bytes);

/*
 * hp_region_info - all that is known about an open region.
 * @info: filled in; its size must be set
 *
 * May wait for a call of another thread on the session.
 *
 * -EINVAL	null pointer; info->size smaller than in this version
 * -ECHILD	in a forked child
 */
int hp_region_info(struct hp_region *region, struct hp_region_info *info);

/*
 * hp_region_close - unmap the region and give up its memory.
 *
 * NULL: 0. The pages are freed, unless another mapping or descriptor of the
 * file is left, or the region was reclaimed and the session is not committed.
 * Blocks as hp_session_close().
 *
 * -ECHILD	as hp_session_close()
 * -EBUSY	it is preserved: hp_session_abort() or hp_region_unpreserve()
 *		first. Not in a forked child.
 */
int hp_region_close(struct hp_region *region);

/* -- Getters of a region --------------------------------------------------- */

/*
 * Constant while the region is open, except is_preserved, and length and
 * address where hp_region_grow() changes them. They never wait and work in a
 * forked child. A null region gives NULL, 0 or -EINVAL (fd).
 */

/*
 * hp_region_address - first byte of the mapping; aligned to the page size, of
 * shmem to HP_PAGE_2M.
 */
void *hp_region_address(const struct hp_region *region);

/* hp_region_length - length in bytes. */
uint64_t hp_region_length(const struct hp_region *region);

/*
 * hp_region_page_size - page size in bytes. Of shmem that of the small pages:
 * hp_region_huge_bytes() tells how much of it is in huge ones.
 */
uint64_t hp_region_page_size(const struct hp_region *region);

/* hp_region_token - the token it was created with. */
uint64_t hp_region_token(const struct hp_region *region);

/*
 * hp_region_fd - the file behind the mapping.
 *
 * To register, map again or pass on to another process (hp_region_from_fd()).
 * It belongs to the region: do not close it, resize it or preserve it yourself.
 * Calls on shmem move its file position, also that of duplicates: use pread(2)
 * and pwrite(2).
 */
int hp_region_fd(const struct hp_region *region);

/*
 * hp_region_is_preserved - does a kexec at this moment take the region along?
 *
 * Returns 1: yes, or it fails (memory error). 0: no. In a forked child: as it
 * was at the fork.
 */
int hp_region_is_preserved(const struct hp_region *region);

/* hp_region_origin - where the bytes came from; 0 for a null region. */
enum hp_origin hp_region_origin(const struct hp_region *region);

/* -- For libraries on top of this one --------------------------------------- */

/*
 * hp_session_lock - several calls as one step.
 *
 * Until hp_session_unlock() the calls of other threads on the session and its
 * regions wait, except the getters. Calls of this thread go on. A thread may
 * take the lock more than once, and gives it back as often. Neither function is
 * a cancellation point; a thread that is cancelled in between keeps the lock.
 *
 * -EINVAL	null session
 * -ECHILD	in a forked child
 */
int hp_session_lock(struct hp_session *session);

/* hp_session_unlock - see hp_session_lock(), which this thread called. */
void hp_session_unlock(struct hp_session *session);

/*
 * hp_session_log - say something to the log function of the session.
 * @priority: as of hp_log_fn
 * @message: likewise
 *
 * A null session, or one without a log function: nothing is done.
 */
void hp_session_log(struct hp_session *session, int priority,
		    const char *message);

/*
 * hp_region_check - is the file behind hp_region_fd() what it was?
 *
 * May wait for a call of another thread on the session.
 *
 * -EINVAL	null region
 * -ECHILD	in a forked child
 * -EUCLEAN	someone resized it, or closed it
 * -EPROTO, -ENOMEM, -EMFILE	the system could not tell
 */
int hp_region_check(struct hp_region *region);

#ifdef __cplusplus
}
#endif

#endif /* HUGEPERSIST_H */
