/* SPDX-License-Identifier: MIT */
/* A client's input and output on the ring. */
#ifndef KV_CONNECTION_H
#define KV_CONNECTION_H

#include "client.h"
#include "loop.h"

/* A new connection; refuses it when there are enough. */
void connection_open(struct loop *l, const struct listener *from, int fd);

/* Completions. The client may be gone afterwards. */
void connection_received(struct loop *l, struct client *c, int res);
void connection_sent(struct loop *l, struct client *c, int res);

/* End it: now, or as soon as the kernel lets go of its buffers. */
void connection_close(struct client *c);

#endif
