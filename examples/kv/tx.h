/* SPDX-License-Identifier: MIT */
/*
 * Transactions: an undo log of words.
 *
 * Before a word of the region changes, its offset and old value are appended
 * to the log and the log's count goes up; only then is the word stored. A
 * commit is one store, count = 0. Reads need nothing special.
 */
#ifndef KV_TX_H
#define KV_TX_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

/* Room for @entries more log entries? 0 or -E2BIG. */
int tx_reserve(const struct store *s, uint64_t entries);

/* Change a word. The caller has reserved the log entry. */
void tx_write(struct store *s, uint64_t offset, uint64_t value);

/* Have a word restored by a rollback, whoever overwrites it. */
void tx_keep(struct store *s, uint64_t offset);

/*
 * Change bytes, word by word. They may begin and end inside of words; takes
 * up to @n / 8 + 2 log entries.
 */
void tx_write_bytes(struct store *s, uint64_t offset, const void *p, size_t n);

/*
 * Between tx_keep() or an allocation and plain stores (memcpy) to memory that
 * only the log protects: the log entries reach memory first.
 */
static inline void tx_order(void)
{
	atomic_thread_fence(memory_order_release);
}

void tx_commit(struct store *s);
void tx_rollback(struct store *s);

/*
 * The rollback of a log that an earlier process left. -EUCLEAN: an entry
 * points where no transaction writes; then nothing was changed.
 */
int tx_recover(struct store *s);

#endif
