// SPDX-License-Identifier: MIT
/*
 * kexec-file KERNEL INITRD CMDLINE: load with kexec_file_load(2), the only
 * way that carries handover data, and jump. With -l only load. Does not stop
 * or kill anything first: what runs keeps running until the kernel is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "kexec-file: %s: %s\n", what, strerror(errno));
	return 1;
}

static int load(char **arg)
{
	int kernel, initrd;

	kernel = open(arg[0], O_RDONLY | O_CLOEXEC);
	if (kernel < 0)
		return fail(arg[0]);
	initrd = open(arg[1], O_RDONLY | O_CLOEXEC);
	if (initrd < 0)
		return fail(arg[1]);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(arg[2]) + 1,
		    arg[2], 0UL))
		return fail("kexec_file_load");
	close(kernel);
	close(initrd);
	return 0;
}

static int jump(void)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	return fail("reboot into the loaded kernel");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "-e"))
		return jump();
	if (argc == 5 && !strcmp(argv[1], "-l"))
		return load(argv + 2);
	if (argc != 4) {
		fprintf(stderr, "usage: kexec-file [-l] KERNEL INITRD CMDLINE\n"
				"       kexec-file -e\n");
		return 2;
	}
	return load(argv + 1) || jump();
}
