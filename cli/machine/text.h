/* SPDX-License-Identifier: MIT */
/*
 * Small text files of the kernel, and sizes as people write them.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

#include "system/sys.h"

/* Read a number, or "max" or "-1", which are UINT64_MAX. -EPROTO: it is none. */
int read_number(const struct hp_sys *sys, const char *path,
		uint64_t *ret_number);

/* Read the word in brackets: "always [madvise] never". -EPROTO: there is none. */
int read_chosen(const struct hp_sys *sys, const char *path, char *word,
		size_t size);

/* Does a line of that file of the host begin with this? */
bool file_says(const char *path, const char *line);

/*
 * All bytes of a file, to be freed. -ENOEXEC: it is no regular file, is empty, or
 * has more than that.
 */
int file_read(const char *path, size_t most, unsigned char **ret_bytes,
	      size_t *ret_size);

struct size_text {
	char text[24];
};

/* A page size as people write it: 64K, 2M, 1G. */
struct size_text size_text(uint64_t page_size);

/* Any number of bytes for people: "1536 MiB", "2 GiB", "4097 bytes". */
struct size_text bytes_text(uint64_t bytes);

/* Read a size as people write it: 512, 64K, 2M, 4G; not 0. */
bool parse_size(const char *text, uint64_t *ret_bytes);

#endif
