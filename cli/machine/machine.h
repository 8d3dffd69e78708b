/* SPDX-License-Identifier: MIT */
/*
 * What the program asks of the system beyond what the library asks, as a table.
 *
 * machine.c fills it with system calls; the unit tests fill it with a machine
 * that can say anything. Functions return a result >= 0 or a negative errno.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "system/sys.h"

struct machine {
	/* What the library asks. */
	const struct hp_sys *sys;

	/*
	 * How the kernel was built, where that can be read: 1 if the option,
	 * without CONFIG_, is y or m, else 0. -ENOENT: it cannot be read.
	 */
	int (*kernel_config)(const char *option);
	/* Is it there? */
	int (*can_see)(const char *path);
	/* May it be opened for reading and writing? */
	int (*can_use)(const char *path);

	/* Has this process it, capabilities(7): 1 or 0. */
	int (*has_capability)(int capability);
	/* getrlimit(2); UINT64_MAX: no limit. */
	int (*get_limit)(int resource, uint64_t *ret_soft, uint64_t *ret_hard);
	/* Set up the smallest ring, and close it. */
	int (*try_uring)(void);
	/*
	 * kexec_file_load(2) with a flag that there is not: -EINVAL if all else
	 * is well. Uses up one of kernel.kexec_load_limit_reboot, if there is a
	 * limit.
	 */
	int (*try_kexec_file)(void);
	int (*random)(void *buffer, size_t size);

	/* Of the environment; NULL: not set. */
	const char *(*environment)(const char *name);
};

/* The running kernel. */
extern const struct machine machine_linux;

#endif
