/* SPDX-License-Identifier: MIT */
/*
 * What kind of LUO session is it that someone else opened?
 */
#ifndef HP_KIND_H
#define HP_KIND_H

#include "system/sys.h"

enum hp_luo_kind {
	HP_LUO_INCOMING, /* what the previous kernel left */
	HP_LUO_EMPTY,	 /* for the next kernel, with no manifest in it */
	HP_LUO_FILLED, /* for the next kernel, and another process filled it */
};

/*
 * Which kind is it? -EINVAL: no LUO session. The descriptor must be open: a
 * closed one cannot be told from an empty session.
 */
int hp_luo_identify(const struct hp_sys *sys, int fd,
		    enum hp_luo_kind *ret_kind);

#endif
