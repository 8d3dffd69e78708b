// SPDX-License-Identifier: MIT
/* luo: files of huge pages that are not memfds */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct page_size *page_size_find(const char *name)
{
	static struct page_size size;
	uint64_t bytes;

	if (!strchr("123456789", name[0]) || !strchr("KMG", name[strlen(name) - 1]) ||
	    strlen(name) >= sizeof(size.name) - 1)
		return NULL;
	bytes = number(name);
	if (bytes < 1024 || bytes & (bytes - 1))
		return NULL;
	strcpy(size.name, name);
	size.shift = __builtin_ctzll(bytes);
	snprintf(size.pool, sizeof(size.pool), "hugepages-%llukB",
		 (unsigned long long)bytes >> 10);
	snprintf(size.cgroup, sizeof(size.cgroup), "%sB", name);
	return &size;
}

const struct page_size *page_size(const char *name)
{
	const struct page_size *s = page_size_find(name);

	if (!s)
		wrong("page size %s: as 2M or 1G", name);
	return s;
}

unsigned int page_size_flags(const struct page_size *size)
{
	return (unsigned int)size->shift << 26;
}

/*
 * hugefile NAME PATH SIZE [unlinked]: a new file on a hugetlbfs mount, as large
 * as SIZE, empty; without a name as soon as it is there if it says so
 */
static int huge_file(int argc, char **argv)
{
	int fd = open(argv[2], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (argc > 4 && strcmp(argv[4], "unlinked"))
		return wrong("%s: only 'unlinked' can stand here", argv[4]);
	if ((argc > 4 && unlink(argv[2])) || ftruncate(fd, number(argv[3]))) {
		int err = errno;

		close(fd);
		return -err;
	}
	thing_new(argv[1], fd);
	return 0;
}

/* The file behind a mapping, which has no other name than this */
static int open_mapped(const char *name, void *address, size_t length)
{
	unsigned long from = (unsigned long)address;
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", from,
		 from + length);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	thing_new(name, fd);
	return 0;
}

static struct thing *mapping_new(const char *name, void *address,
				 size_t length)
{
	struct thing *t = thing_new(name, -1);

	t->address = address;
	t->length = length;
	return t;
}

/*
 * anonymous NAME MAPPING PAGE SIZE: a shared anonymous mapping of huge pages,
 * and the file behind it
 */
static int anonymous(int argc, char **argv)
{
	const struct page_size *size = page_size(argv[3]);
	size_t length = number(argv[4]);
	void *address;

	(void)argc;
	if (!size)
		return LUO_WRONG;
	address = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       page_size_flags(size) | MAP_SHARED |
		       MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (address == MAP_FAILED)
		return -errno;
	mapping_new(argv[2], address, length);
	return open_mapped(argv[1], address, length);
}

/*
 * segment NAME MAPPING PAGE SIZE [removed]: a System V segment of huge pages,
 * attached, and the file behind it. Removed: it ends with its last attach.
 */
static int segment(int argc, char **argv)
{
	const struct page_size *size = page_size(argv[3]);
	size_t length = number(argv[4]);
	void *address;
	int id;

	if (!size)
		return LUO_WRONG;
	if (argc > 5 && strcmp(argv[5], "removed"))
		return wrong("%s: only 'removed' can stand here", argv[5]);
	id = shmget(IPC_PRIVATE, length, page_size_flags(size) |
		    SHM_HUGETLB | IPC_CREAT | 0600);
	if (id < 0)
		return -errno;
	address = shmat(id, NULL, 0);
	if (address == (void *)-1)
		return -errno;
	/* The kernel rounds the segment up */
	length = ((length - 1) >> size->shift) + 1;
	length <<= size->shift;
	mapping_new(argv[2], address, length)->segment = id;
	if (argc > 5 && shmctl(id, IPC_RMID, NULL))
		return -errno;
	return open_mapped(argv[1], address, length);
}

/* remove MAPPING: the segment it is of; gone for good with its last attach */
static int remove_segment(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);

	(void)argc;
	if (t->segment < 0)
		return wrong("%s is no segment's", argv[1]);
	return shmctl(t->segment, IPC_RMID, NULL) ? -errno : 0;
}

/* bind MAPPING NODE: its pages come from this memory node alone */
static int bind_to(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);
	unsigned long nodes = 1UL << number(argv[2]);

	(void)argc;
	return syscall(SYS_mbind, t->address, t->length, 2 /* MPOL_BIND */,
		       &nodes, 8 * sizeof(nodes), 0) ? -errno : 0;
}

const struct command huge_commands[] = {
	{ "hugefile", "NAME PATH SIZE [unlinked]", 3, 4, huge_file },
	{ "anonymous", "NAME MAPPING PAGE SIZE", 4, 4, anonymous },
	{ "segment", "NAME MAPPING PAGE SIZE [removed]", 4, 5, segment },
	{ "remove", "MAPPING", 1, 1, remove_segment },
	{ "bind", "MAPPING NODE", 2, 2, bind_to },
	{ NULL, NULL, 0, 0, NULL },
};
