/* SPDX-License-Identifier: MIT */
/*
 * What a session is called among the descriptors that a service manager keeps
 * (FDNAME= in sd_notify(3)). Such a name has up to 255 printable ASCII
 * characters without a colon; a session may have any bytes in its name. So all
 * but letters, digits, dot, dash and underscore become %XX.
 */
#ifndef HP_FD_NAME_H
#define HP_FD_NAME_H

#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#define HP_FD_NAME_IN "hugepersist-in-"
#define HP_FD_NAME_OUT "hugepersist-out-"

/* With the terminating zero. */
#define HP_FD_NAME_SIZE (sizeof(HP_FD_NAME_OUT) + (size_t)3 * HP_NAME_MAX)

_Static_assert(HP_FD_NAME_SIZE <= 256, "longer than a service manager takes");

void hp_fd_name(char ret_name[HP_FD_NAME_SIZE], const char *session,
		bool incoming);

#endif
