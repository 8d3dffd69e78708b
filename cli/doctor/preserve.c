// SPDX-License-Identifier: MIT
/*
 * Doctor: which memory does the running kernel take?
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/text.h"
#include "source/luo.h"
#include "system/cleanup.h"

#define SMALL_LENGTH UINT64_C(65536)

/* page_size 0: small pages. The call that gave an error is told. */
static int try_preserve(const struct hp_sys *sys, int session,
			uint64_t page_size, uint64_t token,
			const char **ret_call)
{
	struct luo_file_arg arg = { .size = sizeof(arg), .token = token };
	int err;

	*ret_call = "memfd_create";
	HP_FD(memfd, sys, sys->memfd("hugepersist doctor", page_size));
	if (memfd.fd < 0)
		return memfd.fd;
	*ret_call = "ftruncate";
	err = sys->set_length(memfd.fd, page_size ? page_size : SMALL_LENGTH);
	if (err < 0)
		return err;
	*ret_call = "ioctl(LIVEUPDATE_SESSION_PRESERVE_FD)";
	arg.fd = memfd.fd;
	return sys->ioctl(session, LUO_PRESERVE_FD, &arg);
}

static void could_not_try(struct answer *item, const char *call, int err)
{
	answer_unknown(item, "It could not be tried (%s: %s).", call,
		       HP_ERRNO(err));
	answer_remedy(item, "Make room (memory, huge pages, the limits of "
			    "the cgroup, ulimit -n), see the kernel's log, "
			    "and ask again.");
}

static void refused(struct answer *item, uint64_t page_size, const char *call)
{
	if (page_size) {
		answer_no(item,
			  "The running kernel refuses memory in huge pages "
			  "(%s: ENOENT).",
			  call);
		answer_remedy(item, "Boot a kernel with the hugepersist "
				    "patches (tools/kernel builds one). "
				    "Until then save regions to storage "
				    "(hp_session_save()).");
	} else {
		answer_no(item,
			  "The running kernel refuses memory files (%s: "
			  "ENOENT).",
			  call);
		answer_remedy(item, "Boot a kernel with "
				    "CONFIG_LIVEUPDATE_MEMFD.");
	}
}

static void no_file(struct answer *item, const struct doctor_size *size,
		    int err)
{
	if (!size || (err != -ENODEV && err != -EINVAL && err != -ENOSYS)) {
		could_not_try(item, "memfd_create", err);
		return;
	}
	answer_no(item,
		  "No memory file can be had in huge pages of %s "
		  "(memfd_create: %s).",
		  size_text(size->bytes).text, HP_ERRNO(err));
	answer_remedy(item, "Use a page size of pages.sizes.");
}

static void judge(struct answer *item, uint64_t page_size, int err,
		  const char *call)
{
	const struct size_text label = size_text(page_size);

	switch (err) {
	case 0:
		break;
	case -ENOENT:
		refused(item, page_size, call);
		break;
	case -EOPNOTSUPP:
		answer_no(item,
			  "The running kernel does not hand over pages of "
			  "this kind (%s: EOPNOTSUPP).",
			  call);
		answer_remedy(item,
			      "Take huge pages of %s from the normal pool "
			      "(hugepages=), not from hugetlb_cma=, and "
			      "from memory that was there at boot.",
			      label.text);
		break;
	default:
		could_not_try(item, call, err);
		break;
	}
}

/* Must one page of the pool be there first? Answers if it is not. */
static bool has_page(const struct doctor *task, struct answer *item,
		     const struct doctor_size *size)
{
	if (!task->sees_pools)
		return true;
	if (!size->exists) {
		answer_copy(item, size->pages);
		return false;
	}
	if (size->available)
		return true;
	answer_unknown(item, "No huge page of %s is free to try it with.",
		       size_text(size->bytes).text);
	answer_remedy(item,
		      "Let the pool have one more (as root, in "
		      "/sys/kernel/mm/hugepages/hugepages-%" PRIu64
		      "kB/nr_hugepages), and ask again.",
		      size->bytes >> 10);
	return false;
}

static void ask_preserve(const struct doctor *task, const struct answer *device,
			 int session, const struct doctor_size *size)
{
	struct answer *item;
	const char *call = "ioctl(LIVEUPDATE_IOCTL_CREATE_SESSION)";
	int err = session;
	char id[40];

	(void)snprintf(id, sizeof(id), "preserve.%s",
		       size ? size_text(size->bytes).text : "shmem");
	item = size ? answer_add(task->answers, id,
				 "The running kernel hands over huge pages "
				 "of %s.",
				 size_text(size->bytes).text) :
		      answer_add(task->answers, id,
				 "The running kernel hands over shmem "
				 "(HP_REGION_SHMEM).");
	if (!answer_is(device, ANSWER_YES)) {
		answer_copy(item, device);
		/* The kernel may take it from another process. */
		if (task->listed && !task->broken)
			answer_doubt(item);
		return;
	}
	if (size && !has_page(task, item, size))
		return;
	if (session >= 0)
		err = try_preserve(task->sys, session, size ? size->bytes : 0,
				   size ? size->bytes : 1, &call);
	/* Only these calls have errors that are an answer. */
	if (session < 0 || !strcmp(call, "ftruncate"))
		could_not_try(item, call, err);
	else if (!strcmp(call, "memfd_create"))
		no_file(item, size, err);
	else
		judge(item, size ? size->bytes : 0, err, call);
}

void doctor_preserve(const struct doctor *task, const struct answer *device,
		     int session)
{
	ask_preserve(task, device, session, NULL);
	for (unsigned int i = 0; i < task->size_count; i++)
		ask_preserve(task, device, session, &task->sizes[i]);
}
