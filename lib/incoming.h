/* SPDX-License-Identifier: MIT */
/*
 * The incoming half of a session: what the previous kernel handed over.
 */
#ifndef HP_INCOMING_H
#define HP_INCOMING_H

#include "manifest.h"
#include "sys.h"

struct hp_incoming {
	int fd;			      /* -1: nothing came back, or committed */
	struct hp_manifest *manifest; /* NULL: not read yet */
};

/*
 * Read the manifest unless that is done. Separate from opening since it can
 * fail, and a failure must not close the session, which would free its data.
 */
int hp_incoming_load(struct hp_incoming *incoming, const struct hp_sys *sys);

/* The file of a region that the manifest lists; a descriptor or an error. */
int hp_incoming_retrieve(const struct hp_incoming *incoming,
			 const struct hp_sys *sys, uint64_t token);

/* LUO gives up its share of all files. On failure all is as before. */
int hp_incoming_finish(struct hp_incoming *incoming, const struct hp_sys *sys);

/* Without LUO: after finish, or in a process that has a copy of it. */
void hp_incoming_close(struct hp_incoming *incoming, const struct hp_sys *sys);

#endif
