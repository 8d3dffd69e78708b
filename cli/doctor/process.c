// SPDX-License-Identifier: MIT
/*
 * Doctor: what this process may.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/text.h"

#define URING_DISABLED "/proc/sys/kernel/io_uring_disabled"

/* -- io_uring -------------------------------------------------------------- */

#define REMEDY_URING_OFF                                       \
	"As root: sysctl kernel.io_uring_disabled=0, also in " \
	"/etc/sysctl.d. Saves work without it, only slower."

/* Is this process under a seccomp filter? -1: it cannot be seen. */
static int has_filter(const struct hp_sys *sys)
{
	char text[8192];
	const char *line;

	if (sys->read_text("/proc/self/status", text, sizeof(text)) < 0)
		return -1;
	line = strstr(text, "\nSeccomp:");
	return line ? strtol(line + 9, NULL, 10) != 0 : -1;
}

#define REMEDY_URING_FILTER                                                  \
	"Allow io_uring_setup, io_uring_enter and io_uring_register in the " \
	"container's seccomp profile (SystemCallFilter= of systemd). Saves " \
	"work without it, only slower."

/* A kernel that has the switch has io_uring: something hides it. */
static void no_such_call(const struct doctor *task, struct answer *item,
			 bool has_switch)
{
	int filter = has_filter(task->sys);

	if (has_switch || filter == 1) {
		answer_no(item, "A seccomp filter hides io_uring from this "
				"process (ENOSYS).");
		answer_remedy(item, REMEDY_URING_FILTER);
		return;
	}
	answer_no(item, filter ? "The kernel is built without io_uring, or a "
				 "seccomp filter hides it." :
				 "The kernel is built without io_uring.");
	answer_remedy(item, "Boot a kernel with CONFIG_IO_URING, or allow the "
			    "call. Saves work without it, only slower.");
}

static void forbidden(const struct doctor *task, struct answer *item, int err,
		      uint64_t disabled)
{
	int filter = has_filter(task->sys);

	/* That switch does not stop CAP_SYS_ADMIN. */
	if (disabled == 1 &&
	    task->machine->has_capability(CAP_SYS_ADMIN) != 1) {
		answer_no(item, "It is for the group of kernel.io_uring_group "
				"and for CAP_SYS_ADMIN only "
				"(kernel.io_uring_disabled=1).");
		answer_remedy(item, "Add the user to that group, or as root: "
				    "sysctl kernel.io_uring_disabled=0. Saves "
				    "work without it, only slower.");
		return;
	}
	answer_no(item, "io_uring_setup(2): %s, by %s.", HP_ERRNO(err),
		  filter == 1 ? "a seccomp filter" :
		  filter == 0 ? "a security policy" :
				"a seccomp filter or a security policy");
	answer_remedy(item, filter ? REMEDY_URING_FILTER :
				     "Let the security policy (SELinux, "
				     "AppArmor) allow io_uring. Saves work "
				     "without it, only slower.");
}

static void tried_uring(const struct doctor *task, struct answer *item, int err,
			bool has_switch, uint64_t disabled)
{
	switch (err) {
	case 0:
		return;
	case -ENOSYS:
		no_such_call(task, item, has_switch);
		return;
	case -EPERM:
	case -EACCES:
		forbidden(task, item, err, disabled);
		return;
	default:
		answer_unknown(item, "io_uring_setup(2): %s", HP_ERRNO(err));
		answer_remedy(item, "Make room (ulimit -n, ulimit -l, "
				    "memory), and ask again.");
	}
}

static void ask_uring(const struct doctor *task)
{
	struct answer *item;
	uint64_t disabled = 0;
	int err;

	item = answer_add(task->answers, "process.io_uring",
			  "This process may use io_uring.");
	/* Linux before 6.6 has no such switch. */
	err = read_number(task->sys, URING_DISABLED, &disabled);
	if (!err)
		answer_number(item, "disabled", disabled, "");
	if (!err && disabled == 2) {
		answer_no(item, "It is switched off for all "
				"(kernel.io_uring_disabled=2).");
		answer_remedy(item, REMEDY_URING_OFF);
		return;
	}
	if (task->opts.try) {
		tried_uring(task, item, task->machine->try_uring(), !err,
			    disabled);
		return;
	}
	answer_unknown(item,
		       "A seccomp filter may forbid it. " DOCTOR_NOT_TRIED);
	answer_remedy(item, DOCTOR_DO_TRY);
}

