/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of a session that the service manager started the process
 * with. By sd_listen_fds(3) LISTEN_PID says for whom they are, LISTEN_FDS how
 * many, from 3 on, LISTEN_FDNAMES what each is called, with colons between.
 */
#ifndef HP_PASSED_H
#define HP_PASSED_H

#include <stdbool.h>

#include "base/log.h"
#include "store/names.h"
#include "system/sys.h"

struct hp_passed_fd {
	int fd;
	uint64_t device, inode; /* what fd was at first; 0: closed */
	struct hp_store_name name;
	bool taken; /* the manifest lists it, or nothing is behind it */
	bool used;  /* a region or a manifest has the number now */
};

struct hp_passed {
	struct hp_passed_fd *fds; /* to be freed */
	unsigned int count;
	size_t names_length; /* of all names, also of others, with the colons */
};

/*
 * Those of a session, by the prefix of its names. None: 0. -ESRCH: there are
 * some, for another process. -EPROTO: the variables are not by the rules.
 * -ENOMEM, -EMFILE.
 */
int hp_passed_find(struct hp_passed *ret_passed, const struct hp_sys *sys,
		   const struct hp_log *log, const char *prefix);

/* Is it what it was? The program has the number, too. */
bool hp_passed_is_same(const struct hp_passed_fd *fd, const struct hp_sys *sys);

/* The descriptor of that name, or NULL. */
struct hp_passed_fd *hp_passed_get(const struct hp_passed *passed,
				   const struct hp_store_name *name);

#endif
