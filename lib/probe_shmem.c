// SPDX-License-Identifier: MIT
/*
 * Probe: transparent huge pages for shmem, of which memory files are made.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "pool.h"
#include "probe.h"
#include "text.h"

#define THP "/sys/kernel/mm/transparent_hugepage"

/* What the global policy says where the one for a size inherits. */
static bool allows(const char *policy)
{
	return !strcmp(policy, "always") || !strcmp(policy, "within_size") ||
	       !strcmp(policy, "advise") || !strcmp(policy, "force");
}

/* Of a page size; "inherit" on a kernel that has no such knobs. */
static int read_size(const struct hp_sys *sys, uint64_t bytes, char *policy,
		     size_t size)
{
	char path[96];
	int err;

	(void)snprintf(path, sizeof(path),
		       THP "/hugepages-%" PRIu64 "kB/shmem_enabled",
		       bytes >> 10);
	err = hp_text_chosen(sys, path, policy, size);
	if (err == -ENOENT)
		(void)snprintf(policy, size, "inherit");
	return err;
}

void hp_probe_shmem(struct hp_probe_task *task)
{
	const struct hp_sys *sys = task->sys;
	char policy[32], one[32], name[32];
	uint64_t huge = HP_PAGE_2M;
	struct hp_answer_item *item;
	bool deny, force;
	int err;

	item = hp_answer_add(task->answers, "shmem.huge",
			     "Shmem can be in transparent huge pages from the "
			     "first touch on.");
	err = hp_text_chosen(sys, THP "/shmem_enabled", policy, sizeof(policy));
	if (err == -ENOENT && task->sees_pools) {
		hp_answer_no(item, "The kernel has no transparent huge pages "
				   "for shmem.");
		hp_answer_remedy(item, "Boot a kernel with "
				       "CONFIG_TRANSPARENT_HUGEPAGE and "
				       "CONFIG_SHMEM.");
		return;
	}
	if (err < 0) {
		hp_answer_unknown(item, THP "/shmem_enabled: %s",
				  HP_ERRNO(err));
		hp_answer_remedy(item, "Show the process /sys (mount -t sysfs "
				       "sysfs /sys).");
		return;
	}
	hp_answer_text(item, "policy", policy);
	deny = !strcmp(policy, "deny");
	force = !strcmp(policy, "force");
	(void)hp_text_number(sys, THP "/hpage_pmd_size", &huge);
	hp_answer_number(item, "page_size", huge, "bytes");
	for (int i = HP_POOL_SHIFT_MIN; i <= HP_POOL_SHIFT_MAX; i++) {
		const uint64_t bytes = UINT64_C(1) << i;

		if (read_size(sys, bytes, one, sizeof(one)) < 0)
			continue;
		(void)snprintf(name, sizeof(name), "policy.%s",
			       hp_text_size(bytes).text);
		hp_answer_text(item, name, one);
	}
	/* These two overrule the knobs of the sizes. */
	if (force)
		return;
	err = read_size(sys, huge, one, sizeof(one));
	if (err < 0 && err != -ENOENT) {
		hp_answer_unknown(item,
				  "The policy for pages of %s cannot be "
				  "read: %s.",
				  hp_text_size(huge).text, HP_ERRNO(err));
		hp_answer_remedy(item, "Let the process read " THP ".");
		return;
	}
	if (!deny &&
	    (allows(one) || (!strcmp(one, "inherit") && allows(policy))))
		return;
	hp_answer_no(item,
		     "The policy forbids it: " THP "/shmem_enabled is %s, that "
		     "for pages of %s is %s.",
		     policy, hp_text_size(huge).text, one);
	if (deny || !strcmp(one, "inherit"))
		hp_answer_remedy(item, "As root: echo advise > " THP
				       "/shmem_enabled, also after the next "
				       "boot (transparent_hugepage_shmem="
				       "advise).");
	else
		hp_answer_remedy(item,
				 "As root: echo advise > " THP
				 "/hugepages-%" PRIu64
				 "kB/shmem_enabled, also after the next boot.",
				 huge >> 10);
}
