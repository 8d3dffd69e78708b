/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <errno.h>
#include <string.h>

#include "heap.h"
#include "index.h"
#include "tx.h"

/* Values up to this are changed in place, through the log. */
#define IN_PLACE_MAX	128
/* Log entries of the few words that each function here writes itself. */
#define ENTRY_LOG	16
/* Spare room that a growing value is given, at most. */
#define SPARE_MAX	(1024 * 1024)

bool entry_is_valid(const struct store *s, uint64_t entry)
{
	const struct kv_header *h = s->header;
	uint64_t room, key_len, value_len;

	if (entry % 16 || entry <= h->heap_offset || entry >= h->heap_end)
		return false;
	room = heap_payload(s, entry);
	if (room < ENTRY_HEADER)
		return false;
	room -= ENTRY_HEADER;
	key_len = store_get(s, ENTRY_KEY(entry)) & UINT32_MAX;
	value_len = store_get(s, ENTRY_VALUE_LEN(entry));
	return key_len <= room && value_len <= room - key_len;
}

struct slice entry_key(const struct store *s, uint64_t entry)
{
	return (struct slice){
		(const char *)s->base + entry + ENTRY_HEADER,
		store_get(s, ENTRY_KEY(entry)) & UINT32_MAX
	};
}

static uint64_t value_offset(const struct store *s, uint64_t entry)
{
	return entry + ENTRY_HEADER +
		(store_get(s, ENTRY_KEY(entry)) & UINT32_MAX);
}

struct slice entry_value(const struct store *s, uint64_t entry)
{
	return (struct slice){
		(const char *)s->base + value_offset(s, entry),
		store_get(s, ENTRY_VALUE_LEN(entry))
	};
}

/* Bytes that the value could have without another block. */
static uint64_t value_room(const struct store *s, uint64_t entry)
{
	return entry + heap_payload(s, entry) - value_offset(s, entry);
}

static uint64_t key_word(struct slice key, uint64_t hash)
{
	return key.n | (hash >> 32 << 32);
}

bool entry_has_key(const struct store *s, uint64_t entry, struct slice key,
		   uint64_t hash)
{
	return store_get(s, ENTRY_KEY(entry)) == key_word(key, hash) &&
		memcmp(s->base + entry + ENTRY_HEADER, key.p, key.n) == 0;
}

int64_t entry_expire(const struct store *s, uint64_t entry)
{
	return (int64_t)store_get(s, ENTRY_EXPIRE(entry));
}

bool entry_is_expired(const struct store *s, uint64_t entry, int64_t now)
{
	int64_t at = entry_expire(s, entry);

	return at && at <= now;
}

static void add(struct store *s, kv_word *counter, uint64_t n)
{
	tx_write(s, STORE_OFFSET(s, counter), word_get(counter) + n);
}

/*
 * Have the heap take the block back at the end of the transaction. Its chain
 * word is free for that, now that nothing points to the entry.
 */
static int free_later(struct store *s, uint64_t entry)
{
	int rc = tx_reserve(s, HEAP_LOG_ENTRIES + 1);

	if (rc < 0)
		return rc;
	tx_write(s, ENTRY_NEXT(entry), s->pending);
	s->pending = entry;
	s->reserved += HEAP_LOG_ENTRIES;
	return 0;
}

/*
 * A new entry that nothing points to yet. Unless spare room can be had too,
 * go without.
 */
static int build(struct store *s, struct slice key, uint64_t hash,
		 struct slice value, struct slice tail, uint64_t spare,
		 int64_t expire, uint64_t *ret_entry)
{
	uint64_t length = value.n + tail.n, entry;
	uint64_t bytes = ENTRY_HEADER + key.n + length;
	unsigned char *p;
	int rc;

	if (key.n > UINT32_MAX)
		return -ENOSPC;
	rc = heap_alloc(s, bytes + spare, &entry);
	if (rc == -ENOSPC && spare)
		rc = heap_alloc(s, bytes, &entry);
	if (rc < 0)
		return rc;
	tx_order();
	p = s->base + entry + ENTRY_HEADER;
	memcpy(p, key.p, key.n);
	memcpy(p + key.n, value.p, value.n);
	if (tail.n)
		memcpy(p + key.n + value.n, tail.p, tail.n);
	/* Plain words too: the block was free before this transaction. */
	store_put(s, ENTRY_EXPIRE(entry), (uint64_t)expire);
	store_put(s, ENTRY_VALUE_LEN(entry), length);
	store_put(s, ENTRY_KEY(entry), key_word(key, hash));
	*ret_entry = entry;
	return 0;
}

/* Let @entry take the place that @slot describes, of an old entry or none. */
static int install(struct store *s, const struct index_slot *slot,
		   uint64_t entry)
{
	uint64_t next;

	if (!slot->entry) {
		next = store_get(s, slot->link);
		add(s, &s->header->keys, 1);
	} else {
		next = store_get(s, ENTRY_NEXT(slot->entry));
	}
	store_put(s, ENTRY_NEXT(entry), next);
	index_link(s, slot, entry);
	return slot->entry ? free_later(s, slot->entry) : 0;
}

