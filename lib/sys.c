// SPDX-License-Identifier: MIT
/*
 * The only file of the library that makes system calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

/* Newer than the C library of some distributions we build on. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

static int linux_open(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDWR | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

static void linux_close(int fd)
{
	/* On Linux the descriptor is gone whatever close(2) returns. */
	(void)close(fd);
}

static void linux_set_cloexec(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int linux_ioctl(int fd, unsigned long request, void *arg)
{
	/* No retry on EINTR: LUO remembers failures, so a loop could hang. */
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static int linux_lists_driver(const char *table, const char *name)
{
	char line[256], driver[256];
	int found = 0;
	FILE *file;

	file = fopen(table, "re");
	if (!file && (errno == ENOMEM || errno == EMFILE || errno == ENFILE))
		return -errno;
	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*d %255s", driver) == 1 &&
			!strcmp(driver, name);
	(void)fclose(file);
	return found;
}

static int linux_memfd(const char *name, uint64_t page_size)
{
	unsigned int flags = MFD_CLOEXEC;
	int fd;

	if (page_size)
		flags |= MFD_HUGETLB | (unsigned int)__builtin_ctzll(page_size)
					       << MFD_HUGE_SHIFT;
	fd = memfd_create(name, flags);
	/* vm.memfd_noexec=2 refuses files that could be made executable. */
	if (fd < 0 && errno == EACCES)
		fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);
	return fd < 0 ? -errno : fd;
}

static int linux_set_length(int fd, uint64_t length)
{
	int rc;

	if (length > INT64_MAX)
		return -EFBIG;
	do
		rc = ftruncate(fd, (off_t)length);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int linux_allocate(int fd, uint64_t length)
{
	int rc;

	if (length > INT64_MAX)
		return -EFBIG;
	do
		rc = fallocate(fd, 0, 0, (off_t)length);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

static int linux_file_info(int fd, struct hp_file_info *ret_info)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	ret_info->device = (uint64_t)st.st_dev;
	ret_info->inode = (uint64_t)st.st_ino;
	ret_info->length = (uint64_t)st.st_size;
	ret_info->allocated = (uint64_t)st.st_blocks * 512;
	ret_info->page_size = 0;
	if (fs.f_type == HUGETLBFS_MAGIC)
		ret_info->page_size = (uint64_t)fs.f_bsize;
	return 0;
}

static int linux_read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	char *to = buffer;

	while (length) {
		ssize_t n = pread(fd, to, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		to += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int linux_map(int fd, uint64_t length, void **ret_address)
{
	void *address;

	if (length > SIZE_MAX)
		return -ENOMEM;
	address = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_SHARED,
		       fd, 0);
	if (address == MAP_FAILED)
		return -errno;
	*ret_address = address;
	return 0;
}

static void linux_unmap(void *address, uint64_t length)
{
	(void)munmap(address, (size_t)length);
}

static uint64_t linux_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void linux_sleep_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	/* A signal may cut it short: callers look at the clock. */
	(void)nanosleep(&ts, NULL);
}

static void *linux_zalloc(size_t size)
{
	return calloc(1, size);
}

static void linux_store(uint64_t *address, uint64_t value)
{
	__atomic_store_n(address, value, __ATOMIC_RELEASE);
}

const struct hp_sys hp_sys_linux = {
	.open = linux_open,
	.close = linux_close,
	.set_cloexec = linux_set_cloexec,
	.ioctl = linux_ioctl,
	.lists_driver = linux_lists_driver,
	.memfd = linux_memfd,
	.set_length = linux_set_length,
	.allocate = linux_allocate,
	.file_info = linux_file_info,
	.read_at = linux_read_at,
	.map = linux_map,
	.unmap = linux_unmap,
	.getpid = getpid,
	.now_ms = linux_now_ms,
	.sleep_ms = linux_sleep_ms,
	.zalloc = linux_zalloc,
	.free = free,
	.store = linux_store,
};
