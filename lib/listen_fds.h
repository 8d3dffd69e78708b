/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that a service manager started the process with, by
 * sd_listen_fds(3): LISTEN_PID says for whom they are, LISTEN_FDS how many, from
 * 3 on, LISTEN_FDNAMES what each is called, with colons between.
 */
#ifndef HP_LISTEN_FDS_H
#define HP_LISTEN_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct hp_listen_fds {
	int next, end;	  /* descriptors, the end not included */
	const char *name; /* of the next */
};

/*
 * The values of the three variables, NULL if not set. 0, also when there are
 * none for process self or they have no names; -EINVAL: not by the rules. The
 * result points into names.
 */
int hp_listen_fds_parse(struct hp_listen_fds *ret_list, pid_t self,
			const char *pid, const char *count, const char *names);

/* One after the other; the name is not terminated. False: no more. */
bool hp_listen_fds_next(struct hp_listen_fds *list, int *ret_fd,
			const char **ret_name, size_t *ret_length);

#endif
