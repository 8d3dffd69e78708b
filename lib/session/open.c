// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "session/session.h"
#include "system/cleanup.h"

/* The session in which systemd hands its stores to the next kernel. */
#define NAME_TAKEN "systemd"

/* The caller's, complete and without what nobody can mean. */
static int read_options(struct hp_session_opts *ret_known,
			const struct hp_session_opts *opts)
{
	int err = hp_options_read(ret_known, sizeof(*ret_known), opts);

	if (err < 0)
		return err;
	if (ret_known->flags &
		    ~(unsigned int)(HP_SESSION_LOCAL | HP_SESSION_NO_STORE) ||
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

/* -- Who holds it? --------------------------------------------------------- */

/* -ENOENT: not the service manager. */
static int open_in_store(struct hp_session *session)
{
	int err;

	err = hp_store_init(&session->store, session->sys, &session->log,
			    session->name, session->opts.timeout_ms);
	if (err < 0)
		return err;
	session->holder = &hp_in_store;
	session->holder_kind = HP_HOLDER_STORE;
	if (session->store.passed.count) {
		/* What cannot be read is told later, and loses nothing. */
		err = hp_session_fetch_all(session);
		if (session->manifest_error)
			err = 0;
		if (err < 0 || session->came_back)
			return err;
	}
	if (!session->store.manager.address[0])
		return -ENOENT;
	err = hp_session_need_manifest(session);
	if (!err)
		err = hp_store_start(&session->store, session->manifest);
	if (!err && session->store.record.id) {
		session->all_lost = true;
		hp_log(&session->log, LOG_ERR,
		       "the store of the service manager had this session and "
		       "is empty: after a reboot, a refused update, or "
		       "systemctl clean (see %s)",
		       session->store.record.path);
	}
	return err;
}

static void leave_store(struct hp_session *session)
{
	hp_in_store.close(session);
	while (session->regions)
		hp_session_remove(session, session->regions);
	hp_session_end_manifest(session);
}

static int open_in_process(struct hp_session *session)
{
	const struct hp_session_opts *opts = &session->opts;
	int err;

	session->holder = &hp_in_process;
	session->holder_kind =
		opts->fds_count ? HP_HOLDER_GIVEN : HP_HOLDER_PROCESS;
	err = hp_source_open(&session->source, session->sys, &session->log,
			     session->name, opts, &session->incoming.fd);
	if (!err)
		session->came_back = session->incoming.fd >= 0;
	if (err != -ENODEV || !(opts->flags & HP_SESSION_LOCAL))
		return err;
	session->holder = &hp_in_nothing;
	session->holder_kind = HP_HOLDER_NONE;
	return 0;
}

/* After success nothing may fail: a close could free what came back. */
static int find_holder(struct hp_session *session)
{
	int err = -ENOENT;

	if (!session->opts.fds_count &&
	    !(session->opts.flags & HP_SESSION_NO_STORE)) {
		err = open_in_store(session);
		if (err < 0)
			leave_store(session);
	}
	return err == -ENOENT ? open_in_process(session) : err;
}

int hp_session_open_on(const struct hp_sys *sys, const char *name,
		       const struct hp_session_opts *opts,
		       struct hp_session **ret_session)
{
	struct hp_session_opts known;
	struct hp_session *session;
	size_t length;
	int err;

	if (!name || !ret_session)
		return -EINVAL;
	length = strnlen(name, HP_NAME_MAX + 1);
	if (!length || length > HP_NAME_MAX || !strcmp(name, NAME_TAKEN))
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
	session->opts = known;
	session->log.function = known.log;
	session->log.context = known.log_context;
	session->incoming.log = &session->log;
	session->incoming.fd = -1;
	session->store.manager.barrier = -1;
	session->outgoing.fd = -1;
	session->source.empty_fd = -1;
	memcpy(session->name, name, length);
	err = find_holder(session);
	if (err < 0)
		return err;
	session->opts.fds = NULL; /* the caller's */
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
