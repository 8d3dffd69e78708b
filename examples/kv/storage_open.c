/* SPDX-License-Identifier: MIT */
/* Where the region is: with the kernel, in a save, or not there yet. */
#include "storage.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>
#include <time.h>

#include <hugepersist/save.h>

#include "clock.h"

/* The one region of the session. */
#define POOL_TOKEN UINT64_C(1)

/* How often to try again what passes by itself, every tenth of a second. */
#define TRIES 50

/* Which file or block it is: the library tells its log function. */
static void keep_detail(void *context, int priority, const char *message)
{
	struct storage *st = context;

	if (priority <= LOG_ERR)
		snprintf(st->detail, sizeof(st->detail), "%s", message);
}

static int too_few_pages(const char *what, uint64_t bytes, int err)
{
	uint64_t pages = bytes / HP_PAGE_2M;

	storage_say("cannot create the region", err);
	fprintf(stderr,
		"hp-kv: %s needs %" PRIu64 " free huge pages of 2 MiB. To have so many more, run\n"
		"	sysctl vm.nr_hugepages=$(($(sysctl -n vm.nr_hugepages) + %" PRIu64 "))\n"
		"and look whether the number was reached, or start with a smaller --memory.\n",
		what, pages, pages);
	return err;
}

static int too_little_memory(uint64_t bytes, int err)
{
	storage_say("cannot create the region", err);
	fprintf(stderr,
		"hp-kv: --shmem takes all of the region at once: %" PRIu64 " MiB, and memory.max of the cgroup\n"
		"counts it. Make room, or start with a smaller --memory.\n",
		bytes >> 20);
	return err;
}

static int format(struct storage *st)
{
	unsigned char secret[KV_SECRET_SIZE];
	uint64_t length = hp_region_length(st->region);
	int rc;

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
		fprintf(stderr, "hp-kv: no random bytes for the hash key (getrandom): try again\n");
		return -EIO;
	}
	rc = store_format(&st->store, hp_region_address(st->region), length,
			  secret, clock_ms());
	if (rc < 0)
		fprintf(stderr, "hp-kv: cannot lay out a store in %" PRIu64 " bytes: use another --memory\n",
			length);
	return rc;
}

/*
 * Does an error speak of a region that the previous kernel handed over? If in
 * doubt, yes: such a region lives only as long as this process.
 */
static bool came_back(struct storage *st)
{
	struct hp_session_info session = { .size = sizeof(session) };
	struct hp_region_info region = { .size = sizeof(region) };

	if (hp_session_info(st->session, &session) < 0)
		return true;
	if (session.state != HP_STATE_RETURNED)
		return false;
	if (session.manifest_error)
		return true;
	for (unsigned int i = 0; ; i++) {
		int rc = hp_session_region(st->session, i, &region);

		if (rc < 0)
			return rc != -ENOENT;
		if (region.token == POOL_TOKEN)
			return true;
	}
}

static int take_over(struct storage *st, const struct options *o);

/*
 * What came back is not usable. It lives as long as this process does, so
 * there is nothing to keep for a later try: say so.
 */
static int unusable_region(struct storage *st, const struct options *o,
			   const char *why)
{
	const char *rest = o->save_dir ? "the save, or an empty store," :
		"an empty store";
	int rc;

	fprintf(stderr, "hp-kv: the region that the previous kernel handed over cannot be used: %s\n",
		why);
	if (!o->discard) {
		fprintf(stderr,
			"hp-kv: not starting. The kernel frees the region with this process. To go on with\n"
			"%s in such a case, start with --discard.\n",
			rest);
		return -EUCLEAN;
	}
	rc = hp_region_close(st->region);
	if (rc < 0)
		return storage_say("cannot close it", rc);
	st->region = NULL;
	rc = hp_session_commit(st->session, HP_COMMIT_DROP);
	if (rc < 0)
		return storage_say("cannot drop it", rc);
	fprintf(stderr, "hp-kv: dropped it, as --discard says\n");
	return take_over(st, o);
}

/* A save stays until the next one: there is no hurry to give it up. */
static int unusable_save(struct storage *st, const struct options *o,
			 const char *why)
{
	int rc;

	fprintf(stderr, "hp-kv: the save in %s cannot be used: %s\n",
		o->save_dir, why);
	if (st->detail[0])
		fprintf(stderr, "hp-kv: %s\n", st->detail);
	if (!o->discard) {
		fprintf(stderr,
			"hp-kv: not starting. The save is left as it is: put back a copy of it, or start\n"
			"with an empty --save-dir. With --discard hp-kv starts empty in such a case, and\n"
			"its next save replaces this one.\n");
		return -EUCLEAN;
	}
	rc = hp_region_close(st->region);
	if (rc < 0)
		return storage_say("cannot close it", rc);
	st->region = NULL;
	st->save_given_up = true;
	fprintf(stderr, "hp-kv: starting without it, as --discard says\n");
	return take_over(st, o);
}

static void pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/*
 * Some errors pass, and while they do the region lives only as long as this
 * process: do not give up at the first.
 */
static bool try_again(int rc, int *tries)
{
	if (rc != -ENOMEM && rc != -EMFILE && rc != -EAGAIN)
		return false;
	if (!(*tries)--)
		return false;
	pause_a_little();
	return true;
}

/* The loop, which reads these signals, is not running yet: they are blocked. */
static bool told_to_end(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	       (sigismember(&set, SIGTERM) || sigismember(&set, SIGINT) ||
		sigismember(&set, SIGHUP));
}

/*
 * A limit that is too low stays so until somebody raises it, and the region
 * with all its data waits for that only as long as this process does.
 */
