// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "machine/machine.h"

static gzFile open_config(void)
{
	struct utsname name;
	char path[96];
	gzFile file;

	/* zlib also reads what is not compressed. */
	file = gzopen("/proc/config.gz", "rbe");
	if (file || uname(&name) < 0)
		return file;
	(void)snprintf(path, sizeof(path), "/boot/config-%s", name.release);
	return gzopen(path, "rbe");
}

static int linux_kernel_config(const char *option)
{
	char line[256], set[64];
	gzFile file = open_config();
	bool found = false;
	int errnum;

	if (!file)
		return -ENOENT;
	(void)snprintf(set, sizeof(set), "CONFIG_%s=", option);
	while (!found && gzgets(file, line, sizeof(line)))
		found = !strncmp(line, set, strlen(set)) &&
			(line[strlen(set)] == 'y' || line[strlen(set)] == 'm');
	(void)gzerror(file, &errnum);
	(void)gzclose_r(file);
	return errnum < 0 ? -ENOENT : found;
}

static int linux_can_see(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static int linux_can_use(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 ? -errno :
									0;
}

static int linux_has_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	return data[CAP_TO_INDEX(capability)].effective >> (capability % 32) &
	       1;
}

static int linux_get_limit(int resource, uint64_t *ret_soft, uint64_t *ret_hard)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)resource, &limit) < 0)
		return -errno;
	*ret_soft =
		limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
	*ret_hard =
		limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
	return 0;
}

static int linux_try_uring(void)
{
	struct io_uring_params params = { 0 };
	long fd = syscall(SYS_io_uring_setup, 1U, &params);

	if (fd < 0)
		return -errno;
	(void)close((int)fd);
	return 0;
}

static int linux_try_kexec_file(void)
{
	/* Of the reboot kind, and as long as no kernel gives that bit a use. */
	if (syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, 1UL << 30) < 0)
		return -errno;
	return 0;
}

static int linux_random(void *buffer, size_t size)
{
	ssize_t length;

	do
		length = getrandom(buffer, size, 0);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -errno : 0;
}

static const char *linux_environment(const char *name)
{
	return getenv(name);
}

const struct machine machine_linux = {
	.sys = &hp_sys_linux,
	.kernel_config = linux_kernel_config,
	.can_see = linux_can_see,
	.can_use = linux_can_use,
	.has_capability = linux_has_capability,
	.get_limit = linux_get_limit,
	.try_uring = linux_try_uring,
	.try_kexec_file = linux_try_kexec_file,
	.random = linux_random,
	.environment = linux_environment,
};
