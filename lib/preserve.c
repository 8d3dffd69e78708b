// SPDX-License-Identifier: MIT
/*
 * What the next kernel gets: region by region, and the word that it is good.
 */
#include <errno.h>

#include "cleanup.h"
#include "export.h"
#include "region.h"
#include "session.h"

HP_EXPORT int hp_region_preserve(struct hp_region *region)
{
	struct hp_session *session;
	int err;

	if (!region)
		return -EINVAL;
	session = region->session;
	err = hp_session_check(session);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (region->preserved)
		return 0;
	if (session->local)
		return -ENODEV;
	if (session->incoming.fd >= 0)
		return -EINPROGRESS;
	err = hp_outgoing_preserve(&session->outgoing, &session->source,
				   session->name, region);
	if (err < 0)
		return err;
	region->place = session->outgoing.manifest.count;
	region->preserved = true;
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
	return hp_outgoing_stop(&session->outgoing, &session->source,
				session->name);
}
