// SPDX-License-Identifier: MIT
/*
 * What a region can tell about itself.
 */
#include <errno.h>

#include "base/export.h"
#include "base/options.h"
#include "memory/shmem.h"
#include "session/session.h"
#include "system/cleanup.h"

/* In a structure of its own, since the caller's may be shorter or longer. */
static void fill(const struct hp_region *region, struct hp_region_info *info)
{
	struct hp_region_info known;

	hp_session_describe(region, &known);
	hp_info_fill(info, &known, sizeof(known));
}

HP_EXPORT int hp_region_info(struct hp_region *region,
			     struct hp_region_info *info)
{
	int err;

	if (!region)
		return -EINVAL;
	err = hp_info_check(info, sizeof(*info));
	if (err < 0)
		return err;
	if (!region->session) {
		fill(region, info);
		return 0;
	}
	err = hp_session_check(region->session);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	fill(region, info);
	return 0;
}

HP_EXPORT int hp_region_set_layout(struct hp_region *region, uint64_t layout)
{
	int err;

	if (!region)
		return -EINVAL;
	err = hp_session_check(region->session);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	region->layout = layout;
	if (!region->listed)
		return 0;
	err = hp_session_list(region->session, region);
	hp_manifest_write(region->session->manifest);
	return err;
}

HP_EXPORT int hp_region_check(struct hp_region *region)
{
	struct hp_file_info info;
	int err;

	if (!region)
		return -EINVAL;
	if (!region->session)
		return hp_region_check_file(region, &info);
	err = hp_session_check(region->session);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	return hp_region_check_file(region, &info);
}

/* All but shmem is in huge pages by its nature. */
static int count_huge(const struct hp_region *region, uint64_t *ret_bytes)
{
	if (region->shmem)
		return hp_shmem_count_huge(region, ret_bytes);
	*ret_bytes = region->length;
	return 0;
}

HP_EXPORT int hp_region_huge_bytes(struct hp_region *region,
				   uint64_t *ret_bytes)
{
	int err;

	if (!region || !ret_bytes)
		return -EINVAL;
	if (!region->session) {
		HP_UNCANCELLED();
		return count_huge(region, ret_bytes);
	}
	err = hp_session_check(region->session);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	return count_huge(region, ret_bytes);
}

HP_EXPORT int hp_region_get(struct hp_session *session, uint64_t token,
			    struct hp_region **ret_region)
{
	struct hp_region *region;
	int err = hp_session_check(session);

	if (err < 0)
		return err;
	if (!ret_region)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	region = hp_session_find(session, token);
	if (!region || !region->open)
		return -ENOENT;
	*ret_region = region;
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

/* In a forked child it is closed. */
HP_EXPORT int hp_region_fd(const struct hp_region *region)
{
	if (!region)
		return -EINVAL;
	return region->sys->forks() == region->forks ? region->fd : -ECHILD;
}

HP_EXPORT int hp_region_is_new(const struct hp_region *region)
{
	return region && (region->origin == HP_ORIGIN_CREATED ||
			  region->origin == HP_ORIGIN_LOST);
}

HP_EXPORT enum hp_origin hp_region_origin(const struct hp_region *region)
{
	return region ? region->origin : (enum hp_origin)0;
}
