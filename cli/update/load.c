// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "update/update.h"

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
