// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export.h"
#include "options.h"
#include "session.h"
#include "smallest.h"

/* The caller's, complete and without what nobody can mean. */
static int read_options(struct hp_session_opts *ret_known,
			const struct hp_session_opts *opts)
{
	const unsigned int flags = HP_SESSION_LOCAL | HP_SESSION_SERVICE;
	int err;

	err = hp_options_read(ret_known, sizeof(*ret_known), opts,
			      HP_SESSION_OPTS_SMALLEST);
	if (err < 0)
		return err;
	if (ret_known->flags & ~flags || ret_known->reserved)
		return -EINVAL;
	if (ret_known->fds_count && !ret_known->fds)
		return -EINVAL;
	return 0;
}

int hp_session_open_on(const struct hp_sys *sys, const char *name,
		       const struct hp_session_opts *opts,
		       struct hp_session **ret_session)
{
	struct hp_session_opts known;
	struct hp_session *session;
	struct hp_found found;
	size_t length;
	int err;

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
	session = memory.memory;
	session->sys = sys;
	session->owner = sys->getpid();
	session->log.function = known.log;
	session->log.context = known.log_context;
	session->incoming.log = &session->log;
	session->outgoing.fd = -1;
	memcpy(session->name, name, length);

	err = hp_source_open(&session->source, sys, &session->log,
			     session->name, &known, &found);
	if (err == -ENODEV && known.flags & HP_SESSION_LOCAL)
		session->local = true;
	else if (err < 0)
		return err;
	/* From here nothing can fail: a close would free what came back. */
	session->incoming.fd = found.incoming_fd;
	session->outgoing.inherited_fd = found.inherited_fd;
	session->returned = session->incoming.fd >= 0;
	pthread_mutex_init(&session->lock, NULL);
	*ret_session = hp_memory_keep(&memory);
	return 0;
}

HP_EXPORT int hp_session_open(const char *name,
			      const struct hp_session_opts *opts,
			      struct hp_session **ret_session)
{
	return hp_session_open_on(&hp_sys_linux, name, opts, ret_session);
}
