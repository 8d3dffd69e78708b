/* SPDX-License-Identifier: MIT */
/* Where the store's memory comes from and goes to: all calls of hp_*. */
#ifndef KV_STORAGE_H
#define KV_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "store.h"

struct hp_session;
struct hp_region;

struct storage {
	struct hp_session *session;
	struct hp_region *region;
	struct store store;
	int preserve_error;	/* of the last try */
};

/*
 * The region of the previous kernel if there is one, else a new one. Says on
 * stderr what went wrong and what to do about it. 0 or -errno.
 */
int storage_open(struct storage *st, const struct options *o);

/* 0 or -errno; storage_error() has the words. */
int storage_preserve(struct storage *st);
int storage_abort(struct storage *st);
const char *storage_error(int err);

bool storage_is_preserved(const struct storage *st);
/* 0, or the -errno that storage_preserve() would give. */
int storage_can_preserve(const struct storage *st);
/* "created" or "live-update" */
const char *storage_origin(const struct storage *st);
uint64_t storage_page_size(const struct storage *st);

/* Ends preservation and gives the memory back. */
void storage_close(struct storage *st);

#endif
