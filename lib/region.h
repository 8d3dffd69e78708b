/* SPDX-License-Identifier: MIT */
#ifndef HP_REGION_H
#define HP_REGION_H

#include <stdatomic.h>
#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "sys.h"

struct hp_region {
	struct hp_session *session;
	struct hp_region *next; /* of the session */
	uint64_t token;
	uint64_t length;
	uint64_t page_size;
	void *address;
	int fd;
	enum hp_origin origin;
	atomic_bool preserved;
};

/* The open region with that token, or NULL. The session is locked. */
struct hp_region *hp_region_find(const struct hp_session *session,
				 uint64_t token);

/* Unmap and free; not in the session's list any more. */
void hp_region_free(struct hp_region *region, const struct hp_sys *sys);

#endif
