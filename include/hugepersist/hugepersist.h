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
 *	if (!rc)
 *		rc = hp_region_reclaim(s, POOL, NULL, &r);
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
 *  - Exit, crash or SIGKILL before the kexec: nothing is preserved any more,
 *    and the pages go back to the pool. The process must still be running when
 *    the kernel jumps. A service manager that stops it first loses the data.
 *  - The same after hp_session_open(): a session that came back can be opened
 *    once, so exit frees its data. Retry what can be retried (-EMFILE and
 *    -ENOMEM from reclaim, -EAGAIN from commit) before giving up. If a limit is
 *    too low, stay, say so, and try again until it has been raised.
 *  - Preserve again after every start: what came back is not preserved for the
 *    next kexec, which loses it until hp_region_preserve() has returned 0.
 *  - A session that nobody opens keeps its pages reserved until the next kexec,
 *    which drops them.
 *
 * WHAT SURVIVES. The bytes of a preserved region, its length and page size.
 * Not the address (store offsets, not pointers), not protection, NUMA policy,
 * locks (mlock), userfaultfd or io_uring registrations, and not regions that
 * were created but never preserved. A reset, a power cut and a kexec without
 * handover (kexec_load, or a next kernel without kho=on and liveupdate=on, or
 * without the hugetlb patches of this project) lose everything.
 *
 * CONTENTS. Preserve hands over pages, not a snapshot. The program may go on
 * writing, and what the pages hold when the processors stop is what arrives:
 * a kexec can land between any two stores of any thread. Either stop writing
 * before the kexec or keep a structure that is valid after every store.
 *
 * SEVERAL REGIONS are not preserved as one: a kexec between two preserves
 * brings back only the first. Memory that belongs together should be one
 * region; or look, before use, that hp_region_origin() of all says the same.
 *
 * FROZEN SET OF PAGES. While a region is preserved, reads, writes and page
 * faults inside it work. Everything that would change which pages it has
 * fails: ftruncate, fallocate and hole punching on hp_region_fd().
 *
 * ALL HUGE PAGES AT ONCE. A region takes its whole length from the huge page
 * pool when it is created (as a reservation), and preserve fills pages that
 * were never touched. There is no fall back to small pages. The reservation
 * does not cover a hugetlb cgroup limit, a cpuset or an mbind that excludes the
 * nodes with free pages: there a first touch can still raise SIGBUS.
 *
 * THREADS. Any thread may call. Calls on one session and its regions take
 * turns; those on different sessions do not wait for each other here, though
 * they may in the kernel. The getters never wait, also while a preserve is
 * running. Close is the exception: nothing else may use the object then or
 * later. A thread that is cancelled (pthread_cancel) ends its call first. A
 * signal handler may call hp_version(), hp_strerror() and the getters, which
 * are the calls that take a const object, and nothing else.
 *
 * FORK. A session belongs to the process that opened it. In a forked child,
 * known by its process id, the mapped memory works (it is the same memory) and
 * so do the getters, but is_preserved and returned stay what they were at the
 * fork. Close gives up the child's copies of descriptors, mappings and memory,
 * and changes nothing for the parent. All else is refused with -ECHILD.
 * Until it closes, calls exec or exits, a child keeps the session alive, also
 * when the parent exits, crashes, aborts or commits: the next open or preserve
 * under that name, or preserve of that memory, then gets -EALREADY. Fork before
 * hp_session_open(), or let the child close or exec soon.
 *
 * DESCRIPTORS. All are close-on-exec. /dev/liveupdate has one opener at a time
 * in the whole system; the library opens it for the length of one call in
 * hp_session_open() and in the first hp_region_preserve() after an open or an
 * abort, and closes it again. It never prints, exits, starts a thread or
 * changes what a signal does.
 *
 * ERRORS. Functions return 0 or a negative errno, and leave their ret_
 * argument alone on failure. A failed call changes nothing, except where said:
 * -ENODATA. A code has one meaning:
 *
 *	-EINVAL		bad argument: a null pointer, a name, token, length, flag
 *			or option that is not allowed
 *	-ECHILD		called in a forked child
 *	-ENOMEM		too few free huge pages, no memory for bookkeeping, or a
 *			cgroup limit that is too low. Nothing is lost: make room
 *			and call again
 *	-EMFILE		no free file descriptor, in this process or the system
 *	-ENODEV		no live update here: the kernel has no /dev/liveupdate
 *	-EACCES		this process may not use it: no permission (as a rule it
 *			is for root only), or its /dev does not show it
 *	-EAGAIN		busy for now, try again: another process had
 *			/dev/liveupdate open for the whole timeout, or the
 *			kernel cannot finish the session yet
 *	-EIO		the kernel could not read what its predecessor handed
 *			over; live update is out of order until the next boot
 *	-EPROTO		the kernel gave an answer that this library does not
 *			know: it is too new or too old, or has a defect
 *	-EALREADY	someone else holds this session name or this memory:
 *			another process, a child, another handle in this one
 *	-EEXIST		the token is in use in this session
 *	-ENOENT		no such token came back; also: nothing came back
 *	-EINPROGRESS	the session came back and is not committed yet
 *	-ENOTEMPTY	regions that came back were not reclaimed
 *	-EBUSY		the call would lose data
 *	-EOPNOTSUPP	this kernel, or this version of the library, cannot do
 *			this for huge pages of that size
 *	-EHWPOISON	a page of the region has a hardware memory error
 *	-EFBIG		the region has more pages than the kernel can hand over
 *	-ENOSPC		the session is full
 *	-EBADMSG	the manifest that came back is damaged
 *	-EUCLEAN	the region's file is not what it was when it was created
 *			or preserved
 *	-ENODATA	the kernel failed to rebuild the region or the manifest,
 *			and not for want of room. It does not try twice: this
 *			data is gone
 *
 * Sources: kernel/liveupdate/luo_core.c, luo_session.c, luo_file.c,
 * include/uapi/linux/liveupdate.h and mm/memfd_luo.c of Linux 7.3;
 * Documentation/admin-guide/mm/hugetlbpage.rst; kernel-patches/7.3/ (what is
 * frozen, filled and refused for huge pages); memfd_create(2), mmap(2), fork(2),
 * open(2), ftruncate(2), pthread_cancel(3), signal-safety(7).
 */
