/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* How long an address may still be in use by a process that just ended. */
#define RETRY_MS	2000
#define RETRY_STEP_MS	20

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

/*
 * The kernel takes an io_uring apart after its process is gone, and with it a
 * listening socket: who starts again at once would find the address in use.
 */
static int bind_patiently(int fd, const struct sockaddr *a, socklen_t n,
			  bool (*make_room)(const struct sockaddr *))
{
	const struct timespec step = { .tv_nsec = RETRY_STEP_MS * 1000000L };

	for (int waited = 0; ; waited += RETRY_STEP_MS) {
		if (make_room)
			make_room(a);
		if (bind(fd, a, n) == 0)
			return 0;
		if (errno != EADDRINUSE || waited >= RETRY_MS)
			return -1;
		nanosleep(&step, NULL);
	}
}

int listener_tcp(struct listener *l, const char *address, int port)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	}, *info;
	char service[8], what[128];
	int one = 1, err;

	*l = (struct listener){ .fd = -1 };
	snprintf(service, sizeof(service), "%d", port);
	snprintf(what, sizeof(what), "%s port %d", address, port);
	if (getaddrinfo(address, service, &hints, &info))
		return failed(l, what, EINVAL, "--bind takes a numeric address");
	l->fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind_patiently(l->fd, info->ai_addr, info->ai_addrlen, NULL) < 0) {
		err = errno;
		freeaddrinfo(info);
		return failed(l, what, err,
			      "Choose others with --bind and --port");
	}
	freeaddrinfo(info);
	return 0;
}

/* A socket file that nobody listens on is left over from a crash. */
static bool remove_stale(const struct sockaddr *address)
{
	const struct sockaddr_un *a = (const struct sockaddr_un *)address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale = false;

	if (fd < 0)
		return false;
	if (connect(fd, address, sizeof(*a)) < 0)
		stale = errno == ECONNREFUSED;
	close(fd);
	return stale && unlink(a->sun_path) == 0;
}

int listener_unix(struct listener *l, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	*l = (struct listener){ .fd = -1 };
	if (strlen(path) >= sizeof(a.sun_path))
		return failed(l, path, ENAMETOOLONG,
			      "A Unix socket's path has up to 107 bytes");
	strcpy(a.sun_path, path);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return failed(l, path, errno, "Choose another --unixsocket");
	if (bind_patiently(l->fd, (struct sockaddr *)&a, sizeof(a),
			   remove_stale) < 0)
		return failed(l, path, errno, "Choose another --unixsocket");
	l->path = path;
	return 0;
}

int listener_start(struct listener *l)
{
	if (l->fd >= 0 && listen(l->fd, 511) < 0)
		return failed(l, l->path ? l->path : "TCP", errno,
			      "Choose another address");
	return 0;
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	if (l->path)
		unlink(l->path);
	close(l->fd);
	l->fd = -1;
}

void listener_peer(const struct listener *l, int fd, char *out, size_t size)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	char host[64], port[8];
	int one = 1;

	if (l->path) {
		snprintf(out, size, "%s:0", l->path);
		return;
	}
	/* Replies are whole when they are sent: nothing to wait for. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (getpeername(fd, (struct sockaddr *)&a, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&a, n, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(out, size, "?:0");
	else
		snprintf(out, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s",
			 host, port);
}
