// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "base/export.h"
#include "base/options.h"
#include "memory/file.h"
#include "session/session.h"
#include "system/cleanup.h"

/*
 * What the manifest says about the token. With HP_REGION_UNLISTED a manifest
 * that is no help is none: NULL.
 */
static int find_entry(struct hp_session *session, uint64_t token, bool unlisted,
		      const struct hp_manifest_entry **ret_entry)
{
	const struct hp_manifest_entry *entry = NULL;
	int err;

	err = hp_incoming_load(&session->incoming, session->sys);
	if (!err) {
		entry = hp_manifest_find(session->incoming.manifest, token);
		if (!entry)
			err = -ENOENT;
	}
	/* These pass, and then the manifest may be fine. */
	if (err < 0 && (!unlisted || err == -ENOMEM || err == -EMFILE))
		return err;
	*ret_entry = entry;
	return 0;
}

/* Does the entry allow what the options ask for? Sets the address. */
static int check_entry(const struct hp_session *session,
		       const struct hp_manifest_entry *entry,
		       struct hp_region_opts *known)
{
	if (known->page_size && entry->page_size &&
	    known->page_size != hp_manifest_page_size(entry))
		return -EINVAL;
	if (known->layout && known->layout != entry->layout) {
		hp_log(&session->log, LOG_ERR,
		       "layout %llu, not %llu: hp_region_reclaim",
		       (unsigned long long)entry->layout,
		       (unsigned long long)known->layout);
		return -ESTALE;
	}
	if (known->flags & HP_REGION_OLD_ADDRESS) {
		if (!entry->address || entry->address > UINTPTR_MAX ||
		    entry->address % entry->page_size) {
			hp_log(&session->log, LOG_ERR,
			       "the old address is not known: "
			       "hp_region_reclaim");
			return -EADDRINUSE;
		}
		known->address = (void *)(uintptr_t)entry->address;
	}
	return 0;
}

/* Is it a file that a region can be of, by whole pages? */
static bool is_region(const struct hp_file_info *info)
{
	return hp_file_page_size(info) && info->length &&
	       !(info->length % hp_file_unit(info));
}

static bool is_listed(const struct hp_file_info *info,
		      const struct hp_manifest_entry *entry)
{
	return info->length == entry->length &&
	       info->shmem_page_size == entry->shmem_page_size &&
	       hp_file_page_size(info) == hp_manifest_page_size(entry);
}

/*
 * A file with fewer pages than its length would read as zeros where data was.
 */
static int check_file(const struct hp_session *session, int fd,
		      const struct hp_manifest_entry *entry,
		      struct hp_file_info *ret_info)
{
	int err;

	err = session->sys->file_info(fd, ret_info);
	if (err < 0)
		return hp_error_common(err);
	if (is_region(ret_info) &&
	    (!entry->page_size || is_listed(ret_info, entry)) &&
	    hp_file_is_full(session->sys, fd, ret_info))
		return 0;
	hp_log(&session->log, LOG_ERR,
	       "the file has %llu bytes, %llu of them in memory, page size "
	       "%llu; the manifest says %llu bytes, page size %llu: "
	       "hp_region_reclaim",
	       (unsigned long long)ret_info->length,
	       (unsigned long long)ret_info->allocated,
	       (unsigned long long)hp_file_page_size(ret_info),
	       (unsigned long long)entry->length,
	       (unsigned long long)hp_manifest_page_size(entry));
	return -EUCLEAN;
}

/* Its file; the entry may be NULL. */
static int retrieve(const struct hp_session *session, uint64_t token,
		    const struct hp_manifest_entry *entry)
{
	const struct hp_incoming *incoming = &session->incoming;

	if (!entry)
		return hp_incoming_retrieve_unlisted(incoming, session->sys,
						     token);
	if (entry->shmem_page_size)
		return hp_incoming_retrieve_shmem(incoming, session->sys,
						  token);
	return hp_incoming_retrieve(incoming, session->sys, token);
}

/* Without a manifest the file is all that is known. */
static const struct hp_manifest_entry nothing_known;

static int reclaim(struct hp_session *session, uint64_t token,
		   struct hp_region_opts *known, struct hp_region **ret_region)
{
	const struct hp_manifest_entry *entry;
	const struct hp_sys *sys = session->sys;
	bool unlisted = known->flags & HP_REGION_UNLISTED;
	struct hp_file_info info;
	int err;

	err = find_entry(session, token, unlisted, &entry);
	if (err < 0)
		return err;
	unlisted = !entry;
	if (unlisted)
		entry = &nothing_known;
	err = check_entry(session, entry, known);
	if (err < 0)
		return err;

	HP_FD(file, sys, retrieve(session, token, unlisted ? NULL : entry));
	if (file.fd < 0)
		return file.fd;
	err = check_file(session, file.fd, entry, &info);
	if (err < 0)
		return err;
	if (known->page_size && known->page_size != hp_file_page_size(&info))
		return -EINVAL;

	err = hp_region_new(
		&(struct hp_region_parts){
			.session = session,
			.sys = sys,
			.log = &session->log,
			.token = token,
			.layout = entry->layout,
			.label = entry->label,
			.origin = HP_ORIGIN_LIVE_UPDATE,
			.fd = file.fd,
			.info = &info,
			.opts = known,
		},
		ret_region);
	if (err < 0)
		return err;
	hp_fd_keep(&file);
	hp_session_add(session, *ret_region);
	return 0;
}

HP_EXPORT int hp_region_reclaim(struct hp_session *session, uint64_t token,
				const struct hp_region_opts *opts,
				struct hp_region **ret_region)
{
	struct hp_region_opts known;
	int err;

	err = hp_session_check_request(session, token, ret_region);
	if (err < 0)
		return err;
	err = hp_region_options_read(&known, opts,
				     HP_TAKES_PAGE_SIZE | HP_TAKES_LAYOUT |
					     HP_TAKES_ADDRESS | HP_TAKES_NUMA,
				     HP_REGION_OLD_ADDRESS |
					     HP_REGION_READ_ONLY |
					     HP_REGION_UNLISTED);
	if (err < 0)
		return err;
	if (known.flags & HP_REGION_OLD_ADDRESS && known.address)
		return -EINVAL;

	HP_LOCKED(&session->lock);
	if (hp_session_find(session, token))
		return -EEXIST;
	if (session->incoming.fd < 0)
		return -ENOENT;
	return reclaim(session, token, &known, ret_region);
}
