// SPDX-License-Identifier: MIT
/*
 * Behaviours on the real kernel: the library, files, mappings, LUO, limits.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../vm/guest/liveupdate.h"
#include "machine.h"

#define HUGE_SHIFT 21

int bh_open(const char *name, const struct hp_session_opts *opts,
	    struct hp_session **ret_session)
{
	return hp_session_open(name, opts, ret_session);
}

int bh_from_fd(int fd, const struct hp_region_opts *opts,
	       struct hp_region **ret_region)
{
	return hp_region_from_fd(fd, opts, ret_region);
}

/* -- Files and mappings ---------------------------------------------------- */

int bh_memfd(uint64_t page_size, uint64_t length)
{
	unsigned int flags = MFD_CLOEXEC;
	int fd;

	if (page_size)
		flags |= MFD_HUGETLB | (unsigned int)__builtin_ctzll(page_size)
					       << MAP_HUGE_SHIFT;
	fd = memfd_create("application", flags);
	check(fd >= 0);
	ok(bh_set_length(fd, length));
	return fd;
}

int bh_mounted_file(uint64_t length)
{
	int fd;

	check(!mkdir("/tmp/huge", 0700) || errno == EEXIST);
	check(!mount("none", "/tmp/huge", "hugetlbfs", 0, "pagesize=2M"));
	fd = open("/tmp/huge/file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		  0600);
	check(fd >= 0);
	ok(bh_set_length(fd, length));
	return fd;
}

int bh_read_only(int fd)
{
	char path[64];
	int copy;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	copy = open(path, O_RDONLY | O_CLOEXEC);
	check(copy >= 0);
	return copy;
}

int bh_set_length(int fd, uint64_t length)
{
	return ftruncate(fd, (off_t)length) < 0 ? -errno : 0;
}

void bh_write(int fd, const void *bytes, size_t length)
{
	check(pwrite(fd, bytes, length, 0) == (ssize_t)length);
}

void bh_close(int fd)
{
	check(!close(fd));
}

void *bh_map(int fd, uint64_t offset, uint64_t length, enum map_kind kind)
{
	int protection = PROT_READ | (kind == MAP_TO_READ ? 0 : PROT_WRITE);
	int flags = kind == MAP_OF_ONE ? MAP_PRIVATE : MAP_SHARED;
	void *address;

	if (fd < 0)
		flags |= MAP_ANONYMOUS | MAP_HUGETLB |
			 HUGE_SHIFT << MAP_HUGE_SHIFT;
	address = mmap(NULL, length, protection, flags, fd, (off_t)offset);
	check(address != MAP_FAILED);
	return address;
}

void *bh_map_small(uint64_t length)
{
	void *address = mmap(NULL, length, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(address != MAP_FAILED);
	return address;
}

void bh_unmap(void *address, uint64_t length)
{
	check(!munmap(address, length));
}

/* -- LUO ------------------------------------------------------------------- */

int bh_take_device(void)
{
	int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);

	check(fd >= 0);
	return fd;
}

static int request_session(unsigned long request, const char *name)
{
	struct lu_session arg = { .size = sizeof(arg) };
	int device = bh_take_device(), rc;

	check(strlen(name) < sizeof(arg.name));
	memcpy(arg.name, name, strlen(name));
	rc = ioctl(device, request, &arg) < 0 ? -errno : arg.fd;
	bh_close(device);
	return rc;
}

int bh_luo_create(const char *name)
{
	return request_session(LU_CREATE_SESSION, name);
}

int bh_luo_retrieve(const char *name)
{
	return request_session(LU_RETRIEVE_SESSION, name);
}

int bh_luo_preserve(int session, int fd, uint64_t token)
{
	struct lu_file arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return ioctl(session, LU_PRESERVE_FD, &arg) < 0 ? -errno : 0;
}

/* -- The machine ----------------------------------------------------------- */

static void read_line(const char *path, char *buffer, int size)
{
	FILE *file = fopen(path, "re");

	check(file && fgets(buffer, size, file));
	(void)fclose(file);
	buffer[strcspn(buffer, "\n")] = '\0';
}

static long counter(uint64_t page_size, const char *name)
{
	char path[128], text[32];

	(void)snprintf(path, sizeof(path),
		       "/sys/kernel/mm/hugepages/hugepages-%llukB/%s",
		       (unsigned long long)page_size >> 10, name);
	read_line(path, text, sizeof(text));
	return strtol(text, NULL, 10);
}

long bh_pool_free(uint64_t page_size)
{
	return counter(page_size, "free_hugepages") -
	       counter(page_size, "resv_hugepages");
}

void bh_kernel(char release[72], char boot_id[40])
{
	struct utsname name;

	check(!uname(&name));
	(void)snprintf(release, 72, "%s", name.release);
	read_line("/proc/sys/kernel/random/boot_id", boot_id, 40);
}

void bh_limit_fds(bool on)
{
	struct rlimit limit;
	int lowest;

	check(!getrlimit(RLIMIT_NOFILE, &limit));
	if (on) {
		lowest = dup(0);
		check(lowest >= 0);
		bh_close(lowest);
		limit.rlim_cur = (rlim_t)lowest;
	} else {
		limit.rlim_cur = limit.rlim_max;
	}
	check(!setrlimit(RLIMIT_NOFILE, &limit));
}

static void write_line(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	check(file && fputs(text, file) >= 0);
	check(!fclose(file));
}

void bh_limit_memory(bool on)
{
	char path[128], pid[16];

	(void)snprintf(path, sizeof(path), "/cgroup/behaviour.%d", getpid());
	check(!mkdir(path, 0700) || errno == EEXIST);
	(void)snprintf(path, sizeof(path),
		       "/cgroup/behaviour.%d/hugetlb.2MB.max", getpid());
	write_line(path, on ? "0" : "max");
	(void)snprintf(path, sizeof(path), "/cgroup/behaviour.%d/cgroup.procs",
		       getpid());
	(void)snprintf(pid, sizeof(pid), "%d", getpid());
	write_line(path, pid);
}
