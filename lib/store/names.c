// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/names.h"

#define START "hugepersist."
#define DIGITS 16

_Static_assert(HP_STORE_PREFIX_SIZE + 3 * DIGITS + 2 <= HP_STORE_NAME_SIZE,
	       "systemd takes the longest name");

/* isalnum(3) would ask the locale. */
static bool stays(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

void hp_store_prefix(char ret_prefix[HP_STORE_PREFIX_SIZE], const char *session)
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = ret_prefix + strlen(START);

	memcpy(ret_prefix, START, strlen(START));
	for (; *session; session++) {
		unsigned char c = (unsigned char)*session;

		if (stays(c)) {
			*to++ = (char)c;
		} else {
			*to++ = '%';
			*to++ = digits[c >> 4];
			*to++ = digits[c & 15];
		}
	}
	*to++ = '.';
	*to = '\0';
}

void hp_store_name(char ret_name[HP_STORE_NAME_SIZE], const char *prefix,
		   const struct hp_store_name *name)
{
	if (name->manifest)
		(void)snprintf(ret_name, HP_STORE_NAME_SIZE, "%s%016" PRIx64,
			       prefix, name->id);
	else
		(void)snprintf(ret_name, HP_STORE_NAME_SIZE,
			       "%s%016" PRIx64 ".%016" PRIx64 ".%016" PRIx64,
			       prefix, name->id, name->token,
			       name->incarnation);
}

/* Sixteen small hexadecimal digits, as they are written above. */
static bool parse_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (int i = 0; i < DIGITS; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			number = number << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret_number = number;
	return true;
}

bool hp_store_parse(const char *text, size_t length, const char *prefix,
		    struct hp_store_name *ret_name)
{
	size_t start = strlen(prefix);
	uint64_t numbers[3] = { 0 };
	size_t count;

	if (length < start || memcmp(text, prefix, start) != 0)
		return false;
	text += start;
	length -= start;
	if (length != DIGITS && length != 3 * DIGITS + 2)
		return false;
	count = length == DIGITS ? 1 : 3;
	for (size_t i = 0; i < count; i++, text += DIGITS + 1) {
		if (!parse_number(text, &numbers[i]))
			return false;
		if (i + 1 < count && text[DIGITS] != '.')
			return false;
	}
	*ret_name = (struct hp_store_name){
		.manifest = count == 1,
		.id = numbers[0],
		.token = numbers[1],
		.incarnation = numbers[2],
	};
	return true;
}