#ifndef HUGEPERSIST_H
#define HUGEPERSIST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version; the build takes it from here and from nowhere else. */
#define HP_VERSION_MAJOR 0
#define HP_VERSION_MINOR 1
#define HP_VERSION_PATCH 0

/* Longest session name in bytes, without the terminating zero. */
#define HP_NAME_MAX 63

/* Most regions that one session can preserve. */
#define HP_REGIONS_MAX 1023

/* The one token that an application may not use: it carries the manifest. */
#define HP_TOKEN_RESERVED UINT64_MAX

/* Page sizes in bytes. */
#define HP_PAGE_2M (UINT64_C(1) << 21)

struct hp_session;
struct hp_region;

/*
 * Options. Set size to sizeof of the structure and all you do not use to zero:
 *
 *	struct hp_session_opts opts = { 0 };
 *
 *	opts.size = sizeof(opts);
 *
 * A null pointer means all defaults. A field that this version of the library
 * does not know must be zero, otherwise the call fails with -EINVAL.
 */

/* Flags of struct hp_session_opts */
enum {
	/*
	 * Succeed also on a machine without live update. Regions work there as
	 * ordinary huge pages and hp_region_preserve() fails with -ENODEV.
	 * Other errors still fail the open: behind -EACCES or -EAGAIN there may
	 * be data that waits to be reclaimed. A machine whose /proc/misc lists
	 * "liveupdate" is not without, though a container hides the device. If
	 * /proc/misc is hidden too (ProcSubset=pid, a chroot without /proc),
	 * nobody can tell: show the process one of them.
	 */
	HP_SESSION_LOCAL = 1 << 0
};

struct hp_session_opts {
	size_t size;		 /* sizeof(struct hp_session_opts) */
	unsigned int flags;	 /* HP_SESSION_* */
	unsigned int timeout_ms; /* to wait for /dev/liveupdate; 0: 5000,
				    1: practically not at all */
};

