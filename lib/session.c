// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "export.h"
#include "region.h"
#include "session.h"

int hp_session_check(const struct hp_session *session)
{
	if (!session)
		return -EINVAL;
	/*
	 * Before any lock: the child of a threaded process may have copied it
	 * in its locked state.
	 */
	return session->sys->getpid() == session->owner ? 0 : -ECHILD;
}

HP_EXPORT const char *hp_session_name(const struct hp_session *session)
{
	return session ? session->name : NULL;
}

HP_EXPORT int hp_session_returned(const struct hp_session *session)
{
	return session ? session->returned : 0;
}

HP_EXPORT int hp_session_can_preserve(const struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	if (session->local)
		return -ENODEV;
	return session->returned ? -EINPROGRESS : 0;
}

int hp_session_check_reclaimed(struct hp_session *session)
{
	const struct hp_manifest *manifest;
	int err;

	if (session->incoming.fd < 0)
		return 0;
	err = hp_incoming_load(&session->incoming, session->sys);
	if (err < 0)
		return err;
	manifest = session->incoming.manifest;
	for (uint32_t i = 0; i < manifest->count; i++)
		if (!hp_region_find(session, manifest->entries[i].token))
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
	err = hp_session_check_reclaimed(session);
	if (err < 0 && !(flags & HP_COMMIT_DROP))
		return err;
	err = hp_incoming_finish(&session->incoming, session->sys);
	if (err < 0)
		return err;
	session->returned = false;
	hp_outgoing_follow(&session->outgoing, &session->incoming.about);
	/*
	 * Not before: until here a crash must find the manager's copy. If it
	 * stays, the next start finds a session in which nothing is left.
	 */
	(void)hp_source_forget(&session->source, session->name, true);
	return 0;
}

int hp_session_check_copy(struct hp_session *session)
{
	if (pthread_mutex_trylock(&session->lock))
		return -ECHILD;
	pthread_mutex_unlock(&session->lock);
	return 0;
}

/* Would closing now lose what the caller has not given up? */
static int check_closable(struct hp_session *session)
{
	HP_LOCKED(&session->lock);
	if (session->incoming.fd >= 0 ||
	    hp_outgoing_has_any(&session->outgoing))
		return -EBUSY;
	if (session->outgoing.inherited_fd >= 0 && session->source.alone)
		return -EBUSY;
	return 0;
}

HP_EXPORT int hp_session_close(struct hp_session *session)
{
	bool child;
	int err;

	if (!session)
		return 0;

	HP_UNCANCELLED();
	/*
	 * In a forked child these are copies of descriptors and mappings, whose
	 * end changes nothing: LUO acts on the last close of a session, and the
	 * parent still has it open.
	 */
	child = hp_session_check(session) == -ECHILD;
	if (child)
		err = hp_session_check_copy(session);
	else
		err = check_closable(session);
	if (err < 0)
		return err;
	hp_incoming_close(&session->incoming, session->sys);
	hp_outgoing_close(&session->outgoing, session->sys);
	hp_source_close(&session->source, session->name, child);
	while (session->regions) {
		struct hp_region *region = session->regions;

		session->regions = region->next;
		hp_region_free(region);
	}
	pthread_mutex_destroy(&session->lock);
	session->sys->free(session);
	return 0;
}
