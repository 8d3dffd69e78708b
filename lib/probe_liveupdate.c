// SPDX-License-Identifier: MIT
/*
 * Probe: is the kernel's live update on, can this process use it, and which
 * memory does it take?
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "luo.h"
#include "probe.h"
#include "text.h"

#define KHO_DEBUGFS "/sys/kernel/debug/kho"

#define REMEDY_BOOT                                                           \
	"Add \"kho=on liveupdate=on\" to the kernel's command line (Debian: " \
	"GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub) and "     \
	"reboot."
#define REMEDY_PROC "Show the process /proc (mount -t proc proc /proc)."

/* -- Command line ---------------------------------------------------------- */

enum wish { WISH_NONE, WISH_ON, WISH_OFF, WISH_ODD };

/* As kstrtobool() of the kernel reads it. */
static enum wish read_wish(const char *value)
{
	switch (value[0]) {
	case 'y':
	case 'Y':
	case 't':
	case 'T':
	case '1':
		return WISH_ON;
	case 'n':
	case 'N':
	case 'f':
	case 'F':
	case '0':
		return WISH_OFF;
	case 'o':
	case 'O':
		if (value[1] == 'n' || value[1] == 'N')
			return WISH_ON;
		if (value[1] == 'f' || value[1] == 'F')
			return WISH_OFF;
		return WISH_ODD;
	default:
		return WISH_ODD;
	}
}

/* The last one that the kernel understands counts. */
static enum wish find_wish(const char *line, const char *name)
{
	const size_t length = strlen(name);
	enum wish found = WISH_NONE;

	while (*line) {
		const size_t word = strcspn(line, " ");

		if (word > length && !strncmp(line, name, length) &&
		    line[length] == '=') {
			enum wish wish = read_wish(line + length + 1);

			if (wish != WISH_ODD || found == WISH_NONE)
				found = wish;
		}
		line += word;
		line += strspn(line, " ");
	}
	return found;
}

struct command_line {
	int err;
	enum wish kho, liveupdate;
};

static struct command_line read_command_line(const struct hp_sys *sys)
{
	struct command_line line = { 0 };
	char text[4096];

	line.err = sys->read_text("/proc/cmdline", text, sizeof(text));
	if (line.err < 0)
		return line;
	line.err = 0;
	line.kho = find_wish(text, "kho");
	line.liveupdate = find_wish(text, "liveupdate");
	return line;
}

/* True: the kernel lacks what the option needs, and the answer says so. */
static bool not_built(const struct hp_probe_task *task,
		      struct hp_answer_item *item, const char *option)
{
	if (task->sys->kernel_config(option) != 0)
		return false;
	hp_answer_no(item, "The kernel is built without CONFIG_%s.", option);
	hp_answer_remedy(item,
			 "Boot a kernel with CONFIG_KEXEC_HANDOVER and "
			 "CONFIG_LIVEUPDATE (and CONFIG_LIVEUPDATE_HUGETLB of "
			 "the hugepersist patches; tools/kernel builds one).");
	return true;
}

static void ask_enabled(const struct hp_probe_task *task,
			const struct command_line *line)
{
	struct hp_answer_item *item;

	item = hp_answer_add(task->answers, "liveupdate.enabled",
			     "The kernel runs with live update switched on "
			     "(liveupdate=on).");
	if (task->listed)
		return;
	if (!task->sees_proc) {
		hp_answer_unknown(item, "/proc/misc, which lists the driver, "
					"cannot be seen.");
		hp_answer_remedy(item, REMEDY_PROC);
		return;
	}
	if (not_built(task, item, "LIVEUPDATE"))
		return;
	hp_answer_remedy(item, REMEDY_BOOT);
	if (line->err < 0) {
		hp_answer_no(item, "/proc/misc does not list \"liveupdate\".");
		return;
	}
	switch (line->liveupdate) {
	case WISH_NONE:
		hp_answer_no(item, "liveupdate=on is not on the kernel's "
				   "command line.");
		break;
	case WISH_OFF:
		hp_answer_no(item, "The kernel's command line switches it off "
				   "(liveupdate=off).");
		break;
	case WISH_ODD:
		hp_answer_no(item, "The kernel does not understand the value "
				   "of liveupdate= on its command line.");
		break;
	case WISH_ON:
		hp_answer_no(item, "liveupdate=on is on the command line, but "
				   "the kernel is built without "
				   "CONFIG_LIVEUPDATE, runs without kho=on, or "
				   "could not start it.");
		hp_answer_remedy(item, "See what the kernel says (dmesg | grep "
				       "-iE 'kho|luo|live'); boot one with "
				       "CONFIG_LIVEUPDATE, with kho=on "
				       "liveupdate=on.");
		break;
	}
}

