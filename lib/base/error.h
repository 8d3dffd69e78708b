/* SPDX-License-Identifier: MIT */
/*
 * Errors of the system.
 */
#ifndef HP_ERROR_H
#define HP_ERROR_H

#include <stddef.h>

/*
 * What a system call may fail with for reasons that are the same everywhere, as
 * an error of the public header. All else is an answer that the library does not
 * know: -EPROTO. A caller first handles what has a meaning of its own there.
 */
int hp_error_common(int err);

/* The name of an error in a buffer of this expression: "ENOMEM" for -ENOMEM. */
#define HP_ERRNO(err) hp_errno_name((err), (char[24]){ 0 }, 24)

/* "ENOMEM" for -ENOMEM, or its number if the C library knows no name. */
const char *hp_errno_name(int err, char *buffer, size_t size);

#endif
