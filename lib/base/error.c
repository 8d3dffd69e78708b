// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

int hp_error_common(int err)
{
	switch (err) {
	case -ENOMEM:
		return -ENOMEM;
	case -EMFILE:
	case -ENFILE:
		return -EMFILE;
	default:
		return -EPROTO;
	}
}

const char *hp_errno_name(int err, char *buffer, size_t size)
{
	const char *name = NULL;

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
	name = strerrorname_np(-err);
#endif
	if (name)
		return name;
	(void)snprintf(buffer, size, "errno %d", -err);
	return buffer;
}
