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
	struct hp_region *region;
	int err;

	err = hp_session_fetch(session, token, false, &region);
	/* It is listed, so it is promised, whatever is the matter with it now. */
	if (err < 0 && session->manifest &&
	    hp_manifest_find(session->manifest, token))
		return -EEXIST;
	if (err < 0)
		return err;
	/* In the place of what is lost there may be something new. */
	return region && !region->lost ? -EEXIST : 0;
}

/*
 * At the end, so that the order is that in which they were made. It may take the
 * place of one that is lost.
 */
void hp_session_add(struct hp_session *session, struct hp_region *region)
{
	struct hp_region *lost = hp_session_find(session, region->token);
	struct hp_region **link = &session->regions;

	if (lost)
		hp_session_remove(session, lost);
	while (*link)
		link = &(*link)->next;
	*link = region;
}

void hp_session_unlink(struct hp_session *session, struct hp_region *region)
{
	struct hp_region **link = &session->regions;

	while (*link != region)
		link = &(*link)->next;
	*link = region->next;
	region->next = NULL;
	session->gathered = false;
}

void hp_session_remove(struct hp_session *session, struct hp_region *region)
{
	hp_session_unlink(session, region);
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
	unsigned int bits = 0;

	if (region->lost)
		return HP_REGION_IS_LOST;
	bits |= region->open ? HP_REGION_IS_OPEN : HP_REGION_IS_RETURNED;
	if (region->held && region->session->holder->has(region) == 1)
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
		.address = region->open ? (uintptr_t)region->address :
					  region->old_address,
		.layout = region->layout,
		.state = region->session ? state(region) : HP_REGION_IS_OPEN,
		.origin = region->open ? region->origin : 0,
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
