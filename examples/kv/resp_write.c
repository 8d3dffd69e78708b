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

void resp_null(struct buf *out)
{
	buf_add(out, "$-1\r\n", 5);
}

void resp_array(struct buf *out, int64_t n)
{
	line(out, '*', n);
}