static void ask_kho(const struct hp_probe_task *task,
		    const struct command_line *line)
{
	struct hp_answer_item *item;

	item = hp_answer_add(task->answers, "liveupdate.kho",
			     "The kernel runs with Kexec HandOver switched on "
			     "(kho=on).");
	/* Live update does not start without it. */
	if (task->listed || !task->sys->can_see(KHO_DEBUGFS))
		return;
	if (not_built(task, item, "KEXEC_HANDOVER"))
		return;
	hp_answer_remedy(item, REMEDY_BOOT);
	if (line->err < 0) {
		hp_answer_unknown(item, "/proc/cmdline cannot be read.");
		hp_answer_remedy(item, REMEDY_PROC);
		return;
	}
	switch (line->kho) {
	case WISH_NONE:
		if (!task->sys->kernel_config("KEXEC_HANDOVER_ENABLE_DEFAULT"))
			hp_answer_no(item, "kho=on is not on the kernel's "
					   "command line.");
		else
			hp_answer_unknown(item, "kho=on is not on the kernel's "
						"command line; whether this "
						"one has it on by default is "
						"not shown.");
		break;
	case WISH_OFF:
		hp_answer_no(item, "The kernel's command line switches it off "
				   "(kho=off).");
		break;
	case WISH_ODD:
		hp_answer_no(item, "The kernel does not understand the value "
				   "of kho= on its command line.");
		break;
	case WISH_ON:
		hp_answer_unknown(item, "kho=on is on the command line, but "
					"nothing shows that the kernel took "
					"it.");
		hp_answer_remedy(item, "See what the kernel says (dmesg | grep "
				       "-i kho); as root, mount -t debugfs "
				       "debugfs /sys/kernel/debug, and probe "
				       "again.");
		break;
	}
}

/* -- The device ------------------------------------------------------------ */

static void device_absent(const struct hp_probe_task *task,
			  struct hp_answer_item *item)
{
	if (task->listed) {
		hp_answer_no(item, "The kernel has live update, but this "
				   "process sees no " LUO_DEVICE
				   ": it is hidden by a container, a chroot or "
				   "PrivateDevices= of systemd.");
		hp_answer_remedy(
			item, "Give the process the device node (docker run "
			      "--device=" LUO_DEVICE ", DeviceAllow=" LUO_DEVICE
			      " rw of systemd), or a descriptor of the "
			      "session.");
		return;
	}
	if (!task->sees_proc) {
		hp_answer_unknown(item, "There is no " LUO_DEVICE
					" here, and /proc/misc, which tells "
					"whether it is hidden, cannot be "
					"seen.");
		hp_answer_remedy(item, REMEDY_PROC);
		return;
	}
	hp_answer_no(item, "This kernel has no " LUO_DEVICE
			   ": live update is switched off or not built in.");
	hp_answer_remedy(item, "See liveupdate.enabled. " REMEDY_BOOT);
}

