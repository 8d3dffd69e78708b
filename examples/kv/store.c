/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "entry.h"
#include "heap.h"
#include "index.h"
#include "tx.h"

static void attach(struct store *s, void *base, uint64_t length)
{
	memset(s, 0, sizeof(*s));
	s->base = base;
	s->length = length;
	s->header = base;
}

static void set_state(struct store *s, uint64_t state)
{
	atomic_store_explicit(&s->header->state, state, memory_order_release);
	atomic_thread_fence(memory_order_release);
}

static void clear(struct store *s)
{
	struct kv_header *h = s->header;

	index_clear(s);
	heap_format(s);
	atomic_store_explicit(&h->volatile_keys, 0, memory_order_release);
	atomic_store_explicit(&h->keys, 0, memory_order_release);
	set_state(s, KV_STATE_READY);
}

int store_format(struct store *s, void *base, uint64_t length,
		 const unsigned char secret[KV_SECRET_SIZE], uint64_t now_ms)
{
	struct kv_geometry g;
	struct kv_header *h = base;

	if (layout_geometry(length, &g) < 0)
		return -EINVAL;
	if (h->magic)
		return -EEXIST;
	attach(s, base, length);
	h->layout = KV_LAYOUT_VERSION;
	h->length = length;
	h->log_offset = g.log_offset;
	h->log_capacity = g.log_capacity;
	h->index_offset = g.index_offset;
	h->bucket_count = g.bucket_count;
	h->heap_offset = g.heap_offset;
	h->heap_end = g.heap_end;
	h->created_ms = now_ms;
	memcpy(h->secret, secret, KV_SECRET_SIZE);
	/* The index is zeros already; not touching it keeps the start fast. */
	heap_format(s);
	atomic_thread_fence(memory_order_release);
	h->magic = KV_MAGIC;
	return 0;
}

int store_open(struct store *s, void *base, uint64_t length,
	       const char **ret_why)
{
	int rc;

	rc = layout_validate(base, length, ret_why);
	if (rc < 0)
		return rc;
	attach(s, base, length);
	if (word_get(&s->header->state) == KV_STATE_FLUSHING)
		clear(s);
	if (tx_recover(s) < 0) {
		*ret_why = "its undo log is damaged (offsets)";
		return -EUCLEAN;
	}
	return layout_validate(base, length, ret_why);
}

void store_begin(struct store *s)
{
	assert(word_get(&s->header->log_count) == 0);
	s->reserved = 0;
	s->pending = 0;
	s->damaged = false;
}

int store_commit(struct store *s)
{
	bool changed = s->pending || word_get(&s->header->log_count);

	/* What is intact can still be read and saved elsewhere. */
	if (s->damaged || (s->distrusted && changed))
		return -EUCLEAN;
	s->reserved = 0;
	while (s->pending) {
		uint64_t entry = s->pending;
		int rc;

		s->pending = store_get(s, ENTRY_NEXT(entry));
		rc = heap_free(s, entry);
		if (rc < 0)
			return rc;
	}
	tx_commit(s);
	s->changes += changed;
	return 0;
}

void store_rollback(struct store *s)
{
	tx_rollback(s);
	s->distrusted |= s->damaged;
	s->reserved = 0;
	s->pending = 0;
}

void store_flush(struct store *s)
{
	assert(word_get(&s->header->log_count) == 0);
	/* From this store on all is gone: what follows can be repeated. */
	set_state(s, KV_STATE_FLUSHING);
	clear(s);
	s->damaged = false;
	s->distrusted = false;
	s->changes++;
}

uint64_t store_keys(const struct store *s)
{
	return word_get(&s->header->keys);
}

uint64_t store_volatile_keys(const struct store *s)
{
	return word_get(&s->header->volatile_keys);
}

uint64_t store_used(const struct store *s)
{
	return word_get(&s->header->heap_used);
}

uint64_t store_capacity(const struct store *s)
{
	return s->header->heap_end - s->header->heap_offset - 16;
}
