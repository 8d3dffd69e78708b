// SPDX-License-Identifier: MIT
/*
 * One reclaim between two marks, to be looked at with strace: openat() of files
 * that are not there.
 *
 * usage: reclaim first | next
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hugepersist/hugepersist.h>

#define TOKEN 1
#define LENGTH (UINT64_C(2) * HP_PAGE_2M)

static int failed(const char *what, int err)
{
	fprintf(stderr, "reclaim: %s: %s\n", what, hp_strerror(err));
	return 1;
}

static void mark(const char *path)
{
	/* Not there, so nothing has to be closed. */
	(void)open(path, O_RDONLY);
}

static int first(struct hp_session *session)
{
	struct hp_region *region;
	int err;

	err = hp_region_create(session, TOKEN, LENGTH, NULL, &region);
	if (err)
		return failed("hp_region_create", err);
	memset(hp_region_address(region), 0x5a, LENGTH);
	err = hp_region_preserve(region);
	if (err)
		return failed("hp_region_preserve", err);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static int next(struct hp_session *session)
{
	struct hp_region *region;
	int err;

	/*
	 * The manifest is read once for all regions, when it is wanted first.
	 */
	err = hp_region_reclaim(session, TOKEN + 1, NULL, &region);
	if (err != -ENOENT)
		return failed("hp_region_reclaim", err);
	mark("/reclaim-begins");
	err = hp_region_reclaim(session, TOKEN, NULL, &region);
	mark("/reclaim-ends");
	if (err)
		return failed("hp_region_reclaim", err);
	if (((char *)hp_region_address(region))[LENGTH - 1] != 0x5a) {
		fprintf(stderr, "reclaim: the content is not there\n");
		return 1;
	}
	err = hp_session_commit(session, 0);
	return err ? failed("hp_session_commit", err) : 0;
}

int main(int argc, char **argv)
{
	struct hp_session *session;
	int err;

	if (argc != 2)
		return 2;
	err = hp_session_open("reclaim", NULL, &session);
	if (err)
		return failed("hp_session_open", err);
	return strcmp(argv[1], "first") ? next(session) : first(session);
}
