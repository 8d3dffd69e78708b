/* SPDX-License-Identifier: MIT */
/* A socket that clients connect to. */
#ifndef KV_LISTENER_H
#define KV_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct listener {
	int fd;			/* -1: none */
	const char *path;	/* of a Unix socket, to be removed ... */
	dev_t device;		/* ... if this is what is there */
	ino_t inode;
	bool accepting;		/* the loop's: an accept is under way */
};

/*
 * Take the address and listen: clients can connect, and wait. Never takes an
 * address that another process has. Failures are said on stderr. 0 or -errno.
 */
int listener_tcp(struct listener *l, const char *bind, int port);
int listener_unix(struct listener *l, const char *path);
void listener_close(struct listener *l);

/* Is this numeric address one that only this machine can reach? */
bool listener_is_local(const char *address);

/*
 * A connection of this listener: no delay, and the kernel finds out when the
 * other end has gone without a word, @keepalive seconds after the last.
 */
void listener_prepare(const struct listener *l, int fd, int keepalive);

/* Who is at the other end of a connection. */
void listener_peer(const struct listener *l, int fd, char *out, size_t size);

#endif
