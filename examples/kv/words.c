/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <ctype.h>

struct reader {
	const char *p;
	const char *end;
	char *out;
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char control(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'a':
		return '\a';
	default:
		return c;
	}
}

/* Behind a backslash inside "". */
static void escaped(struct reader *r)
{
	if (r->end - r->p >= 3 && r->p[0] == 'x' && hex(r->p[1]) >= 0 &&
	    hex(r->p[2]) >= 0) {
		*r->out++ = (char)(hex(r->p[1]) << 4 | hex(r->p[2]));
		r->p += 3;
	} else {
		*r->out++ = control(*r->p++);
	}
}

/* From behind the opening quote to behind the closing one. */
static bool quoted(struct reader *r, char quote)
{
	while (r->p < r->end && *r->p != quote) {
		char c = *r->p++;

		if (c == '\\' && r->p < r->end && quote == '"') {
			escaped(r);
		} else if (c == '\\' && r->p < r->end && *r->p == '\'' &&
			   quote == '\'') {
			*r->out++ = *r->p++;
		} else {
			*r->out++ = c;
		}
	}
	if (r->p == r->end)
		return false;
	r->p++;
	return r->p == r->end || isspace((unsigned char)*r->p);
}

int words_split(struct slice line, char *bytes, struct slice *words, int max)
{
	struct reader r = { line.p, line.p + line.n, bytes };
	int count = 0;

	for (;;) {
		char *start = r.out;

		while (r.p < r.end && isspace((unsigned char)*r.p))
			r.p++;
		if (r.p == r.end)
			return count;
		while (r.p < r.end && !isspace((unsigned char)*r.p)) {
			char c = *r.p++;

			if (c == '"' || c == '\'') {
				if (!quoted(&r, c))
					return -1;
				break;
			}
			*r.out++ = c;
		}
		if (count < max)
			words[count] = (struct slice){ start,
						       r.out - start };
		count++;
	}
}
