// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "reply.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int conn_open(struct conn *conn, int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct timeval patience = { .tv_sec = 2 };

	conn->start = conn->end = 0;
	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (conn->fd < 0)
		return -1;
	if (setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) ||
	    setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
		       sizeof(patience)) ||
	    connect(conn->fd, (struct sockaddr *)&to, sizeof(to))) {
		conn_close(conn);
		return -1;
	}
	return 0;
}

void conn_close(struct conn *conn)
{
	if (conn->fd >= 0)
		close(conn->fd);
	conn->fd = -1;
}

int conn_write(struct conn *conn, const char *bytes, size_t length)
{
	ssize_t n;

	while (length) {
		n = send(conn->fd, bytes, length, MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
		bytes += n;
		length -= n;
	}
	return 0;
}

static int fill(struct conn *conn)
{
	ssize_t n;

	if (conn->start == conn->end)
		conn->start = conn->end = 0;
	if (conn->end == sizeof(conn->buffer)) {
		memmove(conn->buffer, conn->buffer + conn->start,
			conn->end - conn->start);
		conn->end -= conn->start;
		conn->start = 0;
	}
	n = recv(conn->fd, conn->buffer + conn->end,
		 sizeof(conn->buffer) - conn->end, 0);
	if (n <= 0)
		return -1;
	conn->end += n;
	return 0;
}

/* Copy up to size - 1 bytes of a line, without its end */
static int read_line(struct conn *conn, char *line, size_t size)
{
	size_t n = 0;
	char c;

	for (;;) {
		if (conn->start == conn->end && fill(conn))
			return -1;
		c = conn->buffer[conn->start++];
		if (c == '\n')
			break;
		if (c != '\r' && n < size - 1)
			line[n++] = c;
	}
	line[n] = 0;
	return 0;
}

int conn_read(struct conn *conn, struct reply *ret_reply)
{
	char line[256];
	int i;

	if (read_line(conn, line, sizeof(line)))
		return -1;
	ret_reply->kind = line[0];
	ret_reply->number = atoll(line + 1);
	strcpy(ret_reply->text, line + 1);
	ret_reply->length = line[0] == '$' ? atoi(line + 1) : -1;
	if (ret_reply->length < 0)
		return 0;
	if ((size_t)ret_reply->length >= sizeof(ret_reply->text))
		return -1;
	for (i = 0; i < ret_reply->length + 2; i++) {
		if (conn->start == conn->end && fill(conn))
			return -1;
		if (i < ret_reply->length)
			ret_reply->text[i] = conn->buffer[conn->start];
		conn->start++;
	}
	ret_reply->text[ret_reply->length] = 0;
	return 0;
}