static bool wait_for_room(struct storage *st, int rc, bool *said)
{
	if ((rc != -ENOMEM && rc != -EMFILE) || !came_back(st) || told_to_end())
		return false;
	if (!*said) {
		storage_say("cannot reclaim the region yet", rc);
		fprintf(stderr,
			"hp-kv: waiting for room, since the kernel frees the region with this process. Raise\n"
			"the limits of its cgroup (hugetlb.2MB.max, hugetlb.2MB.rsvd.max, memory.max) or,\n"
			"if it lacks descriptors, those of prlimit(1).\n");
	}
	*said = true;
	pause_a_little();
	return true;
}

/* No region: say why, or go on without what cannot be read. */
static int not_opened(struct storage *st, const struct options *o, int rc)
{
	struct hp_save_info info = { .size = sizeof(info) };

	if (came_back(st)) {
		if (rc == -EUCLEAN || rc == -EBADMSG || rc == -ENODATA)
			return unusable_region(st, o, hp_strerror(rc));
		return storage_say("cannot reclaim the region", rc);
	}
	if (o->save_dir && !st->save_given_up) {
		if (rc == -EBADMSG)
			return unusable_save(st, o, "it is damaged");
		/* Also what the load lacks here can be -EOPNOTSUPP. */
		if (hp_save_info(o->save_dir, &info) != 0) {
			if (rc == -EOPNOTSUPP)
				return unusable_save(st, o, "a newer version or another kind of machine made it");
			info.total_bytes = 0;
		}
	}
	if (rc == -ENOMEM && o->shmem)
		return too_little_memory(info.total_bytes ? info.total_bytes :
					 o->memory, rc);
	if (rc == -ENOMEM)
		return info.total_bytes ?
			too_few_pages("the save", info.total_bytes, rc) :
			too_few_pages("--memory", o->memory, rc);
	return storage_say(info.total_bytes ? "cannot load the save" :
			   "cannot create the region", rc);
}

/*
 * In a pool huge pages are set aside. Of shmem all is taken now, because later
 * there may be none, and what there is may be in small pieces.
 */
static const struct hp_region_opts in_shmem = {
	.size = sizeof(in_shmem),
	.flags = HP_REGION_SHMEM | HP_REGION_POPULATE,
};

static int take_over(struct storage *st, const struct options *o)
{
	enum hp_origin origin;
	bool said = false;
	const char *why;
	int rc;

	st->detail[0] = '\0';
	do
		rc = hp_region_open(st->session, POOL_TOKEN, o->memory,
				    st->save_given_up ? NULL : o->save_dir,
				    o->shmem ? &in_shmem : NULL, NULL,
				    &st->region);
	while (wait_for_room(st, rc, &said));
	if (rc < 0)
		return not_opened(st, o, rc);
	origin = hp_region_origin(st->region);
	if (origin == HP_ORIGIN_CREATED)
		return format(st);
	rc = store_open(&st->store, hp_region_address(st->region),
			hp_region_length(st->region), &why);
	if (rc < 0)
		return origin == HP_ORIGIN_SAVE ? unusable_save(st, o, why) :
			unusable_region(st, o, why);
	if (hp_region_length(st->region) != o->memory)
		fprintf(stderr,
			"hp-kv: the region came back with %" PRIu64 " bytes; --memory is for new ones\n",
			hp_region_length(st->region));
	return 0;
}

/* Whoever asked for huge pages is told if it became less. */
static void measure(struct storage *st, const struct options *o)
{
	uint64_t length = hp_region_length(st->region);
	int rc;

	st->huge_bytes = length;
	if (!storage_is_shmem(st))
		return;
	st->huge_bytes = 0;
	rc = hp_region_huge_bytes(st->region, &st->huge_bytes);
	if (rc < 0)
		storage_say("cannot tell how much is in huge pages", rc);
	/* What a save had was not populated: there is nothing to tell yet. */
	else if (st->huge_bytes < length &&
		 (o->shmem || hp_region_origin(st->region) != HP_ORIGIN_SAVE))
		fprintf(stderr,
			"hp-kv: %" PRIu64 " of %" PRIu64 " bytes are in huge pages, the rest in small ones, since memory\n"
			"was not free in such pieces. Start hp-kv sooner after the boot, or write 1 to\n"
			"/proc/sys/vm/compact_memory before; shmem_enabled must not say 'deny'.\n",
			st->huge_bytes, length);
}

int storage_open(struct storage *st, const struct options *o)
{
	struct hp_session_opts opts = { 0 };
	int tries = TRIES;
	int rc;

	*st = (struct storage){ 0 };
	/* What came back is not touched if this goes wrong. */
	rc = storage_save_init(st, o);
	if (rc < 0)
		return rc;
	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	opts.log = keep_detail;
	opts.log_context = st;
	rc = hp_session_open(o->session, &opts, &st->session);
	if (rc < 0)
		return storage_say("cannot open the session", rc);
	rc = take_over(st, o);
	/*
	 * Commit before the first command: the region is rolled back and
	 * looked at, and a store that serves can be preserved again at once.
	 * Other tokens in a session of this name are nobody's.
	 */
	if (rc == 0) {
		do
			rc = hp_session_commit(st->session, 0);
		while (try_again(rc, &tries));
		if (rc == -ENOTEMPTY && o->discard)
			rc = hp_session_commit(st->session, HP_COMMIT_DROP);
		if (rc < 0)
			storage_say("cannot commit the session (--discard gives up what does not belong to hp-kv)",
				    rc);
	}
	if (rc < 0) {
		storage_close(st);
		return rc;
	}
	storage_save_opened(st);
	measure(st, o);
	return 0;
}
