// SPDX-License-Identifier: MIT
/*
 * The memory is given to the holder, and taken back.
 */
#include <errno.h>
#include <stdbool.h>

#include "base/export.h"
#include "session/session.h"
#include "system/cleanup.h"

/* -- The end of an update -------------------------------------------------- */

static bool is_open(const struct hp_session *session, uint64_t token)
{
	const struct hp_region *region = hp_session_find(session, token);

	return region && region->open;
}

/* The list first: what is on it must be with the holder. */
static void drop_unopened(struct hp_session *session)
{
	struct hp_manifest *manifest = session->manifest;
	struct hp_region *next;

	for (uint32_t i = 0; manifest && i < manifest->count;) {
		uint64_t token = manifest->entries[i].token;

		if (is_open(session, token))
			i++;
		else
			hp_manifest_remove(manifest, token);
	}
	if (manifest)
		hp_manifest_write(manifest);
	for (struct hp_region *r = session->regions; r; r = next) {
		next = r->next;
		if (r->open)
			continue;
		hp_session_unlink(session, r);
		/* A name in a store has it, too. */
		if (r->held || r->incarnation)
			(void)session->holder->release(session, r);
		hp_region_free(r);
	}
}

/* Once; what is not open is carried along, or given up. */
static int commit(struct hp_session *session, bool drop)
{
	int err;

	err = drop ? hp_session_read(session) : hp_session_fetch_all(session);
	if (err < 0 && !(drop && session->manifest_error))
		return err;
	if (drop)
		drop_unopened(session);
	session->given_up |= drop && session->manifest_error;
	return session->holder->finish(session);
}

HP_EXPORT int hp_session_commit(struct hp_session *session, unsigned int flags)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	if (flags & ~(unsigned int)HP_COMMIT_DROP)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	return commit(session, flags & HP_COMMIT_DROP);
}

/* -- Preserve -------------------------------------------------------------- */

static uint64_t open_bytes(const struct hp_session *session)
{
	uint64_t bytes = 0;

	for (const struct hp_region *r = session->regions; r; r = r->next)
		if (r->open)
			bytes += r->length;
	return bytes;
}

/* Whoever has a file fills what is missing, or fails when nobody can be told. */
static int fill(struct hp_session *session, const struct hp_region *only,
		struct hp_patience *patience)
{
	int err;

	patience->done_bytes = 0;
	for (const struct hp_region *r = session->regions; r; r = r->next) {
		if (!r->open || (only && r != only))
			continue;
		err = hp_region_fill(r, session->opts.populate_threads,
				     hp_patience_tell, patience);
		if (err < 0)
			return err;
		patience->done_bytes += r->length;
	}
	return 0;
}

static int preserve_once(struct hp_session *session,
			 struct hp_patience *patience)
{
	int err = commit(session, false);

	if (!err)
		err = fill(session, NULL, patience);
	if (!err)
		err = session->holder->hold(session, NULL);
	return err;
}

HP_EXPORT int hp_session_preserve(struct hp_session *session)
{
	struct hp_patience patience;
	int err = hp_session_check(session), wait;

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (session->holder_kind == HP_HOLDER_NONE)
		return -ENODEV;
	patience = hp_patience_begin(session);
	patience.total_bytes = open_bytes(session);
	do {
		err = preserve_once(session, &patience);
		wait = err ? hp_patience_wait(&patience, err) : err;
	} while (err && !wait);
	return wait;
}

HP_EXPORT int hp_region_preserve(struct hp_region *region)
{
	struct hp_session *session;
	struct hp_patience patience;
	int err;

	if (!region)
		return -EINVAL;
	session = region->session;
	err = hp_session_check(session);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	if (session->incoming.fd >= 0)
		return -EINPROGRESS;
	/* A new list would hide from the next owner that the old one is gone. */
	if (session->manifest_error && !session->given_up)
		return session->manifest_error;
	if (region->held && region->listed && session->holder->has(region) == 1)
		return 0;
	patience = hp_patience_begin(session);
	patience.total_bytes = region->length;
	err = fill(session, region, &patience);
	return err < 0 ? err : session->holder->hold(session, region);
}

HP_EXPORT int hp_region_is_preserved(const struct hp_region *region)
{
	int err;

	if (!region)
		return 0;
	err = hp_session_check(region->session);
	if (err < 0)
		return err == -EINVAL ? 0 : err;

	HP_LOCKED(&region->session->lock);
	return region->held ? region->session->holder->has(region) : 0;
}

/* -- Abort ----------------------------------------------------------------- */

HP_EXPORT int hp_session_abort(struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	/* The list first: what is on it must be with the holder. */
	for (struct hp_region *r = session->regions; r; r = r->next) {
		/* A store that has dropped it has it on the list still. */
		if (!r->held && (r->fd < 0 || !r->listed ||
				 session->holder_kind != HP_HOLDER_STORE))
			continue;
		hp_manifest_remove(session->manifest, r->token);
		r->listed = false;
	}
	if (session->manifest) {
		session->manifest->about.sealed = 0;
		hp_manifest_write(session->manifest);
	}
	session->holder->release_all(session);
	return 0;
}

HP_EXPORT int hp_session_fd(const struct hp_session *session)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	return session->outgoing.fd < 0 ? -ENOENT : session->outgoing.fd;
}
