// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "reply.h"

#include <arpa/inet.h>
#include <stdio.h>
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
	struct timeval patience = { .tv_sec = CONN_PATIENCE };

	*conn = (struct conn){ .fd = -1 };
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
	free(conn->buffer);
	*conn = (struct conn){ .fd = -1 };
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

/* More bytes, behind those that are unread */
static int more(struct conn *conn)
{
	ssize_t n;

	if (conn->start) {
		memmove(conn->buffer, conn->buffer + conn->start,
			conn->end - conn->start);
		conn->end -= conn->start;
		conn->start = 0;
	}
	if (conn->size - conn->end < 65536) {
		size_t size = conn->size * 2 + 131072;
		char *buffer = realloc(conn->buffer, size);

		if (!buffer)
			return -1;
		conn->buffer = buffer;
		conn->size = size;
	}
	n = recv(conn->fd, conn->buffer + conn->end, conn->size - conn->end, 0);
	if (n <= 0)
		return -1;
	conn->end += n;
	return 0;
}

/* Have length unread bytes */
static int have(struct conn *conn, size_t length)
{
	while (conn->end - conn->start < length)
		if (more(conn))
			return -1;
	return 0;
}

static long line_length(struct conn *conn)
{
	size_t looked = 0;
	char *end;

	for (;;) {
		if (have(conn, looked + 1))
			return -1;
		end = memchr(conn->buffer + conn->start + looked, '\n',
			     conn->end - conn->start - looked);
		if (end)
			return end - (conn->buffer + conn->start) + 1;
		looked = conn->end - conn->start;
	}
}

int conn_read(struct conn *conn, struct reply *ret_reply)
{
	long length = line_length(conn);
	char *line;

	if (length < 3)
		return -1;
	line = conn->buffer + conn->start;
	line[length - 2] = 0;
	conn->start += length;
	ret_reply->kind = line[0];
	ret_reply->text = line + 1;
	ret_reply->number = atoll(line + 1);
	ret_reply->length = line[0] == '$' ? ret_reply->number : -1;
	if (ret_reply->length < 0)
		return 0;
	length = ret_reply->length + 2;
	if (have(conn, length))
		return -1;
	ret_reply->text = conn->buffer + conn->start;
	conn->buffer[conn->start + length - 2] = 0;
	conn->start += length;
	return 0;
}

int conn_ask(struct conn *conn, int argc, char **argv, struct reply *ret_reply)
{
	char head[32];
	int i, n = sprintf(head, "*%d\r\n", argc);

	if (conn_write(conn, head, n))
		return -1;
	for (i = 0; i < argc; i++) {
		n = sprintf(head, "$%zu\r\n", strlen(argv[i]));
		if (conn_write(conn, head, n) ||
		    conn_write(conn, argv[i], strlen(argv[i])) ||
		    conn_write(conn, "\r\n", 2))
			return -1;
	}
	return conn_read(conn, ret_reply);
}
