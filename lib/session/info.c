// SPDX-License-Identifier: MIT
/*
 * What a session can tell about itself and its regions.
 */
#include <errno.h>
#include <string.h>

#include "base/export.h"
#include "base/options.h"
#include "memory/region.h"
#include "session/session.h"
#include "system/cleanup.h"

/* A manifest that cannot be read is a result here, and no error. */
static int load(struct hp_session *session)
{
	struct hp_incoming *incoming = &session->incoming;
	int err;

	if (incoming->fd < 0)
		return 0;
	err = hp_incoming_load(incoming, session->sys);
	return incoming->manifest_error ? 0 : err;
}

static void tell_incoming(const struct hp_incoming *incoming,
			  struct hp_session_info *info)
{
	const struct hp_manifest_about *about = &incoming->about;

	if (incoming->fd >= 0)
		info->state = HP_STATE_RETURNED;
	else if (incoming->committed)
		info->state = HP_STATE_COMMITTED;
	else
		info->state = HP_STATE_FRESH;
	info->manifest_error = incoming->manifest_error;
	info->generation = about->generation;
	info->updates = about->updates;
	info->written_ns = about->written_ns;
	info->sealed = about->sealed;
	info->region_count = incoming->count;
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

static void tell_outgoing(const struct hp_outgoing *outgoing,
			  struct hp_session_info *info)
{
	if (!hp_outgoing_has_any(outgoing))
		return;
	info->next_generation = outgoing->manifest.about.generation;
	info->next_sealed = outgoing->manifest.about.sealed;
	info->preserved_count = outgoing->manifest.count;
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
	err = load(session);
	if (err < 0)
		return err;
	tell_incoming(&session->incoming, &known);
	tell_outgoing(&session->outgoing, &known);
	known.local = session->local;
	hp_info_fill(info, &known, sizeof(known));
	return 0;
}

static void tell_entry(const struct hp_manifest_entry *entry,
		       struct hp_region_info *info)
{
	*info = (struct hp_region_info){
		.token = entry->token,
		.length = entry->length,
		.page_size = hp_manifest_page_size(entry),
		.address = entry->address,
		.layout = entry->layout,
		.state = HP_REGION_IS_RETURNED,
	};
	memcpy(info->label, entry->label, sizeof(info->label));
}

static bool is_listed(const struct hp_manifest *manifest,
		      const struct hp_region *region)
{
	return manifest && hp_manifest_find(manifest, region->token);
}

/*
 * Of the open regions that did not come back the one that was opened after
 * index others.
 */
static const struct hp_region *other_region(const struct hp_session *session,
					    unsigned int index)
{
	const struct hp_manifest *manifest = session->incoming.manifest;
	const struct hp_region *r;
	unsigned int count = 0;

	for (r = session->regions; r; r = r->next)
		count += !is_listed(manifest, r);
	if (index >= count)
		return NULL;
	/* The list begins with the one that was opened last. */
	for (r = session->regions; r; r = r->next)
		if (!is_listed(manifest, r) && index == --count)
			break;
	return r;
}

/* The session is locked, and its manifest is read if that is possible. */
static int tell_region(const struct hp_session *session, unsigned int index,
		       struct hp_region_info *info)
{
	const struct hp_manifest *manifest = session->incoming.manifest;
	unsigned int listed = manifest ? manifest->count : 0;
	const struct hp_region *region;

	if (index >= listed) {
		region = other_region(session, index - listed);
		if (!region)
			return -ENOENT;
	} else {
		region = hp_session_find(session,
					 manifest->entries[index].token);
	}
	if (region)
		hp_session_describe(region, info);
	else
		tell_entry(&manifest->entries[index], info);
	return 0;
}

HP_EXPORT int hp_session_region(struct hp_session *session, unsigned int index,
				struct hp_region_info *info)
{
	struct hp_region_info known;
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	err = hp_info_check(info, sizeof(known));
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	err = load(session);
	if (err < 0)
		return err;
	err = tell_region(session, index, &known);
	if (err < 0)
		return err;
	hp_info_fill(info, &known, sizeof(known));
	return 0;
}
