// SPDX-License-Identifier: MIT
/*
 * Fake kernel: transparent huge pages of shmem, as with the policy "never" or
 * "advise": they come on demand (MADV_COLLAPSE) and not at first touch.
 *
 * What the table of calls did to a piece of 2 MiB is counted here; what the
 * program wrote shows in the real file.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fake_kernel.h"

#define SMALL UINT64_C(4096)

/* Of a piece: nothing known, its first page, all its pages, one page. */
enum { HOLE, TOUCHED, FULL, HUGE };

void shmem_resize(struct file *file)
{
	uint64_t count = (file->length + HUGE_2M - 1) / HUGE_2M;

	/* Before memory for the pieces of a file of exabytes is asked for. */
	check(count < UINT64_C(1) << 32);
	file->units = realloc(file->units, count + 1);
	check(file->units);
	if (count > file->unit_count)
		memset(file->units + file->unit_count, HOLE,
		       count - file->unit_count);
	file->unit_count = count;
}

void shmem_fill(struct file *file, uint64_t offset, uint64_t length)
{
	uint64_t end = offset + length;

	for (uint64_t i = offset / HUGE_2M; i * HUGE_2M < end; i++) {
		uint64_t unit_end = (i + 1) * HUGE_2M;

		if (unit_end > file->length)
			unit_end = file->length;
		if (offset <= i * HUGE_2M && end >= unit_end) {
			if (file->units[i] != HUGE)
				file->units[i] = FULL;
		} else if (file->units[i] == HOLE) {
			file->units[i] = TOUCHED;
		}
	}
}

/* Is there a byte that the program wrote, or looked at, in that range? */
static bool was_used(const struct file *file, uint64_t offset, uint64_t length)
{
	off_t data = lseek(file->memfd, (off_t)offset, SEEK_DATA);

	return data >= 0 && (uint64_t)data < offset + length;
}

static bool page_is_there(const struct file *file, uint64_t offset)
{
	switch (file->units[offset / HUGE_2M]) {
	case FULL:
	case HUGE:
		return true;
	case TOUCHED:
		if (offset % HUGE_2M == 0)
			return true;
		/* fall through */
	default:
		return was_used(file, offset, SMALL);
	}
}

int fake_find_data(int fd, uint64_t offset, uint64_t *ret_start,
		   uint64_t *ret_end)
{
	int err = called(CALL_FIND_DATA);
	struct description *d;
	uint64_t start, end;

	if (err)
		return err;
	LOCKED();
	/* As file_info: the owner may have closed it. */
	d = fd_find(fd);
	if (!d)
		return -EBADF;
	check(d->kind == FILE_FD && !d->file->page_size);
	if (d->file->claims) {
		*ret_start = offset;
		*ret_end = d->file->claim;
		return offset < *ret_end ? 0 : -ENXIO;
	}
	start = offset;
	while (start < d->file->length && !page_is_there(d->file, start))
		start = (start / SMALL + 1) * SMALL;
	if (start >= d->file->length)
		return -ENXIO;
	end = start;
	while (end < d->file->length && page_is_there(d->file, end))
		end = (end / SMALL + 1) * SMALL;
	*ret_start = start;
	*ret_end = end < d->file->length ? end : d->file->length;
	return 0;
}

/* -- Advice ---------------------------------------------------------------- */

/* The library reads only what is there: else it would take memory. */
static int read_part(struct map *map, uint64_t offset, uint64_t length,
		     void *unused)
{
	(void)unused;
	if (offset + length > map->file->length)
		return -EFAULT;
	for (uint64_t i = offset; i < offset + length; i += SMALL)
		check(page_is_there(map->file, i));
	return 0;
}

int fake_populate_read(void *address, uint64_t length)
{
	int err = called(CALL_POPULATE_READ);

	if (err)
		return err;
	LOCKED();
	return map_walk(address, length, read_part, NULL);
}

static int nothing(struct map *map, uint64_t offset, uint64_t length,
		   void *unused)
{
	(void)unused;
	check(map->file && !map->file->page_size);
	check(offset % HUGE_2M == 0 && length % HUGE_2M == 0);
	return 0;
}

int fake_advise_huge(void *address, uint64_t length)
{
	int err = called(CALL_ADVISE_HUGE);

	if (err)
		return err;
	LOCKED();
	err = map_walk(address, length, nothing, NULL);
	return !err && fake.no_thp ? -EINVAL : err;
}

static int collapse_part(struct map *map, uint64_t offset, uint64_t length,
			 void *context)
{
	int *last = context;

	for (uint64_t i = offset; i + HUGE_2M <= offset + length;
	     i += HUGE_2M) {
		unsigned char *unit = &map->file->units[i / HUGE_2M];

		if (*unit == HOLE && !was_used(map->file, i, HUGE_2M))
			*last = -EINVAL;
		else if (*unit != HUGE && fake.no_free_thp)
			*last = -ENOMEM;
		else
			*unit = HUGE;
	}
	return 0;
}

int fake_collapse(void *address, uint64_t length)
{
	int err = called(CALL_COLLAPSE), last = 0;

	if (err)
		return err;
	LOCKED();
	if (fake.no_thp)
		return -EINVAL;
	err = map_walk(address, length, collapse_part, &last);
	return err ? err : last;
}

/* Only what lies right can be mapped as one page. */
static int count_part(struct map *map, uint64_t offset, uint64_t length,
		      void *context)
{
	uint64_t place = (uintptr_t)map->address - map->offset;
	uint64_t *bytes = context;

	if (place % HUGE_2M)
		return 0;
	for (uint64_t i = offset; i < offset + length; i += SMALL)
		if (map->file->units[i / HUGE_2M] == HUGE)
			*bytes += SMALL;
	return 0;
}

int fake_count_huge(void *address, uint64_t length, uint64_t *ret_bytes)
{
	int err = called(CALL_COUNT_HUGE);

	if (err)
		return err;
	LOCKED();
	if (fake.hidden_proc)
		return -ENOENT;
	if (fake.no_scan)
		return -ENOTTY;
	*ret_bytes = 0;
	return map_walk(address, length, count_part, ret_bytes);
}
