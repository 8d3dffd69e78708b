// SPDX-License-Identifier: MIT
/*
 * The content is consistent: the word of the application.
 */
#include <errno.h>

#include "base/export.h"
#include "session/session.h"
#include "system/cleanup.h"

/* All that is sealed is there, and no part of it is missing. */
static int check(struct hp_session *session)
{
	unsigned int held = 0;
	int err;

	for (const struct hp_region *r = session->regions; r; r = r->next) {
		if (!r->held)
			continue;
		held++;
		if (!r->open)
			continue;
		err = hp_region_fill(r, session->opts.populate_threads, NULL,
				     NULL);
		if (err < 0)
			return err;
	}
	return held ? 0 : -ENOENT;
}

HP_EXPORT int hp_session_seal(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = check(session);
	/* A seal that was there before was of another content. */
	if (session->manifest && err != -ENOENT)
		hp_manifest_seal(session->manifest, !err);
	return err;
}

HP_EXPORT int hp_session_unseal(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	hp_session_break_seal(session);
	return 0;
}