struct hp_region_opts {
	size_t size;	       /* sizeof(struct hp_region_opts) */
	uint64_t page_size;    /* bytes. Create: 0 or HP_PAGE_2M.
				  Reclaim: the size expected, 0: as it was */
	unsigned int flags;    /* 0 */
	unsigned int reserved; /* 0 */
};

/* Where the bytes of a region came from. */
enum hp_origin {
	HP_ORIGIN_CREATED = 1,	  /* hp_region_create(): zero bytes */
	HP_ORIGIN_LIVE_UPDATE = 2 /* hp_region_reclaim(): the previous kernel */
};

/* Flags of hp_session_commit() */
enum {
	/*
	 * Give up what came back and is not reclaimed, for whatever reason. Its
	 * pages are freed.
	 */
	HP_COMMIT_DROP = 1 << 0
};

/* -- Library --------------------------------------------------------------- */

/*
 * hp_version - version of the library that is loaded, "0.1.0".
 *
 * May differ from the HP_VERSION_* of the header that was compiled with. The
 * string is static. Never fails.
 */
const char *hp_version(void);

/*
 * hp_strerror - what an error means and what to do about it.
 * @err: a value that a function of this library returned
 *
 * One English sentence or two, without a newline, for an operator. The string
 * is static, also for values that the library does not return. Never fails.
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
 * it, for good: see LIFE. hp_session_returned() tells. The regions are then
 * asked for with hp_region_reclaim(), in any order, and when all is well
 * hp_session_commit() ends it. Opening does not look inside: a damaged
 * manifest is reported by reclaim, create and commit, and destroys nothing.
 *
 * Two opens of one name succeed as long as nothing came back; the second to
 * preserve gets -EALREADY.
 *
 * Blocks up to timeout_ms while another process has /dev/liveupdate open.
 * Otherwise short. The first open of the device in a new kernel makes that
 * kernel read all that was handed over.
 *
 * -EINVAL	name empty or too long; null ret_session; unknown option
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
 * Valid until hp_session_close(). NULL for a null session.
 */
const char *hp_session_name(const struct hp_session *session);

/*
 * hp_session_returned - did the previous kernel hand this session over?
 *
 * 1: yes, and it is not committed yet. 0: no, or committed, or null session.
 */
int hp_session_returned(const struct hp_session *session);

/*
 * hp_session_can_preserve - would hp_region_preserve() stand a chance?
 *
 * 0: yes, as far as the session knows without trying: whether the kernel takes
 * huge pages shows in the first hp_region_preserve(). Never waits.
 *
 * -EINVAL	null session
 * -ECHILD	in a forked child
 * -ENODEV	opened with HP_SESSION_LOCAL on a machine without live update
 * -EINPROGRESS	came back and is not committed yet
 */
int hp_session_can_preserve(const struct hp_session *session);

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
 * -EBADMSG	damaged manifest; HP_COMMIT_DROP gives up what is there
 * -ENODATA	the kernel failed to rebuild the manifest; as -EBADMSG
 * -EOPNOTSUPP	a newer version of the library wrote the manifest, in a way that
 *		this one does not know; as -EBADMSG
 * -EAGAIN	the kernel cannot finish yet: try again
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE, -ENOMEM	from reading the manifest; not with HP_COMMIT_DROP
 */
int hp_session_commit(struct hp_session *session, unsigned int flags);

/*
 * hp_session_abort - do not preserve: undo every hp_region_preserve().
 *
 * All at once: Linux cannot stop preserving one file. Regions stay mapped with
 * their contents; each one that a kexec is to take along must be preserved
 * again. Nothing preserved: 0. Does not touch what came back and is not
 * committed.
 *
 * Blocks while the kernel unpins the pages; the time grows with their number.
 *
 * -EINVAL	null session
 * -ECHILD	in a forked child
 */
int hp_session_abort(struct hp_session *session);

/*
 * hp_session_close - close the session and all its regions.
 *
 * NULL: 0. Unmaps every region; pointers to the session, to its regions and
 * into their memory end. The memory is freed, as at exit. In a forked child:
 * see FORK.
 *
 * Blocks while the kernel frees the pages; the time grows with their number.
 *
 * -ECHILD	in a child that was forked while another thread was in a call
 *		on the session
 * -EBUSY	a region is preserved: hp_session_abort() first; or the session
 *		came back and is not committed: hp_session_commit() first. Not
 *		in a forked child.
 */
