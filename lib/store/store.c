// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "memory/file.h"
#include "store/given.h"
#include "store/store.h"
#include "system/cleanup.h"

/* -- What was passed ------------------------------------------------------- */

int hp_store_init(struct hp_store *store, const struct hp_sys *sys,
		  const struct hp_log *log, const char *session,
		  unsigned int timeout_ms)
{
	int err;

	*store = (struct hp_store){ .sys = sys, .log = log };
	hp_store_prefix(store->prefix, session);
	err = hp_manager_find(&store->manager, sys, log, timeout_ms);
	if (!err)
		err = hp_record_init(&store->record, sys, log, store->prefix);
	if (err < 0)
		return err;
	return hp_passed_find(&store->passed, sys, log, store->prefix);
}

void hp_store_put_back(const struct hp_sys *sys, int fd)
{
	int other = sys->reopen(fd);

	/* Of a new description, so that the lock of the owner ends. */
	if (other >= 0 && sys->move(other, fd) < 0)
		sys->close(other);
}

/* The program had a reason, but what is behind the number is unknown now. */
int hp_store_reopen(const struct hp_store *store, int fd)
{
	int other = store->sys->reopen(fd);

	switch (other) {
	case -EBADF:
	case -ENXIO: /* a socket has the number now */
		hp_log(store->log, LOG_ERR,
		       "descriptor %d, which the service manager passed, is "
		       "closed",
		       fd);
		return -EUCLEAN;
	case -ENOENT: /* no /proc */
	case -EACCES:
	case -EPERM:
		hp_log_call(store->log, LOG_ERR, "what the manager passed",
			    "open(/proc/self/fd)", other);
		return -EACCES;
	default:
		return other < 0 ? hp_error_common(other) : other;
	}
}

/*
 * From now on the number is of a description of our own. The manager's keeps the
 * lock, or gets it now: after a kexec.
 */
static int make_ours(const struct hp_store *store,
		     const struct hp_passed_fd *passed, struct hp_fd *own)
{
	const uint64_t number = passed->name.incarnation;
	const struct hp_sys *sys = store->sys;
	int fd = passed->fd, err = sys->is_locked(own->fd, number);

	if (!err)
		err = sys->lock(fd, number);
	if (err >= 0)
		err = sys->move(own->fd, fd);
	if (err < 0) {
		hp_log_call(store->log, LOG_ERR, "what the manager passed",
			    "fcntl(F_OFD_SETLK)", err);
		return hp_error_common(err);
	}
	hp_fd_keep(own);
	return 0;
}

/*
 * A number that was left behind in this process has an empty file. -EUCLEAN: no
 * file that was ever given, so the program closed the number.
 */
static int is_empty(const struct hp_store *store, int fd)
{
	struct hp_file_info info;
	int err = store->sys->file_info(fd, &info);

	if (err < 0)
		return err == -EBADF ? -EUCLEAN : hp_error_common(err);
	return hp_file_page_size(&info) ? !info.length : -EUCLEAN;
}

/* -- The manifest that was passed ------------------------------------------ */

/* Of the manifests that were passed, the one of the session. */
struct choice {
	struct hp_passed_fd *passed;
	struct hp_fd own;
	int err; /* of reading it */
	uint32_t count, owner;
};

/*
 * A list that is empty was made in place of one that cannot be read, by a process
 * that did not get any further: it does not count more.
 */
static int rank(const struct choice *choice)
{
	if (choice->count)
		return 2;
	return choice->err < 0;
}

static void consider(struct hp_store *store, struct choice *best,
		     struct choice *other)
{
	bool better = !best->passed || rank(other) > rank(best);
	struct choice loser = better ? *best : *other;

	if (better)
		*best = *other;
	if (loser.own.fd >= 0)
		store->sys->close(loser.own.fd);
}

/* Read all manifests; the best one stays open. */
static int choose(struct hp_store *store, struct hp_manifest *manifest,
		  struct choice *best)
{
	unsigned int full = 0;

	for (unsigned int i = 0; i < store->passed.count; i++) {
		struct hp_passed_fd *passed = &store->passed.fds[i];
		struct choice other = { .passed = passed };
		int empty;

		if (!passed->name.manifest)
			continue;
		/* Stored twice: the same file, and all of a name goes at once. */
		if (best->passed && best->passed->name.id == passed->name.id) {
			passed->taken = true;
			continue;
		}
		other.own = (struct hp_fd){
			.sys = store->sys,
			.fd = hp_store_reopen(store, passed->fd),
		};
		if (other.own.fd < 0)
			return other.own.fd;
		empty = is_empty(store, other.own.fd);
		if (empty) {
			store->sys->close(other.own.fd);
			if (empty < 0)
				return empty;
			passed->taken = true;
			continue;
		}
		other.err =
			hp_manifest_read(store->sys, other.own.fd, manifest);
		if (other.err < 0 && !manifest->problem) {
			store->sys->close(other.own.fd);
			return hp_error_common(other.err);
		}
		if (!other.err && manifest->about.id != passed->name.id) {
			other.err = -EBADMSG;
			manifest->problem = "it is of another session";
		}
		if (other.err < 0)
			hp_log(store->log, LOG_ERR, "manifest: %s",
			       manifest->problem);
		other.count = other.err ? 0 : manifest->count;
		other.owner = manifest->about.owner;
		full += other.count > 0;
		consider(store, best, &other);
	}
	return full > 1 ? -ENOTUNIQ : 0;
}