/* -- Limits ---------------------------------------------------------------- */

/* A session, its manifest, the device, one region, and what a process has. */
#define FILES_LEAST 16

static void ask_files(const struct doctor *task)
{
	struct answer *item;
	uint64_t soft, hard;
	int err;

	item = answer_add(task->answers, "process.files",
			  "This process may open enough files: one for "
			  "each region, and a few.");
	err = task->machine->get_limit(RLIMIT_NOFILE, &soft, &hard);
	if (err < 0) {
		answer_unknown(item, "getrlimit(2): %s", HP_ERRNO(err));
		answer_remedy(item, "Let a security policy allow "
				    "getrlimit.");
		return;
	}
	answer_number(item, "soft", soft, "files");
	answer_number(item, "hard", hard, "files");
	if (soft >= FILES_LEAST)
		return;
	answer_no(item,
		  "RLIMIT_NOFILE is %" PRIu64
		  ", which leaves hardly one for a region.",
		  soft);
	answer_remedy(item, "ulimit -n 1024 before the start of the program "
			    "(LimitNOFILE= of systemd).");
}

static void ask_memlock(const struct doctor *task)
{
	struct answer *item;
	uint64_t soft, hard;
	int err;

	item = answer_add(task->answers, "process.memlock",
			  "This process may pin %" PRIu64
			  " bytes, for the fastest saves.",
			  task->opts.length);
	err = task->machine->get_limit(RLIMIT_MEMLOCK, &soft, &hard);
	if (err < 0) {
		answer_unknown(item, "getrlimit(2): %s", HP_ERRNO(err));
		answer_remedy(item, "Let a security policy allow "
				    "getrlimit.");
		return;
	}
	answer_number(item, "soft", soft, "bytes");
	answer_number(item, "hard", hard, "bytes");
	if (soft >= task->opts.length ||
	    task->machine->has_capability(CAP_IPC_LOCK) == 1)
		return;
	answer_no(item,
		  "RLIMIT_MEMLOCK is %" PRIu64 " bytes, and this process "
		  "has no CAP_IPC_LOCK.",
		  soft);
	answer_remedy(item, "ulimit -l unlimited before the start of the "
			    "program (LimitMEMLOCK=infinity of systemd). "
			    "Saves work without it, a little slower.");
}

/* -- Service manager ------------------------------------------------------- */

static void ask_manager(const struct doctor *task)
{
	const char *address, *stores;
	struct answer *item;

	item = answer_add(task->answers, "process.manager",
			  "A service manager takes descriptors from this "
			  "process.");
	address = task->machine->environment("NOTIFY_SOCKET");
	stores = task->machine->environment("FDSTORE");
	if (stores)
		answer_text(item, "FDSTORE", stores);
	if (!address || !*address) {
		answer_no(item, "NOTIFY_SOCKET is not set: no service "
				"manager that takes messages started this "
				"process.");
		answer_remedy(item, "Start it as a service, with "
				    "Type=notify (or NotifyAccess=main) and "
				    "FileDescriptorStoreMax=16.");
		return;
	}
	if (stores)
		return;
	answer_unknown(item, "There is a NOTIFY_SOCKET, but no FDSTORE: "
			     "the manager keeps no descriptors for this "
			     "service, or does not say so (systemd before "
			     "254).");
	answer_remedy(item, "Set FileDescriptorStoreMax=16 in the service's "
			    "unit.");
}

void doctor_process(struct doctor *task)
{
	ask_uring(task);
	ask_files(task);
	ask_memlock(task);
	ask_manager(task);
}
