/* SPDX-License-Identifier: MIT */
/*
 * What a session asks of its holder. There are two kinds: the service manager's
 * store (in_store.c) and this process, by LUO sessions (in_process.c). The
 * session is locked.
 */
#ifndef HP_HOLDER_H
#define HP_HOLDER_H

#include <stdbool.h>

#include "manifest/manifest.h"
#include "memory/region.h"

struct hp_session;

struct hp_holder_calls {
	/*
	 * Read the manifest that came back into a structure that is all zero,
	 * and become its owner. -ENOENT: there is none, and nothing came back
	 * or what came back is empty. Others as hp_session_read().
	 */
	int (*read)(struct hp_session *session, struct hp_manifest *manifest);

	/*
	 * The file of a region that came back; a descriptor or an error. entry
	 * NULL: one that is not listed, by its token (-ENOENT: there is none).
	 * -ENODATA: it is gone.
	 */
	int (*fetch)(struct hp_session *session, uint64_t token,
		     const struct hp_manifest_entry *entry);

	/* All that is wanted of what came back was fetched: end it. */
	int (*finish)(struct hp_session *session);

	/*
	 * Hold the manifest and a region, or all that are not held; each one
	 * that is, is listed. NULL: all.
	 */
	int (*hold)(struct hp_session *session, struct hp_region *only);

	/* Does the holder have it at this moment? 1, 0 or an error. */
	int (*has)(const struct hp_region *region);

	/*
	 * Let go of a region that is neither on the list of the manifest nor on
	 * that of the session any more; of all. An error: others are not held.
	 */
	int (*release)(struct hp_session *session, struct hp_region *region);
	void (*release_all)(struct hp_session *session);

	/* Would the end of this process give up memory? -EBUSY. */
	int (*check_close)(const struct hp_session *session);

	/* Give up descriptors; what the holder has it keeps. */
	void (*close)(struct hp_session *session);

	/* Give up all. */
	void (*drop)(struct hp_session *session);

	/* Fill in what the session outlives. */
	void (*outlives)(const struct hp_session *session,
			 struct hp_session_info *info);
};

extern const struct hp_holder_calls hp_in_store;
extern const struct hp_holder_calls hp_in_process;
extern const struct hp_holder_calls hp_in_nothing; /* HP_SESSION_LOCAL */

#endif
