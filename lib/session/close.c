// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/export.h"
#include "session/session.h"
#include "system/cleanup.h"

/* -- A session ------------------------------------------------------------- */

/* Would closing now lose what the caller has not given up? */
static int check_closable(struct hp_session *session)
{
	HP_LOCKED(&session->lock);
	return session->incoming.fd >= 0 ||
			       hp_outgoing_has_any(&session->outgoing) ?
		       -EBUSY :
		       0;
}

/*
 * In a forked child these are copies of descriptors and mappings, whose end
 * changes nothing: LUO acts on the last close of a session, and the parent still
 * has it open.
 */
static int check_close(struct hp_session *session, unsigned int flags)
{
	if (hp_session_check(session) == -ECHILD)
		return hp_session_check_copy(session);
	if (!(flags & HP_CLOSE_DROP))
		return check_closable(session);
	/* Whoever still has a copy must not hand it over as sealed. */
	hp_outgoing_stop(&session->outgoing, session->sys);
	return 0;
}

HP_EXPORT int hp_session_close(struct hp_session *session, unsigned int flags)
{
	int err;

	if (flags & ~(unsigned int)HP_CLOSE_DROP)
		return -EINVAL;
	if (!session)
		return 0;

	HP_UNCANCELLED();
	err = check_close(session, flags);
	if (err < 0)
		return err;
	hp_incoming_close(&session->incoming, session->sys);
	hp_outgoing_close(&session->outgoing, session->sys);
	hp_source_close(&session->source);
	while (session->regions)
		hp_session_remove(session, session->regions);
	pthread_mutex_destroy(&session->lock);
	session->sys->free(session);
	return 0;
}

/* -- A region -------------------------------------------------------------- */

/* As hp_session_close() in a forked child. */
static int close_copy(struct hp_region *region)
{
	int err;

	HP_UNCANCELLED();
	err = hp_session_check_copy(region->session);
	if (err < 0)
		return err;
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
		return close_copy(region);

	HP_LOCKED(&region->session->lock);
	if (region->preserved)
		return -EBUSY;
	hp_session_remove(region->session, region);
	return 0;
}
