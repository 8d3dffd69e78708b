/* SPDX-License-Identifier: MIT */
/*
 * Regions on the running kernel. Each test is a process of its own.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <hugepersist/hugepersist.h>

#ifndef EXPECT_FAILED
#define EXPECT_FAILED ck_abort_msg
#endif

#include "../expect.h"

#define MIB (UINT64_C(1) << 20)

/* What the tests need of the pool at most, at the same time. */
#define PAGES_NEEDED 24

/* -- The pool of 2 MiB pages (huge_pages.c) -------------------------------- */

/* See to it that pages are free; false, and why on stderr: there are not. */
bool huge_pages_take(void);
void huge_pages_give_back(void);

/* Counters of /sys/kernel/mm/hugepages/hugepages-2048kB. */
long huge_pages_free(void);
long huge_pages_reserved(void);

/* -- What the tests share (main.c) ----------------------------------------- */

/* Of the running test; live update is not needed for it. */
extern struct hp_session *s;

/* The last line that the library logged. */
extern char last_log[512];

struct hp_region_opts region_opts(void);

/* Is that whole range mapped? */
bool is_mapped(const void *address, uint64_t length);

/* An address at which that much is free, and twice as much behind. */
void *free_place(uint64_t length);

/* A memfd in 2 MiB pages; its bytes are zero. */
int huge_memfd(uint64_t length);

/* Of a mapping or descriptor that must be there. */
void *map_shared(int fd, uint64_t offset, uint64_t length);

Suite *create_suite(void);
Suite *grow_suite(void);
Suite *adopt_suite(void);
Suite *adopt_mapping_suite(void);
Suite *share_suite(void);
Suite *save_suite(void);
Suite *shmem_suite(void);

Suite *suite_of(const char *name, const TTest *const *tests);

#endif
