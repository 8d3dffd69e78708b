// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store/given.h"
#include "system/cleanup.h"

struct given {
	struct given *next;
	pid_t process;
	uint64_t id;
	char prefix[HP_STORE_PREFIX_SIZE];
};

static pthread_mutex_t given_lock = PTHREAD_MUTEX_INITIALIZER;
static struct given *all_given;

/* The place of a session that this process gave away, or the end of the list. */
static struct given **find_given(const struct hp_store *store)
{
	struct given **link = &all_given;

	while (*link && ((*link)->process != store->sys->process_id() ||
			 strcmp((*link)->prefix, store->prefix) != 0))
		link = &(*link)->next;
	return link;
}

/* -EBUSY: it gave one of that name away. With the lock. */
static int check_locked(const struct hp_store *store)
{
	if (!*find_given(store))
		return 0;
	hp_log(store->log, LOG_INFO,
	       "this process gave the service manager a session of that name: "
	       "the next start finds it");
	return -EBUSY;
}

int hp_given_check(const struct hp_store *store)
{
	HP_LOCKED(&given_lock);

	return check_locked(store);
}

int hp_given_remember(const struct hp_store *store)
{
	HP_LOCKED(&given_lock);
	struct given *given;
	int err = check_locked(store);

	if (err < 0)
		return err;
	given = calloc(1, sizeof(*given));
	if (!given)
		return -ENOMEM;
	given->process = store->sys->process_id();
	given->id = store->id;
	strcpy(given->prefix, store->prefix);
	given->next = all_given;
	all_given = given;
	return 0;
}

void hp_given_forget(const struct hp_store *store)
{
	HP_LOCKED(&given_lock);
	struct given **link = find_given(store), *given = *link;

	if (!given || given->id != store->id)
		return;
	*link = given->next;
	free(given);
}
