/* SPDX-License-Identifier: MIT */
/*
 * A program of someone else, built from the installed files only. It opens a
 * session, which works on every machine in local mode.
 */
#include <stdio.h>
#include <string.h>

#include <hugepersist/hugepersist.h>

int main(int argc, char **argv)
{
	struct hp_session_opts opts = { 0 };
	struct hp_session *session;
	int err;

	opts.size = sizeof(opts);
	opts.flags = HP_SESSION_LOCAL;
	if (argc != 2 || strcmp(argv[1], hp_version()) != 0) {
		fprintf(stderr, "the library says it is %s\n", hp_version());
		return 1;
	}
	err = hp_session_open("hugepersist-consumer", &opts, &session);
	if (err == -1 || hp_strerror(err)[0] == 0)
		return 1;
	if (err < 0) { /* a machine with live update, and not root */
		printf("open: %s\n", hp_strerror(err));
		return 0;
	}
	if (strcmp(hp_session_name(session), "hugepersist-consumer") != 0)
		return 1;
	return hp_session_close(session) < 0;
}
