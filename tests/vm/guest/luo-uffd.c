// SPDX-License-Identifier: MIT
/* luo: pages put into a mapping by userfaultfd */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int copy_in(int uffd, char *to, size_t length, void *from)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register missing = {
		.range = { (uintptr_t)to, length },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_copy copy = {
		.dst = (uintptr_t)to,
		.src = (uintptr_t)from,
		.len = length,
	};

	if (ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &missing))
		return wrong("userfaultfd does not take the mapping: %s",
			     strerror(errno));
	return ioctl(uffd, UFFDIO_COPY, &copy) ? -errno : 0;
}

/* copyin MAPPING OFFSET LENGTH: UFFDIO_COPY of bytes 'u' */
static int copyin(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);
	size_t length = number(argv[3]);
	void *from = malloc(length);
	int uffd, rc;

	(void)argc;
	if (!from)
		return -ENOMEM;
	memset(from, 'u', length);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0) {
		rc = wrong("no userfaultfd here: %s", strerror(errno));
	} else {
		rc = copy_in(uffd, (char *)t->address + number(argv[2]), length,
			     from);
		close(uffd);
	}
	free(from);
	return rc;
}

const struct command uffd_commands[] = {
	{ "copyin", "MAPPING OFFSET LENGTH", 3, 3, copyin },
	{ NULL, NULL, 0, 0, NULL },
};
