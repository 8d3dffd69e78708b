// SPDX-License-Identifier: MIT
/*
 * What the next kernel gets, region by region.
 */
#include <errno.h>

#include "base/export.h"
#include "session/session.h"
#include "system/cleanup.h"

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

/* -- Not this one ---------------------------------------------------------- */

/*
 * LUO gives no single file back. So the session ends, and all but one go into a
 * new one.
 */
static struct hp_region *find_place(const struct hp_session *session,
				    unsigned int place)
{
	for (struct hp_region *r = session->regions; r; r = r->next)
		if (r->place == place && !r->preserved)
			return r;
	return NULL;
}

static bool any_place(const struct hp_session *session)
{
	for (const struct hp_region *r = session->regions; r; r = r->next)
		if (r->place)
			return true;
	return false;
}

static int add_again(struct hp_session *session, struct hp_region *region)
{
	struct hp_file_info info;
	int err;

	err = hp_region_check_file(region, &info);
	if (!err)
		err = hp_outgoing_add(&session->outgoing, &session->source,
				      region);
	if (err < 0)
		return err;
	region->place = session->outgoing.manifest.count;
	region->preserved = true;
	return 0;
}

/*
 * All that have a place, in the order in which they were. One that fails does
 * not keep the others from being preserved, but its error is the result.
 */
static int preserve_again(struct hp_session *session, unsigned int count)
{
	int err, result = 0;

	if (!any_place(session))
		return 0;
	err = hp_outgoing_begin(&session->outgoing, &session->source,
				session->name);
	if (err < 0)
		return err;
	for (unsigned int place = 1; place <= count; place++) {
		struct hp_region *region = find_place(session, place);

		if (!region)
			continue;
		err = add_again(session, region);
		if (!result)
			result = err;
	}
	hp_outgoing_settle(&session->outgoing, &session->source);
	return result;
}

HP_EXPORT int hp_region_unpreserve(struct hp_region *region)
{
	struct hp_session *session;
	unsigned int count;
	int err;

	if (!region)
		return -EINVAL;
	session = region->session;
	err = hp_session_check(session);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (!region->preserved && !region->unlisted)
		return 0;
	count = session->outgoing.manifest.count;
	/* First the getters: they must not promise what is about to end. */
	for (struct hp_region *r = session->regions; r; r = r->next) {
		r->preserved = false;
		r->unlisted = false;
	}
	region->place = 0;
	hp_outgoing_stop(&session->outgoing, session->sys);
	err = preserve_again(session, count);
	for (struct hp_region *r = session->regions; r; r = r->next) {
		if (!r->preserved)
			r->place = 0;
		if (session->outgoing.fd < 0)
			r->unlisted = false;
	}
	return err;
}
