/* SPDX-License-Identifier: MIT */
#ifndef HP_POPULATE_H
#define HP_POPULATE_H

#include "log.h"
#include "sys.h"

/*
 * Take and zero all pages of that memory, in up to that many threads, which end
 * before the return; 0: in this one. Fewer when no more can be started.
 */
int hp_populate(const struct hp_sys *sys, const struct hp_log *log,
		void *address, uint64_t length, uint64_t page_size,
		unsigned int threads);

#endif
