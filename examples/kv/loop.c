/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "connection.h"
#include "expire.h"

#define TICK_MS		100
#define EXPIRE_US	1000
/* How long replies may take to go out once the server stops. */
#define DRAIN_MS	2000
#define RING_ENTRIES	1024
/* For the memory, a save and the holder. */
#define FILES_KEPT	32
#define FILES_MAX	65536
#define TAG_MASK	UINT64_C(7)

static int fatal(const char *what, int err, const char *advice)
{
	fprintf(stderr, "hp-kv: %s: %s. %s\n", what, strerror(err), advice);
	return -err;
}

struct io_uring_sqe *loop_sqe(struct loop *l)
{
	struct io_uring_sqe *sqe;

	/* When the queue is full, submitting empties it. */
	while (!(sqe = io_uring_get_sqe(&l->ring))) {
		int rc = io_uring_submit(&l->ring);

		if (rc < 0 && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY) {
			fatal("io_uring_submit", -rc, "This is a defect");
			abort();
		}
	}
	return sqe;
}

static void start_accept(struct loop *l, struct listener *from)
{
	struct io_uring_sqe *sqe;

	if (from->fd < 0 || from->accepting || l->server->stopping)
		return;
	sqe = loop_sqe(l);
	/* One at a time: all that wait could be more than there is room for. */
	io_uring_prep_accept(sqe, from->fd, NULL, NULL, SOCK_CLOEXEC);
	loop_tag(sqe, from, LOOP_ACCEPT);
	from->accepting = true;
}

static void start_signal(struct loop *l)
{
	struct io_uring_sqe *sqe = loop_sqe(l);

	io_uring_prep_read(sqe, l->signal_fd, &l->signal, sizeof(l->signal), 0);
	loop_tag(sqe, NULL, LOOP_SIGNAL);
}

static void start_tick(struct loop *l)
{
	struct io_uring_sqe *sqe = loop_sqe(l);

	l->tick = (struct __kernel_timespec){ .tv_nsec = TICK_MS * 1000000LL };
	io_uring_prep_timeout(sqe, &l->tick, 0, 0);
	loop_tag(sqe, NULL, LOOP_TICK);
}

static void accepted(struct loop *l, struct listener *from, int res)
{
	from->accepting = false;
	/* After an error (too many files) the next tick tries again. */
	if (res < 0)
		return;
	if (l->server->stopping)
		close(res);
	else
		connection_open(l, from, res);
	start_accept(l, from);
}

static void signaled(struct loop *l, int res)
{
	if (res != sizeof(l->signal)) {
		start_signal(l);
		return;
	}
	/* As Redis: with data that cannot be saved it stays. */
	if (storage_save_at_end(l->server->storage) == 0)
		l->server->stopping = true;
	start_signal(l);
}

static void ticked(struct loop *l)
{
	struct server *server = l->server;
	int rc;

	clock_tick(&server->clock, server->store);
	rc = expire_cycle(server->store, clock_now(&server->clock), EXPIRE_US);
	if (rc < 0 && !l->told_damage) {
		l->told_damage = true;
		fprintf(stderr, "hp-kv: the region's content is damaged. Save what can be read, then use FLUSHALL\n");
	}
	start_accept(l, &l->tcp);
	start_accept(l, &l->unix_socket);
	start_tick(l);
}

static void dispatch(struct loop *l, const struct io_uring_cqe *cqe)
{
	void *p = (void *)(uintptr_t)(cqe->user_data & ~TAG_MASK);

	switch (cqe->user_data & TAG_MASK) {
	case LOOP_RECV:
		connection_received(l, p, cqe->res);
		break;
	case LOOP_SEND:
		connection_sent(l, p, cqe->res);
		break;
	case LOOP_ACCEPT:
		accepted(l, p, cqe->res);
		break;
	case LOOP_SIGNAL:
		signaled(l, cqe->res);
		break;
	case LOOP_TICK:
		ticked(l);
		break;
	}
}

/* Submit what is queued, wait for something, handle all that is there. */
static int step(struct loop *l)
{
	struct io_uring_cqe *cqe;
	unsigned int head, count;
	int rc = io_uring_submit_and_wait(&l->ring, 1);

	if (rc < 0 && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY)
		return fatal("io_uring", -rc, "This is a defect");
	do {
		count = 0;
		io_uring_for_each_cqe(&l->ring, head, cqe) {
			struct io_uring_cqe copy = *cqe;

			dispatch(l, &copy);
			/* Handlers may submit, and so make room. */
			count++;
		}
		io_uring_cq_advance(&l->ring, count);
	} while (count && !l->server->stopping);
	return 0;
}

