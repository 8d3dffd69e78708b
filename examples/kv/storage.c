/* SPDX-License-Identifier: MIT */
#include "storage.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <hugepersist/hugepersist.h>

#include "clock.h"

/* The one region of the session. */
#define POOL_TOKEN UINT64_C(1)

/* How often to try again what passes by itself, every tenth of a second. */
#define TRIES 50

const char *storage_error(int err)
{
	return hp_strerror(err);
}

static int say(const char *what, int err)
{
	fprintf(stderr, "hp-kv: %s: %s\n", what, hp_strerror(err));
	return err;
}

static int too_few_pages(const struct options *o, int err)
{
	uint64_t pages = o->memory / HP_PAGE_2M;

	say("cannot create the region", err);
	fprintf(stderr,
		"hp-kv: --memory needs %" PRIu64 " free huge pages of 2 MiB. To have so many more, run\n"
		"	sysctl vm.nr_hugepages=$(($(sysctl -n vm.nr_hugepages) + %" PRIu64 "))\n"
		"and look whether the number was reached, or start with a smaller --memory.\n",
		pages, pages);
	return err;
}

static int create(struct storage *st, const struct options *o)
{
	unsigned char secret[KV_SECRET_SIZE];
	int rc;

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
		fprintf(stderr, "hp-kv: no random bytes for the hash key (getrandom): try again\n");
		return -EIO;
	}
	rc = hp_region_create(st->session, POOL_TOKEN, o->memory, NULL,
			      &st->region);
	if (rc == -ENOMEM)
		return too_few_pages(o, rc);
	if (rc < 0)
		return say("cannot create the region", rc);
	rc = store_format(&st->store, hp_region_address(st->region),
			  hp_region_length(st->region), secret, clock_ms());
	if (rc < 0)
		fprintf(stderr, "hp-kv: cannot lay out a store in %" PRIu64 " bytes: use another --memory\n",
			o->memory);
	return rc;
}

/*
 * What came back is not usable. It lives as long as this process does, so
 * there is nothing to keep for a later try: say so.
 */
static int unusable(struct storage *st, const struct options *o,
		    const char *why)
{
	int rc;

	fprintf(stderr, "hp-kv: the region that the previous kernel handed over cannot be used: %s\n",
		why);
	if (!o->discard) {
		fprintf(stderr,
			"hp-kv: not starting. The kernel frees the region with this process. To go on with\n"
			"an empty store in such a case, start with --discard.\n");
		return -EUCLEAN;
	}
	rc = hp_region_close(st->region);
	if (rc < 0)
		return say("cannot close it", rc);
	st->region = NULL;
	rc = hp_session_commit(st->session, HP_COMMIT_DROP);
	if (rc < 0)
		return say("cannot drop it", rc);
	fprintf(stderr, "hp-kv: dropped it, as --discard says\n");
	return create(st, o);
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
static bool wait_for_room(int rc, bool *said)
{
	if ((rc != -ENOMEM && rc != -EMFILE) || told_to_end())
		return false;
	if (!*said) {
		say("cannot reclaim the region yet", rc);
		fprintf(stderr,
			"hp-kv: waiting for room, since the kernel frees the region with this process. Raise\n"
			"the limits of its cgroup (hugetlb.2MB.max, hugetlb.2MB.rsvd.max, memory.max) or,\n"
			"if it lacks descriptors, those of prlimit(1).\n");
	}
	*said = true;
	pause_a_little();
	return true;
}

static int take_over(struct storage *st, const struct options *o)
{
	bool said = false;
	const char *why;
	int rc;

	do
		rc = hp_region_reclaim(st->session, POOL_TOKEN, NULL,
				       &st->region);
	while (wait_for_room(rc, &said));
	if (rc == -ENOENT)
		return create(st, o);
	if (rc == -EUCLEAN || rc == -EBADMSG || rc == -ENODATA)
		return unusable(st, o, hp_strerror(rc));
	if (rc < 0)
		return say("cannot reclaim the region", rc);
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

int storage_open(struct storage *st, const struct options *o)
{
	struct hp_session_opts opts = { 0 };
	int tries = TRIES;
	int rc;

	*st = (struct storage){ 0 };
	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	rc = hp_session_open(o->session, &opts, &st->session);
	if (rc < 0)
		return say("cannot open the session", rc);
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
			say("cannot commit the session (--discard gives up what does not belong to hp-kv)",
			    rc);
	}
	if (rc < 0)
		storage_close(st);
	return rc;
}

int storage_preserve(struct storage *st)
{
	st->preserve_error = hp_region_preserve(st->region);
	return st->preserve_error;
}

int storage_abort(struct storage *st)
{
	return hp_session_abort(st->session);
}

bool storage_is_preserved(const struct storage *st)
{
	return hp_region_is_preserved(st->region) == 1;
}

int storage_can_preserve(const struct storage *st)
{
	int rc = hp_session_can_preserve(st->session);

	/* What the kernel thinks of huge pages is known from trying only. */
	return rc < 0 ? rc : st->preserve_error;
}

const char *storage_origin(const struct storage *st)
{
	return hp_region_origin(st->region) == HP_ORIGIN_LIVE_UPDATE ?
		"live-update" : "created";
}

uint64_t storage_page_size(const struct storage *st)
{
	return hp_region_page_size(st->region);
}

void storage_close(struct storage *st)
{
	int rc;

	if (!st->session)
		return;
	rc = hp_session_abort(st->session);
	if (rc == 0)
		rc = hp_session_close(st->session);
	/*
	 * -EBUSY: came back, not committed, and we give up: the kernel frees
	 * it with the process.
	 */
	if (rc < 0 && rc != -EBUSY)
		say("cannot close the session", rc);
	*st = (struct storage){ 0 };
}
