// SPDX-License-Identifier: MIT
/*
 * What the manifest says of the regions.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "session/session.h"
#include "system/cleanup.h"

static int create_error(int err)
{
	switch (err) {
	case -ENOSPC: /* tmpfs means memory */
	case -EAGAIN: /* mlockall(MCL_FUTURE) and the limit of locked memory */
		return -ENOMEM;
	case -EACCES:
	case -EPERM:
		return -EACCES;
	default:
		return hp_error_common(err);
	}
}

int hp_session_need_manifest(struct hp_session *session)
{
	const struct hp_sys *sys = session->sys;
	int err;

	if (session->manifest)
		return 0;
	HP_MEMORY(memory, sys, sys->zalloc(sizeof(struct hp_manifest)));
	if (!memory.memory)
		return -ENOMEM;
	err = hp_manifest_create(memory.memory, sys);
	if (err < 0) {
		hp_log(&session->log, LOG_WARNING, "making a manifest: %s",
		       HP_ERRNO(err));
		return create_error(err);
	}
	session->manifest = hp_memory_keep(&memory);
	return 0;
}

void hp_session_end_manifest(struct hp_session *session)
{
	if (!session->manifest)
		return;
	hp_manifest_close(session->manifest);
	session->sys->free(session->manifest);
	session->manifest = NULL;
}

int hp_session_list(struct hp_session *session, struct hp_region *region)
{
	struct hp_manifest_entry entry = {
		.token = region->token,
		.length = region->length,
		.page_size = hp_region_unit(region),
		.address = region->open ? (uintptr_t)region->address :
					  region->old_address,
		.layout = region->layout,
		.shmem_page_size = region->shmem ? region->page_size : 0,
		.incarnation = region->incarnation,
	};
	int err;

	memcpy(entry.label, region->label, sizeof(entry.label));
	/* Its content was not there when the others were sealed. */
	if (!region->listed)
		session->manifest->about.sealed = 0;
	err = hp_manifest_put(session->manifest, &entry);
	region->listed = !err;
	return err;
}

void hp_session_break_seal(struct hp_session *session)
{
	if (session->manifest)
		hp_manifest_seal(session->manifest, false);
}
