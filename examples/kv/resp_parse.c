/* SPDX-License-Identifier: MIT */
#include "resp.h"

#include <stdio.h>
#include <stdlib.h>

#include "number.h"
#include "words.h"

#define KEEP_ARGS 1024

void resp_parser_init(struct resp_parser *r)
{
	*r = (struct resp_parser){ .bulk_len = -1 };
}

void resp_parser_free(struct resp_parser *r)
{
	free(r->argv);
	free(r->offsets);
	free(r->words);
	resp_parser_init(r);
}

static enum resp_status fail(char *error, const char *text)
{
	snprintf(error, 128, "Protocol error: %s", text);
	return RESP_ERROR;
}

/* Room for one argument more; not for all announced, that is free to claim. */
static bool grow(struct resp_parser *r)
{
	int room = r->argv_room ? r->argv_room * 2 : 16;
	void *p;

	if (r->argc < r->argv_room)
		return true;
	p = realloc(r->argv, room * sizeof(*r->argv));
	if (!p)
		return false;
	r->argv = p;
	p = realloc(r->offsets, room * sizeof(*r->offsets));
	if (!p)
		return false;
	r->offsets = p;
	r->argv_room = room;
	return true;
}

/* The line at r->pos, its end not included; false: it is not all there. */
static bool take_line(struct resp_parser *r, const struct buf *in,
		      struct slice *ret)
{
	const char *p = in->p + in->start;
	size_t size = buf_size(in), from = r->pos;
	const char *end;

	if (r->line_seen > from)
		from = r->line_seen;
	end = from < size ? memchr(p + from, '\n', size - from) : NULL;
	if (!end) {
		r->line_seen = size;
		return false;
	}
	ret->p = p + r->pos;
	ret->n = end - ret->p;
	r->pos = end + 1 - p;
	r->line_seen = 0;
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

static bool line_too_long(const struct resp_parser *r, const struct buf *in)
{
	return buf_size(in) - r->pos > RESP_LINE_MAX;
}

static enum resp_status parse_inline(struct resp_parser *r,
				     const struct buf *in, char *error)
{
	struct slice line;
	int n;

	if (!take_line(r, in, &line))
		return line_too_long(r, in) ?
			fail(error, "too big inline request") : RESP_MORE;
	free(r->words);
	r->words = malloc(line.n + 1);
	if (!r->words)
		return fail(error, "out of memory");
	n = words_split(line, r->words, NULL, 0);
	if (n < 0)
		return fail(error, "unbalanced quotes in request");
	for (r->argc = 0; r->argc < n; r->argc++)
		if (!grow(r))
			return fail(error, "out of memory");
	words_split(line, r->words, r->argv, n);
	return RESP_REQUEST;
}

static enum resp_status parse_bulk(struct resp_parser *r, const struct buf *in,
				   char *error)
{
	struct slice line;

	if (r->bulk_len < 0) {
		char got[40];

		if (r->pos < buf_size(in) && in->p[in->start + r->pos] != '$' &&
		    memchr(in->p + in->start + r->pos, '\n',
			   buf_size(in) - r->pos)) {
			snprintf(got, sizeof(got), "expected '$', got '%c'",
				 in->p[in->start + r->pos]);
			return fail(error, got);
		}
		if (!take_line(r, in, &line))
			return line_too_long(r, in) ?
				fail(error, "too big bulk count string") :
				RESP_MORE;
		line.p++;
		line.n--;
		if (!number_parse(line, &r->bulk_len) || r->bulk_len < 0 ||
		    r->bulk_len > RESP_BULK_MAX) {
			r->bulk_len = -1;
			return fail(error, "invalid bulk length");
		}
	}
	if (buf_size(in) - r->pos < (size_t)r->bulk_len + 2)
		return RESP_MORE;
	if (!grow(r))
		return fail(error, "out of memory");
	r->offsets[r->argc] = r->pos;
	r->argv[r->argc++].n = r->bulk_len;
	r->pos += r->bulk_len + 2;
	r->bulk_len = -1;
	r->args_left--;
	return RESP_REQUEST;
}

static enum resp_status parse_multibulk(struct resp_parser *r,
					const struct buf *in, char *error)
{
	const char *p;

	if (!r->args_left) {
		struct slice line;

		if (!take_line(r, in, &line))
			return line_too_long(r, in) ?
				fail(error, "too big mbulk count string") :
				RESP_MORE;
		line.p++;
		line.n--;
		if (!number_parse(line, &r->args_left) ||
		    r->args_left > RESP_ARGS_MAX) {
			r->args_left = 0;
			return fail(error, "invalid multibulk length");
		}
		if (r->args_left <= 0) {
			r->args_left = 0;
			return RESP_REQUEST;
		}
	}
	while (r->args_left) {
		enum resp_status status = parse_bulk(r, in, error);

		if (status != RESP_REQUEST)
			return status;
	}
	p = in->p + in->start;
	for (int i = 0; i < r->argc; i++)
		r->argv[i].p = p + r->offsets[i];
	return RESP_REQUEST;
}

enum resp_status resp_parse(struct resp_parser *r, const struct buf *in,
			    char error[static 128])
{
	if (!buf_size(in))
		return RESP_MORE;
	if (in->p[in->start] == '*')
		return parse_multibulk(r, in, error);
	return parse_inline(r, in, error);
}

void resp_done(struct resp_parser *r, struct buf *in)
{
	buf_take(in, r->pos);
	r->pos = 0;
	r->line_seen = 0;
	r->argc = 0;
	r->bulk_len = -1;
	r->args_left = 0;
	free(r->words);
	r->words = NULL;
	if (r->argv_room > KEEP_ARGS)
		resp_parser_free(r);
}

size_t resp_wanted(const struct resp_parser *r, const struct buf *in)
{
	size_t have = buf_size(in) - r->pos;

	if (r->bulk_len < 0 || (size_t)r->bulk_len + 2 <= have)
		return 0;
	return (size_t)r->bulk_len + 2 - have;
}