static void device_error(const struct hp_probe_task *task,
			 struct hp_answer_item *item, int err)
{
	switch (err) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -ENOTDIR:
		device_absent(task, item);
		break;
	case -EACCES:
	case -EPERM:
		hp_answer_no(item,
			     "No permission to open " LUO_DEVICE
			     " (%s): as a rule it is for root only.",
			     HP_ERRNO(err));
		hp_answer_remedy(item,
				 "Run as root, or let an administrator allow "
				 "it (chown or setfacl on " LUO_DEVICE
				 "; in a container or unit also "
				 "DeviceAllow=).");
		break;
	case -EBUSY:
		hp_answer_no(item,
			     "Another process has " LUO_DEVICE
			     " open, and had for %u ms.",
			     task->opts.timeout_ms);
		hp_answer_remedy(item,
				 "See which one it is: fuser -v " LUO_DEVICE
				 ". It should close the device once it "
				 "has its sessions.");
		break;
	case -EIO:
		hp_answer_no(item, "The kernel could not read what its "
				   "predecessor handed over; live update is "
				   "out of order until the next boot.");
		hp_answer_remedy(item, "See why (dmesg | grep -iE "
				       "'luo|kho|hugetlb'), save the data to "
				       "storage, and reboot.");
		break;
	default:
		hp_answer_unknown(item, "open(" LUO_DEVICE "): %s",
				  HP_ERRNO(err));
		hp_answer_remedy(item, "Make room (descriptors: ulimit -n, "
				       "memory), see the kernel's log, and "
				       "probe again.");
		break;
	}
}

#define BUSY_STEP_MS 10

static int open_device(const struct hp_probe_task *task)
{
	const struct hp_sys *sys = task->sys;
	const uint64_t end = sys->now_ms() + task->opts.timeout_ms;
	int fd = sys->open(LUO_DEVICE);

	while (fd == -EBUSY && sys->now_ms() < end) {
		sys->sleep_ms(BUSY_STEP_MS);
		fd = sys->open(LUO_DEVICE);
	}
	return fd;
}

/* Returns a descriptor when the device could be opened, or an error. */
static int ask_device(struct hp_probe_task *task,
		      struct hp_answer_item **ret_item)
{
	struct hp_answer_item *item;
	int err;

	item = hp_answer_add(task->answers, "liveupdate.device",
			     "This process can use " LUO_DEVICE ".");
	*ret_item = item;
	if (hp_probe_tries(task)) {
		int fd = open_device(task);

		if (fd < 0)
			device_error(task, item, fd);
		task->broken = fd == -EIO;
		return fd;
	}
	err = task->sys->can_use(LUO_DEVICE);
	if (err < 0) {
		device_error(task, item, err);
		return err;
	}
	hp_answer_unknown(item, LUO_DEVICE
			  " is there, and this process has "
			  "the right to open it. " HP_PROBE_NOT_TRIED);
	hp_answer_remedy(item, HP_PROBE_DO_TRY);
	return -EAGAIN;
}

/* -- What it takes --------------------------------------------------------- */

/* A session that nobody else has a name for. */
static int create_session(const struct hp_sys *sys, int device)
{
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	uint64_t number = 0;
	int err;

	err = sys->random(&number, sizeof(number));
	if (err < 0)
		return err;
	(void)snprintf(arg.name, sizeof(arg.name), "hp-probe-%016" PRIx64,
		       number);
	err = sys->ioctl(device, LUO_CREATE_SESSION, &arg);
	if (err < 0)
		return err;
	sys->set_cloexec(arg.fd);
	return arg.fd;
}

#define SMALL_LENGTH UINT64_C(65536)

