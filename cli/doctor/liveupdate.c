// SPDX-License-Identifier: MIT
/*
 * Doctor: is the kernel's live update on, and can this process use it?
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/parameters.h"
#include "source/luo.h"
#include "system/cleanup.h"

#define KHO_DEBUGFS "/sys/kernel/debug/kho"

#define REMEDY_BOOT                                                           \
	"Add \"kho=on liveupdate=on\" to the kernel's command line (Debian: " \
	"GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub) and "     \
	"reboot."
#define REMEDY_PROC "Show the process /proc (mount -t proc proc /proc)."

/* -- Command line ---------------------------------------------------------- */

struct command_line {
	int err;
	enum parameter kho, liveupdate;
};

static struct command_line read_command_line(const struct hp_sys *sys)
{
	struct command_line line = { 0 };
	char text[4096];

	line.err = sys->read_text("/proc/cmdline", text, sizeof(text));
	if (line.err < 0)
		return line;
	line.err = 0;
	line.kho = parameter_wish(text, "kho");
	line.liveupdate = parameter_wish(text, "liveupdate");
	return line;
}

/* True: the kernel lacks what the option needs, and the answer says so. */
static bool not_built(const struct doctor *task, struct answer *item,
		      const char *option)
{
	if (task->machine->kernel_config(option) != 0)
		return false;
	answer_no(item, "The kernel is built without CONFIG_%s.", option);
	answer_remedy(item,
		      "Boot a kernel with CONFIG_KEXEC_HANDOVER and "
		      "CONFIG_LIVEUPDATE (and CONFIG_LIVEUPDATE_HUGETLB of "
		      "the hugepersist patches; tools/kernel builds one).");
	return true;
}

static void ask_enabled(const struct doctor *task,
			const struct command_line *line)
{
	struct answer *item;

	item = answer_add(task->answers, "liveupdate.enabled",
			  "The kernel runs with live update switched on "
			  "(liveupdate=on).");
	if (task->listed)
		return;
	if (!task->sees_proc) {
		answer_unknown(item, "/proc/misc, which lists the driver, "
				     "cannot be seen.");
		answer_remedy(item, REMEDY_PROC);
		return;
	}
	if (not_built(task, item, "LIVEUPDATE"))
		return;
	answer_remedy(item, REMEDY_BOOT);
	if (line->err < 0) {
		answer_no(item, "/proc/misc does not list \"liveupdate\".");
		return;
	}
	switch (line->liveupdate) {
	case PARAMETER_NONE:
		answer_no(item, "liveupdate=on is not on the kernel's "
				"command line.");
		break;
	case PARAMETER_OFF:
		answer_no(item, "The kernel's command line switches it off "
				"(liveupdate=off).");
		break;
	case PARAMETER_ODD:
		answer_no(item, "The kernel does not understand the value "
				"of liveupdate= on its command line.");
		break;
	case PARAMETER_ON:
		answer_no(item, "liveupdate=on is on the command line, but "
				"the kernel is built without "
				"CONFIG_LIVEUPDATE, runs without kho=on, or "
				"could not start it.");
		answer_remedy(item, "See what the kernel says (dmesg | grep "
				    "-iE 'kho|luo|live'); boot one with "
				    "CONFIG_LIVEUPDATE, with kho=on "
				    "liveupdate=on.");
		break;
	}
}

static void ask_kho(const struct doctor *task, const struct command_line *line)
{
	struct answer *item;

	item = answer_add(task->answers, "liveupdate.kho",
			  "The kernel runs with Kexec HandOver switched on "
			  "(kho=on).");
	/* Live update does not start without it. */
	if (task->listed || !task->machine->can_see(KHO_DEBUGFS))
		return;
	if (not_built(task, item, "KEXEC_HANDOVER"))
		return;
	answer_remedy(item, REMEDY_BOOT);
	if (line->err < 0) {
		answer_unknown(item, "/proc/cmdline cannot be read.");
		answer_remedy(item, REMEDY_PROC);
		return;
	}
	switch (line->kho) {
	case PARAMETER_NONE:
		if (!task->machine->kernel_config(
			    "KEXEC_HANDOVER_ENABLE_DEFAULT"))
			answer_no(item, "kho=on is not on the kernel's "
					"command line.");
		else
			answer_unknown(item, "kho=on is not on the kernel's "
					     "command line; whether this "
					     "one has it on by default is "
					     "not shown.");
		break;
	case PARAMETER_OFF:
		answer_no(item, "The kernel's command line switches it off "
				"(kho=off).");
		break;
	case PARAMETER_ODD:
		answer_no(item, "The kernel does not understand the value "
				"of kho= on its command line.");
		break;
	case PARAMETER_ON:
		answer_unknown(item, "kho=on is on the command line, but "
				     "nothing shows that the kernel took "
				     "it.");
		answer_remedy(item, "See what the kernel says (dmesg | grep "
				    "-i kho); as root, mount -t debugfs "
				    "debugfs /sys/kernel/debug, and probe "
				    "again.");
		break;
	}
}

