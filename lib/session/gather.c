// SPDX-License-Identifier: MIT
/*
 * What came back: the manifest, and the regions that it lists.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "memory/file.h"
#include "session/session.h"
#include "system/cleanup.h"

/* -- The manifest ---------------------------------------------------------- */

static void log_found(const struct hp_session *session)
{
	const struct hp_manifest_about *about = &session->found;

	hp_log(&session->log, LOG_INFO,
	       "came back: %u regions, generation %llu, %ssealed, written by "
	       "library '%s' on kernel '%s'",
	       session->found_count, (unsigned long long)about->generation,
	       about->sealed ? "" : "not ", about->library, about->kernel);
}

int hp_session_read(struct hp_session *session)
{
	const struct hp_sys *sys = session->sys;
	int err;

	if (session->manifest || session->given_up)
		return 0;
	if (session->manifest_error)
		return session->manifest_error;

	HP_MEMORY(memory, sys, sys->zalloc(sizeof(struct hp_manifest)));
	if (!memory.memory)
		return -ENOMEM;
	err = session->holder->read(session, memory.memory);
	if (err == -ENOENT)
		return 0;
	session->came_back = true;
	if (err == -EBADMSG || err == -EOPNOTSUPP || err == -ENOMSG)
		session->manifest_error = err;
	if (err < 0)
		return err;
	session->manifest = hp_memory_keep(&memory);
	session->found = session->manifest->about;
	session->found_count = session->manifest->count;
	log_found(session);
	/* The next owner tells who this one was. */
	hp_manifest_sign(session->manifest);
	hp_manifest_write(session->manifest);
	return 0;
}

/* -- A region -------------------------------------------------------------- */

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

/* Another kernel had the file, so this one made it anew. */
static bool is_another_kernel(const struct hp_session *session)
{
	return session->holder_kind != HP_HOLDER_STORE ||
	       (session->manifest &&
		strcmp(session->found.boot_id,
		       session->manifest->about.boot_id) != 0);
}

/*
 * A grow that did not get to its end left a file that is too long, and a kexec
 * may have been the end. What LUO holds for a process does not grow.
 */
static void shorten(const struct hp_session *session, int fd,
		    const struct hp_manifest_entry *entry,
		    struct hp_file_info *info)
{
	if (!is_region(info) || info->length <= entry->length ||
	    entry->length % hp_file_unit(info) ||
	    session->holder_kind != HP_HOLDER_STORE)
		return;
	if (!session->sys->set_length(fd, entry->length))
		info->length = entry->length;
}

/*
 * After an update a file with fewer pages than its length would read as zeros
 * where data was. In the same kernel such holes are the application's. 1, 0 or an
 * error.
 */
static int is_whole(struct hp_session *session, int fd,
		    const struct hp_manifest_entry *entry,
		    struct hp_file_info *info)
{
	int full = 0;

	shorten(session, fd, entry, info);
	if (is_region(info) && is_listed(info, entry))
		full = is_another_kernel(session) ?
			       hp_file_is_full(session->sys, fd, info) :
			       1;
	if (full)
		return full;
	hp_log(&session->log, LOG_ERR,
	       "token %#llx: the file has %llu bytes, %llu of them in memory, "
	       "page size %llu; the manifest says %llu bytes, page size %llu",
	       (unsigned long long)entry->token,
	       (unsigned long long)info->length,
	       (unsigned long long)info->allocated,
	       (unsigned long long)hp_file_page_size(info),
	       (unsigned long long)entry->length,
	       (unsigned long long)hp_manifest_page_size(entry));
	return 0;
}

/* The entry may be NULL: then the file is all that is known. */
static int make_region(struct hp_session *session, uint64_t token, int fd,
		       const struct hp_manifest_entry *entry,
		       struct hp_region **ret_region)
{
	struct hp_region_parts parts = {
		.session = session,
		.sys = session->sys,
		.log = &session->log,
		.token = token,
		.fd = fd,
		.origin = is_another_kernel(session) ? HP_ORIGIN_LIVE_UPDATE :
						       HP_ORIGIN_KEPT,
	};
	struct hp_file_info info;
	int err, whole;

