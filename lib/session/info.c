// SPDX-License-Identifier: MIT
/*
 * What a session can tell about itself and its regions.
 */
#include <errno.h>
#include <string.h>

#include "base/export.h"
#include "base/options.h"
#include "session/session.h"
#include "system/cleanup.h"

/*
 * All that came back, as far as it can be had: what is missing for now would
 * pass for lost. A manifest that cannot be read is a result here, and no error.
 */
static int gather(struct hp_session *session)
{
	struct hp_patience patience = hp_patience_begin(session);
	int err, wait;

	do {
		err = hp_session_fetch_all(session);
		if (session->manifest_error)
			return 0;
		wait = err ? hp_patience_wait(&patience, err) : err;
	} while (err && !wait);
	return wait;
}

static void tell_found(const struct hp_session *session,
		       struct hp_session_info *info)
{
	const struct hp_manifest_about *about = &session->found;

	info->came_back = session->came_back;
	info->manifest_error = session->given_up ? 0 : session->manifest_error;
	info->generation = about->generation;
	info->updates = about->updates;
	info->written_ns = about->written_ns;
	memcpy(info->kernel, about->kernel, sizeof(info->kernel));
	memcpy(info->boot_id, about->boot_id, sizeof(info->boot_id));
	memcpy(info->library, about->library, sizeof(info->library));
}

_Static_assert(
	sizeof(((struct hp_session_info *)0)->kernel) ==
			sizeof(((struct hp_manifest_about *)0)->kernel) &&
		sizeof(((struct hp_session_info *)0)->boot_id) ==
			sizeof(((struct hp_manifest_about *)0)->boot_id) &&
		sizeof(((struct hp_session_info *)0)->library) ==
			sizeof(((struct hp_manifest_about *)0)->library),
	"strings of the manifest fit, with their zero");

static void tell_regions(const struct hp_session *session,
			 struct hp_session_info *info)
{
	unsigned int damaged = 0;

	for (const struct hp_region *r = session->regions; r; r = r->next) {
		damaged += r->damaged;
		info->preserved_count +=
			r->held && session->holder->has(r) == 1;
	}
	info->lost_count = session->lost_count;
	info->region_count = session->found_count > info->lost_count ?
				     session->found_count - info->lost_count :
				     0;
	info->sealed =
		session->found.sealed && !session->lost_count && !damaged;
	info->sealed_now = session->manifest && session->manifest->about.sealed;
}

static void tell_future(const struct hp_session *session,
			struct hp_session_info *info)
{
	session->holder->outlives(session, info);
	if (info->preserved_count || session->holder_kind == HP_HOLDER_NONE)
		return;
	info->outlives_restart = info->outlives_kexec = HP_NO;
	info->restart_reason = info->kexec_reason =
		"Nothing is preserved: call hp_session_preserve().";
}

HP_EXPORT int hp_session_info(struct hp_session *session,
			      struct hp_session_info *info)
{
	struct hp_session_info known = { 0 };
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	err = hp_info_check(info, sizeof(known));
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = gather(session);
	if (err < 0)
		return err;
	known.holder = session->holder_kind;
	tell_found(session, &known);
	tell_regions(session, &known);
	tell_future(session, &known);
	hp_info_fill(info, &known, sizeof(known));
	return 0;
}

HP_EXPORT int hp_session_region(struct hp_session *session, unsigned int index,
				struct hp_region_info *info)
{
	const struct hp_region *region;
	struct hp_region_info known;
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	err = hp_info_check(info, sizeof(known));
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = gather(session);
	if (err < 0)
		return err;
	for (region = session->regions; region && index; region = region->next)
		index--;
	if (!region)
		return -ENOENT;
	hp_session_describe(region, &known);
	hp_info_fill(info, &known, sizeof(known));
	return 0;
}
