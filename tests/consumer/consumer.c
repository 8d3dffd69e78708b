/* SPDX-License-Identifier: MIT */
/*
 * A program of someone else, in C or in C++, built from the installed files
 * only. It makes calls of every kind that work on every machine: local mode
 * needs no live update, and no call here takes huge pages.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hugepersist/hugepersist.h>
#ifdef WITH_SAVE
#include <hugepersist/save.h>
#endif

static int lines;

static void log_line(void *context, int priority, const char *message)
{
	++*(int *)context;
	printf("log: <%d> %s\n", priority, message);
}

static int wrong(const char *call, int result)
{
	fprintf(stderr, "%s: %d, %s\n", call, result, hp_strerror(result));
	return 1;
}

static int ask(struct hp_session *session)
{
	struct hp_session_info info;
	struct hp_region_info region;
	struct hp_region *none;
	int err;

	memset(&info, 0, sizeof(info));
	memset(&region, 0, sizeof(region));
	info.size = sizeof(info);
	region.size = sizeof(region);

	err = hp_session_info(session, &info);
	if (err < 0 || info.came_back || info.preserved_count)
		return wrong("hp_session_info", err);
	err = hp_session_region(session, 0, &region);
	if (err != -ENOENT)
		return wrong("hp_session_region", err);
	err = hp_session_seal(session);
	if (err != -ENOENT)
		return wrong("hp_session_seal", err);
	err = hp_session_commit(session, 0);
	if (err < 0)
		return wrong("hp_session_commit", err);
	err = hp_region_from_fd(-1, NULL, &none);
	if (err != -EINVAL)
		return wrong("hp_region_from_fd", err);
	return 0;
}

#ifdef WITH_SAVE
static int ask_save(void)
{
	struct hp_save_info save;
	int err;

	memset(&save, 0, sizeof(save));
	save.size = sizeof(save);
	err = hp_save_info("/nowhere/at/all", &save);
	return err == -ENOENT ? 0 : wrong("hp_save_info", err);
}
#else
static int ask_save(void)
{
	return 0;
}
#endif

int main(int argc, char **argv)
{
	struct hp_session_opts opts;
	struct hp_session *session;
	int err;

	memset(&opts, 0, sizeof(opts));
	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	opts.log = log_line;
	opts.log_context = &lines;
	if (argc != 2 || strcmp(argv[1], hp_version()) != 0) {
		fprintf(stderr, "the library says it is %s\n", hp_version());
		return 1;
	}
	err = hp_session_open("hugepersist-consumer", &opts, &session);
	if (err == -EACCES) { /* a machine with live update, and not root */
		printf("open: %s\n", hp_strerror(err));
		return 0;
	}
	if (err < 0)
		return wrong("hp_session_open", err);
	if (strcmp(hp_session_name(session), "hugepersist-consumer") != 0)
		return 1;
	if (ask(session) || ask_save())
		return 1;
	printf("%d lines of log\n", lines);
	return hp_session_close(session) < 0;
}
