/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a buffer may keep when there is nothing in it. */
#define BUFFER_KEEP	(4 * CLIENT_READ_SIZE)

static void release(struct client *c)
{
	if (!c->closing || c->inflight)
		return;
	close(c->fd);
	client_free(c);
}

void connection_close(struct client *c)
{
	if (!c->closing) {
		c->closing = true;
		/* Ends a receive or send that is waiting. */
		if (c->inflight)
			shutdown(c->fd, SHUT_RDWR);
	}
	release(c);
}

static void start_send(struct loop *l, struct client *c)
{
	struct io_uring_sqe *sqe = loop_sqe(l);
	size_t n = buf_size(&c->sending);

	if (n > (1 << 30))
		n = 1 << 30;
	io_uring_prep_send(sqe, c->fd, c->sending.p + c->sending.start, n,
			   MSG_NOSIGNAL);
	loop_tag(sqe, c, LOOP_SEND);
	c->sending_now = true;
	c->inflight++;
}

/* False: no memory to read into. */
static bool start_receive(struct loop *l, struct client *c)
{
	struct io_uring_sqe *sqe;
	size_t n;
	void *p;

	if (client_prepare_read(c, &p, &n) < 0)
		return false;
	sqe = loop_sqe(l);
	io_uring_prep_recv(sqe, c->fd, p, n, 0);
	loop_tag(sqe, c, LOOP_RECV);
	c->receiving = true;
	c->inflight++;
	return true;
}

/* Do whatever can be done now. */
static void advance(struct loop *l, struct client *c)
{
	bool left = false;

	if (c->closing) {
		release(c);
		return;
	}
	/* While a receive is under way the input belongs to the kernel. */
	if (!c->receiving)
		left = client_run(c);
	if (!c->sending_now && buf_size(&c->out)) {
		buf_trim(&c->sending, BUFFER_KEEP);
		buf_swap(&c->out, &c->sending);
		start_send(l, c);
	}
	if (c->sending_now && !left && client_output(c) > CLIENT_OUTPUT_SOFT)
		left = true;
	if (c->close_after_reply || l->server->stopping) {
		if (!c->sending_now)
			connection_close(c);
		return;
	}
	/* Who does not fetch replies is not listened to. */
	if (left || c->receiving)
		return;
	if (!start_receive(l, c)) {
		resp_error(&c->out,
			   "ERR Protocol error: request larger than 1 GiB, or out of memory");
		c->close_after_reply = true;
		advance(l, c);
	}
}

void connection_open(struct loop *l, const struct listener *from, int fd)
{
	static const char full[] = "-ERR max number of clients reached\r\n";
	struct server *server = l->server;
	char address[128];
	struct client *c;

	server->stats.connections++;
	listener_prepare(from, fd, server->options->keepalive);
	listener_peer(from, fd, address, sizeof(address));
	if (server->client_count >= (unsigned int)server->max_clients)
		c = NULL;
	else
		c = client_new(server, fd, address);
	if (!c) {
		/* A new socket has room for this; if not, so be it. */
		(void)!send(fd, full, sizeof(full) - 1,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
		server->stats.rejected++;
		return;
	}
	advance(l, c);
}

void connection_received(struct loop *l, struct client *c, int res)
{
	c->receiving = false;
	c->inflight--;
	if (res > 0) {
		c->in.end += res;
		l->server->stats.input_bytes += res;
	} else if (res == 0) {
		/* It may have said all it wants and still be listening. */
		c->close_after_reply = true;
	} else if (res != -EINTR && res != -EAGAIN) {
		connection_close(c);
		return;
	}
	advance(l, c);
}

void connection_sent(struct loop *l, struct client *c, int res)
{
	c->sending_now = false;
	c->inflight--;
	if (res > 0) {
		buf_take(&c->sending, res);
		l->server->stats.output_bytes += res;
	} else if (res != -EINTR && res != -EAGAIN) {
		connection_close(c);
		return;
	}
	if (!c->closing && buf_size(&c->sending))
		start_send(l, c);
	else
		buf_trim(&c->sending, BUFFER_KEEP);
	advance(l, c);
}
