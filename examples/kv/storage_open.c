/* SPDX-License-Identifier: MIT */
/* Where the region is: kept, in a save, or not there yet. */
#include "storage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <syslog.h>

/* Which file or block it is: the library tells its log function. */
static void keep_detail(void *context, int priority, const char *message)
{
	struct storage *st = context;

	if (priority <= LOG_ERR)
		snprintf(st->detail, sizeof(st->detail), "%s", message);
}

static int open_session(struct storage *st, const struct options *o)
{
	const struct hp_session_opts opts = {
		.size = sizeof(opts),
		.flags = HP_SESSION_LOCAL,
		.populate_threads = 4,
		.wait = storage_wait,
		.wait_context = st,
		.log = keep_detail,
		.log_context = st,
	};
	struct hp_session_info info = { .size = sizeof(info) };
	int rc;

	do
		rc = hp_session_open(o->session, &opts, &st->session);
	while (storage_wait_again(st, rc));
	if (rc < 0)
		return storage_say(st, "cannot open the session", rc);
	/* Until it is known what came back it could be anything. */
	st->kept = 1;
	rc = hp_session_info(st->session, &info);
	if (rc < 0)
		return storage_say(st, "cannot tell what came back", rc);
	st->holder = info.holder;
	st->kept = info.manifest_error ? 1 : info.region_count;
	st->manifest_error = info.manifest_error;
	st->sealed = info.sealed;
	return 0;
}

/* -- What was kept --------------------------------------------------------- */

/* The store checks its content itself, so it does without a manifest. */
static int open_kept(struct storage *st, bool unlisted)
{
	const struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_MUST_EXIST |
			 (unlisted ? HP_REGION_UNLISTED : 0),
	};

	return hp_region_open(st->session, STORAGE_TOKEN, 0, &opts, &st->region);
}

/* Without a manifest what is not open can only be given up. */
static int end_update(struct storage *st, unsigned int flags)
{
	int rc;

	do
		rc = hp_session_commit(st->session, flags);
	while (storage_wait_again(st, rc));
	if (rc < 0)
		return storage_say(st, "cannot end the update", rc);
	st->manifest_error = 0;
	return 0;
}

static int discard(struct storage *st)
{
	unsigned int flags = st->manifest_error ? HP_COMMIT_DROP : 0;
	int rc = 0;

	/* Also a file that is not what the manifest says it is, and no file. */
	if (!st->region)
		rc = open_kept(st, true);
	if (rc == -EUCLEAN)
		flags = HP_COMMIT_DROP;
	else if (rc < 0)
		return storage_say(st, "cannot drop it", rc);
	rc = hp_region_drop(st->region);
	st->region = NULL;
	if (rc < 0)
		return storage_say(st, "cannot drop it", rc);
	rc = end_update(st, flags);
	if (rc < 0)
		return rc;
	st->kept--;
	fprintf(stderr, "hp-kv: dropped it, as --discard says\n");
	return 0;
}

static int unusable(struct storage *st, const struct options *o,
		    const char *why)
{
	fprintf(stderr, "hp-kv: the memory that was kept cannot be used: %s\n",
		why);
	if (st->detail[0])
		fprintf(stderr, "hp-kv: %s\n", st->detail);
	if (o->discard)
		return discard(st);
	fprintf(stderr,
		"hp-kv: not starting. With --discard hp-kv gives up such memory, and goes on with\n"
		"%s.\n", o->save_dir ? "the save, or an empty store" :
		"an empty store");
	return -EUCLEAN;
}

/* 0: st->region is it, or NULL if there is none. */
static int take_kept(struct storage *st, const struct options *o)
{
	const char *why;
	int rc = open_kept(st, st->manifest_error);

	if (rc == -ENOENT || rc == -ENODATA) {
		st->lost = rc == -ENODATA || st->manifest_error;
		if (st->lost)
			fprintf(stderr,
				"hp-kv: the keys and values are lost: the holder of the memory does not have it\n");
		return 0;
	}
	if (rc == -EUCLEAN)
		return unusable(st, o, hp_strerror(rc));
	if (rc < 0)
		return storage_say(st, "cannot open the memory that was kept", rc);
	rc = store_open(&st->store, hp_region_address(st->region),
			hp_region_length(st->region), &why);
	if (rc < 0)
		return unusable(st, o, why);
	if (hp_region_length(st->region) != o->memory)
		fprintf(stderr,
			"hp-kv: the region came back with %" PRIu64 " bytes; --memory is for new ones\n",
			hp_region_length(st->region));
	return 0;
}

/* -- All of it ------------------------------------------------------------- */

static int find(struct storage *st, const struct options *o)
{
	int rc = open_session(st, o);

	if (rc == 0)
		rc = take_kept(st, o);
	if (rc == 0 && st->manifest_error)
		rc = end_update(st, HP_COMMIT_DROP);
	if (rc == 0 && !st->region)
		rc = storage_make(st, o);
	return rc;
}

/* A store that nobody can hold serves all the same, and says so. */
static int preserve(struct storage *st)
{
	int rc = storage_preserve(st);

	if (rc == 0)
		return 0;
	/* What passes was waited for, as far as that makes sense. */
	if (hp_error_class(rc) == HP_ERROR_AGAIN)
		return storage_say(st, "not starting, since the memory cannot be preserved",
				   rc);
	storage_say(st, "the data will not survive a restart or a kernel update",
		    rc);
	return 0;
}

/* Whoever asked for huge pages is told if it became less. */
static void measure(struct storage *st)
{
	uint64_t length = hp_region_length(st->region);
	int rc;

	st->huge_bytes = length;
	if (!storage_is_shmem(st))
		return;
	st->huge_bytes = 0;
	rc = hp_region_huge_bytes(st->region, &st->huge_bytes);
	if (rc < 0)
		storage_say(st, "cannot tell how much is in huge pages", rc);
	else if (st->huge_bytes < length)
		fprintf(stderr,
			"hp-kv: %" PRIu64 " of %" PRIu64 " bytes are in huge pages, the rest in small ones, since memory\n"
			"was not free in such pieces. Start hp-kv sooner after the boot, or write 1 to\n"
			"/proc/sys/vm/compact_memory before; shmem_enabled must not say 'deny'.\n",
			st->huge_bytes, length);
}

int storage_open(struct storage *st, const struct options *o)
{
	int rc;

	*st = (struct storage){ 0 };
	/* What came back is not touched if this goes wrong. */
	rc = storage_save_init(st, o);
	if (rc < 0)
		return rc;
	rc = find(st, o);
	if (rc == 0)
		rc = preserve(st);
	if (rc < 0)
		return rc;
	storage_save_opened(st);
	measure(st);
	st->serving = true;
	return 0;
}
