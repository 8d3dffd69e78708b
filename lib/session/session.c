// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/export.h"
#include "session/session.h"

int hp_session_check(const struct hp_session *session)
{
	if (!session)
		return -EINVAL;
	/*
	 * Before any lock: the child of a threaded process may have copied it
	 * in its locked state.
	 */
	return session->sys->forks() == session->forks ? 0 : -ECHILD;
}

int hp_session_check_copy(struct hp_session *session)
{
	if (pthread_mutex_trylock(&session->lock))
		return -ECHILD;
	pthread_mutex_unlock(&session->lock);
	return 0;
}

/* -- Regions --------------------------------------------------------------- */

struct hp_region *hp_session_find(const struct hp_session *session,
				  uint64_t token)
{
	for (struct hp_region *r = session->regions; r; r = r->next)
		if (r->token == token)
			return r;
	return NULL;
}

int hp_session_check_token(struct hp_session *session, uint64_t token)
{
	int err;

	if (hp_session_find(session, token))
		return -EEXIST;
	if (session->incoming.fd < 0)
		return 0;
	err = hp_incoming_load(&session->incoming, session->sys);
	if (err < 0)
		return err;
	return hp_manifest_find(session->incoming.manifest, token) ? -EEXIST :
								     0;
}

void hp_session_add(struct hp_session *session, struct hp_region *region)
{
	region->next = session->regions;
	session->regions = region;
}

void hp_session_remove(struct hp_session *session, struct hp_region *region)
{
	struct hp_region **link;

	for (link = &session->regions; *link != region;)
		link = &(*link)->next;
	*link = region->next;
	hp_region_free(region);
}

int hp_session_check_request(const struct hp_session *session, uint64_t token,
			     struct hp_region **ret_region)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	return !ret_region || token == HP_TOKEN_RESERVED ? -EINVAL : 0;
}

static unsigned int state(const struct hp_region *region)
{
	unsigned int bits = HP_REGION_IS_OPEN;

	if (region->origin == HP_ORIGIN_LIVE_UPDATE &&
	    region->session->incoming.fd >= 0)
		bits |= HP_REGION_IS_RETURNED;
	if (region->preserved)
		bits |= HP_REGION_IS_PRESERVED;
	return bits;
}

void hp_session_describe(const struct hp_region *region,
			 struct hp_region_info *ret_info)
{
	*ret_info = (struct hp_region_info){
		.token = region->token,
		.length = region->length,
		.page_size = region->page_size,
		.address = (uintptr_t)region->address,
		.layout = region->layout,
		.state = state(region),
		.origin = region->origin,
	};
	memcpy(ret_info->label, region->label, sizeof(region->label));
}

/* -- Calls ----------------------------------------------------------------- */

HP_EXPORT const char *hp_session_name(const struct hp_session *session)
{
	return session ? session->name : NULL;
}

HP_EXPORT int hp_session_lock(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	pthread_mutex_lock(&session->lock);
	return 0;
}

HP_EXPORT void hp_session_unlock(struct hp_session *session)
{
	pthread_mutex_unlock(&session->lock);
}

HP_EXPORT void hp_session_log(struct hp_session *session, int priority,
			      const char *message)
{
	if (session && session->log.function && message)
		session->log.function(session->log.context, priority, message);
}
