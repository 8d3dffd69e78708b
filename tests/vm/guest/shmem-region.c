// SPDX-License-Identifier: MIT
/*
 * A program that has its data in shmem with transparent huge pages, on a kernel
 * that hands over no others: all of it in huge pages, or with "small" behind
 * the life, all of it in small ones. Each run is one life of it:
 *
 *	shmem-region first	makes a region, measures, preserves it, and stays
 *	shmem-region swapped	as first, but the kernel has swapped the region out
 *				when it is preserved
 *	shmem-region next	has it back, looks at each byte, measures,
 *				preserves it again, and stays
 *	shmem-region limited	the kernel cannot rebuild it within the limit of
 *				the cgroup: it is lost, and that is said
 *
 * Those that stay touch /tmp/ready when they are done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <hugepersist/hugepersist.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../expect.h"
#include "pattern.h"

#define TOKEN 1
#define LENGTH (UINT64_C(64) << 20)

/* What is to be in huge pages. */
static uint64_t expected = LENGTH;

static int returned(struct hp_session *session)
{
	struct hp_session_info info = { .size = sizeof(info) };

	is(hp_session_info(session, &info), 0);
	return info.came_back;
}

static void stay(void)
{
	close(open("/tmp/ready", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	for (;;)
		pause();
}

static void measure(struct hp_region *region, const char *when)
{
	uint64_t huge;

	is(hp_region_huge_bytes(region, &huge), 0);
	printf("shmem-region: %s %llu of %llu bytes are in huge pages\n", when,
	       (unsigned long long)huge, (unsigned long long)LENGTH);
	check(huge == expected);
}

static void first(struct hp_session *session)
{
	struct hp_region_opts opts = { .size = sizeof(opts) };
	struct hp_region *region, *pool;
	char *guard;

	check(!returned(session));
	is(hp_region_create(session, 2, HP_PAGE_2M, NULL, &pool), 0);
	is(hp_region_preserve(pool), -EOPNOTSUPP);
	opts.flags = HP_REGION_SHMEM | HP_REGION_POPULATE;
	is(hp_region_create(session, TOKEN, LENGTH, &opts, &region), 0);
	pattern_fill(hp_region_address(region), 0, LENGTH, 1);
	measure(region, "before the update");
	/* Whatever the program may do there itself */
	guard = (char *)hp_region_address(region) + LENGTH / 2;
	is(mprotect(guard, 4096, PROT_NONE), 0);
	is(hp_region_preserve(region), 0);
	is(mprotect(guard, 4096, PROT_READ | PROT_WRITE), 0);
	measure(region, "preserved,");
	stay();
}

/* How many bytes of the region are in memory. */
static uint64_t resident(struct hp_region *region)
{
	static unsigned char in[LENGTH / 4096];
	uint64_t bytes = 0;

	is(mincore(hp_region_address(region), LENGTH, in), 0);
	for (size_t i = 0; i < sizeof(in); i++)
		bytes += (in[i] & 1) * UINT64_C(4096);
	return bytes;
}

static void swapped(struct hp_session *session)
{
	struct hp_region_opts opts = { .size = sizeof(opts) };
	struct hp_region *region;
	int fd;

	opts.flags = HP_REGION_SHMEM | HP_REGION_POPULATE;
	is(hp_region_create(session, TOKEN, LENGTH, &opts, &region), 0);
	pattern_fill(hp_region_address(region), 0, LENGTH, 1);
	check(resident(region) == LENGTH);
	is(madvise(hp_region_address(region), LENGTH, MADV_PAGEOUT), 0);
	/* What was written out stays cached until someone wants the memory. */
	fd = open("/cgroup/memory.reclaim", O_WRONLY | O_CLOEXEC);
	check(fd >= 0);
	for (int i = 0; i < 100 && resident(region) >= LENGTH / 8; i++) {
		(void)!write(fd, "64M", 3);
		usleep(50000);
	}
	close(fd);
	printf("shmem-region: swapped out, but for %llu of %llu bytes\n",
	       (unsigned long long)resident(region),
	       (unsigned long long)LENGTH);
	check(resident(region) < LENGTH / 8);
	is(hp_region_preserve(region), 0);
	check(resident(region) == LENGTH);
	measure(region, "swapped out, preserved,");
	stay();
}

static void next(struct hp_session *session)
{
	struct hp_region *region;

	check(returned(session));
	is(hp_region_reclaim(session, TOKEN, NULL, &region), 0);
	check(hp_region_length(region) == LENGTH);
	check(hp_region_page_size(region) == (uint64_t)sysconf(_SC_PAGESIZE));
	measure(region, "after the update");
	check(pattern_check(hp_region_address(region), 0, LENGTH, 1) == LENGTH);
	is(hp_session_commit(session, 0), 0);
	is(hp_region_preserve(region), 0);
	measure(region, "preserved again,");
	stay();
}

static void limited(struct hp_session *session)
{
	struct hp_region *region;

	is(hp_region_reclaim(session, TOKEN, NULL, &region), -ENODATA);
	is(hp_region_reclaim(session, TOKEN, NULL, &region), -ENODATA);
	is(hp_region_open(session, TOKEN, HP_PAGE_2M, NULL, &region), 0);
	check(hp_region_origin(region) == HP_ORIGIN_LOST);
	is(hp_session_commit(session, 0), 0);
	is(hp_session_close(session), 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct hp_session *session);
	} lives[] = {
		{ "first", first },
		{ "swapped", swapped },
		{ "next", next },
		{ "limited", limited },
	};
	struct hp_session *session;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		if (argc < 2 || strcmp(argv[1], lives[i].name))
			continue;
		if (argc == 3 && !strcmp(argv[2], "small"))
			expected = 0;
		is(hp_session_open("shmem-region", NULL, &session), 0);
		lives[i].run(session);
		return 0;
	}
	fprintf(stderr,
		"usage: shmem-region first|swapped|next|limited [small]\n");
	return 2;
}
