// SPDX-License-Identifier: MIT
#include <string.h>

#include "fd_name.h"

/* isalnum(3) would ask the locale. */
static bool stays(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

void hp_fd_name(char ret_name[HP_FD_NAME_SIZE], const char *session,
		bool incoming)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *prefix = incoming ? HP_FD_NAME_IN : HP_FD_NAME_OUT;
	char *to = ret_name + strlen(prefix);

	memcpy(ret_name, prefix, strlen(prefix));
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
	*to = '\0';
}
