// SPDX-License-Identifier: MIT
/*
 * This process holds the session, by LUO sessions of its own or of whoever gave
 * them. LUO has two kinds: incoming is what the previous kernel left, outgoing is
 * what the next one gets. The first must end before the second can begin: a file
 * that LUO still holds from the last update cannot be preserved.
 */
#include <errno.h>

#include "base/error.h"
#include "session/session.h"
#include "system/cleanup.h"

static int read_manifest(struct hp_session *session,
			 struct hp_manifest *manifest)
{
	const struct hp_sys *sys = session->sys;
	int err;

	if (session->incoming.fd < 0)
		return -ENOENT;
	HP_FD(file, sys, hp_incoming_manifest(&session->incoming, sys));
	if (file.fd == -ENOENT) {
		/* The update came before the first file of the session. */
		session->came_back = true;
		return -ENOENT;
	}
	if (file.fd < 0)
		return file.fd;
	err = hp_manifest_open(manifest, sys, file.fd);
	if (err < 0 && !manifest->problem) {
		hp_log(&session->log, LOG_ERR, "reading the manifest: %s",
		       HP_ERRNO(err));
		return hp_error_common(err);
	}
	if (err < 0)
		hp_log(&session->log, LOG_ERR, "manifest: %s",
		       manifest->problem);
	else
		hp_fd_keep(&file);
	return err;
}

static int fetch(struct hp_session *session, uint64_t token,
		 const struct hp_manifest_entry *entry)
{
	if (session->incoming.fd < 0)
		return entry ? -ENODATA : -ENOENT;
	if (!entry)
		return hp_incoming_retrieve_unlisted(&session->incoming,
						     session->sys, token);
	return hp_incoming_retrieve(&session->incoming, session->sys, token,
				    entry->shmem_page_size);
}

static int finish(struct hp_session *session)
{
	if (session->incoming.fd < 0)
		return 0;
	return hp_incoming_finish(&session->incoming, session->sys);
}

static int has(const struct hp_region *region)
{
	return region->held &&
	       hp_outgoing_is_open(&region->session->outgoing, region->sys);
}

/* -- Giving ---------------------------------------------------------------- */

/*
 * Listed last: an update before that leaves a region that did not come back, as
 * if it had come before the request; the other way round there would be one that
 * is missing.
 */
static int add(struct hp_session *session, struct hp_region *region)
{
	int err = hp_outgoing_add(&session->outgoing, &session->source, region);

	if (!err)
		err = hp_session_list(session, region);
	if (err < 0)
		return err;
	hp_manifest_write(session->manifest);
	region->held = true;
	return 0;
}

static int begin(struct hp_session *session)
{
	int err = hp_session_need_manifest(session);

	if (!err)
		err = hp_manifest_check(session->manifest);
	if (!err)
		err = hp_outgoing_begin(&session->outgoing, &session->source,
					session->name, session->manifest->fd);
	return err;
}

/* LUO gives no single file back: the set ends, and a new one begins. */
static void end_set(struct hp_session *session)
{
	for (struct hp_region *r = session->regions; r; r = r->next)
		r->held = false;
	hp_outgoing_close(&session->outgoing, session->sys);
}

static bool holds_any(const struct hp_session *session)
{
	for (const struct hp_region *r = session->regions; r; r = r->next)
		if (r->held)
			return true;
	return false;
}

/*
 * All that was promised, and one more or all. One that fails does not keep the
 * others from being held.
 */
static int add_all(struct hp_session *session, const struct hp_region *more,
		   bool all)
{
	int err, result = 0;

	for (struct hp_region *r = session->regions; r; r = r->next) {
		if (r->held || r->lost || !(all || r == more || r->listed))
			continue;
		err = add(session, r);
		if (!result)
			result = err;
	}
	return result;
}

static int hold(struct hp_session *session, struct hp_region *only)
{
	int err;

	if (session->outgoing.fd >= 0 &&
	    !hp_outgoing_is_open(&session->outgoing, session->sys))
		end_set(session);
	err = begin(session);
	if (!err)
		err = add_all(session, only, !only);
	/* A file of an earlier try that failed is in the way. */
	if (err == -EEXIST) {
		end_set(session);
		err = begin(session);
		if (!err)
			err = add_all(session, only, !only);
	}
	/* An empty session would block the name for others. */
	if (err < 0 && !holds_any(session) && !session->source.lent)
		end_set(session);
	return err;
}

/* -- The end --------------------------------------------------------------- */

static int release(struct hp_session *session, struct hp_region *region)
{
	int err;

	(void)region;
	end_set(session);
	err = begin(session);
	if (!err)
		err = add_all(session, NULL, false);
	if (!holds_any(session) && !session->source.lent)
		end_set(session);
	return err;
}

static int check_close(const struct hp_session *session)
{
	return session->incoming.fd >= 0 || holds_any(session) ? -EBUSY : 0;
}

static void close_process(struct hp_session *session)
{
	hp_incoming_close(&session->incoming, session->sys);
	hp_outgoing_close(&session->outgoing, session->sys);
	hp_source_close(&session->source);
}

static void outlives(const struct hp_session *session,
		     struct hp_session_info *info)
{
	bool given = session->holder_kind == HP_HOLDER_GIVEN;

	info->outlives_restart = given ? HP_NOT_KNOWN : HP_NO;
	info->restart_reason =
		given ? "That depends on who gave the session." :
			"The memory lives as long as this process.";
	info->outlives_kexec = HP_YES;
	info->kexec_reason =
		given ? "The session goes to the next kernel." :
			"This process must be running when the kexec comes.";
}

const struct hp_holder_calls hp_in_process = {
	.read = read_manifest,
	.fetch = fetch,
	.finish = finish,
	.hold = hold,
	.has = has,
	.release = release,
	.release_all = end_set,
	.check_close = check_close,
	.close = close_process,
	.drop = close_process,
	.outlives = outlives,
};
