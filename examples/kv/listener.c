/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* How long an address may still be in use by a process that just ended. */
#define RETRY_MS	2000
#define RETRY_STEP_MS	20
#define BACKLOG		511

static int failed(struct listener *l, const char *what, int err,
		  const char *advice)
{
	fprintf(stderr, "hp-kv: cannot listen on %s: %s. %s\n", what,
		strerror(err), advice);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->path = NULL;
	return -err;
}

/* 0 or -errno. An address is taken by the listen, not by the bind. */
static int take(int fd, const struct sockaddr *a, socklen_t n)
{
	return bind(fd, a, n) < 0 || listen(fd, BACKLOG) < 0 ? -errno : 0;
}

static void pause_a_little(void)
{
	const struct timespec step = { .tv_nsec = RETRY_STEP_MS * 1000000L };

	nanosleep(&step, NULL);
}

/*
 * The kernel takes an io_uring apart after its process is gone, and with it a
 * listening socket: who starts again at once would find the address in use.
 */
static int take_patiently(int family, const struct sockaddr *a, socklen_t n,
			  int (*take_it)(int, const struct sockaddr *,
					 socklen_t))
{
	for (int waited = 0; ; waited += RETRY_STEP_MS) {
		int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = fd < 0 ? -errno : take_it(fd, a, n);

		if (rc == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (rc != -EADDRINUSE || waited >= RETRY_MS)
			return rc;
		pause_a_little();
	}
}

bool listener_is_local(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	if (inet_pton(AF_INET6, address, &six) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&six) ||
	       (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == IN_LOOPBACKNET);
}

static int take_tcp(int fd, const struct sockaddr *a, socklen_t n)
{
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	return take(fd, a, n);
}

int listener_tcp(struct listener *l, const char *address, int port)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	}, *info;
	char service[8], what[128];

	*l = (struct listener){ .fd = -1 };
	snprintf(service, sizeof(service), "%d", port);
	snprintf(what, sizeof(what), "%s port %d", address, port);
	if (getaddrinfo(address, service, &hints, &info))
		return failed(l, what, EINVAL, "--bind takes a numeric address");
	l->fd = take_patiently(info->ai_family, info->ai_addr,
			       info->ai_addrlen, take_tcp);
	freeaddrinfo(info);
	if (l->fd < 0)
		return failed(l, what, -l->fd,
			      "Choose others with --bind and --port");
	return 0;
}

/* -- Unix sockets ---------------------------------------------------------- */

/* Is it a socket that nobody listens on, left over from a crash? */
static bool is_stale(const struct sockaddr *a, socklen_t n)
{
	const char *path = ((const struct sockaddr_un *)a)->sun_path;
	struct stat stat_of;
	bool stale;
	int fd;

	/* connect() refuses a file of another type with the same error. */
	if (lstat(path, &stat_of) < 0 || !S_ISSOCK(stat_of.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, a, n) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

/*
 * Two of us must not both find a stale socket, and one of them then remove
 * what the other has put in its place: each holds the directory meanwhile.
 */
static int lock_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)] = ".";
	int fd, rc = 0;

	if (slash)
		snprintf(directory, sizeof(directory), "%.*s",
			 slash == path ? 1 : (int)(slash - path), path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		rc = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	if (rc < 0)
		close(fd);
	return rc < 0 ? rc : fd;
}

static int take_unix(int fd, const struct sockaddr *a, socklen_t n)
{
	const char *path = ((const struct sockaddr_un *)a)->sun_path;
	int lock = lock_directory(path), rc;

	if (lock < 0)
		return lock;
	if (is_stale(a, n))
		unlink(path);
	rc = take(fd, a, n);
	close(lock);
	return rc;
}

int listener_unix(struct listener *l, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat stat_of;

	*l = (struct listener){ .fd = -1 };
	if (strlen(path) >= sizeof(a.sun_path))
		return failed(l, path, ENAMETOOLONG,
			      "A Unix socket's path has up to 107 bytes");
	strcpy(a.sun_path, path);
	l->fd = take_patiently(AF_UNIX, (struct sockaddr *)&a, sizeof(a),
			       take_unix);
	if (l->fd < 0)
		return failed(l, path, -l->fd, "Choose another --unixsocket");
	l->path = path;
	if (lstat(path, &stat_of) == 0) {
		l->device = stat_of.st_dev;
		l->inode = stat_of.st_ino;
	}
	return 0;
}

/* Another program may have put a socket of its own in the place of ours. */
static void remove_own(const struct listener *l)
{
	struct stat stat_of;

	if (lstat(l->path, &stat_of) == 0 && stat_of.st_dev == l->device &&
	    stat_of.st_ino == l->inode)
		unlink(l->path);
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	if (l->path)
		remove_own(l);
	close(l->fd);
	l->fd = -1;
}

/* -- Connections ----------------------------------------------------------- */

static void set(int fd, int level, int name, int value)
{
	/* What is not to be had is no reason to turn a client away. */
	(void)!setsockopt(fd, level, name, &value, sizeof(value));
}

void listener_prepare(const struct listener *l, int fd, int keepalive)
{
	if (l->path)
		return;
	/* Replies are whole when they are sent: nothing to wait for. */
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!keepalive)
		return;
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, keepalive);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, keepalive / 3 ? keepalive / 3 : 1);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

void listener_peer(const struct listener *l, int fd, char *out, size_t size)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	char host[64], port[8];

	if (l->path) {
		snprintf(out, size, "%s:0", l->path);
		return;
	}
	if (getpeername(fd, (struct sockaddr *)&a, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(out, size, "?:0");
	else
		snprintf(out, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s",
			 host, port);
}
