/* SPDX-License-Identifier: MIT */
/*
 * The libraries are compiled with hidden visibility. A function gets out through
 * this mark and a line in the map of its library; tests/abi compares both with
 * the public header.
 */
#ifndef HP_EXPORT_H
#define HP_EXPORT_H

#include <hugepersist/hugepersist.h>

#define HP_EXPORT __attribute__((visibility("default")))

#endif