int hp_session_close(struct hp_session *session);

/* -- Region ---------------------------------------------------------------- */

/*
 * hp_region_create - new memory in huge pages, all bytes zero.
 * @token: names the region within its session across updates; any value but
 *         HP_TOKEN_RESERVED
 * @length: in bytes; a multiple of the page size, not 0
 * @opts: or NULL
 * @ret_region: belongs to the session; ends with hp_region_close() or with
 *              hp_session_close()
 *
 * The region is mapped readable and writable, shared, at an address that the
 * kernel chooses. Its pages are reserved now and taken from the pool at first
 * touch. Works in a returned session before commit, for tokens that did not
 * come back. Does not survive an update until it is preserved.
 *
 * Short. An RLIMIT_FSIZE below the length raises SIGXFSZ, see ftruncate(2).
 *
 * -EINVAL	null session or ret_region; token is HP_TOKEN_RESERVED; length 0,
 *		not a multiple of the page size, too large for this machine or
 *		above RLIMIT_FSIZE;
 *		page size other than 2 MiB; unknown option
 * -ECHILD	in a forked child
 * -EEXIST	a region with that token exists, or came back and is not
 *		reclaimed
 * -ENOMEM	fewer free huge pages than asked for (HugePages_Free less
 *		HugePages_Rsvd in /proc/meminfo, nr_hugepages under /sys), or a
 *		limit of the cgroup, address space or process
 * -EOPNOTSUPP	this kernel has no huge pages of that size
 * -EBADMSG, -ENODATA, -EOPNOTSUPP	returned session whose manifest cannot be
 *		read, see commit: the token may be one that came back
 * -EACCES	a security policy forbids memfd_create(2)
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE
 */
int hp_region_create(struct hp_session *session, uint64_t token,
		     uint64_t length, const struct hp_region_opts *opts,
		     struct hp_region **ret_region);

/*
 * hp_region_reclaim - take back a region that the previous kernel preserved.
 * @token: the one it was created with
 * @opts: or NULL; a page_size that is not 0 must be that of the region
 * @ret_region: as of hp_region_create()
 *
 * The same bytes in the same pages, at a new address. Length and page size come
 * from the manifest and are checked against the file. The memory is charged to
 * the cgroup of the calling process, all of it or nothing: if a limit does not
 * allow that (hugetlb.2MB.max, hugetlb.2MB.rsvd.max; memory.max where it counts
 * huge pages), see -ENOMEM. A region that was reclaimed and closed can be
 * reclaimed again until hp_session_commit().
 *
 * Blocks while the kernel rebuilds the file; the time grows with the number of
 * huge pages, not with their size.
 *
 * -EINVAL	null session or ret_region; token is HP_TOKEN_RESERVED; unknown
 *		option; the page size in opts is not that of the region
 * -ECHILD	in a forked child
 * -EEXIST	a region with that token is open in this session
 * -ENOENT	that token did not come back: it was not preserved when the
 *		kexec came, or the session did not come back or is committed
 * -EBADMSG	damaged manifest
 * -EUCLEAN	length, page size or number of pages differ from the manifest,
 *		or it is no huge page file. What is there stays until commit.
 * -ENODATA	the kernel failed to rebuild the file, or has none though the
 *		manifest lists it: this region is gone, and every retry says so.
 *		The kernel's log says why (damage, a page size or a format that
 *		it lacks). What other regions hold is not affected. Or it failed
 *		to rebuild the manifest, for which also want of memory is final:
 *		then that goes for all regions.
 * -EOPNOTSUPP	a newer version of the library preserved it, with a page size
 *		or a manifest that this one does not know
 * -EPROTO	an answer of the kernel that the library does not know
 * -ENOMEM	no memory, or a limit of the cgroup does not allow the region.
 *		Nothing is lost, and the cgroup is charged nothing: raise the
 *		limit, or move the process to a cgroup with room, and reclaim
 *		again, before exit or HP_COMMIT_DROP, which free the data
 * -EMFILE	nothing is lost either; the same
 */
int hp_region_reclaim(struct hp_session *session, uint64_t token,
		      const struct hp_region_opts *opts,
		      struct hp_region **ret_region);

