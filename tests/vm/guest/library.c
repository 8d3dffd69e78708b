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

#include "pattern.h"

#define SMALL	(4UL << 20)
#define LARGE	(24UL << 20)

static int line;

static void must(int rc, int want, const char *what)
{
	if (rc == want)
		return;
	printf("library: line %d: %s gave %d (%s), expected %d\n", line, what,
	       rc, rc < 0 ? hp_strerror(rc) : "", want);
	exit(1);
}

#define MUST(call, want) (line = __LINE__, must((call), (want), #call))
#define TRUE(condition) MUST(!!(condition), 1)

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

	MUST(hp_session_open("library", NULL, &s), 0);
	TRUE(!hp_session_returned(s));
	MUST(hp_session_can_preserve(s), 0);
	MUST(hp_region_reclaim(s, 1, NULL, &small), -ENOENT);
	MUST(hp_region_create(s, 1, SMALL, NULL, &small), 0);
	MUST(hp_region_create(s, 0, LARGE, NULL, &large), 0);
	MUST(hp_region_create(s, 1, SMALL, NULL, &small), -EEXIST);
	pattern_fill(hp_region_address(large), 0, LARGE, 2);
	MUST(hp_region_preserve(small), 0);
	MUST(hp_region_preserve(large), 0);
	TRUE(hp_region_is_preserved(small));
	MUST(hp_region_close(small), -EBUSY);
	MUST(hp_session_close(s), -EBUSY);
	TRUE(ftruncate(hp_region_fd(large), 0) == -1 && errno == EPERM);
	/* all of it taken back, and given again */
	MUST(hp_session_abort(s), 0);
	TRUE(!hp_region_is_preserved(large));
	MUST(hp_region_preserve(large), 0);
	MUST(hp_region_preserve(small), 0);
	/* contents may still change */
	pattern_fill(hp_region_address(small), 0, SMALL, 1);
	stay();
}

static void next(void)
{
	struct hp_session *s;
	struct hp_region *small, *large;

	MUST(hp_session_open("library", NULL, &s), 0);
	TRUE(hp_session_returned(s));
	MUST(hp_region_reclaim(s, 0, NULL, &large), 0);
	MUST(hp_region_reclaim(s, 1, NULL, &small), 0);
	TRUE(hp_region_length(small) == SMALL);
	TRUE(hp_region_length(large) == LARGE);
	TRUE(hp_region_page_size(large) == HP_PAGE_2M);
	TRUE(hp_region_token(small) == 1);
	TRUE(hp_region_origin(small) == HP_ORIGIN_LIVE_UPDATE);
	TRUE(whole(small, 1));
	TRUE(whole(large, 2));
	MUST(hp_region_preserve(large), -EINPROGRESS);
	MUST(hp_session_commit(s, 0), 0);
	TRUE(!hp_session_returned(s));
	TRUE(whole(small, 1));
	TRUE(whole(large, 2));
	MUST(hp_region_preserve(small), 0);
	MUST(hp_region_preserve(large), 0);
	stay();
}

static void misuse(void)
{
	struct hp_session *s, *again;
	struct hp_region *small, *large, *new;

	MUST(hp_session_open("library", NULL, &s), 0);
	MUST(hp_session_open("library", NULL, &again), -EALREADY);
	MUST(hp_session_close(s), -EBUSY);
	MUST(hp_region_reclaim(s, 7, NULL, &small), -ENOENT);
	MUST(hp_region_create(s, 1, SMALL, NULL, &small), -EEXIST);
	MUST(hp_session_commit(s, 0), -ENOTEMPTY);
	MUST(hp_region_reclaim(s, 1, NULL, &small), 0);
	MUST(hp_region_reclaim(s, 1, NULL, &large), -EEXIST);
	MUST(hp_session_commit(s, 0), -ENOTEMPTY);
	MUST(hp_region_create(s, 5, SMALL, NULL, &new), 0);
	/* closed and asked for again before commit: still there */
	MUST(hp_region_close(small), 0);
	MUST(hp_region_reclaim(s, 1, NULL, &small), 0);
	TRUE(whole(small, 1));
	/* the large one is given up */
	MUST(hp_session_commit(s, HP_COMMIT_DROP), 0);
	MUST(hp_region_reclaim(s, 0, NULL, &large), -ENOENT);
	TRUE(whole(small, 1));
	MUST(hp_region_close(small), 0);
	MUST(hp_session_close(s), 0);
}

static void none(void)
{
	struct hp_session *s;
	struct hp_region *r;

	MUST(hp_session_open("library", NULL, &s), 0);
	TRUE(!hp_session_returned(s));
	MUST(hp_region_reclaim(s, 1, NULL, &r), -ENOENT);
	MUST(hp_session_commit(s, 0), 0);
	MUST(hp_session_close(s), 0);
}

static void stock(void)
{
	struct hp_session *s;
	struct hp_region *r;

	MUST(hp_session_open("library", NULL, &s), 0);
	MUST(hp_region_create(s, 1, SMALL, NULL, &r), 0);
	pattern_fill(hp_region_address(r), 0, SMALL, 1);
	MUST(hp_region_preserve(r), -EOPNOTSUPP);
	TRUE(!hp_region_is_preserved(r));
	TRUE(whole(r, 1));
	MUST(hp_session_close(s), 0);
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
