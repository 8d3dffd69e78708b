// SPDX-License-Identifier: MIT
/* luo: memory files and what can be done to them */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int result(int64_t rc)
{
	return rc < 0 ? -errno : 0;
}

/* memfd NAME PAGE|shmem SIZE: sealable, as large as SIZE, empty */
static int memory_file(int argc, char **argv)
{
	const struct page_size *size = page_size_find(argv[2]);
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd;

	(void)argc;
	if (size)
		flags |= MFD_HUGETLB | page_size_flags(size);
	else if (strcmp(argv[2], "shmem"))
		return wrong("page size %s: as 2M, or shmem", argv[2]);
	fd = memfd_create(argv[1], flags);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, number(argv[3])))
		return -errno;
	thing_new(argv[1], fd);
	return 0;
}

static int open_file(int argc, char **argv)
{
	int fd = open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)argc;
	if (fd < 0)
		return -errno;
	thing_new(argv[1], fd);
	return 0;
}

static int duplicate(int argc, char **argv)
{
	int fd = fcntl(fd_of(argv[2]), F_DUPFD_CLOEXEC, 0);

	(void)argc;
	if (fd < 0)
		return -errno;
	thing_new(argv[1], fd);
	return 0;
}

/* reopen NAME FILE r|w|rw: another open of the same file, for this only */
static int reopen(int argc, char **argv)
{
	char path[32];
	int fd, flags;

	(void)argc;
	if (!strcmp(argv[3], "r"))
		flags = O_RDONLY;
	else if (!strcmp(argv[3], "w"))
		flags = O_WRONLY;
	else if (!strcmp(argv[3], "rw"))
		flags = O_RDWR;
	else
		return wrong("open for %s: r, w or rw", argv[3]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd_of(argv[2]));
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	thing_new(argv[1], fd);
	return 0;
}

/* named FILE NAME: what /proc says that this file is */
static int named(int argc, char **argv)
{
	char path[32], name[300];
	ssize_t length;

	(void)argc;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd_of(argv[1]));
	length = readlink(path, name, sizeof(name) - 1);
	if (length < 0)
		return -errno;
	name[length] = 0;
	name[strcspn(name, " ")] = 0;
	return strcmp(name, argv[2]) ? wrong("%s is %s", argv[1], name) : 0;
}

static int close_thing(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);
	int rc = t->fd < 0 ? munmap(t->address, t->length) : close(t->fd);

	(void)argc;
	if (!rc)
		thing_drop(t);
	return result(rc);
}

static int truncate_to(int argc, char **argv)
{
	(void)argc;
	return result(ftruncate(fd_of(argv[1]), number(argv[2])));
}

/* allocate FILE OFFSET LENGTH */
static int allocate(int argc, char **argv)
{
	(void)argc;
	return result(fallocate(fd_of(argv[1]), 0, number(argv[2]),
				number(argv[3])));
}

/* fallocate-past FILE OFFSET LENGTH: the size stays */
static int allocate_past(int argc, char **argv)
{
	(void)argc;
	return result(fallocate(fd_of(argv[1]), FALLOC_FL_KEEP_SIZE,
				number(argv[2]), number(argv[3])));
}

static int punch(int argc, char **argv)
{
	(void)argc;
	return result(fallocate(fd_of(argv[1]),
				FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				number(argv[2]), number(argv[3])));
}

/* read FILE OFFSET LENGTH: by read(2); the whole length has to come */
static int read_at(int argc, char **argv)
{
	int64_t length = number(argv[3]), got;
	char *buffer = malloc(length);

	(void)argc;
	if (!buffer)
		return -ENOMEM;
	got = pread(fd_of(argv[1]), buffer, length, number(argv[2]));
	free(buffer);
	if (got < 0)
		return -errno;
	return got == length ? 0 : wrong("read %lld of %lld bytes",
					 (long long)got, (long long)length);
}

static int write_at(int argc, char **argv)
{
	char bytes[64];
	ssize_t put;

	(void)argc;
	memset(bytes, 'w', sizeof(bytes));
	put = pwrite(fd_of(argv[1]), bytes, sizeof(bytes), number(argv[2]));
	if (put < 0)
		return -errno;
	return put == sizeof(bytes) ? 0 : wrong("wrote %zd bytes", put);
}

static int seek_to(int argc, char **argv)
{
	(void)argc;
	return result(lseek(fd_of(argv[1]), number(argv[2]), SEEK_SET));
}

static int change_mode(int argc, char **argv)
{
	(void)argc;
	return result(fchmod(fd_of(argv[1]), number(argv[2])));
}

static int add_seals(int argc, char **argv)
{
	(void)argc;
	return result(fcntl(fd_of(argv[1]), F_ADD_SEALS, (int)number(argv[2])));
}

/* Its flags as x86 numbers them: that of a large file is another one on arm64 */
static int64_t flags_of(int fd)
{
	int64_t flags = fcntl(fd, F_GETFL);

#ifdef __aarch64__
	if (flags & 0x20000)
		flags ^= 0x20000 | 0x8000;
#endif
	return flags;
}

/* is FILE WHAT VALUE: size, position, seals, mode, links, blocks, flags */
static int is(int argc, char **argv)
{
	int fd = fd_of(argv[1]);
	int64_t have, want = number(argv[3]);
	struct stat st;

	(void)argc;
	if (fstat(fd, &st))
		return -errno;
	if (!strcmp(argv[2], "size"))
		have = st.st_size;
	else if (!strcmp(argv[2], "mode"))
		have = st.st_mode & 07777;
	else if (!strcmp(argv[2], "uid"))
		have = st.st_uid;
	else if (!strcmp(argv[2], "blocks"))
		have = st.st_blocks;
	else if (!strcmp(argv[2], "blocksize"))
		have = st.st_blksize;
	else if (!strcmp(argv[2], "position"))
		have = lseek(fd, 0, SEEK_CUR);
	else if (!strcmp(argv[2], "seals"))
		have = fcntl(fd, F_GET_SEALS);
	else if (!strcmp(argv[2], "flags"))
		have = flags_of(fd);
	else
		return wrong("cannot compare '%s'", argv[2]);
	if (have == want)
		return 0;
	return wrong("%s of %s is 0x%llx, expected 0x%llx", argv[2], argv[1],
		     (long long)have, (long long)want);
}

const struct command file_commands[] = {
	{ "memfd", "NAME PAGE|shmem SIZE", 3, 3, memory_file },
	{ "open", "NAME PATH", 2, 2, open_file },
	{ "dup", "NAME FILE", 2, 2, duplicate },
	{ "reopen", "NAME FILE r|w|rw", 3, 3, reopen },
	{ "named", "FILE NAME", 2, 2, named },
	{ "close", "NAME", 1, 1, close_thing },
	{ "ftruncate", "FILE SIZE", 2, 2, truncate_to },
	{ "fallocate", "FILE OFFSET LENGTH", 3, 3, allocate },
	{ "fallocate-past", "FILE OFFSET LENGTH", 3, 3, allocate_past },
	{ "punch", "FILE OFFSET LENGTH", 3, 3, punch },
	{ "read", "FILE OFFSET LENGTH", 3, 3, read_at },
	{ "write", "FILE OFFSET", 2, 2, write_at },
	{ "seek", "FILE OFFSET", 2, 2, seek_to },
	{ "chmod", "FILE MODE", 2, 2, change_mode },
	{ "seal", "FILE SEALS", 2, 2, add_seals },
	{ "is", "FILE WHAT VALUE", 3, 3, is },
	{ NULL, NULL, 0, 0, NULL },
};
