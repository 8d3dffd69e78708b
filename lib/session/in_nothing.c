// SPDX-License-Identifier: MIT
/*
 * Nobody holds the session: HP_SESSION_LOCAL.
 */
#include <errno.h>

#include "session/session.h"

static int read_manifest(struct hp_session *session,
			 struct hp_manifest *manifest)
{
	(void)session;
	(void)manifest;
	return -ENOENT;
}

static int fetch(struct hp_session *session, uint64_t token,
		 const struct hp_manifest_entry *entry)
{
	(void)session;
	(void)token;
	(void)entry;
	return -ENOENT;
}

static int nothing(struct hp_session *session)
{
	(void)session;
	return 0;
}

static int hold(struct hp_session *session, struct hp_region *only)
{
	(void)session;
	(void)only;
	return -ENODEV;
}

static int has(const struct hp_region *region)
{
	(void)region;
	return 0;
}

static int release(struct hp_session *session, struct hp_region *region)
{
	(void)session;
	(void)region;
	return 0;
}

static int check_close(const struct hp_session *session)
{
	(void)session;
	return 0;
}

static void end(struct hp_session *session)
{
	(void)session;
}

static void outlives(const struct hp_session *session,
		     struct hp_session_info *info)
{
	(void)session;
	info->restart_reason = info->kexec_reason =
		"Nobody here can hold memory: the memory ends with this "
		"process.";
}

const struct hp_holder_calls hp_in_nothing = {
	.read = read_manifest,
	.fetch = fetch,
	.finish = nothing,
	.hold = hold,
	.has = has,
	.release = release,
	.release_all = end,
	.check_close = check_close,
	.close = end,
	.drop = end,
	.outlives = outlives,
};
