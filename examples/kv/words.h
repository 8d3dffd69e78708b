/* SPDX-License-Identifier: MIT */
/* The words of an inline request: blanks between, "" and '' around. */
#ifndef KV_WORDS_H
#define KV_WORDS_H

#include "slice.h"

/*
 * The number of words, -1 if a quote is not closed or something follows right
 * behind it. @bytes has as much room as @line and receives the unquoted words,
 * the first @max of which @words names.
 */
int words_split(struct slice line, char *bytes, struct slice *words, int max);

#endif