/* page_size 0: small pages. The call that gave an error is told. */
static int try_preserve(const struct hp_sys *sys, int session,
			uint64_t page_size, uint64_t token,
			const char **ret_call)
{
	struct luo_file_arg arg = { .size = sizeof(arg), .token = token };
	int err;

	*ret_call = "memfd_create";
	HP_FD(memfd, sys, sys->memfd("hp-probe", page_size));
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

static void could_not_try(struct hp_answer_item *item, const char *call,
			  int err)
{
	hp_answer_unknown(item, "It could not be tried (%s: %s).", call,
			  HP_ERRNO(err));
	hp_answer_remedy(item, "Make room (memory, huge pages, the limits of "
			       "the cgroup, ulimit -n), see the kernel's log, "
			       "and probe again.");
}

static void refused(struct hp_answer_item *item, uint64_t page_size,
		    const char *call)
{
	if (page_size) {
		hp_answer_no(item,
			     "The running kernel refuses memory in huge pages "
			     "(%s: ENOENT).",
			     call);
		hp_answer_remedy(item, "Boot a kernel with the hugepersist "
				       "patches (tools/kernel builds one). "
				       "Until then save regions to storage "
				       "(hp_session_save()).");
	} else {
		hp_answer_no(item,
			     "The running kernel refuses memory files (%s: "
			     "ENOENT).",
			     call);
		hp_answer_remedy(item, "Boot a kernel with "
				       "CONFIG_LIVEUPDATE_MEMFD.");
	}
}

static void no_file(struct hp_answer_item *item,
		    const struct hp_probe_size *size, int err)
{
	if (!size || (err != -ENODEV && err != -EINVAL && err != -ENOSYS)) {
		could_not_try(item, "memfd_create", err);
		return;
	}
	hp_answer_no(item,
		     "No memory file can be had in huge pages of %s "
		     "(memfd_create: %s).",
		     hp_text_size(size->bytes).text, HP_ERRNO(err));
	hp_answer_remedy(item, "Use a page size of pages.sizes.");
}

static void judge(struct hp_answer_item *item, uint64_t page_size, int err,
		  const char *call)
{
	const struct hp_text_size label = hp_text_size(page_size);

	switch (err) {
	case 0:
		break;
	case -ENOENT:
		refused(item, page_size, call);
		break;
	case -EOPNOTSUPP:
		hp_answer_no(item,
			     "The running kernel does not hand over pages of "
			     "this kind (%s: EOPNOTSUPP).",
			     call);
		hp_answer_remedy(item,
				 "Take huge pages of %s from the normal pool "
				 "(hugepages=), not from hugetlb_cma=.",
				 label.text);
		break;
	default:
		could_not_try(item, call, err);
		break;
	}
}

/* Must one page of the pool be there first? Answers if it is not. */
static bool has_page(const struct hp_probe_task *task,
		     struct hp_answer_item *item,
		     const struct hp_probe_size *size)
{
	if (!task->sees_pools)
		return true;
	if (!size->exists) {
		hp_answer_copy(item, size->pages);
		return false;
	}
	if (size->available)
		return true;
	hp_answer_unknown(item, "No huge page of %s is free to try it with.",
			  hp_text_size(size->bytes).text);
	hp_answer_remedy(item,
			 "Let the pool have one more (as root, in "
			 "/sys/kernel/mm/hugepages/hugepages-%" PRIu64
			 "kB/nr_hugepages), and probe again.",
			 size->bytes >> 10);
	return false;
}

static void ask_preserve(const struct hp_probe_task *task,
			 const struct hp_answer_item *device, int session,
			 const struct hp_probe_size *size)
{
	struct hp_answer_item *item;
	const char *call = "ioctl(LIVEUPDATE_IOCTL_CREATE_SESSION)";
	int err = session;
	char id[40];

	(void)snprintf(id, sizeof(id), "preserve.%s",
		       size ? hp_text_size(size->bytes).text : "shmem");
	item = size ? hp_answer_add(task->answers, id,
				    "The running kernel hands over huge pages "
				    "of %s.",
				    hp_text_size(size->bytes).text) :
		      hp_answer_add(task->answers, id,
				    "The running kernel hands over shmem "
				    "(HP_REGION_SHMEM).");
	if (!hp_answer_is(device, HP_ANSWER_YES)) {
		hp_answer_copy(item, device);
		/* The kernel may take it from another process. */
		if (task->listed && !task->broken)
			hp_answer_doubt(item);
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

void hp_probe_liveupdate(struct hp_probe_task *task)
{
	const struct hp_sys *sys = task->sys;
	const struct command_line line = read_command_line(sys);
	struct hp_answer_item *item;

	HP_FD(device, sys, ask_device(task, &item));
	ask_enabled(task, &line);
	ask_kho(task, &line);
	HP_FD(session, sys,
	      device.fd < 0 ? device.fd : create_session(sys, device.fd));
	/* Others wait for it, and a session does not need it. */
	if (device.fd >= 0)
		sys->close(hp_fd_keep(&device));
	ask_preserve(task, item, session.fd, NULL);
	for (unsigned int i = 0; i < task->size_count; i++)
		ask_preserve(task, item, session.fd, &task->sizes[i]);
}
