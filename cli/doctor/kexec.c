// SPDX-License-Identifier: MIT
/*
 * Doctor: loading the next kernel.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "machine/text.h"

#define DISABLED "/proc/sys/kernel/kexec_load_disabled"
#define LIMIT "/proc/sys/kernel/kexec_load_limit_reboot"

#define REMEDY_PROC "Show the process /proc (mount -t proc proc /proc)."

/* -- Allowed or not -------------------------------------------------------- */

static void tried(struct answer *item, int err)
{
	switch (err) {
	case 0:
	case -EINVAL: /* the flag that there is not */
		return;
	case -ENOSYS:
		answer_no(item, "The kernel has no kexec_file_load(2) "
				"(CONFIG_KEXEC_FILE). kexec_load(2) does "
				"not hand over memory.");
		answer_remedy(item, "Boot a kernel with CONFIG_KEXEC_FILE "
				    "and CONFIG_KEXEC_HANDOVER.");
		return;
	case -EPERM:
	case -EACCES:
		answer_no(item,
			  "kexec_file_load(2): %s, by a seccomp "
			  "filter, a security policy, or because this "
			  "is not root outside of containers.",
			  HP_ERRNO(err));
		answer_remedy(item, "Let the host's administrator load the "
				    "kernel, or allow the call "
				    "(SystemCallFilter=@reboot of systemd; "
				    "CAP_SYS_BOOT in the first user "
				    "namespace).");
		return;
	default:
		answer_unknown(item, "kexec_file_load(2): %s", HP_ERRNO(err));
		answer_remedy(item, "See the kernel's log, and probe "
				    "again.");
	}
}

static void ask_load(const struct doctor *task)
{
	const struct hp_sys *sys = task->sys;
	struct answer *item;
	uint64_t disabled, limit;
	int err, limit_err;

	item = answer_add(task->answers, "kexec.load",
			  "This process may load the next kernel "
			  "(kexec_file_load).");
	err = read_number(sys, DISABLED, &disabled);
	if (err == -ENOENT && task->sees_proc) {
		answer_no(item, "The kernel is built without kexec.");
		answer_remedy(item, "Boot a kernel with CONFIG_KEXEC_FILE "
				    "and CONFIG_KEXEC_HANDOVER.");
		return;
	}
	if (!err && disabled) {
		answer_no(item, "Loading is switched off until the next "
				"boot (kernel.kexec_load_disabled=1).");
		answer_remedy(item, "Find what sets it (grep -r "
				    "kexec_load_disabled /etc/sysctl.conf "
				    "/etc/sysctl.d), take it out, and "
				    "reboot.");
		return;
	}
	/* Linux 6.3 and later. */
	limit_err = read_number(sys, LIMIT, &limit);
	if (!limit_err && limit != UINT64_MAX)
		answer_number(item, "limit", limit, "loads");
	if (!limit_err && !limit) {
		answer_no(item, "No more load is allowed until the next "
				"boot (kernel.kexec_load_limit_reboot=0).");
		answer_remedy(item, "Find what sets it (grep -r "
				    "kexec_load_limit /etc/sysctl.conf "
				    "/etc/sysctl.d), take it out, and "
				    "reboot.");
		return;
	}
	if (!task->machine->has_capability(CAP_SYS_BOOT)) {
		answer_no(item, "This process lacks CAP_SYS_BOOT.");
		answer_remedy(item, "Run the kexec as root, or with "
				    "CAP_SYS_BOOT (setcap, "
				    "AmbientCapabilities= of systemd). The "
				    "application itself does not need it.");
		return;
	}
	if (err < 0) {
		answer_unknown(item, DISABLED " cannot be read (%s).",
			       HP_ERRNO(err));
		answer_remedy(item, REMEDY_PROC);
		return;
	}
	/* A try costs one of a number that is limited. */
	if (task->opts.try &&
	    (limit_err == -ENOENT || (!limit_err && limit == UINT64_MAX))) {
		tried(item, task->machine->try_kexec_file());
		return;
	}
	/* Kexec HandOver, which live update needs, needs that call. */
	if (task->listed)
		return;
	answer_unknown(
		item,
		task->opts.try ?
			"Nothing forbids it, but whether the kernel has "
			"CONFIG_KEXEC_FILE was not tried: that would use up a "
			"load." :
			"Nothing forbids it, but whether the kernel has "
			"CONFIG_KEXEC_FILE is not known. " DOCTOR_NOT_TRIED);
	answer_remedy(item,
		      task->opts.try ?
			      "Load the next kernel (kexec -s -l) and see." :
			      DOCTOR_DO_TRY);
}