/*
 * hp_region_preserve - from now on, a kexec takes this region along.
 *
 * May run while other threads and processes use the memory. Fills pages that
 * were never touched, so that the whole length is taken. Then the set of pages
 * is frozen until hp_session_abort() or the kexec. A region that is preserved:
 * 0, nothing is done. The first preserve of a session registers its name with
 * the kernel. A kexec that overtakes this call brings the region back whole or
 * not at all (-ENOENT from reclaim).
 *
 * On failure the region is not preserved and usable as before; regions of the
 * session that were preserved stay so. Pages that were filled and not used since
 * become untouched again, here and on abort.
 *
 * A hardware memory error that the kernel finds in a page at the kexec makes
 * that fail (reboot(2): EHWPOISON). The process goes on, is_preserved stays 1,
 * and so does the error: abort gives the region free.
 *
 * Blocks while the kernel fills and pins the pages; the time grows with the
 * number of huge pages, and with their size for those that must be zeroed
 * first. Only a signal that kills the process ends it early. In addition up to
 * timeout_ms of the session when /dev/liveupdate is needed and busy.
 *
 * -EINVAL	null region
 * -ECHILD	in a forked child
 * -EINPROGRESS	the session came back and is not committed yet
 * -EALREADY	another session of that name is preserved already, perhaps by
 *		a child (see FORK), or this memory is preserved by someone else
 *		through hp_region_fd()
 * -EOPNOTSUPP	the kernel cannot preserve huge pages (of that size or in that
 *		place); Linux 7.3 without the patches of this project
 * -ENODEV	HP_SESSION_LOCAL, and no live update on this machine; or
 *		/dev/liveupdate is gone since the open
 * -EACCES, -EAGAIN, -EIO	from opening /dev/liveupdate, as hp_session_open()
 * -ENOMEM	too few free huge pages to fill the region, or to move pages out
 *		of places that cannot be handed over; or such a page is in use
 *		by some I/O right now, then it can be tried again
 * -EUCLEAN	someone resized hp_region_fd(), or closed it: what would be
 *		handed over is not the region
 * -EEXIST	a preserve under this token failed when the kernel had the file
 *		already (-EUCLEAN): hp_session_abort() first
 * -ENOSPC	HP_REGIONS_MAX regions are preserved already, or the kernel's
 *		own list is full
 * -EFBIG	more pages than the kernel can hand over in one file
 * -EHWPOISON	a page has a hardware memory error
 * -EPROTO	an answer of the kernel that the library does not know
 * -EMFILE
 */
int hp_region_preserve(struct hp_region *region);

/*
 * hp_region_close - unmap the region and give up its memory.
 *
 * NULL: 0. The pages are freed, unless another mapping or descriptor of the
 * file is left, or the region was reclaimed and the session is not committed.
 * Blocks as hp_session_close().
 *
 * -ECHILD	as hp_session_close()
 * -EBUSY	it is preserved: hp_session_abort() first. Not in a forked
 *		child.
 */
int hp_region_close(struct hp_region *region);

/*
 * Getters. Constant while the region is open, except is_preserved. They never
 * wait and work in a forked child. A null region gives NULL, 0 or -EINVAL (fd).
 */

/* First byte of the mapping; aligned to the page size. */
void *hp_region_address(const struct hp_region *region);

/* Length in bytes. */
uint64_t hp_region_length(const struct hp_region *region);

/* Page size in bytes. */
uint64_t hp_region_page_size(const struct hp_region *region);

/* The token it was created with. */
uint64_t hp_region_token(const struct hp_region *region);

/*
 * The memfd behind the mapping, to register, map again or pass on. It belongs
 * to the region: do not close it, resize it or preserve it yourself.
 */
int hp_region_fd(const struct hp_region *region);

/*
 * 1: a kexec at this moment takes the region along, or fails (memory error).
 * 0: it does not. In a forked child: as it was at the fork.
 */
int hp_region_is_preserved(const struct hp_region *region);

/* Where the bytes came from; 0 for a null region. */
enum hp_origin hp_region_origin(const struct hp_region *region);

#ifdef __cplusplus
}
#endif

#endif /* HUGEPERSIST_H */
