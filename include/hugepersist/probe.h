/* SPDX-License-Identifier: MIT */
/*
 * hugepersist/probe.h: what this machine can do, before anything depends on it.
 *
 * hp_probe() looks at the machine from within the calling process, and answers
 * a list of questions. Each answer is yes, no, or not known; each no has the
 * reason and what to do about it.
 *
 *	struct hp_probe_opts opts = { 0 };
 *	struct hp_finding found = { 0 };
 *	struct hp_probe *probe;
 *
 *	opts.size = sizeof(opts);
 *	opts.flags = HP_PROBE_TRY;
 *	found.size = sizeof(found);
 *	if (hp_probe(&opts, &probe))
 *		return;
 *	if (!hp_probe_find(probe, "preserve.2M", &found) &&
 *	    found.answer == HP_ANSWER_NO)
 *		complain(found.reason, found.remedy);
 *	hp_probe_close(probe);
 *
 * -- Read this before the first call ---------------------------------------
 *
 * FINDINGS. Their ids stay what they are; later versions add some. SIZE is a
 * page size as 64K, 2M or 1G: 2M, 1G, and all others that the machine has.
 *
 *	pages.SIZE	huge pages of that size are free for new regions
 *			(length bytes of them, if page_size is that size)
 *	pages.sizes	sizes of which a region can be made
 *	liveupdate.device	this process can use /dev/liveupdate
 *	liveupdate.enabled	the kernel runs with liveupdate=on
 *	liveupdate.kho	the kernel runs with kho=on
 *	preserve.shmem	the running kernel takes shmem (HP_REGION_SHMEM)
 *	preserve.SIZE	the running kernel takes huge pages of that size
 *	kexec.load	this process may load the next kernel (kexec_file_load)
 *	kexec.unsigned	that kernel needs no signature
 *	cgroup.room	the limits of the own cgroups let length bytes in
 *	process.io_uring	this process may use io_uring (save.h)
 *	process.files	it may open enough files (RLIMIT_NOFILE)
 *	process.memlock	it may pin length bytes (RLIMIT_MEMLOCK, save.h)
 *	process.manager	a service manager takes descriptors from it
 *	shmem.huge	shmem is given transparent huge pages at first touch;
 *			HP_REGION_POPULATE and hp_region_preserve() get them
 *			without that, too
 *
 * All of them are there in every probe. The answers are those of the moment and
 * for the calling process: another user, container or cgroup has others.
 *
 * VALUES. What findings have for hp_probe_value(), as far as it can be read;
 * later versions add some:
 *
 *	pages.SIZE	total, free, reserved, surplus, overcommit, available
 *			(free and not reserved); nodeN.total, nodeN.free,
 *			nodeN.surplus of each NUMA node: in pages
 *	pages.sizes	for each size one of its name (2M), in bytes
 *	kexec.load	limit: loads that are left until the next boot
 *	kexec.unsigned	lockdown: none, integrity or confidentiality
 *	cgroup.room	room, in bytes
 *	process.io_uring	disabled: io_uring_disabled of proc_sys_kernel(5)
 *	process.files	soft, hard: limits in files
 *	process.memlock	soft, hard: limits in bytes
 *	process.manager	FDSTORE: its text in the environment
 *	shmem.huge	policy, policy.SIZE: words of shmem_enabled;
 *			page_size, in bytes
 *
 * HARMLESS. Without HP_PROBE_TRY it only reads files and asks for limits. What
 * is learned by trying is then not known, if nothing else gives it away.
 *
 * THREADS. hp_probe() may run in any thread, and several at once. A probe does
 * not change: any thread may read it, until one closes it.
 *
 * FORK. A probe is memory: a forked child has a copy.
 *
 * SOURCES. kernel/liveupdate/, kernel/kexec_core.c, io_uring/io_uring.c,
 * mm/shmem.c of Linux 7.3; Documentation/admin-guide/ (kernel-parameters.txt,
 * cgroup-v2.rst, cgroup-v1/hugetlb.rst, mm/hugetlbpage.rst, mm/transhuge.rst,
 * sysctl/kernel.rst); kexec_file_load(2), io_uring_setup(2),
 * memfd_create(2), getrlimit(2), capabilities(7), kernel_lockdown(7),
 * proc_pid_cgroup(5), sd_notify(3).
 */
#ifndef HUGEPERSIST_PROBE_H
#define HUGEPERSIST_PROBE_H

#include <hugepersist/hugepersist.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- Structures ------------------------------------------------------------ */

struct hp_probe;

