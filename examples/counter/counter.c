/* SPDX-License-Identifier: MIT */
/* Counts its starts, and the kernels that it has seen. */
#include <hugepersist/hugepersist.h>
#include <signal.h>
#include <stdio.h>

enum { COUNTS = 42 }; /* the token of its one region: any number */

int main(void)
{
	struct hp_session_info info = { .size = sizeof(info) };
	struct counts { unsigned long starts, kernels; } *counts;
	struct hp_session *session;
	struct hp_region *region;
	sigset_t end;
	int err, number;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	err = hp_session_open("counter", NULL, &session);
	if (!err)
		err = hp_region_open(session, COUNTS, HP_PAGE_2M, NULL, &region);
	if (!err)
		err = hp_session_info(session, &info);
	if (!err) {
		/* New memory is zero; and each count is valid after its store. */
		counts = hp_region_address(region);
		counts->starts++;
		if (!counts->kernels ||
		    hp_region_origin(region) == HP_ORIGIN_LIVE_UPDATE)
			counts->kernels++;
		err = hp_session_preserve(session);
	}
	if (err) {
		fprintf(stderr, "counter: %s\n", hp_strerror(err));
		return 1;
	}
	printf("start %lu, kernel %lu, the last end was %s\n", counts->starts,
	       counts->kernels, info.sealed ? "clean" : "none or a crash");
	fflush(stdout);
	sigwait(&end, &number); /* here a program serves */
	return hp_session_seal(session) ? 1 : 0;
}
