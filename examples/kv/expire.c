/* SPDX-License-Identifier: MIT */
#include "expire.h"

#include <errno.h>
#include <time.h>

#include "entry.h"
#include "index.h"

static int expire_bucket(struct store *s, uint64_t bucket, int64_t now)
{
	uint64_t link = index_bucket_link(s, bucket), entry;
	uint64_t left = store_keys(s);
	int removed = 0;

	while ((entry = store_get(s, link))) {
		int rc;

		if (!left-- || !entry_is_valid(s, entry)) {
			s->distrusted = true;
			return -EUCLEAN;
		}
		if (!entry_is_expired(s, entry, now)) {
			link = ENTRY_NEXT(entry);
			continue;
		}
		store_begin(s);
		rc = entry_delete_at(s, link);
		if (rc == 0)
			rc = store_commit(s);
		if (rc < 0) {
			store_rollback(s);
			return rc;
		}
		s->expired++;
		removed++;
	}
	return removed;
}

int expire_step(struct store *s, int64_t now, unsigned int buckets)
{
	uint64_t mask = s->header->bucket_count - 1;
	int removed = 0;

	while (buckets--) {
		int rc;

		if (!store_volatile_keys(s))
			break;
		rc = expire_bucket(s, s->expire_bucket, now);
		if (rc < 0)
			return rc;
		removed += rc;
		s->expire_bucket = (s->expire_bucket + 1) & mask;
	}
	return removed;
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

int expire_cycle(struct store *s, int64_t now, unsigned int budget_us)
{
	const unsigned int step = 64;
	int64_t end = now_us() + budget_us;
	int removed = 0;

	for (uint64_t done = 0; done < s->header->bucket_count; done += step) {
		int rc = store_volatile_keys(s) ?
			expire_step(s, now, step) : 0;

		if (rc < 0)
			return rc;
		removed += rc;
		if (!store_volatile_keys(s) || now_us() >= end)
			break;
	}
	return removed;
}
