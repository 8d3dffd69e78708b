// SPDX-License-Identifier: MIT
/*
 * Doctor: the host around the process.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/host.h"
#include "machine/parameters.h"
#include "machine/text.h"
#include "unit/lives.h"
#include "update/initrd.h"

#define KEXEC_TOOLS "/etc/default/kexec"
#define NEED_SHUTDOWN "/run/initramfs/.need_shutdown"

/* -- initrd ---------------------------------------------------------------- */

bool host_comes_back(struct answer *answer)
{
	if (access(NEED_SHUTDOWN, F_OK) < 0)
		return false;
	answer_no(answer, "The initrd of this boot comes back at shutdown "
			  "(" NEED_SHUTDOWN "): systemd hands nothing over "
			  "then.");
	answer_remedy(answer, "Use an initrd without dracut's module shutdown, "
			      "and reboot.");
	return true;
}

/* x86: ramdisk_size of struct boot_params, Documentation/arch/x86/boot.rst */
#define BOOT_PARAMETERS "/sys/kernel/boot_params/data"
#define RAMDISK_SIZE 0x21c
/* Where a device tree describes the machine */
#define INITRD_NODE "/sys/firmware/devicetree/base/chosen/linux,initrd-start"

bool host_had_initrd(void)
{
	unsigned char size[4] = { 0 };
	FILE *file = fopen(BOOT_PARAMETERS, "rb");
	bool had;

	if (!file)
		return access(INITRD_NODE, F_OK) == 0;
	had = fseek(file, RAMDISK_SIZE, SEEK_SET) == 0 &&
	      fread(size, sizeof(size), 1, file) == 1 &&
	      (size[0] | size[1] | size[2] | size[3]);
	(void)fclose(file);
	return had;
}

void host_judge_initrd(struct answer *answer, const char *path)
{
	struct initrd initrd;
	const char *why;
	bool known;
	int err = initrd_read(path, &initrd);

	if (err == -EOPNOTSUPP) {
		answer_unknown(answer,
			       "%s: it is no initrd, or compressed in a "
			       "way that cannot be undone here.",
			       path);
		answer_remedy(answer, "Install zstd and xz-utils.");
		return;
	}
	if (err < 0) {
		answer_no(answer, "%s: %s.", path,
			  err == -EBADMSG || err == -ENOEXEC ?
				  "it is no initrd, or it is damaged" :
				  strerror(-err));
		answer_remedy(answer, "Make it: dracut, or "
				      "update-initramfs -u.");
		return;
	}
	if (initrd.systemd_first && initrd.systemd)
		answer_number(answer, "systemd", (uint64_t)initrd.systemd, "");
	why = initrd_obstacle(&initrd, &known);
	if (!why)
		return;
	if (known)
		answer_no(answer, "%s.", why);
	else
		answer_unknown(answer, "%s.", why);
	answer_remedy(answer, "Make the initrd again with this host's systemd "
			      "(dracut --force), or take one of "
			      "initramfs-tools, in which systemd does not "
			      "run.");
}

static void ask_initrd(struct answer *answer)
{
	static const char *const names[] = { "/boot/initrd.img-%s",
					     "/boot/initramfs-%s.img" };
	char release[128], path[192];

	if (host_comes_back(answer) ||
	    hp_sys_linux.kernel_release(release, sizeof(release)) < 0)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), names[i], release);
		if (access(path, R_OK) < 0)
			continue;
		answer_text(answer, "initrd", path);
		host_judge_initrd(answer, path);
		return;
	}
	answer_text(answer, "initrd", "none is seen for this kernel");
}

/* -- systemd --------------------------------------------------------------- */

static void ask_systemd(struct answer *answer)
{
	struct manager *manager = NULL;
	int version;

	if (manager_open(&manager) < 0) {
		answer_no(answer, "There is no systemd that answers.");
		answer_remedy(answer, "Let hugepersist run hold the memory.");
		return;
	}
	version = manager_version(manager);
	manager_close(manager);
	if (version > 0)
		answer_number(answer, "version", (uint64_t)version, "");
	if (version >= LIVES_SYSTEMD_KEXEC)
		return;
	answer_no(answer, "systemd before 261 does not hand its stores to the "
			  "next kernel.");
	answer_remedy(answer, "Use systemd 261 or later, or let hugepersist "
			      "run --hold hold the memory.");
}

/* -- Other kernels --------------------------------------------------------- */

static bool loads_at_shutdown(const char *path)
{
	return file_says(path, "LOAD_KEXEC=true") ||
	       file_says(path, "LOAD_KEXEC=\"true\"");
}

void host_kexec_tools(struct answer *answer)
{
	const char *path = KEXEC_TOOLS;
	glob_t more = { 0 };
	bool loads = loads_at_shutdown(path);

	/* Debian's script reads these, too. */
	(void)glob(KEXEC_TOOLS ".d/*", 0, NULL, &more);
	for (size_t i = 0; i < more.gl_pathc && !loads; i++) {
		path = more.gl_pathv[i];
		loads = loads_at_shutdown(path);
	}
	if (loads) {
		answer_no(answer, "LOAD_KEXEC=true: at a reboot kexec-tools "
				  "loads a kernel by the old call, which loses "
				  "everything.");
		answer_remedy(answer, "Set LOAD_KEXEC=false in %s.", path);
	}
	globfree(&more);
}

static void ask_loaded(struct answer *answer)
{
	uint64_t loaded = 0;

	(void)read_number(&hp_sys_linux, "/sys/kernel/kexec_loaded", &loaded);
	if (loaded) {
		answer_no(answer, "A kernel is loaded, and it cannot be seen "
				  "by which call: the old one loses "
				  "everything.");
		answer_remedy(answer, "Unload it: kexec -u.");
		return;
	}
	host_kexec_tools(answer);
}

void host_crash(struct answer *answer, const char *parameters)
{
	uint64_t loaded = 0;

	(void)read_number(&hp_sys_linux, "/sys/kernel/kexec_crash_loaded",
			  &loaded);
	answer_text(answer, "now", loaded ? "loaded" : "none");
	if (!loaded || parameter_is_there(parameters, "crashkernel="))
		return;
	answer_no(answer, "A crash kernel is loaded, and the next command line "
			  "has no crashkernel=.");
	answer_remedy(answer, "Add crashkernel= as it is in /proc/cmdline.");
}

void doctor_host(struct answers *answers)
{
	char line[4096] = "";

	ask_systemd(answer_add(answers, "host.systemd",
			       "What the stores of systemd have outlives a "
			       "kexec."));
	ask_initrd(answer_add(answers, "host.initrd",
			      "The initrd lets memory through, and does not "
			      "come back at shutdown."));
	ask_loaded(answer_add(answers, "host.kexec-tools",
			      "No kernel is loaded by the old call."));
	(void)hp_sys_linux.read_text("/proc/cmdline", line, sizeof(line));
	host_crash(answer_add(answers, "host.crash",
			      "A crash kernel that is there will be there "
			      "after an update with this command line."),
		   line);
}
