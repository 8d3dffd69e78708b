/* SPDX-License-Identifier: MIT */
/*
 * The incoming half of a session: what the previous kernel handed over.
 */
#ifndef HP_INCOMING_H
#define HP_INCOMING_H

#include <stdbool.h>

#include "base/log.h"
#include "manifest/manifest.h"
#include "system/sys.h"

struct hp_incoming {
	const struct hp_log *log;
	int fd;			      /* -1: nothing came back, or committed */
	struct hp_manifest *manifest; /* NULL: not read yet, or committed */
	int manifest_error;	      /* it cannot be read, now and ever */
	bool committed;

	/* From the manifest; they stay after commit. */
	struct hp_manifest_about about;
	uint32_t count;
};

/*
 * Read the manifest unless that is done. Separate from opening since it can
 * fail, and a failure must not close the session, which would free its data.
 * -EBADMSG, -EOPNOTSUPP and -ENODATA are final, -EPROTO, -EMFILE and -ENOMEM
 * are not.
 */
int hp_incoming_load(struct hp_incoming *incoming, const struct hp_sys *sys);

/* The file of a region that the manifest lists; a descriptor or an error. */
int hp_incoming_retrieve(const struct hp_incoming *incoming,
			 const struct hp_sys *sys, uint64_t token);

/*
 * The file of a region of shmem that the manifest lists. Every failure of the
 * kernel is final.
 */
int hp_incoming_retrieve_shmem(const struct hp_incoming *incoming,
			       const struct hp_sys *sys, uint64_t token);

/*
 * The file of a region that the manifest need not list. -ENOENT: there is none
 * under that token.
 */
int hp_incoming_retrieve_unlisted(const struct hp_incoming *incoming,
				  const struct hp_sys *sys, uint64_t token);

/* LUO gives up its share of all files. On failure all is as before. */
int hp_incoming_finish(struct hp_incoming *incoming, const struct hp_sys *sys);

/*
 * Close the descriptor without a word to LUO: after finish, or in a process that
 * has a copy of it.
 */
void hp_incoming_close(struct hp_incoming *incoming, const struct hp_sys *sys);

#endif
