/* SPDX-License-Identifier: MIT */
/* Numbers in the protocol's strict form: no blanks, no +, no leading zeros. */
#ifndef KV_NUMBER_H
#define KV_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

bool number_parse(struct slice s, int64_t *ret);
/* Decimal digits only, up to UINT64_MAX, as SCAN's cursors. */
bool number_parse_unsigned(struct slice s, uint64_t *ret);

/* Bytes written to @out, which holds at least 21. */
int number_print(int64_t n, char *out);

/* "64M", "1GiB", "4096": bytes. */
bool number_parse_bytes(const char *text, uint64_t *ret);

#endif
