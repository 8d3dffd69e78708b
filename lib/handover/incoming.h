/* SPDX-License-Identifier: MIT */
/*
 * What the previous kernel handed over in a LUO session, until the session is
 * finished.
 */
#ifndef HP_INCOMING_H
#define HP_INCOMING_H

#include <stdbool.h>

#include "base/log.h"
#include "system/sys.h"

struct hp_incoming {
	const struct hp_log *log;
	int fd; /* -1: nothing came back, or it is finished */
};

/*
 * The file of the manifest; a descriptor or an error. -ENOENT: there is none, so
 * the session is empty. -ENOMSG: the kernel could not rebuild it, now and ever.
 */
int hp_incoming_manifest(const struct hp_incoming *incoming,
			 const struct hp_sys *sys);

/*
 * The file of a region that the manifest lists. -ENODATA: it is gone. For shmem
 * every failure of the kernel is final.
 */
int hp_incoming_retrieve(const struct hp_incoming *incoming,
			 const struct hp_sys *sys, uint64_t token, bool shmem);

/*
 * The file of a region that the manifest need not list. -ENOENT: there is none
 * under that token.
 */
int hp_incoming_retrieve_unlisted(const struct hp_incoming *incoming,
				  const struct hp_sys *sys, uint64_t token);

/* LUO gives up its share of all files. On failure all is as before. */
int hp_incoming_finish(struct hp_incoming *incoming, const struct hp_sys *sys);

/* Close the descriptor without a word to LUO. */
void hp_incoming_close(struct hp_incoming *incoming, const struct hp_sys *sys);

#endif
