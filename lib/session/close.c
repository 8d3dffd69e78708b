// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/export.h"
#include "session/session.h"
#include "system/cleanup.h"

/* -- A session ------------------------------------------------------------- */

static void free_session(struct hp_session *session)
{
	const struct hp_sys *sys = session->sys;

	while (session->regions)
		hp_session_remove(session, session->regions);
	hp_session_end_manifest(session);
	pthread_mutex_destroy(&session->lock);
	sys->free(session);
}

/*
 * In a forked child the descriptors are closed, and the mappings are copies whose
 * end changes nothing.
 */
static int close_copy(struct hp_session *session)
{
	int err = hp_session_check_copy(session);

	if (err < 0)
		return err;
	for (struct hp_region *r = session->regions; r; r = r->next)
		r->fd = -1;
	if (session->manifest)
		session->manifest->fd = -1;
	session->store.manager.barrier = -1;
	hp_store_close(&session->store, false);
	free_session(session);
	return 0;
}

/* Would closing now lose what the caller has not given up? */
static int check_closable(struct hp_session *session)
{
	HP_LOCKED(&session->lock);
	return session->holder->check_close(session);
}

HP_EXPORT int hp_session_close(struct hp_session *session)
{
	int err;

	if (!session)
		return 0;

	HP_UNCANCELLED();
	if (hp_session_check(session) == -ECHILD)
		return close_copy(session);
	err = check_closable(session);
	if (err < 0)
		return err;
	session->holder->close(session);
	free_session(session);
	return 0;
}

/* Nothing is promised any more, whoever still has a copy. */
static void empty_list(struct hp_session *session)
{
	struct hp_manifest *manifest = session->manifest;

	if (!manifest)
		return;
	while (manifest->count)
		hp_manifest_remove(
			manifest, manifest->entries[manifest->count - 1].token);
	manifest->about.sealed = 0;
	hp_manifest_write(manifest);
}

HP_EXPORT int hp_session_drop(struct hp_session *session)
{
	int err;

	if (!session)
		return 0;

	HP_UNCANCELLED();
	err = hp_session_check(session);
	if (err < 0)
		return err;
	empty_list(session);
	session->holder->drop(session);
	free_session(session);
	return 0;
}

/* -- A region -------------------------------------------------------------- */

/* As hp_session_close() in a forked child. */
static int close_region_copy(struct hp_region *region)
{
	int err;

	HP_UNCANCELLED();
	err = hp_session_check_copy(region->session);
	if (err < 0)
		return err;
	region->fd = -1;
	hp_session_remove(region->session, region);
	return 0;
}

/* Of no session, so any process that has it may close it. */
static int close_attached(struct hp_region *region)
{
	HP_UNCANCELLED();
	hp_region_free(region);
	return 0;
}

HP_EXPORT int hp_region_close(struct hp_region *region)
{
	if (!region)
		return 0;
	if (!region->session)
		return close_attached(region);
	if (hp_session_check(region->session) == -ECHILD)
		return close_region_copy(region);

	HP_LOCKED(&region->session->lock);
	/* What was promised is carried along, and is not new any more. */
	if (region->held || region->listed) {
		hp_region_unmap(region);
		region->origin = HP_ORIGIN_KEPT;
	} else {
		/* The manager may not have answered yet. */
		if (region->incarnation)
			(void)region->session->holder->release(region->session,
							       region);
		hp_session_remove(region->session, region);
	}
	return 0;
}

HP_EXPORT int hp_region_drop(struct hp_region *region)
{
	struct hp_session *session;
	int err;

	if (!region)
		return 0;
	session = region->session;
	err = hp_session_check(session);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	/* Also what is lost and has new memory in its place. */
	if (session->manifest &&
	    hp_manifest_find(session->manifest, region->token)) {
		hp_manifest_remove(session->manifest, region->token);
		hp_manifest_write(session->manifest);
	}
	hp_session_unlink(session, region);
	/* Also what the manager was asked to keep and has not answered. */
	err = region->held || region->incarnation ?
		      session->holder->release(session, region) :
		      0;
	hp_region_free(region);
	return err;
}
