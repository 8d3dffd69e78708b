// SPDX-License-Identifier: MIT
/*
 * Whoever holds a file fills its holes in the end, or fails to when nobody can
 * be told any more. So a region is full before it is given away.
 */
#include <errno.h>

#include "memory/file.h"
#include "memory/region.h"

/* So much at once that the threads have work and the caller hears of it. */
#define STEP (UINT64_C(1) << 30)
#define PROGRESS_MS 1000

struct fill {
	const struct hp_region *region;
	unsigned int threads;
	hp_fill_fn *progress;
	void *context;
};

static int fill_steps(const struct fill *fill, char *address)
{
	const struct hp_region *region = fill->region;
	const struct hp_pages pages = hp_region_pages(region);
	uint64_t told = region->sys->now_ms(), length;
	int err;

	for (uint64_t done = 0; done < region->length; done += length) {
		uint64_t now = region->sys->now_ms();

		if (fill->progress && now - told >= PROGRESS_MS) {
			told = now;
			if (fill->progress(fill->context, done))
				return -ECANCELED;
		}
		length = STEP > pages.unit ? STEP : pages.unit;
		if (length > region->length - done)
			length = region->length - done;
		err = hp_populate(&pages, address + done, length,
				  fill->threads);
		if (err < 0)
			return err;
	}
	return 0;
}

/* Not in the application's mapping, which it may have protected. */
static int fill_mapped(const struct fill *fill)
{
	const struct hp_region *region = fill->region;
	struct hp_map_request request = { .length = region->length };
	void *address;
	int err;

	err = hp_region_map_part(region, &request, &address);
	if (err == -EEXIST) /* no address was asked for */
		return -EPROTO;
	if (err < 0)
		return hp_region_map_error(region, err, region->length);
	err = hp_numa_apply(&region->numa, region->sys, region->log, address, 0,
			    region->length);
	if (!err)
		err = fill_steps(fill, address);
	region->sys->unmap(address, region->length);
	return err;
}

int hp_region_fill(const struct hp_region *region, unsigned int threads,
		   hp_fill_fn *progress, void *context)
{
	const struct fill fill = {
		.region = region,
		.threads = threads,
		.progress = progress,
		.context = context,
	};
	struct hp_file_info info;
	int err, full;

	err = hp_region_check_file(region, &info);
	if (err < 0)
		return err;
	full = hp_file_is_full(region->sys, region->fd, &info);
	if (full < 0)
		return full;
	/* Nobody can write through it, so what is missing stays missing. */
	if (region->read_only || !info.writable)
		return full ? 0 : -EROFS;
	/* Once more while it can be put into huge pages, which may be free now. */
	if (full && (!region->shmem || region->held))
		return 0;
	err = fill_mapped(&fill);
	/* A kernel without the advice: the holder fills it. */
	return err == -EOPNOTSUPP ? 0 : err;
}
