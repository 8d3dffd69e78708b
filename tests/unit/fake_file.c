// SPDX-License-Identifier: MIT
/*
 * Fake kernel: files, and the pools of huge pages that they take from.
 *
 * The bytes are in a real memfd of small pages. Which huge pages a file has is
 * only counted: reserved from its start by the maps, and filled one by one.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_kernel.h"

static long *pool_used(uint64_t page_size)
{
	return page_size == HUGE_1G ? &fake.pool_1g_used : &fake.pool_used;
}

static long *pool_filled(uint64_t page_size)
{
	return page_size == HUGE_1G ? &fake.pool_1g_filled : &fake.pool_filled;
}

static long pool_pages(uint64_t page_size)
{
	return page_size == HUGE_1G ? fake.pool_1g_pages : fake.pool_pages;
}

/* Pages of a pool that the file needs: reserved or filled. */
static long pages_needed(const struct file *file)
{
	long pages = (long)file->reserved;

	for (uint64_t i = file->reserved; i < file->filled_count; i++)
		pages += file->filled[i] != 0;
	return pages;
}

/* Make the pool agree with the file; -ENOMEM changes nothing. */
static int charge(struct file *file)
{
	long *used = pool_used(file->page_size);
	long pages = pages_needed(file), filled = 0;

	if (pages > file->charged &&
	    *used + pages - file->charged > pool_pages(file->page_size))
		return -ENOMEM;
	*used += pages - file->charged;
	file->charged = pages;
	for (uint64_t i = 0; i < file->filled_count; i++)
		filled += file->filled[i] != 0;
	*pool_filled(file->page_size) += filled - file->filled_pages;
	file->filled_pages = filled;
	return 0;
}

/* Each file is a real one, and there may be thousands. */
static void raise_limit(void)
{
	struct rlimit limit;

	check(!getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	check(!setrlimit(RLIMIT_NOFILE, &limit));
}

struct file *file_new(const char *name, uint64_t page_size)
{
	struct file *file = calloc(1, sizeof(*file));
	struct stat st;

	check(file);
	if (!fake.files)
		raise_limit();
	file->memfd = memfd_create(name, MFD_CLOEXEC);
	check(file->memfd >= 0);
	check(!fstat(file->memfd, &st));
	file->device = st.st_dev;
	file->inode = st.st_ino;
	file->page_size = page_size;
	file->claimed_page_size = page_size;
	file->refs = 1;
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	fake.files++;
	return file;
}

void file_get(struct file *file)
{
	file->refs++;
}

void file_put(struct file *file)
{
	if (--file->refs)
		return;
	*pool_used(file->page_size) -= file->charged;
	*pool_filled(file->page_size) -= file->filled_pages;
	fake.files--;
	close(file->memfd);
	free(file->filled);
	free(file->units);
	free(file);
}

int file_resize(struct file *file, uint64_t length)
{
	uint64_t pages;

	if (length > INT64_MAX)
		return -EFBIG;
	if ((file->frozen || file->fixed) && length != file->length)
		return -EPERM;
	if (file->page_size && length % file->page_size)
		return -EINVAL;
	if (ftruncate(file->memfd, (off_t)length) < 0)
		return -errno;
	file->length = length;
	if (!file->page_size) {
		shmem_resize(file);
		return 0;
	}
	pages = length / file->page_size;
	if (file->reserved > pages)
		file->reserved = pages;
	if (file->filled_count > pages)
		file->filled_count = pages;
	check(!charge(file));
	return 0;
}

int file_reserve(struct file *file, uint64_t length)
{
	uint64_t before = file->reserved;
	int err;

	if (!file->page_size || length / file->page_size <= before)
		return 0;
	file->reserved = length / file->page_size;
	err = charge(file);
	if (err)
		file->reserved = before;
	return err;
}

int file_fill(struct file *file, uint64_t offset, uint64_t length)
{
	uint64_t first, end, count = file->filled_count;
	unsigned char *before;
	int err;

	if (!file->page_size) {
		if (file->allocated < offset + length)
			file->allocated = offset + length;
		shmem_fill(file, offset, length);
		return 0;
	}
	check(offset + length <= file->length);
	first = offset / file->page_size;
	end = (offset + length + file->page_size - 1) / file->page_size;
	/* Before memory for the marks of a file of exabytes is asked for. */
	if ((long)end > pool_pages(file->page_size))
		return -ENOMEM;
	if (end > count) {
		file->filled = realloc(file->filled, end);
		check(file->filled);
		memset(file->filled + count, 0, end - count);
		file->filled_count = end;
	}
	before = malloc(file->filled_count + 1);
	check(before);
	memcpy(before, file->filled, file->filled_count);
	for (uint64_t i = first; i < end; i++)
		file->filled[i] = 1;
	err = charge(file);
	if (err)
		memcpy(file->filled, before, file->filled_count);
	free(before);
	return err;
}

uint64_t file_allocated(const struct file *file)
{
	if (file->claims)
		return file->claim;
	if (!file->page_size)
		return file->allocated;
	return (uint64_t)file->filled_pages * file->page_size;
}

void file_set_page_size(struct file *file, uint64_t page_size)
{
	file->claimed_page_size = page_size;
}

/* -- The table ------------------------------------------------------------- */

int fake_memfd(const char *name, uint64_t page_size)
{
	int err = called(CALL_MEMFD);
	struct description *d;
	struct file *file;

	if (err)
		return err;
	LOCKED();
	/* As Linux answers for a size that this machine has not. */
	if (page_size && page_size != HUGE_2M &&
	    (page_size != HUGE_1G || fake.no_1g))
		return page_size & (page_size - 1) ? -EINVAL : -ENODEV;
	file = file_new(name, page_size);
	d = description_new(FILE_FD, file, NULL);
	file_put(file);
	return fd_take(fd_install(running(), FD_FIRST, d));
}

int fake_set_length(int fd, uint64_t length)
{
	int err = called(CALL_SET_LENGTH);
	struct description *d;

	if (err)
		return err;
	LOCKED();
	d = fd_lookup(fd, FILE_FD);
	return d->read_only ? -EINVAL : file_resize(d->file, length);
}

int fake_seal_length(int fd)
{
	int err = called(CALL_SEAL_LENGTH);
	struct description *d;

	if (err)
		return err;
	LOCKED();
	d = fd_lookup(fd, FILE_FD);
	if (d->read_only)
		return -EPERM;
	d->file->fixed = true;
	return 0;
}

int fake_allocate(int fd, uint64_t length)
{
	int err = called(CALL_ALLOCATE);
	struct file *file;

	if (err)
		return err;
	LOCKED();
	file = fd_lookup(fd, FILE_FD)->file;
	err = file_resize(file, length);
	return err ? err : file_fill(file, 0, length);
}

int fake_file_info(int fd, struct hp_file_info *info)
{
	int err = called(CALL_FILE_INFO);
	struct description *d;

	if (err)
		return err;
	LOCKED();
	/* A look at a closed descriptor is legal: its owner may ask. */
	d = fd_find(fd);
	if (!d)
		return -EBADF;
	memset(info, 0, sizeof(*info));
	info->writable = !d->read_only;
	if (d->kind != FILE_FD)
		return 0; /* anon_inodefs, say */
	info->device = d->file->device;
	info->inode = d->file->inode;
	info->length = d->file->length;
	info->allocated = file_allocated(d->file);
	info->page_size = d->file->claimed_page_size;
	info->shmem_page_size = d->file->page_size ? 0 : 4096;
	return 0;
}

int fake_read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	int err = called(CALL_READ_AT);
	struct file *file;

	if (err)
		return err;
	LOCKED();
	file = fd_lookup(fd, FILE_FD)->file;
	if (pread(file->memfd, buffer, length, (off_t)offset) !=
	    (ssize_t)length)
		return -ENODATA;
	return 0;
}

