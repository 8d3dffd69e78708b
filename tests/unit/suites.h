/* SPDX-License-Identifier: MIT */
#ifndef SUITES_H
#define SUITES_H

#include <check.h>

#include <hugepersist/hugepersist.h>

#ifndef EXPECT_FAILED
#define EXPECT_FAILED ck_abort_msg
#endif

#include "../../lib/session/session.h"
#include "../expect.h"
#include "fake.h"

#define MIB (UINT64_C(1) << 20)

/* A token of each kind of use in the tests. */
#define POOL UINT64_C(1)
#define INDEX UINT64_C(0xfffffffffffffffe)

/* hp_session_open() on the fake machine. */
static inline int open_session(const char *name, struct hp_session **session)
{
	return hp_session_open_on(&fake_sys, name, NULL, session);
}

/* Did the previous kernel hand it over, and is it not committed? */
static inline bool is_returned(const struct hp_session *session)
{
	return session->incoming.fd >= 0;
}

/* A region of 2 MiB whose bytes can be told from those of another token. */
void fill(struct hp_region *region);
void check_filled(const struct hp_region *region);

/*
 * Boot; preserve POOL and INDEX of session "db"; kexec. The new process has not
 * opened anything yet.
 */
void live_update(void);

/*
 * Put another manifest into the session that came back: of a library that
 * writes that version, with POOL in pages of that size.
 */
void replace_manifest(uint64_t page_size, uint32_t version);

Suite *fake_suite(void);
Suite *fake_more_suite(void);
Suite *machine_suite(void);
Suite *manifest_suite(void);
Suite *mapping_suite(void);
Suite *misc_suite(void);
Suite *number_suite(void);
Suite *session_suite(void);
Suite *store_suite(void);
Suite *open_suite(void);
Suite *store_names_suite(void);
Suite *descriptors_suite(void);
Suite *region_suite(void);
Suite *doctor_suite(void);
Suite *update_suite(void);
Suite *failure_suite(void);
Suite *every_call_suite(void);
Suite *moment_suite(void);
Suite *info_suite(void);
Suite *preserve_suite(void);
Suite *many_suite(void);
Suite *given_suite(void);
Suite *report_suite(void);
Suite *sys_suite(void);
Suite *sys_text_suite(void);
Suite *behaviour_suite(void);

/* A suite with one case, a clean machine before each test. */
Suite *suite_of(const char *name, const TTest *const *tests);

#endif
