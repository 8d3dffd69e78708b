// SPDX-License-Identifier: MIT
/*
 * What holds for the session as a whole: the data arrived, the content is
 * consistent, nothing is to be handed over.
 */
#include <errno.h>

#include "base/export.h"
#include "session/session.h"
#include "system/cleanup.h"

/* Is every region that came back in use? */
static int check_reclaimed(struct hp_session *session)
{
	const struct hp_manifest *manifest;
	int err;

	err = hp_incoming_load(&session->incoming, session->sys);
	if (err < 0)
		return err;
	manifest = session->incoming.manifest;
	for (uint32_t i = 0; i < manifest->count; i++)
		if (!hp_session_find(session, manifest->entries[i].token))
			return -ENOTEMPTY;
	return 0;
}

HP_EXPORT int hp_session_commit(struct hp_session *session, unsigned int flags)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	if (flags & ~(unsigned int)HP_COMMIT_DROP)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	if (session->incoming.fd < 0)
		return 0;
	/* With the flag too: after commit what the manifest says is gone. */
	err = check_reclaimed(session);
	if (err < 0 && !(flags & HP_COMMIT_DROP))
		return err;
	err = hp_incoming_finish(&session->incoming, session->sys);
	if (err < 0)
		return err;
	hp_outgoing_follow(&session->outgoing, &session->incoming.about);
	return 0;
}

HP_EXPORT int hp_session_seal(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (!hp_outgoing_has_any(&session->outgoing))
		return -ENOENT;
	hp_manifest_seal(&session->outgoing.manifest, true);
	return 0;
}

HP_EXPORT int hp_session_unseal(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (session->outgoing.fd >= 0)
		hp_manifest_seal(&session->outgoing.manifest, false);
	return 0;
}

HP_EXPORT int hp_session_abort(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	/* First: the getter must not promise what is about to end. */
	for (struct hp_region *r = session->regions; r; r = r->next) {
		r->preserved = false;
		r->place = 0;
		r->unlisted = false;
	}
	hp_outgoing_stop(&session->outgoing, session->sys);
	return 0;
}
