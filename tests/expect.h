/* SPDX-License-Identifier: MIT */
/*
 * What a test expects, in the same words in all of them. A check that fails ends
 * the test and tells file, line and expression. They count with NDEBUG as well.
 *
 *	check(condition)	it is so
 *	is(call, want)		the call gives that result
 *	ok(call)		the call gives 0
 *	equal(value, want)	the numbers are the same
 *
 * How a test ends is for its program to say: EXPECT_FAILED(format, ...), defined
 * before this file is included. Without it the process writes to stderr and
 * aborts.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <hugepersist/hugepersist.h>
#include <stdint.h>

#ifndef EXPECT_FAILED
#include <stdio.h>
#include <stdlib.h>

#define EXPECT_FAILED(format, ...)                                         \
	do {                                                               \
		fflush(stdout);                                            \
		fprintf(stderr, "%s:%d: " format "\n", __FILE__, __LINE__, \
			__VA_ARGS__);                                      \
		abort();                                                   \
	} while (0)
#endif

#define EXPECT_TEXT(result) ((result) < 0 ? hp_strerror(result) : "no error")

#define check(condition)                                               \
	do {                                                           \
		if (!(condition))                                      \
			EXPECT_FAILED("not so: %s", #condition);       \
	} while (0)

#define is(call, want)                                                   \
	do {                                                             \
		const int is_result = (call), is_want = (want);          \
                                                                         \
		if (is_result != is_want)                                \
			EXPECT_FAILED("%s: %d (%s), not %d (%s)", #call, \
				      is_result, EXPECT_TEXT(is_result), \
				      is_want, EXPECT_TEXT(is_want));    \
	} while (0)

#define ok(call) is(call, 0)

#define equal(value, want)                                             \
	do {                                                           \
		const uint64_t equal_value = (uint64_t)(value);        \
		const uint64_t equal_want = (uint64_t)(want);          \
                                                                       \
		if (equal_value != equal_want)                         \
			EXPECT_FAILED("%s: %llu, not %llu", #value,    \
				      (unsigned long long)equal_value, \
				      (unsigned long long)equal_want); \
	} while (0)

#endif
