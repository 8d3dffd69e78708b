// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "export.h"
#include "region.h"
#include "session.h"

struct hp_region *hp_region_find(const struct hp_session *session,
				 uint64_t token)
{
	for (struct hp_region *r = session->regions; r; r = r->next)
		if (r->token == token)
			return r;
	return NULL;
}

void hp_region_free(struct hp_region *region)
{
	const struct hp_sys *sys = region->sys;

	if (!region->foreign_mapping)
		sys->unmap(region->address, region->length);
	sys->close(region->fd);
	hp_numa_end(&region->numa, sys);
	sys->free(region);
}

int hp_region_check_request(const struct hp_session *session, uint64_t token,
			    struct hp_region **ret_region)
{
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	return !ret_region || token == HP_TOKEN_RESERVED ? -EINVAL : 0;
}

int hp_region_check_token(struct hp_session *session, uint64_t token)
{
	int err;

	if (hp_region_find(session, token))
		return -EEXIST;
	if (session->incoming.fd < 0)
		return 0;
	err = hp_incoming_load(&session->incoming, session->sys);
	if (err < 0)
		return err;
	return hp_manifest_find(session->incoming.manifest, token) ? -EEXIST :
								     0;
}

void hp_region_enlist(struct hp_session *session, struct hp_region *region)
{
	region->next = session->regions;
	session->regions = region;
}

int hp_region_check_same(const struct hp_region *region,
			 struct hp_file_info *ret_info)
{
	int err;

	err = region->sys->file_info(region->fd, ret_info);
	if (err == -EBADF) /* closed */
		return -EUCLEAN;
	if (err < 0)
		return hp_error_common(err);
	if (ret_info->device != region->device ||
	    ret_info->inode != region->inode ||
	    hp_file_page_size(ret_info) != region->page_size)
		return -EUCLEAN;
	return 0;
}

int hp_region_check_file(const struct hp_region *region,
			 struct hp_file_info *ret_info)
{
	int err = hp_region_check_same(region, ret_info);

	if (err < 0)
		return err;
	return ret_info->length != region->length ? -EUCLEAN : 0;
}

void hp_region_remove(struct hp_region *region)
{
	struct hp_session *session = region->session;
	struct hp_region **link;

	for (link = &session->regions; *link != region;)
		link = &(*link)->next;
	*link = region->next;
	hp_region_free(region);
}

/* See hp_session_close(). */
static int close_copy(struct hp_region *region)
{
	int err;

	HP_UNCANCELLED();
	err = hp_session_check_copy(region->session);
	if (err < 0)
		return err;
	hp_region_remove(region);
	return 0;
}

/* Of no session, so any process that has it may close it. */
static int close_attached(struct hp_region *region)
{
	HP_UNCANCELLED();
	hp_region_free(region);
	return 0;
}

HP_EXPORT int hp_region_close(struct hp_region *region)
{
	if (!region)
		return 0;
	if (!region->session)
		return close_attached(region);
	if (hp_session_check(region->session) == -ECHILD)
		return close_copy(region);

	HP_LOCKED(&region->session->lock);
	if (region->preserved)
		return -EBUSY;
	hp_region_remove(region);
	return 0;
}

/* -- Getters --------------------------------------------------------------- */

HP_EXPORT void *hp_region_address(const struct hp_region *region)
{
	return region ? region->address : NULL;
}

HP_EXPORT uint64_t hp_region_length(const struct hp_region *region)
{
	return region ? region->length : 0;
}

HP_EXPORT uint64_t hp_region_page_size(const struct hp_region *region)
{
	return region ? region->page_size : 0;
}

HP_EXPORT uint64_t hp_region_token(const struct hp_region *region)
{
	return region ? region->token : 0;
}

HP_EXPORT int hp_region_fd(const struct hp_region *region)
{
	return region ? region->fd : -EINVAL;
}

HP_EXPORT int hp_region_is_preserved(const struct hp_region *region)
{
	return region ? region->preserved : 0;
}

HP_EXPORT enum hp_origin hp_region_origin(const struct hp_region *region)
{
	return region ? region->origin : (enum hp_origin)0;
}
