// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/descriptors.h"

/* The first number that is not standard input, output or error. */
#define FIRST 3

#define SESSION_LINK "anon_inode:[luo_session]"

struct place {
	bool used;
	struct hp_identity identity;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct place *places; /* by number */
static int place_count;
static atomic_uint forks;
static atomic_bool watched;

/* -- Which file is it? All of it is allowed in a signal handler. ----------- */

/* All sessions share the inode of anon_inodes; their links tell. */
bool hp_descriptors_is_session(int fd)
{
	char path[32], link[sizeof(SESSION_LINK)];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, link, sizeof(link));
	return length >= (ssize_t)strlen(SESSION_LINK) &&
	       !memcmp(link, SESSION_LINK, strlen(SESSION_LINK));
}

static int identify(int fd, struct hp_identity *ret_identity)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*ret_identity = (struct hp_identity){
		.device = st.st_dev,
		.inode = st.st_ino,
		.session = hp_descriptors_is_session(fd),
	};
	return 0;
}

static bool is_same(int fd, const struct hp_identity *identity)
{
	struct hp_identity now;

	return !identify(fd, &now) && now.device == identity->device &&
	       now.inode == identity->inode && now.session == identity->session;
}

/* -- The table, which is locked -------------------------------------------- */

static bool is_used(int fd)
{
	return fd >= 0 && fd < place_count && places[fd].used;
}

static bool has(int fd)
{
	return is_used(fd) && is_same(fd, &places[fd].identity);
}

static int make_place(int fd)
{
	int count = place_count ? place_count : 64;
	struct place *more;

	if (fd < place_count)
		return 0;
	while (count <= fd)
		count *= 2;
	more = realloc(places, (size_t)count * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + place_count, 0,
	       (size_t)(count - place_count) * sizeof(*more));
	places = more;
	place_count = count;
	return 0;
}

static int put(int fd)
{
	int err = make_place(fd);

	if (!err)
		err = identify(fd, &places[fd].identity);
	if (!err)
		places[fd].used = true;
	return err;
}

static void close_place(int fd)
{
	bool ours = has(fd);

	if (fd >= 0 && fd < place_count)
		places[fd].used = false;
	/* On Linux the descriptor is gone whatever close(2) returns. */
	if (ours)
		(void)close(fd);
}

/* A program may have closed its standard descriptors. */
static int lift(int fd)
{
	int lifted;

	if (fd >= FIRST) {
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		return fd;
	}
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, FIRST);
	if (lifted < 0)
		lifted = -errno;
	(void)close(fd);
	return lifted;
}

void hp_descriptors_begin(void)
{
	pthread_mutex_lock(&lock);
}

int hp_descriptors_end(int fd)
{
	int err;

	if (fd >= 0)
		fd = lift(fd);
	if (fd >= 0) {
		err = put(fd);
		if (err < 0) {
			(void)close(fd);
			fd = err;
		}
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

void hp_descriptors_close(int fd)
{
	pthread_mutex_lock(&lock);
	close_place(fd);
	pthread_mutex_unlock(&lock);
}

int hp_descriptors_move(int fd, int to)
{
	int err;

	pthread_mutex_lock(&lock);
	/* Before, so that nothing fails after the first file is gone. */
	err = make_place(to);
	if (!err && dup3(fd, to, O_CLOEXEC) < 0)
		err = -errno;
	if (!err) {
		places[to] = places[fd];
		close_place(fd);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void hp_descriptors_leave(int fd)
{
	int empty;

	pthread_mutex_lock(&lock);
	if (!is_used(fd) || has(fd)) {
		empty = memfd_create("hugepersist: given up", MFD_CLOEXEC);
		if (empty < 0 || dup3(empty, fd, O_CLOEXEC) < 0)
			(void)close(fd);
		if (empty >= 0)
			(void)close(empty);
	}
	if (fd >= 0 && fd < place_count)
		places[fd].used = false;
	pthread_mutex_unlock(&lock);
}

/* -- Forks ----------------------------------------------------------------- */

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
	atomic_fetch_add(&forks, 1);
	for (int fd = 0; fd < place_count; fd++)
		close_place(fd);
	pthread_mutex_unlock(&lock);
}

int hp_descriptors_watch(void)
{
	int err = 0;

	pthread_mutex_lock(&lock);
	if (!atomic_load(&watched)) {
		err = -pthread_atfork(before_fork, in_parent, in_child);
		atomic_store(&watched, !err);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

unsigned int hp_descriptors_forks(void)
{
	return atomic_load(&forks);
}
