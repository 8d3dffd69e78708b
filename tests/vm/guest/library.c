// SPDX-License-Identifier: MIT
/*
 * The library on a real kernel. Each run is one life of a program that has its
 * data in two regions:
 *
 *	library first		makes and preserves them, and stays
 *	library next		has them back, looks at each byte, preserves, stays
 *	library misuse		does everything wrong to data that came back
 *	library none		nothing came back
 *	library stock		on a kernel without huge page preservation
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
#include <unistd.h>

#include "../../expect.h"
#include "pattern.h"

#define SMALL	(4UL << 20)
#define LARGE	(24UL << 20)

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

static int whole(struct hp_region *r, uint64_t seed)
{
	size_t length = hp_region_length(r);

	return pattern_check(hp_region_address(r), 0, length, seed) == length;
}

static void first(void)
{
	struct hp_session *s;
	struct hp_region *small, *large;

	is(hp_session_open("library", NULL, &s), 0);
	check(!returned(s));
	is(hp_region_reclaim(s, 1, NULL, &small), -ENOENT);
	is(hp_region_create(s, 1, SMALL, NULL, &small), 0);
	is(hp_region_create(s, 0, LARGE, NULL, &large), 0);
	is(hp_region_create(s, 1, SMALL, NULL, &small), -EEXIST);
	pattern_fill(hp_region_address(large), 0, LARGE, 2);
	is(hp_region_preserve(small), 0);
	is(hp_region_preserve(large), 0);
	check(hp_region_is_preserved(small));
	/* closed it is carried along */
	is(hp_region_close(small), 0);
	is(hp_session_close(s), -EBUSY);
	is(hp_region_open(s, 1, SMALL, NULL, &small), 0);
	check(ftruncate(hp_region_fd(large), 0) == -1 && errno == EPERM);
	/* all of it taken back, and given again */
	is(hp_session_abort(s), 0);
	check(!hp_region_is_preserved(large));
	is(hp_region_preserve(large), 0);
	is(hp_region_preserve(small), 0);
	/* contents may still change */
	pattern_fill(hp_region_address(small), 0, SMALL, 1);
	stay();
}

static void next(void)
{
	struct hp_session *s;
	struct hp_region *small, *large;

	is(hp_session_open("library", NULL, &s), 0);
	check(returned(s));
	is(hp_region_reclaim(s, 0, NULL, &large), 0);
	is(hp_region_reclaim(s, 1, NULL, &small), 0);
	check(hp_region_length(small) == SMALL);
	check(hp_region_length(large) == LARGE);
	check(hp_region_page_size(large) == HP_PAGE_2M);
	check(hp_region_token(small) == 1);
	check(hp_region_origin(small) == HP_ORIGIN_LIVE_UPDATE);
	check(whole(small, 1));
	check(whole(large, 2));
	is(hp_region_preserve(large), -EINPROGRESS);
	is(hp_session_commit(s, 0), 0);
	check(whole(small, 1));
	check(whole(large, 2));
	is(hp_session_preserve(s), 0);
	check(hp_region_is_preserved(small));
	check(hp_region_is_preserved(large));
	stay();
}

static void misuse(void)
{
	struct hp_session *s, *again;
	struct hp_region *small, *large, *new;

	is(hp_session_open("library", NULL, &s), 0);
	is(hp_session_open("library", NULL, &again), -EALREADY);
	is(hp_session_close(s), -EBUSY);
	is(hp_region_reclaim(s, 7, NULL, &small), -ENOENT);
	is(hp_region_create(s, 1, SMALL, NULL, &small), -EEXIST);
	is(hp_region_open(s, 1, LARGE, NULL, &small), -ESTALE);
	is(hp_region_reclaim(s, 1, NULL, &small), 0);
	is(hp_region_reclaim(s, 1, NULL, &large), -EEXIST);
	is(hp_session_close(s), -EBUSY);
	is(hp_region_create(s, 5, SMALL, NULL, &new), 0);
	/* closed and asked for again before commit: still there */
	is(hp_region_close(small), 0);
	is(hp_region_reclaim(s, 1, NULL, &small), 0);
	check(whole(small, 1));
	/* the large one is given up */
	is(hp_session_commit(s, HP_COMMIT_DROP), 0);
	is(hp_region_reclaim(s, 0, NULL, &large), -ENOENT);
	check(whole(small, 1));
	is(hp_region_close(small), 0);
	is(hp_session_close(s), 0);
}

static void none(void)
{
	struct hp_session *s;
	struct hp_region *r;

	is(hp_session_open("library", NULL, &s), 0);
	check(!returned(s));
	is(hp_region_reclaim(s, 1, NULL, &r), -ENOENT);
	is(hp_session_commit(s, 0), 0);
	is(hp_session_close(s), 0);
}

static void stock(void)
{
	struct hp_session *s;
	struct hp_region *r;

	is(hp_session_open("library", NULL, &s), 0);
	is(hp_region_create(s, 1, SMALL, NULL, &r), 0);
	pattern_fill(hp_region_address(r), 0, SMALL, 1);
	is(hp_region_preserve(r), -EOPNOTSUPP);
	check(!hp_region_is_preserved(r));
	check(whole(r, 1));
	is(hp_session_close(s), 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} lives[] = {
		{ "first", first }, { "next", next }, { "misuse", misuse },
		{ "none", none }, { "stock", stock },
	};
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		if (argc == 2 && !strcmp(argv[1], lives[i].name)) {
			lives[i].run();
			return 0;
		}
	}
	fprintf(stderr, "usage: library first|next|misuse|none|stock\n");
	return 2;
}
