// SPDX-License-Identifier: MIT
/*
 * From a good answer to the next kernel. Signals wait meanwhile: between two steps
 * they end the update, and all is as before.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit/manager.h"
#include "unit/systemctl.h"
#include "update/update.h"

static const int endings[] = { SIGINT, SIGTERM, SIGHUP };

#define ENDINGS (sizeof(endings) / sizeof(*endings))

/* -- The kernel ------------------------------------------------------------ */

int update_load(const struct update *update)
{
	unsigned long flags = update->initrd_path ? 0 : KEXEC_FILE_NO_INITRAMFS;
	int kernel = open(update->image_path, O_RDONLY | O_CLOEXEC);
	int initrd = update->initrd_path ?
			     open(update->initrd_path, O_RDONLY | O_CLOEXEC) :
			     -1;
	int err = 0;

	if (kernel < 0 || (update->initrd_path && initrd < 0))
		err = -errno;
	else if (syscall(SYS_kexec_file_load, kernel, initrd,
			 strlen(update->parameters) + 1, update->parameters,
			 flags) < 0)
		err = -errno;
	if (kernel >= 0)
		(void)close(kernel);
	if (initrd >= 0)
		(void)close(initrd);
	return err;
}

int update_unload(void)
{
	return syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL,
		       KEXEC_FILE_UNLOAD) < 0 ?
		       -errno :
		       0;
}

/* -- Going ----------------------------------------------------------------- */

/*
 * systemctl did not say that it went well. That alone is no reason to take anything
 * back: the shutdown ends systemctl, too, and a kernel that is unloaded then turns
 * the kexec into a reboot.
 */
static bool is_going_down(int status)
{
	struct manager *manager = NULL;
	bool stopping;

	if (status < 0 || manager_open(&manager) < 0)
		return true;
	stopping = manager_is_stopping(manager);
	manager_close(manager);
	return stopping;
}

static bool leave(const struct update *update)
{
	char *kexec[] = { "systemctl", "kexec", NULL };
	char *reboot_[] = { "systemctl", "reboot", NULL };
	int status;

	(void)fflush(stdout);
	if (!systemctl_is_there()) {
		sync();
		return reboot(update->reboot ?
				      (int)LINUX_REBOOT_CMD_RESTART :
				      (int)LINUX_REBOOT_CMD_KEXEC) == 0;
	}
	/* Not a kexec in place of the reboot, if somebody has loaded a kernel. */
	(void)setenv("SYSTEMCTL_SKIP_AUTO_KEXEC", "1", 1);
	status = systemctl_run(update->reboot ? reboot_ : kexec);
	return status == 0 || is_going_down(status);
}

static bool is_interrupted(void)
{
	sigset_t pending;

	(void)sigpending(&pending);
	for (size_t i = 0; i < ENDINGS; i++)
		if (sigismember(&pending, endings[i]) == 1)
			return true;
	return false;
}

static bool failed(const char *what, int err)
{
	(void)command_error(&update_command, "%s: %s", what, strerror(-err));
	return false;
}

static bool interrupted(void)
{
	if (is_interrupted())
		(void)command_error(&update_command, "interrupted");
	return is_interrupted();
}

static bool not_loaded(int err)
{
	static const char what[] = "the kernel could not be loaded";

	if (err != -EADDRNOTAVAIL)
		return failed(what, err);
	(void)command_error(
		&update_command,
		"%s: it and its initrd have no room in the scratch "
		"memory. Boot this kernel with a larger kho_scratch=, "
		"or make a smaller initrd.",
		what);
	return false;
}

/* The record is there before the kernel is: it tells whose kernel that is. */
static bool load_and_leave(const struct update *update)
{
	int err;

	if (interrupted() || !update_save(update) || interrupted())
		return false;
	err = update_record(update);
	if (err < 0)
		return failed(UPDATE_RECORD, err);
	err = update->reboot ? 0 : update_load(update);
	if (err < 0)
		return not_loaded(err);
	if (interrupted())
		return false;
	if (leave(update))
		return true;
	(void)command_error(&update_command, "systemctl could not do it");
	return false;
}

int update_go(const struct update *update)
{
	sigset_t signals, before;
	bool gone;

	sigemptyset(&signals);
	for (size_t i = 0; i < ENDINGS; i++)
		sigaddset(&signals, endings[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, &before);
	gone = load_and_leave(update);
	if (gone) {
		puts("The host is on its way.");
		return STATUS_YES;
	}
	if (!update->reboot)
		(void)update_unload();
	(void)unlink(UPDATE_RECORD);
	update_start_again(update);
	puts("Nothing was changed: no kernel is loaded.");
	return STATUS_NO;
}
