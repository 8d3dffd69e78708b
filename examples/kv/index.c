/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <errno.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "entry.h"
#include "tx.h"

_Static_assert(KV_SECRET_SIZE >= XXH3_SECRET_SIZE_MIN, "short hash secret");

/*
 * Keyed with random bytes, so that nobody outside can choose keys that all
 * fall into one bucket. They are in the header: the hash survives with it.
 */
uint64_t index_hash(const struct store *s, struct slice key)
{
	return XXH3_64bits_withSecret(key.p, key.n, s->header->secret,
				      KV_SECRET_SIZE);
}

uint64_t index_bucket_link(const struct store *s, uint64_t bucket)
{
	return s->header->index_offset + 8 * bucket;
}

static uint64_t checked(struct store *s, uint64_t entry)
{
	if (!entry || entry_is_valid(s, entry))
		return entry;
	s->damaged = true;
	return 0;
}

uint64_t index_first(struct store *s, uint64_t bucket)
{
	return checked(s, store_get(s, index_bucket_link(s, bucket)));
}

uint64_t index_next(struct store *s, uint64_t entry)
{
	return checked(s, store_get(s, ENTRY_NEXT(entry)));
}

int index_find(struct store *s, struct slice key, struct index_slot *ret)
{
	uint64_t hash = index_hash(s, key);
	uint64_t bucket = hash & (s->header->bucket_count - 1);
	/* In a chain that ends there are no more than all keys. */
	uint64_t left = store_keys(s);
	uint64_t link = index_bucket_link(s, bucket);
	uint64_t entry;

	while ((entry = store_get(s, link))) {
		if (!left-- || !entry_is_valid(s, entry)) {
			s->damaged = true;
			return -EUCLEAN;
		}
		if (entry_has_key(s, entry, key, hash)) {
			*ret = (struct index_slot){ link, entry, hash };
			return 0;
		}
		link = ENTRY_NEXT(entry);
	}
	link = index_bucket_link(s, bucket);
	*ret = (struct index_slot){ link, 0, hash };
	return 0;
}

void index_link(struct store *s, const struct index_slot *slot, uint64_t entry)
{
	tx_write(s, slot->link, entry);
}

void index_unlink(struct store *s, const struct index_slot *slot)
{
	tx_write(s, slot->link, store_get(s, ENTRY_NEXT(slot->entry)));
}

void index_clear(struct store *s)
{
	memset(s->base + s->header->index_offset, 0,
	       8 * s->header->bucket_count);
}
