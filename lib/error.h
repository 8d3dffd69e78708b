/* SPDX-License-Identifier: MIT */
#ifndef HP_ERROR_H
#define HP_ERROR_H

/*
 * What a system call may fail with for reasons that are the same everywhere.
 * All else is an answer that we do not know: -EPROTO. Callers handle first what
 * has a meaning where they are.
 */
int hp_error_common(int err);

#endif
