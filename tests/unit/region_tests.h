/* SPDX-License-Identifier: MIT */
/*
 * What the tests of regions share.
 */
#ifndef REGION_TESTS_H
#define REGION_TESTS_H

#include <errno.h>
#include <string.h>

#include "../../lib/memory/region.h"
#include "suites.h"

static inline struct hp_region_opts region_opts(void)
{
	return (struct hp_region_opts){ .size = sizeof(struct hp_region_opts) };
}

/* The next call of that kind fails so. */
static inline void fail_next(enum fake_call call, int error)
{
	fake.fail_call = call;
	fake.fail_nth = 1;
	fake.fail_errno = error;
	fake.failed = false;
}

/* An address with much room behind; a multiple of 1 GiB, always the same. */
char *region_place(void);

/* The last line of a session that keep_last was given to. */
extern char region_last_log[512];
int open_listened(const struct hp_sys *sys, struct hp_session **session);

Suite *region_adopt_suite(void);
Suite *region_errors_suite(void);
Suite *region_grow_suite(void);
Suite *region_numa_suite(void);
Suite *region_options_suite(void);
Suite *region_populate_suite(void);
Suite *region_reclaim_suite(void);
Suite *region_shmem_suite(void);
Suite *region_size_suite(void);

#endif