/* -- Signatures ------------------------------------------------------------ */

#define LOCKDOWN "/sys/kernel/security/lockdown"
#define SECURITYFS "/sys/kernel/security/lsm"
#define IMA_POLICY "/sys/kernel/security/ima/policy"

#define REMEDY_SIGN                                                       \
	"Sign the kernel image with a key that this one trusts (sbsign; " \
	"mokutil --import for the key)"

static bool ima_wants_signature(const struct hp_sys *sys)
{
	char policy[8192];
	char *line = policy;

	/* Only root sees it; the kernel may hide it from root too. */
	if (sys->read_text(IMA_POLICY, policy, sizeof(policy)) < 0)
		return false;
	while (line) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = '\0';
		if (!strncmp(line, "appraise", strlen("appraise")) &&
		    strstr(line, "KEXEC_KERNEL_CHECK"))
			return true;
		line = end;
	}
	return false;
}

static void ask_unsigned(const struct doctor *task)
{
	const struct hp_sys *sys = task->sys;
	struct answer *item;
	char lockdown[32];
	int err, forced;

	item = answer_add(task->answers, "kexec.unsigned",
			  "The next kernel needs no signature.");
	err = read_chosen(sys, LOCKDOWN, lockdown, sizeof(lockdown));
	if (!err)
		answer_text(item, "lockdown", lockdown);
	if (!err && strcmp(lockdown, "none") != 0) {
		answer_no(item,
			  "The kernel is locked down (%s), as with Secure "
			  "Boot: it loads signed kernels only.",
			  lockdown);
		answer_remedy(item, REMEDY_SIGN
			      ", or boot without Secure Boot and without "
			      "lockdown= on the command line.");
		return;
	}
	if (ima_wants_signature(sys)) {
		answer_no(item, "The IMA policy wants signed kernels "
				"(appraise func=KEXEC_KERNEL_CHECK).");
		answer_remedy(item, REMEDY_SIGN
			      " or evmctl ima_sign it, or boot without "
			      "ima_policy=secure_boot.");
		return;
	}
	forced = task->machine->kernel_config("KEXEC_SIG_FORCE");
	if (forced == 1) {
		answer_no(item, "The kernel is built with "
				"CONFIG_KEXEC_SIG_FORCE.");
		answer_remedy(item, REMEDY_SIGN ".");
		return;
	}
	/* No such file where others are: a kernel without lockdown. */
	if (err == -ENOENT && !task->machine->can_see(SECURITYFS))
		err = 0;
	if (err == -ENOENT &&
	    !task->machine->kernel_config("SECURITY_LOCKDOWN_LSM"))
		err = 0;
	if (err < 0) {
		answer_unknown(item, LOCKDOWN " cannot be read (%s).",
			       HP_ERRNO(err));
		answer_remedy(item, "As root: mount -t securityfs "
				    "securityfs /sys/kernel/security; then "
				    "ask again.");
	} else if (forced < 0) {
		answer_unknown(item, "Lockdown and IMA want none; whether "
				     "the kernel is built with "
				     "CONFIG_KEXEC_SIG_FORCE is not shown: "
				     "there is no /proc/config.gz and no "
				     "/boot/config-* of it.");
		answer_remedy(item, "Load the next kernel (kexec -s -l) "
				    "and see, or look up how the kernel "
				    "was built.");
	}
}

void doctor_kexec(struct doctor *task)
{
	ask_load(task);
	ask_unsigned(task);
}