static int wait_for_clients(struct loop *l, int64_t ms)
{
	int64_t stop_by = clock_boot_ms() + ms;
	int rc = 0;

	/* The tick sees to it that this comes back. */
	while (rc == 0 && l->server->clients && clock_boot_ms() < stop_by)
		rc = step(l);
	return rc;
}

static void close_clients(struct loop *l, bool also_sending)
{
	struct client *c, *next;

	for (c = l->server->clients; c; c = next) {
		next = c->next;
		if (also_sending || !c->sending_now)
			connection_close(c);
	}
}

/* No more input; what was answered goes out, within limits. */
static int drain(struct loop *l)
{
	int rc;

	listener_close(&l->tcp);
	listener_close(&l->unix_socket);
	close_clients(l, false);
	rc = wait_for_clients(l, DRAIN_MS);
	if (rc < 0 || !l->server->clients)
		return rc;
	close_clients(l, true);
	return wait_for_clients(l, DRAIN_MS);
}

int loop_run(struct loop *l, struct server *server)
{
	int rc = 0;

	l->server = server;
	server->max_clients = l->max_clients;
	start_signal(l);
	start_tick(l);
	start_accept(l, &l->tcp);
	start_accept(l, &l->unix_socket);
	while (rc == 0 && !server->stopping)
		rc = step(l);
	return rc < 0 ? rc : drain(l);
}

static int init_signals(struct loop *l)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	l->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return l->signal_fd < 0 ? -errno : 0;
}

static int init_ring(struct loop *l)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN |
			IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
		.cq_entries = 8 * RING_ENTRIES,
	};
	int rc = io_uring_queue_init_params(RING_ENTRIES, &l->ring, &p);

	/* Before Linux 6.1, without what makes it cheaper. */
	if (rc == -EINVAL) {
		p = (struct io_uring_params){
			.flags = IORING_SETUP_CQSIZE,
			.cq_entries = 8 * RING_ENTRIES,
		};
		rc = io_uring_queue_init_params(RING_ENTRIES, &l->ring, &p);
	}
	return rc;
}

static rlim_t open_files(rlim_t limit)
{
	rlim_t count = 0;

	if (limit > FILES_MAX)
		limit = FILES_MAX;
	for (rlim_t fd = 0; fd < limit; fd++)
		count += fcntl((int)fd, F_GETFD) >= 0;
	return count;
}

/*
 * Clients must not use up what the memory, a save and the holder take: else
 * nothing could be saved, and the server could not even end.
 */
static int keep_files(struct loop *l, int maxclients)
{
	struct rlimit limit;
	rlim_t own, wanted;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fatal("getrlimit", errno, "This is a defect");
	own = open_files(limit.rlim_cur) + FILES_KEPT;
	wanted = own + (rlim_t)maxclients;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur <= own)
		return fatal("file descriptors", EMFILE,
			     "Raise LimitNOFILE= or ulimit -n: hp-kv needs 32 for itself");
	l->max_clients = maxclients;
	if (limit.rlim_cur >= wanted)
		return 0;
	l->max_clients = (int)(limit.rlim_cur - own);
	fprintf(stderr,
		"hp-kv: %d clients instead of %d, since there are no more file descriptors. Raise\n"
		"LimitNOFILE= or ulimit -n, or ask for less with --maxclients.\n",
		l->max_clients, maxclients);
	return 0;
}

int loop_init(struct loop *l, const struct options *o)
{
	int rc;

	*l = (struct loop){
		.signal_fd = -1,
		.tcp.fd = -1,
		.unix_socket.fd = -1,
	};
	l->ring.ring_fd = -1;
	rc = init_signals(l);
	if (rc < 0)
		return fatal("signalfd", -rc,
			     "Use a kernel with CONFIG_SIGNALFD");
	rc = init_ring(l);
	if (rc < 0)
		return fatal("io_uring", -rc,
			     "Use a kernel with CONFIG_IO_URING, and look at the sysctl kernel.io_uring_disabled");
	if (o->port) {
		rc = listener_tcp(&l->tcp, o->bind, o->port);
		if (rc < 0)
			return rc;
	}
	if (o->unixsocket) {
		rc = listener_unix(&l->unix_socket, o->unixsocket);
		if (rc < 0)
			return rc;
	}
	return keep_files(l, o->maxclients);
}

void loop_close(struct loop *l)
{
	struct client *c, *next;

	listener_close(&l->tcp);
	listener_close(&l->unix_socket);
	if (l->ring.ring_fd >= 0)
		io_uring_queue_exit(&l->ring);
	for (c = l->server ? l->server->clients : NULL; c; c = next) {
		next = c->next;
		close(c->fd);
		/* What the kernel may still be using is left to the exit. */
		if (!c->inflight)
			client_free(c);
	}
	if (l->signal_fd >= 0)
		close(l->signal_fd);
}
