/* SPDX-License-Identifier: MIT */
/*
 * hp_probe() asks many things of many places; each place has a file.
 */
#ifndef HP_PROBE_LIB_H
#define HP_PROBE_LIB_H

#include "answer.h"

/* Page sizes: those of the machine, and HP_PAGE_2M and HP_PAGE_1G. */
#define HP_PROBE_SIZES_MAX 24

struct hp_probe_size {
	uint64_t bytes;
	bool exists; /* as far as can be seen */
	uint64_t available;
	const struct hp_answer_item *pages;
};

/* What one part has found out and another one needs. */
struct hp_probe_task {
	const struct hp_sys *sys;
	struct hp_answers *answers;
	struct hp_probe_opts opts; /* page_size and length are set */
	unsigned int size_count;
	struct hp_probe_size sizes[HP_PROBE_SIZES_MAX];
	bool sees_proc;
	bool sees_pools;
	bool listed; /* in /proc/misc: the kernel has live update */
	bool broken; /* and it is out of order */
};

/* In this order. */
void hp_probe_pools(struct hp_probe_task *task);
void hp_probe_liveupdate(struct hp_probe_task *task);
void hp_probe_kexec(struct hp_probe_task *task);
void hp_probe_cgroup(struct hp_probe_task *task);
void hp_probe_process(struct hp_probe_task *task);
void hp_probe_shmem(struct hp_probe_task *task);

static inline bool hp_probe_tries(const struct hp_probe_task *task)
{
	return task->opts.flags & HP_PROBE_TRY;
}

#define HP_PROBE_NOT_TRIED "It was not tried."
#define HP_PROBE_DO_TRY                                               \
	"Ask for it: HP_PROBE_TRY in struct hp_probe_opts, --try of " \
	"hp-probe."

/* On the fake machine, too. */
int hp_probe_on(const struct hp_sys *sys, const struct hp_probe_opts *opts,
		struct hp_probe **ret_probe);

#endif
