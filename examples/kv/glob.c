/* SPDX-License-Identifier: MIT */
#include "glob.h"

/*
 * Does @c belong to the set that begins behind '[' at @p? Leaves @ret_end
 * behind the set. A set that is not closed ends with the pattern.
 */
static bool in_set(const char *p, const char *end, unsigned char c,
		   const char **ret_end)
{
	bool negated = p < end && *p == '^', found = false;

	if (negated)
		p++;
	for (; p < end && *p != ']'; p++) {
		unsigned char low, high;

		if (*p == '\\' && end - p >= 2) {
			p++;
			found |= (unsigned char)*p == c;
			continue;
		}
		low = high = (unsigned char)*p;
		if (end - p >= 3 && p[1] == '-') {
			high = (unsigned char)p[2];
			p += 2;
		}
		if (low > high) {
			unsigned char t = low;

			low = high;
			high = t;
		}
		found |= c >= low && c <= high;
	}
	*ret_end = p < end ? p + 1 : p;
	return found != negated;
}

/* One element of the pattern, not a '*', against one byte. */
static bool match_one(const char *p, const char *end, unsigned char c,
		      const char **ret_end)
{
	*ret_end = p + 1;
	if (*p == '?')
		return true;
	if (*p == '[')
		return in_set(p + 1, end, c, ret_end);
	if (*p == '\\' && end - p >= 2) {
		p++;
		*ret_end = p + 1;
	}
	return (unsigned char)*p == c;
}

bool glob_match(struct slice pattern, struct slice text)
{
	const char *p = pattern.p, *p_end = p + pattern.n;
	const char *t = text.p, *t_end = t + text.n;
	const char *star = NULL, *star_text = NULL, *next;

	for (;;) {
		if (p < p_end && *p == '*') {
			/* Only the last star's choice can matter: try on. */
			star = ++p;
			star_text = t;
			continue;
		}
		if (t == t_end)
			return p == p_end;
		if (p < p_end && match_one(p, p_end, (unsigned char)*t, &next)) {
			p = next;
			t++;
			continue;
		}
		if (!star)
			return false;
		p = star;
		t = ++star_text;
	}
}
