/* SPDX-License-Identifier: MIT */
/* The save on a disk: what a full reboot leaves. */
#include "storage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Note what is in the directory: 0 or -errno. */
static int look(struct storage *st, struct hp_save_info *info)
{
	int rc;

	*info = (struct hp_save_info){ .size = sizeof(*info) };
	rc = hp_save_info(st->save_dir, info);
	st->saved.seconds = rc == 0 ? info->written_ns / 1000000000 : 0;
	st->saved.bytes = rc == 0 ? info->stored_bytes : 0;
	return rc;
}

static int check_directory(const char *path)
{
	struct stat stat_of;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (stat(path, &stat_of) < 0)
		return -errno;
	if (!S_ISDIR(stat_of.st_mode))
		return -ENOTDIR;
	return access(path, R_OK | W_OK | X_OK) < 0 ? -errno : 0;
}

int storage_save_init(struct storage *st, const struct options *o)
{
	struct hp_save_info info;
	int rc;

	if (!o->save_dir)
		return 0;
	rc = check_directory(o->save_dir);
	if (rc < 0) {
		fprintf(stderr,
			"hp-kv: --save-dir: %s: %s. Give a directory that hp-kv may read and write; the one\n"
			"above it has to be there.\n",
			o->save_dir, strerror(-rc));
		return rc;
	}
	st->save_dir = o->save_dir;
	rc = look(st, &info);
	if (rc == 0 && strcmp(info.session, o->session)) {
		fprintf(stderr,
			"hp-kv: --save-dir: %s holds the save of session '%s', which would be lost. Give\n"
			"another directory, or --session=%s\n",
			o->save_dir, info.session, info.session);
		return -EBUSY;
	}
	/* Whether a damaged one matters shows when it is needed. */
	st->saved.error = rc == -ENOENT ? 0 : rc;
	return 0;
}

void storage_save_opened(struct storage *st)
{
	st->saved.is_known = hp_region_origin(st->region) == HP_ORIGIN_SAVE;
	st->saved.changes = st->store.changes;
}

int storage_save(struct storage *st)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.progress = storage_progress,
		.context = st,
	};
	struct hp_save_info info;
	int rc;

	/* In a format that this version cannot read: --discard gave it up. */
	if (st->save_given_up)
		opts.flags = HP_SAVE_REPLACE;
	st->detail[0] = '\0';
	rc = hp_session_save(st->session, st->save_dir, &opts, NULL);
	if (rc == 0) {
		st->saved.is_known = true;
		st->saved.changes = st->store.changes;
		rc = look(st, &info);
	}
	if (rc < 0)
		storage_say(st, "not saved to the directory", rc);
	st->saved.error = rc;
	return rc;
}

int storage_save_at_end(struct storage *st)
{
	int rc = st->save_dir ? storage_save(st) : 0;

	if (rc < 0)
		fprintf(stderr,
			"hp-kv: not ending, because what was written since the last save would be lost. When\n"
			"there is room and the disk is well, end it again; SHUTDOWN NOSAVE ends it without.\n");
	return rc;
}

const char *storage_save_status(const struct storage *st)
{
	if (st->saved.error < 0)
		return "failed";
	return st->saved.seconds ? "ok" : "none";
}

bool storage_is_saved(const struct storage *st)
{
	return st->saved.is_known && st->saved.changes == st->store.changes;
}
