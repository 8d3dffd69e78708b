// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "memory/numa.h"
#include "system/text.h"

#define WORD_BITS (sizeof(unsigned long) * CHAR_BIT)

static size_t mask_words(unsigned int bits)
{
	return (bits + WORD_BITS - 1) / WORD_BITS;
}

/* -- Which nodes may be named ---------------------------------------------- */

/* Is the number in a list like "0-3,8"? The list may go on after a newline. */
static bool list_has(const char *list, unsigned long number)
{
	uint64_t first, last;

	while (hp_text_nodes(&list, &first, &last))
		if (first <= number && number <= last)
			return true;
	return false;
}

/* The kernel leaves out in silence what it does not have. */
static bool all_nodes_in(const struct hp_numa_range *range, const char *list)
{
	for (unsigned int node = 0; node < range->nodes_bits; node++)
		if (hp_numa_has_node(range, node) && !list_has(list, node))
			return false;
	return true;
}

#define MACHINE_NODES "/sys/devices/system/node/has_memory"
#define THREAD_STATUS "/proc/thread-self/status"

/* Room for the lines of a machine with thousands of processors and nodes. */
#define TEXT_MAX 16384

struct allowed {
	const char *machine, *cpuset; /* lists; NULL: not known */
	char machine_text[TEXT_MAX], status_text[TEXT_MAX];
};

static void read_allowed(struct allowed *allowed, const struct hp_sys *sys,
			 const struct hp_log *log)
{
	static const char field[] = "\nMems_allowed_list:\t";
	const char *at = NULL;

	if (sys->read_text(MACHINE_NODES, allowed->machine_text, TEXT_MAX) >= 0)
		allowed->machine = allowed->machine_text;
	if (sys->read_text(THREAD_STATUS, allowed->status_text, TEXT_MAX) >= 0)
		at = strstr(allowed->status_text, field);
	if (at)
		allowed->cpuset = at + sizeof(field) - 1;
	if (!allowed->machine || !allowed->cpuset)
		hp_log(log, LOG_INFO,
		       "numa: cannot tell which nodes there are, so the kernel "
		       "leaves out those that it has not: show the process %s",
		       allowed->machine ? THREAD_STATUS : MACHINE_NODES);
}

static int check_nodes(const struct allowed *allowed, const struct hp_log *log,
		       unsigned int index, const struct hp_numa_range *range)
{
	if (allowed->machine && !all_nodes_in(range, allowed->machine)) {
		hp_log(log, LOG_ERR,
		       "numa[%u]: a node that has no memory; there are %s",
		       index, allowed->machine);
		return -EINVAL;
	}
	if (allowed->cpuset && !all_nodes_in(range, allowed->cpuset)) {
		hp_log(log, LOG_ERR,
		       "numa[%u]: a node that the cpuset does not allow; it "
		       "allows %.*s",
		       index, (int)strcspn(allowed->cpuset, "\n"),
		       allowed->cpuset);
		return -EINVAL;
	}
	return 0;
}

/* -- Ranges ---------------------------------------------------------------- */

int hp_numa_check(const struct hp_sys *sys, const struct hp_log *log,
		  const struct hp_numa_range *ranges, unsigned int count,
		  uint64_t from, uint64_t to, uint64_t page_size)
{
	struct allowed *allowed;
	int err;

	err = hp_numa_check_ranges(ranges, count, from, to, page_size);
	if (err < 0 || !count)
		return err;
	allowed = sys->zalloc(sizeof(*allowed));
	if (!allowed)
		return -ENOMEM;
	read_allowed(allowed, sys, log);
	for (unsigned int i = 0; i < count && !err; i++)
		err = check_nodes(allowed, log, i, &ranges[i]);
	sys->free(allowed);
	return err;
}

/* Where the mask of the next range goes; the mask is copied there. */
static unsigned long *add_range(struct hp_numa *numa,
				const struct hp_numa_range *range,
				unsigned long *mask)
{
	size_t words = mask_words(range->nodes_bits);
	struct hp_numa_range *copy = &numa->ranges[numa->count++];

	*copy = *range;
	copy->nodes = memcpy(mask, range->nodes, words * sizeof(*mask));
	return mask + words;
}

int hp_numa_join(struct hp_numa *ret_numa, const struct hp_sys *sys,
		 const struct hp_numa *known,
		 const struct hp_numa_range *ranges, unsigned int count)
{
	const struct hp_numa_range *old = known ? known->ranges : NULL;
	unsigned int old_count = known ? known->count : 0;
	struct hp_numa numa = { 0 };
	unsigned long *mask;
	size_t words = 0;

	if (!old_count && !count) {
		*ret_numa = numa;
		return 0;
	}
	for (unsigned int i = 0; i < old_count; i++)
		words += mask_words(old[i].nodes_bits);
	for (unsigned int i = 0; i < count; i++)
		words += mask_words(ranges[i].nodes_bits);
	numa.ranges =
		sys->zalloc(((size_t)old_count + count) * sizeof(*ranges) +
			    words * sizeof(*mask));
	if (!numa.ranges)
		return -ENOMEM;
	mask = (unsigned long *)(void *)(numa.ranges + old_count + count);
	for (unsigned int i = 0; i < old_count; i++)
		mask = add_range(&numa, &old[i], mask);
	for (unsigned int i = 0; i < count; i++)
		mask = add_range(&numa, &ranges[i], mask);
	*ret_numa = numa;
	return 0;
}

static int policy_error(int err)
{
	switch (err) {
	case -EINVAL: /* no node is left that it has, or may use */
		return -EINVAL;
	case -ENOSYS:
		return -EOPNOTSUPP;
	case -EACCES:
	case -EPERM: /* a filter of system calls, as containers have */
		return -EACCES;
	default:
		return hp_error_common(err);
	}
}

int hp_numa_apply(const struct hp_numa *numa, const struct hp_sys *sys,
		  const struct hp_log *log, void *address, uint64_t from,
		  uint64_t to)
{
	for (unsigned int i = 0; i < numa->count; i++) {
		const struct hp_numa_range *range = &numa->ranges[i];
		uint64_t start = range->offset, end = to;
		int err;

		if (range->length && range->length < to - start)
			end = start + range->length;
		if (start < from)
			start = from;
		if (start >= end)
			continue;
		err = sys->set_policy((char *)address + start, end - start,
				      range->policy, range->nodes,
				      range->nodes_bits);
		if (err < 0) {
			hp_log(log, LOG_ERR,
			       "numa[%u], bytes %#llx to %#llx: mbind: %s", i,
			       (unsigned long long)start,
			       (unsigned long long)end, HP_ERRNO(err));
			return policy_error(err);
		}
	}
	return 0;
}

void hp_numa_end(struct hp_numa *numa, const struct hp_sys *sys)
{
	if (numa->ranges)
		sys->free(numa->ranges);
	*numa = (struct hp_numa){ 0 };
}
