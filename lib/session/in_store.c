// SPDX-License-Identifier: MIT
/*
 * The service manager's store holds the session.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "session/session.h"
#include "source/luo.h"

static int read_manifest(struct hp_session *session,
			 struct hp_manifest *manifest)
{
	int err = hp_store_open(&session->store, manifest);

	session->manifest_passed = !err;
	return err;
}

static int fetch(struct hp_session *session, uint64_t token,
		 const struct hp_manifest_entry *entry)
{
	const struct hp_store_name name = {
		.id = session->store.id,
		.token = token,
		.incarnation = entry ? entry->incarnation : 0,
	};

	return hp_store_take(&session->store, &name);
}

/* There is no end to an update: what came is held already. */
static int finish(struct hp_session *session)
{
	(void)session;
	return 0;
}

/* Without the manifest it would not be found. */
static int has(const struct hp_region *region)
{
	const struct hp_session *session = region->session;
	int err = hp_store_has(region);

	if (err != 1)
		return err;
	/* A manifest that is on its way to the manager is not there. */
	return session->manifest && !session->store.asked ?
		       hp_store_has_manifest(session->manifest) :
		       0;
}

/* -- Giving ---------------------------------------------------------------- */

/*
 * A new manifest in place of one that cannot be read gets the id of what came,
 * whose names stay right: the store may have no room for them twice. It lists what
 * is there before the manager gets it: an empty list would let all of it go.
 */
static int take_over_list(struct hp_session *session, uint64_t id)
{
	int err;

	session->manifest->about.id = id;
	for (struct hp_region *r = session->regions; r; r = r->next) {
		if (r->lost || !r->incarnation || hp_store_has(r) != 1)
			continue;
		err = hp_session_list(session, r);
		if (err < 0)
			return err;
		r->held = true;
	}
	hp_manifest_write(session->manifest);
	hp_store_replace_manifest(&session->store);
	return 0;
}

/*
 * A session without a manifest came back: a new one, with its owner's lock.
 */
static int make_manifest(struct hp_session *session)
{
	uint64_t id = session->store.id;
	int err;

	if (session->manifest)
		return 0;
	err = hp_session_need_manifest(session);
	if (err < 0)
		return err;
	err = session->sys->lock_whole(session->manifest->fd);
	if (err < 0) {
		hp_session_end_manifest(session);
		return hp_error_common(err);
	}
	if (id)
		err = take_over_list(session, id);
	session->store.id = session->manifest->about.id;
	return err;
}

/* The manager has dropped it, or it is new. */
static int hold_manifest(struct hp_session *session)
{
	int err = make_manifest(session);

	if (!err)
		err = hp_store_has_manifest(session->manifest);
	if (err < 0 || (err && !session->store.asked))
		return err < 0 ? err : 0;
	err = session->store.asked ?
		      0 :
		      hp_store_put_manifest(&session->store, session->manifest);
	if (!err)
		err = hp_store_wait(&session->store);
	if (!err)
		err = hp_store_has_manifest(session->manifest);
	return err > 0 ? 0 : err < 0 ? err : -ENOSPC;
}

static bool is_wanted(const struct hp_region *region,
		      const struct hp_region *only)
{
	return !region->lost && (!only || region == only);
}

/* By the name under which it was given. */
static bool is_listed(const struct hp_session *session,
		      const struct hp_region *region)
{
	const struct hp_manifest_entry *entry =
		hp_manifest_find(session->manifest, region->token);

	return entry && entry->incarnation == region->incarnation;
}

/*
 * Ask for one that the manager does not have, under a name of its own. The name
 * stays when it is asked for again, since the list may have it, and this process
 * may end before the answer. Of an older request nothing stays behind.
 */
static int ask(struct hp_session *session, struct hp_region *region)
{
	uint64_t incarnation;
	int err = hp_store_has(region);

	region->held = err == 1 && is_listed(session, region);
	if (err)
		return err < 0 ? err : 0;
	if (region->incarnation) {
		bool keeps = session->store.keeps;

		/* If that fails it is told again when the region goes. */
		hp_store_remove(&session->store, region);
		session->store.keeps = keeps;
	} else {
		err = session->sys->random(&incarnation);
		if (err < 0)
			return -EAGAIN;
		region->incarnation = incarnation | 4;
	}
	return hp_store_put(&session->store, region);
}

static int list_held(struct hp_session *session, struct hp_region *only)
{
	int err, result = 0;

	for (struct hp_region *r = session->regions; r; r = r->next) {
		if (!is_wanted(r, only) || r->held)
			continue;
		err = hp_store_has(r);
		if (err > 0)
			err = hp_session_list(session, r);
		else if (!err)
			err = -ENOSPC;
		r->held = !err;
		if (err == -E2BIG)
			hp_store_remove(&session->store, r);
		if (!result)
			result = err;
	}
	hp_manifest_write(session->manifest);
	return result;
}

