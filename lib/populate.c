// SPDX-License-Identifier: MIT
#include <errno.h>

#include "error.h"
#include "populate.h"

/* More do not make the memory faster, on any machine. */
#define THREADS_MAX 1024

/* What one thread does. */
struct share {
	const struct hp_sys *sys;
	void *address;
	uint64_t length;
	pthread_t thread;
	int err;
};

static void *populate(void *argument)
{
	struct share *share = argument;

	share->err = share->sys->populate(share->address, share->length);
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
		   const struct hp_sys *sys, char *address, uint64_t pages,
		   uint64_t page_size)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t length = pages / count + (i < pages % count);

		shares[i] = (struct share){
			.sys = sys,
			.address = address,
			.length = length * page_size,
		};
		address += shares[i].length;
	}
}

int hp_populate(const struct hp_sys *sys, const struct hp_log *log,
		void *address, uint64_t length, uint64_t page_size,
		unsigned int threads)
{
	uint64_t pages = length / page_size;
	unsigned int started;
	struct share *shares;
	int err = 0;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads > pages)
		threads = (unsigned int)pages;
	if (!threads)
		return populate_error(log, sys->populate(address, length));

	shares = sys->zalloc(threads * sizeof(*shares));
	if (!shares)
		return -ENOMEM;
	divide(shares, threads, sys, address, pages, page_size);
	for (started = 0; started < threads; started++) {
		err = sys->start_thread(&shares[started].thread, populate,
					&shares[started]);
		if (err < 0)
			break;
	}
	if (started < threads) {
		hp_log(log, LOG_WARNING,
		       "%u threads instead of %u: pthread_create: %s", started,
		       threads, HP_ERRNO(err));
		/* What has no thread is done here. */
		for (unsigned int i = started; i < threads; i++)
			populate(&shares[i]);
	}
	err = 0;
	for (unsigned int i = 0; i < threads; i++) {
		if (i < started)
			sys->join_thread(shares[i].thread);
		if (!err)
			err = shares[i].err;
	}
	sys->free(shares);
	return populate_error(log, err);
}