static int own(struct hp_store *store, struct hp_manifest *manifest,
	       struct choice *choice)
{
	const struct hp_sys *sys = store->sys;
	int err = sys->lock_whole(choice->own.fd);

	if (err == -EAGAIN) {
		hp_log(store->log, LOG_ERR,
		       "process %u, or a child of it, has the session",
		       choice->owner);
		return -EALREADY;
	}
	if (err < 0)
		return hp_error_common(err);
	store->id = choice->passed->name.id;
	if (choice->err < 0)
		return choice->err;
	/* Once more, since it was the owner's until now. */
	err = hp_manifest_open(manifest, sys, choice->own.fd);
	if (err < 0)
		return manifest->problem ? err : hp_error_common(err);
	/* Its mapping has the lock of the owner from now on. */
	err = make_ours(store, choice->passed, &choice->own);
	if (err < 0) {
		sys->unmap(manifest->slots, manifest->size);
		manifest->slots = NULL;
		return err;
	}
	hp_manifest_renumber(manifest, choice->passed->fd);
	choice->passed->taken = choice->passed->used = true;
	return 0;
}

/* Was a manifest of that session id passed, whatever is in it? */
static bool has_manifest(const struct hp_store *store, uint64_t id)
{
	const struct hp_store_name name = { .manifest = true, .id = id };

	return hp_passed_get(&store->passed, &name);
}

/* Regions whose manifest did not come; the session id of the first one. */
static int find_orphans(struct hp_store *store, uint64_t *ret_id)
{
	for (unsigned int i = 0; i < store->passed.count; i++) {
		struct hp_passed_fd *passed = &store->passed.fds[i];
		int empty;

		if (passed->taken || passed->name.manifest ||
		    has_manifest(store, passed->name.id))
			continue;
		empty = is_empty(store, passed->fd);
		if (empty < 0)
			return empty;
		if (!empty) {
			*ret_id = passed->name.id;
			return 1;
		}
		passed->taken = true;
	}
	return 0;
}

static int open_best(struct hp_store *store, struct hp_manifest *manifest,
		     struct choice *choice)
{
	int err, orphans = 0;

	err = choose(store, manifest, choice);
	if (err < 0)
		return err;
	/* An empty list: see rank(). */
	if (!choice->passed || (!choice->err && !choice->count))
		orphans = find_orphans(store, &store->id);
	if (orphans)
		return orphans < 0 ? orphans : -ENOMSG;
	return choice->passed ? own(store, manifest, choice) : -ENOENT;
}

int hp_store_open(struct hp_store *store, struct hp_manifest *manifest)
{
	struct choice choice = { .own = { .sys = store->sys, .fd = -1 } };
	int err = hp_given_check(store);

	if (err < 0)
		return err;
	err = open_best(store, manifest, &choice);
	hp_fd_end(&choice.own);
	return err;
}

/* -- Taking regions -------------------------------------------------------- */

static struct hp_passed_fd *find(const struct hp_store *store,
				 const struct hp_store_name *name)
{
	if (name->incarnation)
		return hp_passed_get(&store->passed, name);
	for (unsigned int i = 0; i < store->passed.count; i++) {
		struct hp_passed_fd *passed = &store->passed.fds[i];

		if (!passed->taken && !passed->used && !passed->name.manifest &&
		    passed->name.token == name->token)
			return passed;
	}
	return NULL;
}

int hp_store_take(struct hp_store *store, const struct hp_store_name *name)
{
	struct hp_passed_fd *passed = find(store, name);
	int err;

	if (!passed || passed->used)
		return -ENODATA;
	HP_FD(own, store->sys, hp_store_reopen(store, passed->fd));
	if (own.fd < 0)
		return own.fd;
	err = is_empty(store, own.fd);
	if (err)
		return err < 0 ? err : -ENODATA;
	err = make_ours(store, passed, &own);
	if (err < 0)
		return err;
	passed->used = true;
	/* Else it gets another name, and this one is let go. */
	passed->taken = passed->name.id == store->id;
	return passed->fd;
}

uint64_t hp_store_incarnation(const struct hp_store *store, int fd)
{
	for (unsigned int i = 0; i < store->passed.count; i++)
		if (store->passed.fds[i].fd == fd &&
		    store->passed.fds[i].name.id == store->id)
			return store->passed.fds[i].name.incarnation;
	return 0;
}

void hp_store_untake(struct hp_store *store, int fd)
{
	for (unsigned int i = 0; i < store->passed.count; i++)
		if (store->passed.fds[i].fd == fd)
			store->passed.fds[i].used = store->passed.fds[i].taken =
				false;
}

void hp_store_let_go(struct hp_store *store, bool unused)
{
	for (unsigned int i = 0; i < store->passed.count; i++) {
		struct hp_passed_fd *passed = &store->passed.fds[i];
		char name[HP_STORE_NAME_SIZE];

		if (passed->taken || (unused && passed->used))
			continue;
		/* A second open in this process must not find it. */
		if (!passed->used && hp_passed_is_same(passed, store->sys))
			store->sys->leave(passed->fd);
		hp_store_name(name, store->prefix, &passed->name);
		/* A removal takes all of the name. */
		if (!hp_passed_get(&store->passed, &passed->name)->taken &&
		    hp_manager_remove(&store->manager, name) < 0) {
			store->keeps = true;
			continue;
		}
		passed->taken = true;
	}
}
