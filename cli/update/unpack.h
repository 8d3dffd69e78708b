/* SPDX-License-Identifier: MIT */
#ifndef UNPACK_H
#define UNPACK_H

#include <stddef.h>

/*
 * What was compressed by gzip, LZ4 (legacy), xz or zstd, to be freed. The bytes
 * are not trusted. -EOPNOTSUPP: compressed in a way that cannot be undone here.
 * -EBADMSG: damaged.
 */
int unpack(const unsigned char *bytes, size_t size, unsigned char **ret_bytes,
	   size_t *ret_size);

#endif
