// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "session/session.h"
#include "system/cleanup.h"

/* The caller's, complete and without what nobody can mean. */
static int read_options(struct hp_session_opts *ret_known,
			const struct hp_session_opts *opts)
{
	int err = hp_options_read(ret_known, sizeof(*ret_known), opts);

	if (err < 0)
		return err;
	if (ret_known->flags & ~(unsigned int)HP_SESSION_LOCAL ||
	    ret_known->reserved)
		return -EINVAL;
	return ret_known->fds_count && !ret_known->fds ? -EINVAL : 0;
}

/* hp_session_lock() lets its thread go on. */
static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(lock, &recursive);
	pthread_mutexattr_destroy(&recursive);
}

int hp_session_open_on(const struct hp_sys *sys, const char *name,
		       const struct hp_session_opts *opts,
		       struct hp_session **ret_session)
{
	struct hp_session_opts known;
	struct hp_session *session;
	int err, incoming_fd = -1;
	size_t length;

	if (!name || !ret_session)
		return -EINVAL;
	length = strnlen(name, HP_NAME_MAX + 1);
	if (!length || length > HP_NAME_MAX)
		return -EINVAL;
	err = read_options(&known, opts);
	if (err < 0)
		return err;

	HP_UNCANCELLED();
	HP_MEMORY(memory, sys, sys->zalloc(sizeof(*session)));
	if (!memory.memory)
		return -ENOMEM;
	err = sys->watch_forks();
	if (err < 0)
		return hp_error_common(err);
	session = memory.memory;
	session->sys = sys;
	session->forks = sys->forks();
	session->log.function = known.log;
	session->log.context = known.log_context;
	session->incoming.log = &session->log;
	session->outgoing.fd = -1;
	memcpy(session->name, name, length);

	err = hp_source_open(&session->source, sys, &session->log,
			     session->name, &known, &incoming_fd);
	if (err == -ENODEV && known.flags & HP_SESSION_LOCAL)
		session->local = true;
	else if (err < 0)
		return err;
	/* From here nothing can fail: a close would free what came back. */
	session->incoming.fd = incoming_fd;
	init_lock(&session->lock);
	*ret_session = hp_memory_keep(&memory);
	return 0;
}

HP_EXPORT int hp_session_open(const char *name,
			      const struct hp_session_opts *opts,
			      struct hp_session **ret_session)
{
	return hp_session_open_on(&hp_sys_linux, name, opts, ret_session);
}
