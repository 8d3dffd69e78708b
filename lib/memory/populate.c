// SPDX-License-Identifier: MIT
#include <errno.h>

#include "base/error.h"
#include "memory/populate.h"

/* More do not make the memory faster, on any machine. */
#define THREADS_MAX 1024

/* What one thread does. */
struct share {
	const struct hp_pages *pages;
	char *address;
	uint64_t length;
	pthread_t thread;
	int err, collapse_err;
};

/*
 * Where the policy gives shmem no huge pages by itself it does so on demand,
 * but not in place of nothing at all: one small page has to be there.
 */
static int make_huge(struct share *share)
{
	const struct hp_sys *sys = share->pages->sys;
	int err;

	for (uint64_t i = 0; i < share->length; i += HP_PAGE_2M) {
		err = sys->populate(share->address + i,
				    share->pages->page_size);
		if (err < 0)
			return err;
	}
	share->collapse_err = sys->collapse(share->address, share->length);
	return 0;
}

static void *populate(void *argument)
{
	struct share *share = argument;

	if (share->pages->shmem)
		share->err = make_huge(share);
	if (!share->err)
		share->err = share->pages->sys->populate(share->address,
							 share->length);
	return NULL;
}

static int populate_error(const struct hp_log *log, int err)
{
	if (err < 0)
		hp_log_call(log, LOG_ERR, "populate",
			    "madvise(MADV_POPULATE_WRITE)", err);
	switch (err) {
	case 0:
		return 0;
	case -EINVAL: /* does not know the advice */
		return -EOPNOTSUPP;
	case -EFAULT: /* SIGBUS for others: no page on these nodes, a limit */
		return -ENOMEM;
	case -EHWPOISON:
		return -EHWPOISON;
	default:
		return hp_error_common(err);
	}
}

/* Contiguous shares of whole pages, whose lengths differ by a page at most. */
static void divide(struct share *shares, unsigned int count,
		   const struct hp_pages *pages, char *address,
		   uint64_t page_count)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t length = page_count / count + (i < page_count % count);

		shares[i] = (struct share){
			.pages = pages,
			.address = address,
			.length = length * pages->unit,
		};
		address += shares[i].length;
	}
}

/* The first error of the shares; what only cost hugeness is but told. */
static int result_of(const struct hp_pages *pages, const struct share *shares,
		     unsigned int count)
{
	int err = 0, collapse_err = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (!err)
			err = shares[i].err;
		if (!collapse_err)
			collapse_err = shares[i].collapse_err;
	}
	if (collapse_err)
		hp_log(pages->log, LOG_WARNING,
		       "shmem stays in small pages, all of it or a part: "
		       "madvise(MADV_COLLAPSE): %s",
		       HP_ERRNO(collapse_err));
	return populate_error(pages->log, err);
}

int hp_populate(const struct hp_pages *pages, void *address, uint64_t length,
		unsigned int threads)
{
	uint64_t count = length / pages->unit;
	const struct hp_sys *sys = pages->sys;
	unsigned int started;
	struct share *shares;
	int err = 0;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads > count)
		threads = (unsigned int)count;
	if (!threads) {
		struct share all = {
			.pages = pages,
			.address = address,
			.length = length,
		};

		populate(&all);
		return result_of(pages, &all, 1);
	}

	shares = sys->zalloc(threads * sizeof(*shares));
	if (!shares)
		return -ENOMEM;
	divide(shares, threads, pages, address, count);
	for (started = 0; started < threads; started++) {
		err = sys->start_thread(&shares[started].thread, populate,
					&shares[started]);
		if (err < 0)
			break;
	}
	if (started < threads) {
		hp_log(pages->log, LOG_WARNING,
		       "%u threads instead of %u: pthread_create: %s", started,
		       threads, HP_ERRNO(err));
		/* What has no thread is done here. */
		for (unsigned int i = started; i < threads; i++)
			populate(&shares[i]);
	}
	for (unsigned int i = 0; i < started; i++)
		sys->join_thread(shares[i].thread);
	err = result_of(pages, shares, threads);
	sys->free(shares);
	return err;
}
