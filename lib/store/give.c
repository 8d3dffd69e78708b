// SPDX-License-Identifier: MIT
/*
 * What the service manager is asked to keep, and whether it does.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "memory/file.h"
#include "store/given.h"
#include "store/store.h"
#include "system/cleanup.h"

/*
 * execve(2) takes a string of up to 32 pages, and LISTEN_FDNAMES= is one. A part
 * is for the names that the program itself gives the manager.
 */
#define NAMES_LENGTH_MAX (120u << 10)

#define SETTLE_LEAST_MS 100
#define SETTLE_MOST_MS 2000

/* -- Giving ---------------------------------------------------------------- */

/* The manager gets a description that nobody else has, with the lock on it. */
static int give(struct hp_store *store, int fd,
		const struct hp_store_name *parts)
{
	char name[HP_STORE_NAME_SIZE];
	int err;

	HP_FD(theirs, store->sys, hp_store_reopen(store, fd));
	if (theirs.fd < 0)
		return theirs.fd;
	err = store->sys->lock(theirs.fd, parts->incarnation);
	if (err < 0)
		return hp_error_common(err);
	hp_store_name(name, store->prefix, parts);
	err = hp_manager_store(&store->manager, name, theirs.fd);
	return err < 0 ? -EAGAIN : 0;
}

static int remove_name(struct hp_store *store,
		       const struct hp_store_name *parts)
{
	char name[HP_STORE_NAME_SIZE];

	hp_store_name(name, store->prefix, parts);
	return hp_manager_remove(&store->manager, name);
}

static struct hp_store_name name_of(const struct hp_store *store,
				    const struct hp_region *region)
{
	return (struct hp_store_name){
		.id = store->id,
		.token = region->token,
		.incarnation = region->incarnation,
	};
}

int hp_store_put(struct hp_store *store, const struct hp_region *region)
{
	const struct hp_store_name name = name_of(store, region);

	return give(store, region->fd, &name);
}

/* An older request may still be on its way, and is taken back. */
int hp_store_put_manifest(struct hp_store *store,
			  const struct hp_manifest *manifest)
{
	const struct hp_store_name name = {
		.manifest = true,
		.id = store->id,
	};
	int err;

	if (remove_name(store, &name) < 0)
		return -EAGAIN;
	err = give(store, manifest->fd, &name);
	store->asked = !err;
	return err;
}

int hp_store_check_names(const struct hp_store *store, unsigned int more)
{
	const struct hp_store_name longest = { .id = store->id };
	char name[HP_STORE_NAME_SIZE];

	hp_store_name(name, store->prefix, &longest);
	if (store->passed.names_length +
		    ((size_t)more + 1) * (strlen(name) + 1) <=
	    NAMES_LENGTH_MAX)
		return 0;
	hp_log(store->log, LOG_ERR,
	       "systemd could not start this service again with the names of "
	       "so many regions: give the session a shorter name, or fewer "
	       "regions");
	return -ENOSPC;
}

void hp_store_replace_manifest(struct hp_store *store)
{
	const struct hp_store_name name = {
		.manifest = true,
		.id = store->id,
	};
	struct hp_passed_fd *passed = hp_passed_get(&store->passed, &name);

	if (!passed)
		return;
	if (hp_passed_is_same(passed, store->sys))
		store->sys->leave(passed->fd);
	passed->taken = true;
	(void)remove_name(store, &name);
}

static int wait_once(struct hp_store *store)
{
	int err = hp_manager_wait(&store->manager);

	store->unanswered = err < 0;
	store->asked &= err < 0;
	if (err == -EMFILE || err == -ENFILE)
		return -EMFILE;
	return err < 0 ? -EAGAIN : 0;
}

/*
 * systemd closes what it refuses in a process that it forks for that, so the lock
 * is there for a moment after the answer: seen on a busy host. The moment is
 * longer where the answer took longer.
 */
int hp_store_wait(struct hp_store *store)
{
	uint64_t start = store->sys->now_ms(), pause;
	int err = wait_once(store);

	if (err < 0)
		return err;
	pause = 2 * (store->sys->now_ms() - start);
	if (pause < SETTLE_LEAST_MS)
		pause = SETTLE_LEAST_MS;
	if (pause > SETTLE_MOST_MS)
		pause = SETTLE_MOST_MS;
	store->sys->sleep_ms((unsigned int)pause);
	return 0;
}

static int has(const struct hp_sys *sys, int fd, uint64_t incarnation)
{
	int locked = sys->is_locked(fd, incarnation);

	return locked < 0 ? hp_error_common(locked) : locked;
}

int hp_store_has(const struct hp_region *region)
{
	struct hp_file_info info;
	int err = hp_region_check_same(region, &info);

	/* Never given, and no name has this number. */
	if (err < 0 || !region->incarnation)
		return err;
	return has(region->sys, region->fd, region->incarnation);
}

int hp_store_has_manifest(const struct hp_manifest *manifest)
{
	int err = hp_manifest_check(manifest);

	return err < 0 ? err : has(manifest->sys, manifest->fd, 0);
}

void hp_store_remove(struct hp_store *store, const struct hp_region *region)
{
	const struct hp_store_name name = name_of(store, region);

	/* It is off the list: the next owner lets it go if this fails. */
	if (remove_name(store, &name) < 0)
		store->keeps = true;
}

void hp_store_remove_manifest(struct hp_store *store)
{
	const struct hp_store_name name = {
		.manifest = true,
		.id = store->id,
	};

	(void)remove_name(store, &name);
	hp_given_forget(store);
}

void hp_store_close(struct hp_store *store, bool some_new)
{
	int err = some_new ? hp_given_remember(store) : 0;

	if (err < 0 && err != -EBUSY)
		hp_log(store->log, LOG_ERR,
		       "do not open the session again in this process");
	hp_manager_close(&store->manager);
	if (store->passed.fds)
		store->sys->free(store->passed.fds);
	store->passed = (struct hp_passed){ 0 };
}

/* -- A new session --------------------------------------------------------- */

/* Give it the manifest, and look whether it has it. */
static int offer(struct hp_store *store, struct hp_manifest *manifest)
{
	int err = hp_store_put_manifest(store, manifest);

	if (!err)
		err = hp_store_wait(store);
	if (!err)
		err = hp_store_has_manifest(manifest);
	if (err)
		return err > 0 ? 0 : err;
	if (!store->manager.has_store)
		return -ENOENT;
	hp_log(store->log, LOG_ERR,
	       "the service manager has a store and took nothing: it is full "
	       "(FileDescriptorStoreMax=), or it does not listen to this "
	       "process (NotifyAccess=)");
	return -ENOSPC;
}

int hp_store_start(struct hp_store *store, struct hp_manifest *manifest)
{
	int err;

	if (!store->manager.address[0])
		return -ENOENT;
	err = store->sys->lock_whole(manifest->fd);
	if (err < 0)
		return hp_error_common(err);
	store->id = manifest->about.id;
	err = hp_given_remember(store);
	if (err < 0)
		return err;
	err = offer(store, manifest);
	/* It may take it later, and nobody would know. */
	if (err < 0)
		hp_store_remove_manifest(store);
	return err;
}
