/* SPDX-License-Identifier: MIT */
/* New memory: with what is in the save, or empty. */
#include "storage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "clock.h"

/*
 * All of it is taken now. Later there may be none: of shmem no memory in large
 * pieces, of a pool what a limit of the cgroup leaves, and then SIGBUS would end
 * a server that has promised to keep what it was told.
 */
static const struct hp_region_opts in_pool = {
	.size = sizeof(in_pool),
	.flags = HP_REGION_POPULATE,
	.populate_threads = 4,
}, in_shmem = {
	.size = sizeof(in_shmem),
	.flags = HP_REGION_SHMEM | HP_REGION_POPULATE,
	.populate_threads = 4,
};

static int too_little(struct storage *st, const struct options *o,
		      const char *what, uint64_t bytes)
{
	uint64_t pages = bytes / HP_PAGE_2M;

	storage_say(st, "cannot create the region", -ENOMEM);
	if (o->shmem)
		fprintf(stderr,
			"hp-kv: --shmem takes all of the region at once: %" PRIu64 " MiB, and memory.max of the cgroup\n"
			"counts it. Make room, or start with a smaller --memory.\n",
			bytes >> 20);
	else
		fprintf(stderr,
			"hp-kv: %s needs %" PRIu64 " free huge pages of 2 MiB. To have so many more, run\n"
			"	pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\n"
			"	echo $(($(cat $pool) + %" PRIu64 ")) >$pool\n"
			"and look whether the number was reached, or start with a smaller --memory. The\n"
			"limits of the cgroup (hugetlb.2MB.max, hugetlb.2MB.rsvd.max) must allow as many.\n",
			what, pages, pages);
	return -ENOMEM;
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
		return storage_say(st, "cannot close it", rc);
	st->region = NULL;
	st->save_given_up = true;
	fprintf(stderr, "hp-kv: starting without it, as --discard says\n");
	return 0;
}

/* 0: st->region is it, or NULL if there is none. */
static int load(struct storage *st, const struct options *o)
{
	const struct hp_save_opts opts = {
		.size = sizeof(opts),
		.progress = storage_progress,
		.context = st,
	};
	struct hp_save_info info = { .size = sizeof(info) };
	const char *why;
	int rc;

	st->detail[0] = '\0';
	rc = hp_region_load(st->session, STORAGE_TOKEN, o->save_dir,
			    o->shmem ? &in_shmem : &in_pool, &opts, &st->region);
	if (rc == -ENOENT)
		return 0;
	if (rc == -EBADMSG)
		return unusable_save(st, o, "it is damaged");
	/* Also what the load lacks here can be -EOPNOTSUPP. */
	if (rc == -EOPNOTSUPP && hp_save_info(o->save_dir, &info) != 0)
		return unusable_save(st, o, "a newer version or another kind of machine made it");
	if (rc == -ENOMEM && hp_save_info(o->save_dir, &info) == 0)
		return too_little(st, o, "the save", info.total_bytes);
	if (rc < 0)
		return storage_say(st, "cannot load the save", rc);
	rc = store_open(&st->store, hp_region_address(st->region),
			hp_region_length(st->region), &why);
	return rc < 0 ? unusable_save(st, o, why) : 0;
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
			  secret, (uint64_t)clock_read().real_ms);
	if (rc < 0)
		fprintf(stderr, "hp-kv: cannot lay out a store in %" PRIu64 " bytes: use another --memory\n",
			length);
	return rc;
}

static int create(struct storage *st, const struct options *o)
{
	int rc = hp_region_open(st->session, STORAGE_TOKEN, o->memory,
				o->shmem ? &in_shmem : &in_pool, &st->region);

	if (rc == -ENOMEM)
		return too_little(st, o, "--memory", o->memory);
	if (rc < 0)
		return storage_say(st, "cannot create the region", rc);
	if (st->lost)
		fprintf(stderr, "hp-kv: starting with an empty store in place of what is lost\n");
	return format(st);
}

int storage_make(struct storage *st, const struct options *o)
{
	int rc = o->save_dir ? load(st, o) : 0;

	return rc < 0 || st->region ? rc : create(st, o);
}
