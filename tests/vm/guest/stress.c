// SPDX-License-Identifier: MIT
/*
 * stress SECONDS: a file in huge pages is preserved and given back over and over
 * while threads fault, map, advise, punch, resize, move and soft-offline its
 * pages. In the end it is preserved in the session "stress", as token 1, and held:
 * the first DATA pages have what luo's "fill f 1" would have written.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "liveupdate.h"
#include "pattern.h"

#define HUGE	(2UL << 20)
#define DATA	6UL		/* pages that keep their content */
#define PAGES	8UL		/* the others come and go */
#define ENOUGH	20		/* so often the file has to be preserved */

static int file;
static volatile int stop;

static void fail(const char *format, ...)
{
	va_list args;

	printf("stress: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(errno));
	exit(1);
}

/* What may be refused while the file is preserved, but must not fail otherwise */
static void may_be_refused(int rc, const char *what)
{
	if (rc && errno != EPERM)
		fail("%s", what);
}

static char *map(size_t pages)
{
	char *p = mmap(NULL, pages * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       file, 0);

	if (p == MAP_FAILED && errno != ENOMEM)
		fail("mmap");
	return p == MAP_FAILED ? NULL : p;
}

static void *check_data(void *unused)
{
	while (!stop) {
		char *p = map(DATA);

		if (!p)
			continue;
		if (pattern_check(p, 0, DATA * HUGE, 1) != DATA * HUGE) {
			errno = 0;
			fail("the file has other bytes");
		}
		munmap(p, DATA * HUGE);
	}
	return unused;
}

static void *fault(void *unused)
{
	unsigned int seed = 1;
	char *p = map(DATA);

	if (!p)
		fail("no page to map");
	while (!stop) {
		size_t page = rand_r(&seed) % DATA;

		if (madvise(p + page * HUGE, HUGE, MADV_DONTNEED))
			fail("MADV_DONTNEED");
		*(volatile char *)(p + page * HUGE + rand_r(&seed) % HUGE);
	}
	return unused;
}

static void *punch(void *unused)
{
	while (!stop) {
		may_be_refused(fallocate(file, FALLOC_FL_PUNCH_HOLE |
					 FALLOC_FL_KEEP_SIZE, DATA * HUGE,
					 HUGE), "punching");
		usleep(100);
	}
	return unused;
}

static void *resize(void *unused)
{
	while (!stop) {
		may_be_refused(ftruncate(file, DATA * HUGE + HUGE), "shrinking");
		may_be_refused(ftruncate(file, PAGES * HUGE), "growing");
		usleep(100);
	}
	return unused;
}

static void *move(void *unused)
{
	char *p = map(DATA);
	int node = 0;

	if (!p)
		fail("no page to map");
	while (!stop) {
		void *pages[DATA];
		int nodes[DATA], status[DATA];

		for (size_t i = 0; i < DATA; i++) {
			pages[i] = p + i * HUGE;
			nodes[i] = node;
			*(volatile char *)pages[i];
		}
		/* Pinned pages stay: that is in the status, or EBUSY and such */
		syscall(SYS_move_pages, 0, DATA, pages, nodes, status, 2);
		node = !node;
		usleep(100);
	}
	return unused;
}

/* Each time one 4 KiB page is lost for good, so not too often */
static void *offline(void *unused)
{
	char *p = map(DATA);
	uint64_t entry;
	int times, map_fd, off_fd;

	map_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	off_fd = open("/sys/devices/system/memory/soft_offline_page",
		      O_WRONLY | O_CLOEXEC);
	if (!p || map_fd < 0 || off_fd < 0)
		fail("soft-offline");
	for (times = 0; times < 6 && !stop; times++) {
		char text[32];
		int length;

		*(volatile char *)(p + times * HUGE);
		if (pread(map_fd, &entry, 8,
			  (uintptr_t)(p + times * HUGE) / 4096 * 8) != 8)
			fail("pagemap");
		length = snprintf(text, sizeof(text), "%llu",
				  (unsigned long long)(entry & ((1ULL << 55) - 1)) * 4096);
		/* A pinned page cannot move: EBUSY */
		if (entry >> 63 && pwrite(off_fd, text, length, 0) < 0)
			errno = 0;
		usleep(400000);
	}
	return unused;
}

static int session(const char *name)
{
	struct lu_session arg = { .size = sizeof(arg), .fd = -1 };
	int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);

	snprintf(arg.name, sizeof(arg.name), "%s", name);
	if (fd < 0 || ioctl(fd, LU_CREATE_SESSION, &arg))
		fail("session %s", name);
	close(fd);
	return arg.fd;
}

static int preserve(int s)
{
	struct lu_file arg = { .size = sizeof(arg), .fd = file, .token = 1 };

	return ioctl(s, LU_PRESERVE_FD, &arg) ? -errno : 0;
}

int main(int argc, char **argv)
{
	void *(*const works[])(void *) = {
		check_data, fault, punch, resize, move, offline,
	};
	pthread_t threads[sizeof(works) / sizeof(works[0])];
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	int i, n = sizeof(works) / sizeof(works[0]), preserved = 0, rc, s;
	char *p;

	file = memfd_create("f", MFD_HUGETLB | MFD_CLOEXEC | MFD_HUGE_2MB);
	if (file < 0 || ftruncate(file, PAGES * HUGE))
		fail("memfd");
	p = map(DATA);
	if (!p)
		fail("no pages");
	pattern_fill(p, 0, DATA * HUGE, 1);

	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, works[i], NULL))
			fail("thread");
	while (time(NULL) < end || preserved < ENOUGH) {
		s = session("try");
		rc = preserve(s);
		if (!rc)
			preserved++;
		else if (rc != -ENOMEM && rc != -EBUSY) {
			errno = -rc;
			fail("preserve");
		}
		close(s);
	}
	stop = 1;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("stress: preserved %d times\n", preserved);

	s = session("stress");
	rc = preserve(s);
	if (rc) {
		errno = -rc;
		fail("the last preserve");
	}
	if (fork())
		_exit(0);
	for (;;)
		pause();
}
