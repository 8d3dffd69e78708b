/* SPDX-License-Identifier: MIT */
/*
 * Small text files of the kernel: a number, or the word that is chosen.
 */
#ifndef HP_TEXT_H
#define HP_TEXT_H

#include "sys.h"

/* A number, or "max", which is UINT64_MAX, or -1, likewise. */
int hp_text_number(const struct hp_sys *sys, const char *path,
		   uint64_t *ret_number);

/* The word in brackets: "always [madvise] never". */
int hp_text_chosen(const struct hp_sys *sys, const char *path, char *word,
		   size_t size);

/* A page size as people write it: 64K, 2M, 1G. */
struct hp_text_size {
	char text[24];
};
struct hp_text_size hp_text_size(uint64_t page_size);

#endif
