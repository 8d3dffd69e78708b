/* SPDX-License-Identifier: MIT */
/*
 * What lies in the region, and where.
 *
 *	header | undo log | hash index | heap
 *
 * Everything is an offset from the region's start, never a pointer, so that
 * the region works wherever it is mapped next time. Where the parts begin
 * follows from the region's length alone: a header that says otherwise is
 * not ours, or damaged.
 */
#ifndef KV_LAYOUT_H
#define KV_LAYOUT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every word that may change after the format is atomic: a kexec between two
 * instructions must find the stores in the order in which they were written
 * here, so neither the compiler nor the processor may swap them.
 */
typedef _Atomic uint64_t kv_word;

_Static_assert(sizeof(kv_word) == 8, "words must be plain 64 bit memory");

#define KV_MAGIC		UINT64_C(0x31766b70672d7068)	/* "hp-gpkv1" */
#define KV_LAYOUT_VERSION	1
#define KV_SECRET_SIZE		192
#define KV_HEADER_SIZE		8192
#define KV_MIN_LENGTH		(64 * 1024)

/* Size classes of the heap's free lists, see heap.c. */
#define KV_FL_COUNT		40
#define KV_SL_COUNT		16

enum kv_state {
	KV_STATE_READY		= 0,
	KV_STATE_FLUSHING	= 1,	/* a flush was decided: finish it */
};

struct kv_header {
	/* Written once, by the format; the magic last. */
	uint64_t magic;
	uint64_t layout;
	uint64_t length;
	uint64_t log_offset;
	uint64_t log_capacity;		/* in entries */
	uint64_t index_offset;
	uint64_t bucket_count;		/* a power of two */
	uint64_t heap_offset;
	uint64_t heap_end;
	uint64_t created_ms;
	unsigned char secret[KV_SECRET_SIZE];

	/* Changed by the transaction machinery itself. */
	kv_word log_count;
	kv_word state;

	/* Changed inside transactions only. */
	kv_word keys;
	kv_word volatile_keys;		/* those with an expiry time */
	kv_word heap_used;		/* bytes in allocated blocks */
	kv_word fl_bitmap;
	kv_word sl_bitmap[KV_FL_COUNT];
	kv_word head[KV_FL_COUNT][KV_SL_COUNT];

	/* Some times a second, see clock.h. Of an older hp-kv: zeros. */
	kv_word clock_ms;
	kv_word clock_boot_ms;
	kv_word clock_boot_id[2];
};

_Static_assert(sizeof(struct kv_header) <= KV_HEADER_SIZE,
	       "the header outgrew its place");

struct kv_log_entry {
	kv_word offset;
	kv_word old;
};

struct kv_geometry {
	uint64_t log_offset;
	uint64_t log_capacity;
	uint64_t index_offset;
	uint64_t bucket_count;
	uint64_t heap_offset;
	uint64_t heap_end;
};

/* 0, or -EINVAL when a region of this length cannot hold a store. */
int layout_geometry(uint64_t length, struct kv_geometry *ret);

/*
 * What comes back from another kernel is untrusted input. 0, or -EUCLEAN with
 * @ret_why saying in words what is wrong. Looks at the header only: the cost
 * does not grow with the data.
 */
int layout_validate(const struct kv_header *h, uint64_t length,
		    const char **ret_why);

#endif