/* -- The device ------------------------------------------------------------ */

static void device_absent(const struct doctor *task, struct answer *item)
{
	if (task->listed) {
		answer_no(item, "The kernel has live update, but this "
				"process sees no " LUO_DEVICE
				": it is hidden by a container, a chroot or "
				"PrivateDevices= of systemd.");
		answer_remedy(item,
			      "Give the process the device node (docker run "
			      "--device=" LUO_DEVICE ", DeviceAllow=" LUO_DEVICE
			      " rw of systemd), or a descriptor of the "
			      "session.");
		return;
	}
	if (!task->sees_proc) {
		answer_unknown(item, "There is no " LUO_DEVICE
				     " here, and /proc/misc, which tells "
				     "whether it is hidden, cannot be "
				     "seen.");
		answer_remedy(item, REMEDY_PROC);
		return;
	}
	answer_no(item, "This kernel has no " LUO_DEVICE
			": live update is switched off or not built in.");
	answer_remedy(item, "See liveupdate.enabled. " REMEDY_BOOT);
}

static void device_error(const struct doctor *task, struct answer *item,
			 int err)
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
		answer_no(item,
			  "No permission to open " LUO_DEVICE
			  " (%s): as a rule it is for root only.",
			  HP_ERRNO(err));
		answer_remedy(item,
			      "Run as root, or let an administrator allow "
			      "it (chown or setfacl on " LUO_DEVICE
			      "; in a container or unit also "
			      "DeviceAllow=).");
		break;
	case -EBUSY:
		answer_no(item,
			  "Another process has " LUO_DEVICE
			  " open, and had for %u ms.",
			  task->opts.timeout_ms);
		answer_remedy(item, "See which one it is: fuser -v " LUO_DEVICE
				    ". It should close the device once it "
				    "has its sessions.");
		break;
	case -EIO:
		answer_no(item, "The kernel could not read what its "
				"predecessor handed over; live update is "
				"out of order until the next boot.");
		answer_remedy(item, "See why (dmesg | grep -iE "
				    "'luo|kho|hugetlb'), save the data to "
				    "storage, and reboot.");
		break;
	default:
		answer_unknown(item, "open(" LUO_DEVICE "): %s", HP_ERRNO(err));
		answer_remedy(item, "Make room (descriptors: ulimit -n, "
				    "memory), see the kernel's log, and "
				    "ask again.");
		break;
	}
}

#define BUSY_STEP_MS 10

static int open_device(const struct doctor *task)
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
static int ask_device(struct doctor *task, struct answer **ret_item)
{
	struct answer *item;
	int err;

	item = answer_add(task->answers, "liveupdate.device",
			  "This process can use " LUO_DEVICE ".");
	*ret_item = item;
	if (task->opts.try) {
		int fd = open_device(task);

		if (fd < 0)
			device_error(task, item, fd);
		task->broken = fd == -EIO;
		return fd;
	}
	err = task->machine->can_use(LUO_DEVICE);
	if (err < 0) {
		device_error(task, item, err);
		return err;
	}
	answer_unknown(item,
		       LUO_DEVICE " is there, and this process has "
				  "the right to open it. " DOCTOR_NOT_TRIED);
	answer_remedy(item, DOCTOR_DO_TRY);
	return -EAGAIN;
}

/* A session that nobody else has a name for. */
static int create_session(const struct doctor *task, int device)
{
	const struct hp_sys *sys = task->sys;
	struct luo_session_arg arg = { .size = sizeof(arg), .fd = -1 };
	uint64_t number = 0;
	int err;

	err = task->machine->random(&number, sizeof(number));
	if (err < 0)
		return err;
	(void)snprintf(arg.name, sizeof(arg.name),
		       "hugepersist-doctor-%016" PRIx64, number);
	return sys->ioctl_fd(device, LUO_CREATE_SESSION, &arg, &arg.fd);
}

void doctor_liveupdate(struct doctor *task)
{
	const struct hp_sys *sys = task->sys;
	const struct command_line line = read_command_line(sys);
	struct answer *item;

	HP_FD(device, sys, ask_device(task, &item));
	ask_enabled(task, &line);
	ask_kho(task, &line);
	HP_FD(session, sys,
	      device.fd < 0 ? device.fd : create_session(task, device.fd));
	/* Others wait for it, and a session does not need it. */
	if (device.fd >= 0)
		sys->close(hp_fd_keep(&device));
	doctor_preserve(task, item, session.fd);
}