	err = session->sys->file_info(fd, &info);
	if (err < 0)
		return hp_error_common(err);
	whole = entry ? is_whole(session, fd, entry, &info) : is_region(&info);
	if (whole < 0)
		return whole;
	parts.info = &info;
	if (entry) {
		parts.layout = entry->layout;
		parts.label = entry->label;
	}
	err = hp_region_new(&parts, ret_region);
	if (err < 0)
		return err;
	(*ret_region)->damaged = !whole;
	(*ret_region)->listed = entry;
	if (entry) {
		(*ret_region)->old_address = entry->address;
		(*ret_region)->incarnation = entry->incarnation;
	}
	(*ret_region)->passed = session->holder_kind == HP_HOLDER_STORE;
	if (!entry && (*ret_region)->passed)
		(*ret_region)->incarnation =
			hp_store_incarnation(&session->store, fd);
	(*ret_region)->held = entry && (*ret_region)->passed;
	return 0;
}

/* In the place of a region that is gone. */
static int make_lost(struct hp_session *session,
		     const struct hp_manifest_entry *entry,
		     struct hp_region **ret_region)
{
	struct hp_region *region =
		session->sys->zalloc(sizeof(struct hp_region));

	if (!region)
		return -ENOMEM;
	region->session = session;
	region->sys = session->sys;
	region->log = &session->log;
	region->fd = -1;
	region->lost = true;
	region->listed = true;
	region->token = entry->token;
	region->length = entry->length;
	region->page_size = hp_manifest_page_size(entry);
	region->layout = entry->layout;
	memcpy(region->label, entry->label, sizeof(region->label));
	hp_log(&session->log, LOG_ERR,
	       "token %#llx: %llu bytes are lost, the holder does not have "
	       "them",
	       (unsigned long long)entry->token,
	       (unsigned long long)entry->length);
	*ret_region = region;
	return 0;
}

static int fetch(struct hp_session *session, uint64_t token,
		 const struct hp_manifest_entry *entry,
		 struct hp_region **ret_region)
{
	int fd, err;

	fd = session->holder->fetch(session, token, entry);
	if (fd == -ENODATA && entry) {
		err = make_lost(session, entry, ret_region);
		session->lost_count += !err;
	} else if (fd < 0) {
		return fd;
	} else {
		err = make_region(session, token, fd, entry, ret_region);
		/* A number of the manager's stays, to be asked for again. */
		if (err < 0 && session->holder_kind == HP_HOLDER_STORE)
			hp_store_untake(&session->store, fd);
		else if (err < 0)
			session->sys->close(fd);
	}
	if (err < 0)
		return err;
	hp_session_add(session, *ret_region);
	return 0;
}

int hp_session_fetch(struct hp_session *session, uint64_t token, bool unlisted,
		     struct hp_region **ret_region)
{
	struct hp_region *region = hp_session_find(session, token);
	const struct hp_manifest_entry *entry = NULL;
	int err;

	*ret_region = region;
	if (region)
		return 0;
	err = hp_session_read(session);
	if (session->manifest)
		entry = hp_manifest_find(session->manifest, token);
	if (err < 0 && !(unlisted && session->manifest_error))
		return err;
	if (!entry && !unlisted)
		return 0;
	err = fetch(session, token, entry, ret_region);
	return err == -ENOENT || (err == -ENODATA && !entry) ? 0 : err;
}

int hp_session_fetch_all(struct hp_session *session)
{
	struct hp_region *region;
	int err = hp_session_read(session);

	if (err < 0 || !session->manifest || session->gathered)
		return err;
	for (uint32_t i = 0; !err && i < session->manifest->count; i++)
		err = hp_session_fetch(session,
				       session->manifest->entries[i].token,
				       false, &region);
	session->gathered = !err;
	return err;
}