static void count_expire(struct store *s, int64_t before, int64_t after)
{
	if (!before != !after)
		add(s, &s->header->volatile_keys, after ? 1 : UINT64_MAX);
}

static bool fits_in_place(const struct store *s, uint64_t entry, size_t n)
{
	uint64_t room = value_room(s, entry);

	/* Not at the price of a block that is mostly empty. */
	return n <= IN_PLACE_MAX && n <= room && room - n <= n + 32;
}

int entry_set(struct store *s, struct slice key, struct slice value,
	      int64_t expire)
{
	struct index_slot slot;
	int64_t before = 0;
	uint64_t entry;
	int rc;

	rc = index_find(s, key, &slot);
	if (rc < 0)
		return rc;
	if (slot.entry)
		before = entry_expire(s, slot.entry);
	if (expire == ENTRY_KEEP_EXPIRE)
		expire = before;
	rc = tx_reserve(s, ENTRY_LOG + IN_PLACE_MAX / 8 + 2);
	if (rc < 0)
		return rc;
	if (slot.entry && fits_in_place(s, slot.entry, value.n)) {
		tx_write_bytes(s, value_offset(s, slot.entry), value.p, value.n);
		tx_write(s, ENTRY_VALUE_LEN(slot.entry), value.n);
		tx_write(s, ENTRY_EXPIRE(slot.entry), (uint64_t)expire);
		count_expire(s, before, expire);
		return 0;
	}
	rc = build(s, key, slot.hash, value, (struct slice){ 0 }, 0, expire,
		   &entry);
	if (rc < 0)
		return rc;
	rc = tx_reserve(s, ENTRY_LOG);
	if (rc < 0)
		return rc;
	count_expire(s, before, expire);
	return install(s, &slot, entry);
}

int entry_append(struct store *s, struct slice key, struct slice tail,
		 uint64_t *ret_length)
{
	struct slice value = { "", 0 };
	struct index_slot slot;
	int64_t expire = 0;
	uint64_t entry, length, spare = 0;
	int rc;

	rc = index_find(s, key, &slot);
	if (rc < 0)
		return rc;
	rc = tx_reserve(s, ENTRY_LOG);
	if (rc < 0)
		return rc;
	if (slot.entry) {
		value = entry_value(s, slot.entry);
		expire = entry_expire(s, slot.entry);
	}
	length = value.n + tail.n;
	*ret_length = length;
	if (slot.entry && length <= value_room(s, slot.entry)) {
		if (!tail.n)
			return 0;
		memcpy(s->base + value_offset(s, slot.entry) + value.n,
		       tail.p, tail.n);
		/* tx_write() stores the length after these bytes. */
		tx_write(s, ENTRY_VALUE_LEN(slot.entry), length);
		return 0;
	}
	if (slot.entry)
		spare = length < SPARE_MAX ? length : SPARE_MAX;
	rc = build(s, key, slot.hash, value, tail, spare, expire, &entry);
	if (rc < 0)
		return rc;
	rc = tx_reserve(s, ENTRY_LOG);
	if (rc < 0)
		return rc;
	return install(s, &slot, entry);
}

int entry_set_expire(struct store *s, uint64_t entry, int64_t expire)
{
	int rc = tx_reserve(s, ENTRY_LOG);

	if (rc < 0)
		return rc;
	count_expire(s, entry_expire(s, entry), expire);
	tx_write(s, ENTRY_EXPIRE(entry), (uint64_t)expire);
	return 0;
}

int entry_delete_at(struct store *s, uint64_t link)
{
	struct index_slot slot = { .link = link, .entry = store_get(s, link) };
	int rc = tx_reserve(s, ENTRY_LOG + HEAP_LOG_ENTRIES + 1);

	if (rc < 0)
		return rc;
	add(s, &s->header->keys, UINT64_MAX);
	count_expire(s, entry_expire(s, slot.entry), 0);
	index_unlink(s, &slot);
	return free_later(s, slot.entry);
}

int entry_delete(struct store *s, struct slice key)
{
	struct index_slot slot;
	int rc = index_find(s, key, &slot);

	if (rc < 0 || !slot.entry)
		return rc;
	rc = entry_delete_at(s, slot.link);
	return rc < 0 ? rc : 1;
}

int entry_lookup(struct store *s, struct slice key, int64_t now,
		 uint64_t *ret_entry)
{
	struct index_slot slot;
	int rc = index_find(s, key, &slot);

	if (rc < 0)
		return rc;
	*ret_entry = slot.entry;
	if (!slot.entry || !entry_is_expired(s, slot.entry, now))
		return 0;
	*ret_entry = 0;
	rc = entry_delete_at(s, slot.link);
	if (rc == -E2BIG)
		return 0;
	if (rc == 0)
		s->expired++;
	return rc;
}
