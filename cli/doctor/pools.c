// SPDX-License-Identifier: MIT
/*
 * Doctor: huge pages that are there, and those that are free.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/text.h"
#include "system/cleanup.h"
#include "system/pool.h"
#include "system/text.h"

#define NODES "/sys/devices/system/node/online"
#define NODES_MAX 1024

static const char *const counters[] = {
	"nr_hugepages",	     "free_hugepages",		"resv_hugepages",
	"surplus_hugepages", "nr_overcommit_hugepages",
};

/* Their names among the values. A node has only some of them. */
static const char *const counter_names[] = {
	"total", "free", "reserved", "surplus", "overcommit",
};

static int add_counters(const struct doctor *task, struct answer *item,
			const char *directory, const char *prefix,
			uint64_t page_size)
{
	char path[160], name[40];
	uint64_t number;

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		int err;

		(void)snprintf(path, sizeof(path),
			       "%s/hugepages-%" PRIu64 "kB/%s", directory,
			       page_size >> 10, counters[i]);
		err = read_number(task->sys, path, &number);
		if (err < 0 && !i)
			return err;
		(void)snprintf(name, sizeof(name), "%s%s", prefix,
			       counter_names[i]);
		if (!err)
			answer_number(item, name, number, "pages");
	}
	return 0;
}

static void add_nodes(const struct doctor *task, struct answer *item,
		      uint64_t page_size)
{
	char list[256], directory[80], prefix[24];
	const char *rest = list;
	uint64_t first, last;

	if (task->sys->read_text(NODES, list, sizeof(list)) < 0)
		return;
	while (hp_text_nodes(&rest, &first, &last)) {
		for (; first <= last && first < NODES_MAX; first++) {
			(void)snprintf(directory, sizeof(directory),
				       "/sys/devices/system/node/node%" PRIu64
				       "/hugepages",
				       first);
			(void)snprintf(prefix, sizeof(prefix),
				       "node%" PRIu64 ".", first);
			(void)add_counters(task, item, directory, prefix,
					   page_size);
		}
	}
}

/*
 * By the pool of this size: vm.nr_hugepages is that of the default size, which is
 * another one on some machines.
 */
static void say_how_to_fill(const struct doctor *task, struct answer *item,
			    uint64_t page_size, uint64_t missing)
{
	char path[96];
	uint64_t total = 0;

	(void)snprintf(path, sizeof(path),
		       "/sys/kernel/mm/hugepages/hugepages-%" PRIu64
		       "kB/nr_hugepages",
		       page_size >> 10);
	(void)hp_pool_count(task->sys, page_size, "nr_hugepages", &total);
	answer_remedy(item,
		      "%" PRIu64 " more are needed. As root: echo %" PRIu64
		      " > %s; if too few come (see the file), boot with "
		      "hugepagesz=%s hugepages=%" PRIu64 ".",
		      missing, total + missing, path, size_text(page_size).text,
		      total + missing);
}

static void ask_pool(const struct doctor *task, struct doctor_size *size)
{
	const struct size_text label = size_text(size->bytes);
	uint64_t wanted = 1, overcommit = 0;
	struct answer *item;
	char id[40], path[96];

	if (size->bytes == task->opts.page_size)
		wanted = task->opts.length / size->bytes;
	(void)snprintf(id, sizeof(id), "pages.%s", label.text);
	item = answer_add(task->answers, id,
			  "Huge pages of %s are free for a new region.",
			  label.text);
	size->pages = item;
	if (!task->sees_pools) {
		answer_unknown(item, "/sys/kernel/mm/hugepages cannot be "
				     "read.");
		answer_remedy(item, "Show the process /sys (mount -t sysfs "
				    "sysfs /sys), or boot a kernel with "
				    "CONFIG_HUGETLBFS.");
		return;
	}
	if (!size->exists) {
		answer_no(item,
			  "This machine has no huge pages of %s: its "
			  "processor or kernel lacks them.",
			  label.text);
		answer_remedy(item, "Use a page size that it has, see "
				    "pages.sizes; in a virtual machine, ask "
				    "for a processor with them (pdpe1gb for "
				    "1 GiB).");
		return;
	}
	(void)add_counters(task, item, "/sys/kernel/mm/hugepages", "",
			   size->bytes);
	answer_number(item, "available", size->available, "pages");
	add_nodes(task, item, size->bytes);
	if (size->available >= wanted)
		return;
	(void)snprintf(path, sizeof(path),
		       "/sys/kernel/mm/hugepages/hugepages-%" PRIu64
		       "kB/nr_overcommit_hugepages",
		       size->bytes >> 10);
	(void)read_number(task->sys, path, &overcommit);
	if (overcommit) {
		answer_unknown(item,
			       "%" PRIu64 " of %" PRIu64 " pages are free "
			       "and not reserved; whether the kernel finds "
			       "memory for more of them (overcommit) shows "
			       "when it has to.",
			       size->available, wanted);
	} else {
		answer_no(item,
			  "%" PRIu64 " of %" PRIu64 " pages are free and "
			  "not reserved.",
			  size->available, wanted);
	}
	say_how_to_fill(task, item, size->bytes, wanted - size->available);
}

static void add_size(struct doctor *task, uint64_t bytes)
{
	struct doctor_size *size = &task->sizes[task->size_count];

	if (task->size_count == DOCTOR_SIZES_MAX)
		return;
	size->bytes = bytes;
	size->exists = !hp_pool_available(task->sys, bytes, &size->available);
	if (size->exists || bytes == HP_PAGE_2M || bytes == HP_PAGE_1G)
		task->size_count++;
}

/* An empty file of a size tells whether there are pages of it, and takes none. */
static void ask_sizes(const struct doctor *task)
{
	struct answer *item;
	unsigned int count = 0;
	int last = 0;

	item = answer_add(task->answers, "pages.sizes",
			  "Regions can be made, with pages of these sizes.");
	for (unsigned int i = 0; i < task->size_count; i++) {
		const uint64_t bytes = task->sizes[i].bytes;
		HP_FD(memfd, task->sys,
		      task->sys->memfd("hugepersist doctor", bytes));

		if (memfd.fd < 0) {
			last = memfd.fd;
			continue;
		}
		answer_number(item, size_text(bytes).text, bytes, "bytes");
		count++;
	}
	if (count)
		return;
	if (last == -EMFILE || last == -ENFILE || last == -ENOMEM) {
		answer_unknown(item, "memfd_create(MFD_HUGETLB): %s",
			       HP_ERRNO(last));
		answer_remedy(item, "Close descriptors or raise the limit "
				    "(ulimit -n), and ask again.");
		return;
	}
	answer_no(item, "memfd_create(MFD_HUGETLB): %s", HP_ERRNO(last));
	answer_remedy(item, "Boot a kernel with CONFIG_HUGETLBFS and "
			    "CONFIG_MEMFD_CREATE, and let the seccomp filter "
			    "and the security policy allow memfd_create.");
}

void doctor_pools(struct doctor *task)
{
	task->sees_pools = hp_pool_visible(task->sys);
	for (int i = HP_POOL_SHIFT_MIN; i <= HP_POOL_SHIFT_MAX; i++)
		add_size(task, UINT64_C(1) << i);
	for (unsigned int i = 0; i < task->size_count; i++)
		ask_pool(task, &task->sizes[i]);
	ask_sizes(task);
}