/* All are asked for at once, and seen after one answer of the manager. */
static int hold_regions(struct hp_session *session, struct hp_region *only)
{
	bool missing = false;
	int err, result = 0;

	for (struct hp_region *r = session->regions; r; r = r->next) {
		if (!is_wanted(r, only))
			continue;
		err = ask(session, r);
		if (!result)
			result = err;
		missing |= !r->held;
	}
	if (!missing)
		return result;
	err = hp_store_wait(&session->store);
	if (!err)
		err = list_held(session, only);
	return result ? result : err;
}

/* Was it passed under the name that the manifest lists? */
static bool is_passed(const struct hp_session *session,
		      const struct hp_region *region)
{
	const struct hp_store_name name = {
		.id = session->store.id,
		.token = region->token,
		.incarnation = region->incarnation,
	};

	return hp_passed_get(&session->store.passed, &name);
}

/* The manager takes more names than the next process can be started with. */
static int check_names(const struct hp_session *session)
{
	unsigned int more = 0;

	for (struct hp_region *r = session->regions; r; r = r->next)
		more += !r->lost && !is_passed(session, r);
	return more ? hp_store_check_names(&session->store, more) : 0;
}

static int hold(struct hp_session *session, struct hp_region *only)
{
	int err = 0;

	/* Before it has answered, nothing is asked for a second time. */
	if (session->store.unanswered)
		err = hp_store_wait(&session->store);
	if (!err)
		err = check_names(session);
	if (!err)
		err = hold_manifest(session);
	/* It was never promised, and may take the room of what is. */
	if (!err && !only)
		hp_store_let_go(&session->store, true);
	if (!err)
		err = hold_regions(session, only);
	if (err < 0)
		return err;
	hp_record_write(&session->store.record, session->store.id);
	/* The rest has a new name now. */
	if (!only)
		hp_store_let_go(&session->store, false);
	return 0;
}

/* -- The end --------------------------------------------------------------- */

static int release(struct hp_session *session, struct hp_region *region)
{
	hp_store_remove(&session->store, region);
	region->held = false;
	region->incarnation = 0;
	return 0;
}

static void release_all(struct hp_session *session)
{
	for (struct hp_region *r = session->regions; r; r = r->next)
		if (r->held || r->incarnation)
			(void)release(session, r);
}

static int check_close(const struct hp_session *session)
{
	(void)session;
	return 0;
}

/* Numbers that were passed stay, for the next open in this process. */
static void close_store(struct hp_session *session)
{
	struct hp_manifest *manifest = session->manifest;
	bool some_new = false;

	for (struct hp_region *r = session->regions; r; r = r->next) {
		/* What is listed may be on its way to the manager. */
		if (r->lost || !(r->held || r->listed))
			continue;
		some_new |= !is_passed(session, r);
		if (r->passed)
			r->fd = -1;
	}
	if (manifest && session->manifest_passed) {
		session->sys->unmap(manifest->slots, manifest->size);
		manifest->slots = NULL;
		if (hp_manifest_check(manifest) != -EUCLEAN)
			hp_store_put_back(session->sys, manifest->fd);
	}
	hp_store_close(&session->store, some_new);
}

static void drop(struct hp_session *session)
{
	release_all(session);
	hp_store_let_go(&session->store, false);
	/* Else the empty list tells the next owner what to let go. */
	if (!session->store.keeps)
		hp_store_remove_manifest(&session->store);
	hp_record_write(&session->store.record, 0);
	if (session->manifest && session->manifest_passed) {
		session->sys->unmap(session->manifest->slots,
				    session->manifest->size);
		session->manifest->slots = NULL;
		session->sys->leave(session->manifest->fd);
	}
	hp_store_close(&session->store, false);
}

static void outlives(const struct hp_session *session,
		     struct hp_session_info *info)
{
	int listed = session->sys->lists_driver(LUO_DRIVERS, LUO_DRIVER);

	info->outlives_restart = HP_YES;
	info->restart_reason =
		"The service manager has the memory in its store. After a stop "
		"it keeps the memory if FileDescriptorStorePreserve=yes.";
	info->outlives_kexec = HP_NOT_KNOWN;
	info->kexec_reason =
		"That depends on the service manager (systemd 261 or later), "
		"on "
		"FileDescriptorStorePreserve=yes and on the next kernel: ask "
		"hugepersist doctor.";
	if (!session->store.manager.has_store) {
		info->outlives_kexec = HP_NO;
		info->kexec_reason = "The service manager does not hand its "
				     "store to the next "
				     "kernel: systemd before 261.";
	} else if (!listed) {
		info->kexec_reason = "This kernel shows no live update (kho=on "
				     "liveupdate=on): ask hugepersist doctor.";
	}
}

const struct hp_holder_calls hp_in_store = {
	.read = read_manifest,
	.fetch = fetch,
	.finish = finish,
	.hold = hold,
	.has = has,
	.release = release,
	.release_all = release_all,
	.check_close = check_close,
	.close = close_store,
	.drop = drop,
	.outlives = outlives,
};
