/* SPDX-License-Identifier: MIT */
/*
 * Things that end with their scope, so that an early return cannot leak them.
 * Take the value out with a keep function to let it live on.
 */
#ifndef HP_CLEANUP_H
#define HP_CLEANUP_H

#include <pthread.h>

#include "system/sys.h"

struct hp_fd {
	const struct hp_sys *sys;
	int fd;
};

static inline void hp_fd_end(struct hp_fd *f)
{
	if (f->fd >= 0)
		f->sys->close(f->fd);
}

static inline int hp_fd_keep(struct hp_fd *f)
{
	int fd = f->fd;

	f->fd = -1;
	return fd;
}

struct hp_memory {
	const struct hp_sys *sys;
	void *memory;
};

static inline void hp_memory_end(struct hp_memory *m)
{
	if (m->memory)
		m->sys->free(m->memory);
}

static inline void *hp_memory_keep(struct hp_memory *m)
{
	void *memory = m->memory;

	m->memory = NULL;
	return memory;
}

/*
 * None of this runs when the thread is cancelled (pthread_cancel): the cleanup
 * attribute is not part of that in C. So no thread is cancelled inside.
 */
static inline void hp_uncancelled_end(int *state)
{
	pthread_setcancelstate(*state, NULL);
}

static inline int hp_uncancelled_begin(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	return state;
}

struct hp_lock {
	pthread_mutex_t *mutex;
	int cancel_state;
};

static inline void hp_lock_end(struct hp_lock *lock)
{
	pthread_mutex_unlock(lock->mutex);
	hp_uncancelled_end(&lock->cancel_state);
}

static inline struct hp_lock hp_lock_begin(pthread_mutex_t *mutex)
{
	struct hp_lock lock = {
		.mutex = mutex,
		.cancel_state = hp_uncancelled_begin(),
	};

	pthread_mutex_lock(mutex);
	return lock;
}

#define HP_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Descriptor and memory of this scope. */
#define HP_FD(var, s, value) \
	HP_CLEANUP(hp_fd_end) struct hp_fd var = { .sys = (s), .fd = (value) }
#define HP_MEMORY(var, s, value)  \
	HP_CLEANUP(hp_memory_end) \
	struct hp_memory var = { .sys = (s), .memory = (value) }

/* No cancellation until the end of the scope. */
#define HP_UNCANCELLED()               \
	HP_CLEANUP(hp_uncancelled_end) \
	__attribute__((unused)) int hp_uncancelled = hp_uncancelled_begin()

/* The same, and hold a mutex. */
#define HP_LOCKED(m)            \
	HP_CLEANUP(hp_lock_end) \
	__attribute__((unused)) struct hp_lock hp_locked = hp_lock_begin(m)

#endif
