/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "number.h"
#include "resp.h"

static void line(struct buf *out, char type, int64_t n)
{
	char text[32];
	int length;

	text[0] = type;
	length = 1 + number_print(n, text + 1);
	text[length++] = '\r';
	text[length++] = '\n';
	buf_add(out, text, length);
}

void resp_status(struct buf *out, const char *text)
{
	buf_add(out, "+", 1);
	buf_add(out, text, strlen(text));
	buf_add(out, "\r\n", 2);
}

void resp_error(struct buf *out, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		n = strlen(text);
	/* A line is a line, whatever of the request is quoted in it. */
	for (int i = 0; i < n; i++)
		if (text[i] == '\r' || text[i] == '\n')
			text[i] = ' ';
	buf_add(out, "-", 1);
	buf_add(out, text, n);
	buf_add(out, "\r\n", 2);
}

void resp_integer(struct buf *out, int64_t n)
{
	line(out, ':', n);
}

void resp_bulk(struct buf *out, struct slice s)
{
	line(out, '$', (int64_t)s.n);
	buf_add(out, s.p, s.n);
	buf_add(out, "\r\n", 2);
}

void resp_text(struct buf *out, const char *text)
{
	resp_bulk(out, slice_of(text));
}

void resp_array(struct buf *out, int64_t n)
{
	line(out, '*', n);
}

/* -- What differs ---------------------------------------------------------- */

void resp_null(struct buf *out, int version)
{
	buf_add(out, version > 2 ? "_\r\n" : "$-1\r\n", version > 2 ? 3 : 5);
}

void resp_null_array(struct buf *out, int version)
{
	buf_add(out, version > 2 ? "_\r\n" : "*-1\r\n", version > 2 ? 3 : 5);
}

void resp_map(struct buf *out, int version, int64_t pairs)
{
	line(out, version > 2 ? '%' : '*', version > 2 ? pairs : 2 * pairs);
}

void resp_set(struct buf *out, int version, int64_t n)
{
	line(out, version > 2 ? '~' : '*', n);
}

void resp_shown(struct buf *out, int version, struct slice s)
{
	if (version == 2) {
		resp_bulk(out, s);
		return;
	}
	line(out, '=', (int64_t)s.n + 4);
	buf_add(out, "txt:", 4);
	buf_add(out, s.p, s.n);
	buf_add(out, "\r\n", 2);
}