/* Flags of struct hp_probe_opts */
enum {
	/*
	 * Try what can be tried without harm. /dev/liveupdate is opened for
	 * this long, so others find it busy (the library waits, see timeout_ms
	 * in struct hp_session_opts), and after an update the kernel reads what
	 * was handed over. A session with a random name is created, given one
	 * page of each kind, and closed again; the huge pages come out of the
	 * pool until then, and filling one of 1 GiB takes a second. io_uring is
	 * set up and closed; kexec_file_load(2) is called in a way that it
	 * cannot accept. Not under a seccomp filter that kills for that.
	 */
	HP_PROBE_TRY = 1 << 0
};

/* As all options: set size, and all you do not use to zero. */
struct hp_probe_opts {
	size_t size;	    /* sizeof(struct hp_probe_opts) */
	unsigned int flags; /* HP_PROBE_* */

	/*
	 * With HP_PROBE_TRY: to wait for /dev/liveupdate. 0: not at all, unlike
	 * in struct hp_session_opts.
	 */
	unsigned int timeout_ms;

	/*
	 * The region that is to be created or reclaimed: bytes of a page (0:
	 * HP_PAGE_2M), and bytes (0: one page).
	 */
	uint64_t page_size;
	uint64_t length; /* see page_size */
};

/* The answer of a finding. */
enum hp_answer {
	HP_ANSWER_YES = 1,    /* it can be done */
	HP_ANSWER_NO = 2,     /* it cannot, see reason and remedy */
	HP_ANSWER_UNKNOWN = 3 /* it could not be found out, see reason */
};

/*
 * One thing that was found out. Set size before the call. The texts are English
 * without a newline, and belong to the probe.
 */
struct hp_finding {
	size_t size;		  /* sizeof(struct hp_finding) */
	unsigned int answer;	  /* enum hp_answer */
	unsigned int value_count; /* for hp_probe_value() */
	const char *id;		  /* see FINDINGS */
	const char *about;	  /* what a yes means, a sentence */
	const char *reason;	  /* why not, or why not known; yes: "" */
	const char *remedy;	  /* what to type or to ask for; yes: "" */
};

/* A number or a word that belongs to a finding. Set size before the call. */
struct hp_value {
	size_t size;	  /* sizeof(struct hp_value) */
	const char *name; /* "free", "node1.free", "policy" */
	const char *unit; /* "pages", "bytes", "files", or "": a mere number */
	const char *text; /* a word in place of a number; else NULL */
	uint64_t number;  /* UINT64_MAX: without limit */
};

/* -- Probe ----------------------------------------------------------------- */

/*
 * hp_probe - find out what this machine can do.
 * @opts: or NULL
 * @ret_probe: belongs to the caller; ends with hp_probe_close()
 *
 * What goes wrong on the way is a finding, not an error. Blocks with
 * HP_PROBE_TRY: up to timeout_ms, and as long as the kernel takes.
 *
 * -EINVAL	null ret_probe; unknown option; page_size no power of two, or
 *		HP_PAGE_ANY; length no multiple of it; timeout_ms without
 *		HP_PROBE_TRY
 * -ENOMEM	no memory for the findings
 */
int hp_probe(const struct hp_probe_opts *opts, struct hp_probe **ret_probe);

/*
 * hp_probe_finding - one by one what was found out.
 * @index: from 0 on, until -ENOENT
 * @finding: filled in; its size must be set
 *
 * -EINVAL	null pointer; finding->size smaller than that of version 0.2
 * -ENOENT	there are not that many
 */
int hp_probe_finding(const struct hp_probe *probe, unsigned int index,
		     struct hp_finding *finding);

/*
 * hp_probe_find - what was found out about one thing.
 * @id: see FINDINGS
 * @finding: filled in; its size must be set
 *
 * -EINVAL	as hp_probe_finding(), or null id
 * -ENOENT	this version of the library has no such finding, or the machine
 *		no such page size
 */
int hp_probe_find(const struct hp_probe *probe, const char *id,
		  struct hp_finding *finding);

/*
 * hp_probe_value - one by one the values of a finding.
 * @id: of the finding
 * @index: from 0 on, until -ENOENT
 * @value: filled in; its size must be set
 *
 * -EINVAL	null pointer; value->size smaller than that of version 0.2
 * -ENOENT	no such finding, or it has not that many
 */
int hp_probe_value(const struct hp_probe *probe, const char *id,
		   unsigned int index, struct hp_value *value);

/*
 * hp_probe_close - free the probe and all texts that it gave.
 *
 * NULL: nothing is done. Never fails.
 */
void hp_probe_close(struct hp_probe *probe);

#ifdef __cplusplus
}
#endif

#endif /* HUGEPERSIST_PROBE_H */
