/* SPDX-License-Identifier: MIT */
/*
 * Where the descriptors of a session come from. Today the process opens
 * /dev/liveupdate itself; a descriptor inherited from a service manager, passed
 * in or lent by a keeper fits behind the same two calls.
 */
#ifndef HP_SOURCE_H
#define HP_SOURCE_H

#include "sys.h"

struct hp_source {
	const struct hp_source_ops *ops;
	const struct hp_sys *sys;
	unsigned int timeout_ms;
};

struct hp_source_ops {
	/*
	 * The session of that name that the previous kernel handed over.
	 * -ENOENT: there is none. On success the caller must not fail: closing
	 * the descriptor frees all that was not retrieved.
	 */
	int (*retrieve)(const struct hp_source *source, const char *name,
			int *ret_fd);
	/* A new one for the next kernel. */
	int (*create)(const struct hp_source *source, const char *name,
		      int *ret_fd);
};

extern const struct hp_source_ops hp_source_device;

#endif
