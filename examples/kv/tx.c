/* SPDX-License-Identifier: MIT */
#include "tx.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static void word_set(kv_word *w, uint64_t value)
{
	/* Release: no earlier store may come to memory after this one. */
	atomic_store_explicit(w, value, memory_order_release);
}

static struct kv_log_entry *log_entry(const struct store *s, uint64_t n)
{
	return (struct kv_log_entry *)(void *)(s->base + s->header->log_offset) + n;
}

int tx_reserve(const struct store *s, uint64_t entries)
{
	uint64_t used = word_get(&s->header->log_count) + s->reserved;

	if (used > s->header->log_capacity ||
	    entries > s->header->log_capacity - used)
		return -E2BIG;
	return 0;
}

void tx_keep(struct store *s, uint64_t offset)
{
	struct kv_header *h = s->header;
	uint64_t n = word_get(&h->log_count);
	struct kv_log_entry *e = log_entry(s, n);

	assert(n < h->log_capacity);
	assert(offset % 8 == 0 && offset < s->length);
#ifdef KV_BREAK_LOG		/* for the test that must notice it */
	return;
#endif
	word_set(&e->offset, offset);
	word_set(&e->old, store_get(s, offset));
	word_set(&h->log_count, n + 1);
}

void tx_write(struct store *s, uint64_t offset, uint64_t value)
{
	if (store_get(s, offset) == value)
		return;
#ifdef KV_BREAK_ORDER		/* for the test that must notice it */
	uint64_t old = store_get(s, offset);

	word_set(store_word(s, offset), value);
	tx_keep(s, offset);
	word_set(&log_entry(s, word_get(&s->header->log_count) - 1)->old, old);
#else
	tx_keep(s, offset);
	word_set(store_word(s, offset), value);
#endif
}

void tx_write_bytes(struct store *s, uint64_t offset, const void *p, size_t n)
{
	const unsigned char *from = p;

	while (n) {
		uint64_t word = offset & ~UINT64_C(7), value;
		size_t skip = offset - word;
		size_t take = 8 - skip < n ? 8 - skip : n;

		value = store_get(s, word);
		memcpy((unsigned char *)&value + skip, from, take);
		tx_write(s, word, value);
		from += take;
		offset += take;
		n -= take;
	}
}

void tx_commit(struct store *s)
{
	word_set(&s->header->log_count, 0);
	/* The next transaction's log entries come after the commit. */
	atomic_thread_fence(memory_order_release);
}

void tx_rollback(struct store *s)
{
	for (uint64_t n = word_get(&s->header->log_count); n--; ) {
		struct kv_log_entry *e = log_entry(s, n);

		word_set(store_word(s, word_get(&e->offset)),
			 word_get(&e->old));
	}
	/*
	 * The count falls only now: stopped in the middle, the next rollback
	 * starts from the end again, and gets to the same words.
	 */
	tx_commit(s);
}

int tx_recover(struct store *s)
{
	const struct kv_header *h = s->header;
	uint64_t count = word_get(&h->log_count);

	for (uint64_t n = 0; n < count; n++) {
		uint64_t offset = word_get(&log_entry(s, n)->offset);

		if (offset % 8 || offset > h->heap_end - 8)
			return -EUCLEAN;
		if (offset >= h->index_offset)
			continue;
		if (offset < offsetof(struct kv_header, keys) ||
		    offset >= sizeof(struct kv_header))
			return -EUCLEAN;
	}
	tx_rollback(s);
	return 0;
}
