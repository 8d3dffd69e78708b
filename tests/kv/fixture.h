/* SPDX-License-Identifier: MIT */
/* A small store for each test of the engine, and the steps they share. */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include <check.h>
#include <stdint.h>

#include "slice.h"
#include "store.h"

#define LENGTH (256 * 1024)

extern struct store s;

void setup(void);
void teardown(void);

/* All invariants hold. */
void ck_store(void);
void ck_value(const char *key, const void *value, size_t n);

/* Inside a transaction. */
int set(const char *key, const void *value, size_t n, int64_t expire);
/* A transaction each. */
int set_one(const char *key, const void *value, size_t n);
int delete_one(const char *key);

#endif