/* -- Locks ----------------------------------------------------------------- */

void file_unlock(struct description *d)
{
	struct description **link = &d->file->locked;

	if (!d->locked)
		return;
	while (*link != d)
		link = &(*link)->next_locked;
	*link = d->next_locked;
	d->locked = false;
}

/* One for each description: the library asks for no more. */
int fake_lock_file(int fd, uint64_t number)
{
	int err = called(CALL_LOCK);
	struct description *d;

	if (err)
		return err;
	LOCKED();
	d = fd_lookup(fd, FILE_FD);
	check(!d->locked || d->lock == number);
	if (d->locked)
		return 0;
	d->locked = true;
	d->lock = number;
	d->next_locked = d->file->locked;
	d->file->locked = d;
	return 0;
}

int fake_is_locked(int fd, uint64_t number)
{
	int err = called(CALL_IS_LOCKED);
	const struct description *d;

	if (err)
		return err;
	LOCKED();
	/* A look at a closed descriptor is legal, as for file_info. */
	d = fd_find(fd);
	if (!d)
		return -EBADF;
	check(d->kind == FILE_FD);
	for (const struct description *other = d->file->locked; other;
	     other = other->next_locked)
		if (other != d && other->lock == number)
			return 1;
	return 0;
}

int fake_lock_whole(int fd)
{
	int err = called(CALL_LOCK_WHOLE);
	struct description *d;

	if (err)
		return err;
	LOCKED();
	d = fd_lookup(fd, FILE_FD);
	if (d->file->owner && d->file->owner != d)
		return -EAGAIN;
	d->file->owner = d;
	return 0;
}

/* -- For tests ------------------------------------------------------------- */

int fake_read_only(int fd)
{
	struct description *d;

	LOCKED();
	d = description_new(FILE_FD, fd_lookup(fd, FILE_FD)->file, NULL);
	d->read_only = true;
	return fd_install(running(), FD_FIRST, d);
}
