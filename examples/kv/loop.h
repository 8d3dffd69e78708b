/* SPDX-License-Identifier: MIT */
/* The one io_uring loop that all input and output goes through. */
#ifndef KV_LOOP_H
#define KV_LOOP_H

#include <liburing.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "listener.h"
#include "server.h"

/* What a completion is about: the low bits of its user data. */
enum loop_tag {
	LOOP_RECV = 1,		/* with the client */
	LOOP_SEND,		/* with the client */
	LOOP_ACCEPT,		/* with the listener */
	LOOP_SIGNAL,
	LOOP_TICK,
};

struct loop {
	struct io_uring ring;
	struct server *server;
	struct listener tcp;
	struct listener unix_socket;
	int max_clients;	/* that there are descriptors for */
	int signal_fd;
	struct signalfd_siginfo signal;
	struct __kernel_timespec tick;
	bool told_damage;
};

/*
 * Everything that can fail for want of something outside: the ring, the
 * signals, the addresses. Before the region is taken, because giving up
 * afterwards could lose what is in it. From here on clients can connect, and
 * wait for loop_run(). 0 or -errno, said on stderr.
 */
int loop_init(struct loop *l, const struct options *o);

/* Serve until a signal or SHUTDOWN. 0 or -errno. */
int loop_run(struct loop *l, struct server *server);

void loop_close(struct loop *l);

/* For connection.c: an operation to fill in, and then to tag. */
struct io_uring_sqe *loop_sqe(struct loop *l);

static inline void loop_tag(struct io_uring_sqe *sqe, void *p,
			    enum loop_tag tag)
{
	io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)p | tag);
}

#endif
