// SPDX-License-Identifier: MIT
/*
 * LUO gives no single file back. So the session ends, and all but one go into a
 * new one.
 */
#include <errno.h>

#include "cleanup.h"
#include "export.h"
#include "region.h"
#include "session.h"

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
	region->preserved = true;
	return 0;
}

/*
 * In the order in which they were. One that fails does not keep the others from
 * being preserved, but its error is the result.
 */
static int add_all_again(struct hp_session *session,
			 const struct hp_manifest_writer *list,
			 const struct hp_region *but)
{
	int result = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		struct hp_region *region =
			hp_region_find(session, hp_manifest_token(list, i));
		int err;

		if (region == but)
			continue;
		err = add_again(session, region);
		if (!result)
			result = err;
	}
	return result;
}

static int preserve_others(struct hp_session *session,
			   const struct hp_manifest_writer *list,
			   const struct hp_region *but)
{
	int err;

	if (list->count == 1)
		return 0;
	err = hp_outgoing_begin(&session->outgoing, &session->source,
				session->name);
	if (err < 0)
		return err;
	err = add_all_again(session, list, but);
	hp_outgoing_settle(&session->outgoing, &session->source, session->name);
	return err;
}

HP_EXPORT int hp_region_unpreserve(struct hp_region *region)
{
	struct hp_manifest_writer list;
	struct hp_session *session;
	int err;

	if (!region)
		return -EINVAL;
	session = region->session;
	err = hp_session_check(session);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (!region->preserved)
		return 0;
	/* First the getters: they must not promise what is about to end. */
	for (struct hp_region *r = session->regions; r; r = r->next)
		r->preserved = false;
	err = hp_outgoing_stop_session(&session->outgoing, &session->source,
				       session->name, &list);
	if (!err)
		err = preserve_others(session, &list, region);
	hp_manifest_stop(&list);
	return err;
}
