/* SPDX-License-Identifier: MIT */
/* RESP, the Redis protocol: requests in, replies out. */
#ifndef KV_RESP_H
#define KV_RESP_H

#include <stdint.h>

#include "buf.h"
#include "slice.h"

#define RESP_LINE_MAX	(64 * 1024)
#define RESP_ARGS_MAX	(1024 * 1024)
#define RESP_BULK_MAX	(INT64_C(512) * 1024 * 1024)

/*
 * A request being read. What was understood is remembered, so that bytes are
 * looked at once however they arrive.
 */
struct resp_parser {
	int64_t args_left;	/* of a multi-bulk request; 0: at its start */
	int64_t bulk_len;	/* of the argument being read; -1: not known */
	size_t pos;		/* bytes of the buffer understood so far */
	size_t line_seen;	/* of them and behind, without a line's end */
	/* The arguments, as offsets from the buffer's start while reading. */
	struct slice *argv;
	size_t *offsets;
	int argc;
	int argv_room;
	char *words;		/* an inline request's arguments, unquoted */
};

enum resp_status {
	RESP_MORE,		/* not all there yet */
	RESP_REQUEST,		/* argv and argc hold one; argc may be 0 */
	RESP_ERROR,		/* reply the text and close */
};

void resp_parser_init(struct resp_parser *r);
void resp_parser_free(struct resp_parser *r);

/*
 * Read on in @in. After RESP_REQUEST the arguments point into @in until
 * resp_done() takes the request's bytes away.
 */
enum resp_status resp_parse(struct resp_parser *r, const struct buf *in,
			    char error[static 128]);
void resp_done(struct resp_parser *r, struct buf *in);

/* Bytes that are surely still to come for the request begun. */
size_t resp_wanted(const struct resp_parser *r, const struct buf *in);

void resp_status(struct buf *out, const char *text);
void resp_error(struct buf *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void resp_integer(struct buf *out, int64_t n);
void resp_bulk(struct buf *out, struct slice s);
void resp_text(struct buf *out, const char *text);
void resp_array(struct buf *out, int64_t n);

/*
 * What differs between the two versions of the protocol, RESP2 and RESP3: 2 has
 * arrays for maps and sets, and bulk strings for text that is meant to be shown.
 */
void resp_null(struct buf *out, int version);
void resp_null_array(struct buf *out, int version);
void resp_map(struct buf *out, int version, int64_t pairs);
void resp_set(struct buf *out, int version, int64_t n);
void resp_shown(struct buf *out, int version, struct slice s);

#endif
