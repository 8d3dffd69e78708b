// SPDX-License-Identifier: MIT
#include <errno.h>

#include "cleanup.h"
#include "error.h"
#include "export.h"
#include "options.h"
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
	sys->free(region);
}

/* What create and reclaim ask of their arguments alike. */
static int check_request(const struct hp_session *session, uint64_t token,
			 const struct hp_region_opts *opts,
			 struct hp_region **ret_region,
			 struct hp_region_opts *known)
{
	int err;

	err = hp_session_check(session);
	if (err < 0)
		return err;
	if (!ret_region || token == HP_TOKEN_RESERVED)
		return -EINVAL;
	err = hp_options_read(known, sizeof(*known), opts);
	if (err < 0)
		return err;
	return known->flags || known->reserved ? -EINVAL : 0;
}

/* Huge page files report the lack of memory and of support in many ways. */
static int file_error(int err)
{
	switch (err) {
	case -ENODEV: /* no pages of that size */
	case -ENOENT:
	case -ENOSYS:
	case -EINVAL:
	case -EOPNOTSUPP:
		return -EOPNOTSUPP;
	case -ENOSPC:
		return -ENOMEM;
	case -EACCES:
	case -EPERM:
		return -EACCES;
	default:
		return hp_error_common(err);
	}
}

static int length_error(int err)
{
	return err == -EFBIG || err == -EINVAL ? -EINVAL : file_error(err);
}

static int map_error(int err)
{
	/* EAGAIN: mlockall(MCL_FUTURE) and the limit of locked memory. */
	return err == -EAGAIN ? -ENOMEM : hp_error_common(err);
}

/*
 * Map the file and put the region into its session. Takes over the descriptor,
 * but only on success. prepared is memory from before the file was there, so
 * that nothing needs undoing.
 */
static int add_region(struct hp_session *session, struct hp_memory *prepared,
		      struct hp_fd *file, const struct hp_region *values,
		      struct hp_region **ret_region)
{
	struct hp_map_request request = {
		.fd = file->fd,
		.length = values->length,
	};
	struct hp_region *region = prepared->memory;
	void *address;
	int err;

	err = session->sys->map(&request, &address);
	if (err < 0)
		return map_error(err);
	hp_memory_keep(prepared);
	region->session = session;
	region->sys = session->sys;
	region->token = values->token;
	region->length = values->length;
	region->page_size = values->page_size;
	region->origin = values->origin;
	region->device = values->device;
	region->inode = values->inode;
	region->address = address;
	region->fd = hp_fd_keep(file);
	region->next = session->regions;
	session->regions = region;
	*ret_region = region;
	return 0;
}

/* Is the token free, among the open regions and those that came back? */
static int check_token_free(struct hp_session *session, uint64_t token)
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

HP_EXPORT int hp_region_create(struct hp_session *session, uint64_t token,
			       uint64_t length,
			       const struct hp_region_opts *opts,
			       struct hp_region **ret_region)
{
	struct hp_region_opts known;
	struct hp_file_info info;
	struct hp_region values;
	const struct hp_sys *sys;
	int err;

	err = check_request(session, token, opts, ret_region, &known);
	if (err < 0)
		return err;
	if (!known.page_size)
		known.page_size = HP_PAGE_2M;
	if (known.page_size != HP_PAGE_2M || !length || length > INT64_MAX ||
	    length > SIZE_MAX || length % known.page_size)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	sys = session->sys;
	err = check_token_free(session, token);
	if (err < 0)
		return err;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(struct hp_region)));
	if (!memory.memory)
		return -ENOMEM;
	HP_FD(file, sys, sys->memfd("hugepersist region", known.page_size));
	if (file.fd < 0)
		return file_error(file.fd);
	err = sys->set_length(file.fd, length);
	if (err < 0)
		return length_error(err);
	err = sys->file_info(file.fd, &info);
	if (err < 0)
		return hp_error_common(err);
	values = (struct hp_region){
		.token = token,
		.length = length,
		.page_size = known.page_size,
		.origin = HP_ORIGIN_CREATED,
		.device = info.device,
		.inode = info.inode,
	};
	return add_region(session, &memory, &file, &values, ret_region);
}

/*
 * A file with fewer pages than its length would read as zeros where data was.
 */
static int check_returned(const struct hp_sys *sys, int fd,
			  const struct hp_manifest_entry *entry,
			  struct hp_file_info *ret_info)
{
	int err;

	err = sys->file_info(fd, ret_info);
	if (err < 0)
		return hp_error_common(err);
	if (ret_info->page_size != entry->page_size ||
	    ret_info->length != entry->length ||
	    ret_info->allocated < entry->length)
		return -EUCLEAN;
	return 0;
}

HP_EXPORT int hp_region_reclaim(struct hp_session *session, uint64_t token,
				const struct hp_region_opts *opts,
				struct hp_region **ret_region)
{
	const struct hp_manifest_entry *entry;
	struct hp_region_opts known;
	struct hp_file_info info;
	struct hp_region values;
	const struct hp_sys *sys;
	int err;

	err = check_request(session, token, opts, ret_region, &known);
	if (err < 0)
		return err;

	HP_LOCKED(&session->lock);
	sys = session->sys;
	if (hp_region_find(session, token))
		return -EEXIST;
	if (session->incoming.fd < 0)
		return -ENOENT;
	err = hp_incoming_load(&session->incoming, sys);
	if (err < 0)
		return err;
	entry = hp_manifest_find(session->incoming.manifest, token);
	if (!entry)
		return -ENOENT;
	if (known.page_size && known.page_size != entry->page_size)
		return -EINVAL;
	if (entry->page_size != HP_PAGE_2M)
		return -EOPNOTSUPP;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(struct hp_region)));
	if (!memory.memory)
		return -ENOMEM;
	HP_FD(file, sys, hp_incoming_retrieve(&session->incoming, sys, token));
	if (file.fd < 0)
		return file.fd;
	err = check_returned(sys, file.fd, entry, &info);
	if (err < 0)
		return err;
	values = (struct hp_region){
		.token = token,
		.length = entry->length,
		.page_size = entry->page_size,
		.origin = HP_ORIGIN_LIVE_UPDATE,
		.device = info.device,
		.inode = info.inode,
	};
	return add_region(session, &memory, &file, &values, ret_region);
}

int hp_region_check_file(const struct hp_region *region,
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
	    ret_info->length != region->length ||
	    ret_info->page_size != region->page_size)
		return -EUCLEAN;
	return 0;
}

static void remove_region(struct hp_region *region)
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
	remove_region(region);
	return 0;
}

HP_EXPORT int hp_region_close(struct hp_region *region)
{
	if (!region)
		return 0;
	if (hp_session_check(region->session) == -ECHILD)
		return close_copy(region);

	HP_LOCKED(&region->session->lock);
	if (region->preserved)
		return -EBUSY;
	remove_region(region);
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
