/* SPDX-License-Identifier: MIT */
/*
 * The doctor asks many things of many places; each place has a file.
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
 *	host.systemd	what the stores of systemd have outlives a kexec
 *	host.initrd	the initrd lets memory through, and does not come back
 *	host.kexec-tools	no kernel is loaded by the old call
 *	host.crash	a crash kernel that is there will be there after an update
 *
 * All of them are there in every report. The answers are those of the moment and
 * for the calling process: another user, container or cgroup has others.
 *
 * VALUES. What findings have beside the answer, as far as it can be read;
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
 *	host.systemd	version
 *	host.initrd	initrd: its path; systemd: the version of that in it
 *	host.crash	now: loaded or none
 */
#ifndef EXAMINE_H
#define EXAMINE_H

#include <hugepersist/hugepersist.h>

#include "machine/machine.h"
#include "report/answer.h"

/* What the doctor is asked for. */
struct doctor_opts {
	/*
	 * Try what can be tried without harm. /dev/liveupdate is opened for this
	 * long, so others find it busy, and after an update the kernel reads what
	 * was handed over. A session with a random name is created, given one
	 * page of each kind, and closed again; the huge pages come out of the
	 * pool until then, and filling one of 1 GiB takes a second. io_uring is
	 * set up and closed; kexec_file_load(2) is called in a way that it cannot
	 * accept.
	 */
	bool try;
	unsigned int
		timeout_ms; /* to wait for /dev/liveupdate; 0: not at all */
	/* The region that is to be created or reclaimed. */
	uint64_t page_size;
	uint64_t length;
};

/* Page sizes: those of the machine, and HP_PAGE_2M and HP_PAGE_1G. */
#define DOCTOR_SIZES_MAX 24

struct doctor_size {
	uint64_t bytes;
	bool exists; /* as far as can be seen */
	uint64_t available;
	const struct answer *pages;
};

/* What one part has found out and another one needs. */
struct doctor {
	const struct hp_sys *sys;
	const struct machine *machine;
	struct answers *answers;
	struct doctor_opts opts;
	unsigned int size_count;
	struct doctor_size sizes[DOCTOR_SIZES_MAX];
	bool sees_proc;
	bool sees_pools;
	bool listed; /* in /proc/misc: the kernel has live update */
	bool broken; /* and it is out of order */
};

/*
 * Find out what this machine can do. What goes wrong on the way is an answer,
 * not an error; -ENOMEM: there is no memory for the answers. The caller frees
 * them, also then.
 */
int doctor_examine(const struct machine *machine,
		   const struct doctor_opts *opts, struct answers *ret_answers);

/* -- The parts, in this order ---------------------------------------------- */

/* Huge pages that are there, and those that are free. */
void doctor_pools(struct doctor *task);

/* Is live update on, can this process use it, which memory does it take? */
void doctor_liveupdate(struct doctor *task);

/* Which memory does the running kernel take? device is the answer about it. */
void doctor_preserve(const struct doctor *task, const struct answer *device,
		     int session);

/* Loading the next kernel. */
void doctor_kexec(struct doctor *task);

/* Limits of the cgroups that this process is in. */
void doctor_cgroup(struct doctor *task);

/* What this process may. */
void doctor_process(struct doctor *task);

/* Transparent huge pages for shmem. */
void doctor_shmem(struct doctor *task);

#define DOCTOR_NOT_TRIED "It was not tried."
#define DOCTOR_DO_TRY "Ask for it: hugepersist doctor --try."

#endif
