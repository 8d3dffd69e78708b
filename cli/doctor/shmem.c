// SPDX-License-Identifier: MIT
/*
 * Doctor: transparent huge pages for shmem, of which memory files are made.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/text.h"
#include "system/pool.h"

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
	err = read_chosen(sys, path, policy, size);
	if (err == -ENOENT)
		(void)snprintf(policy, size, "inherit");
	return err;
}

void doctor_shmem(struct doctor *task)
{
	const struct hp_sys *sys = task->sys;
	char policy[32], one[32], name[32];
	uint64_t huge = HP_PAGE_2M;
	struct answer *item;
	bool deny, force;
	int err;

	item = answer_add(task->answers, "shmem.huge",
			  "Shmem can be in transparent huge pages from the "
			  "first touch on.");
	err = read_chosen(sys, THP "/shmem_enabled", policy, sizeof(policy));
	if (err == -ENOENT && task->sees_pools) {
		answer_no(item, "The kernel has no transparent huge pages "
				"for shmem.");
		answer_remedy(item, "Boot a kernel with "
				    "CONFIG_TRANSPARENT_HUGEPAGE and "
				    "CONFIG_SHMEM.");
		return;
	}
	if (err < 0) {
		answer_unknown(item, THP "/shmem_enabled: %s", HP_ERRNO(err));
		answer_remedy(item, "Show the process /sys (mount -t sysfs "
				    "sysfs /sys).");
		return;
	}
	answer_text(item, "policy", policy);
	deny = !strcmp(policy, "deny");
	force = !strcmp(policy, "force");
	(void)read_number(sys, THP "/hpage_pmd_size", &huge);
	answer_number(item, "page_size", huge, "bytes");
	for (int i = HP_POOL_SHIFT_MIN; i <= HP_POOL_SHIFT_MAX; i++) {
		const uint64_t bytes = UINT64_C(1) << i;

		if (read_size(sys, bytes, one, sizeof(one)) < 0)
			continue;
		(void)snprintf(name, sizeof(name), "policy.%s",
			       size_text(bytes).text);
		answer_text(item, name, one);
	}
	/* These two overrule the knobs of the sizes. */
	if (force)
		return;
	err = read_size(sys, huge, one, sizeof(one));
	if (err < 0 && err != -ENOENT) {
		answer_unknown(item,
			       "The policy for pages of %s cannot be "
			       "read: %s.",
			       size_text(huge).text, HP_ERRNO(err));
		answer_remedy(item, "Let the process read " THP ".");
		return;
	}
	if (!deny &&
	    (allows(one) || (!strcmp(one, "inherit") && allows(policy))))
		return;
	answer_no(item,
		  "The policy forbids it: " THP "/shmem_enabled is %s, that "
		  "for pages of %s is %s.",
		  policy, size_text(huge).text, one);
	if (deny || !strcmp(one, "inherit"))
		answer_remedy(item, "As root: echo advise > " THP
				    "/shmem_enabled, also after the next "
				    "boot (transparent_hugepage_shmem="
				    "advise).");
	else
		answer_remedy(item,
			      "As root: echo advise > " THP
			      "/hugepages-%" PRIu64
			      "kB/shmem_enabled, also after the next boot.",
			      huge >> 10);
}
