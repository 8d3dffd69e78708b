/* SPDX-License-Identifier: MIT */
#ifndef SAVE_TESTS_H
#define SAVE_TESTS_H

#include <hugepersist/save.h>

#include "../../lib/save/task.h"
#include "../unit/suites.h"
#include "disk.h"

/* Regions of the session "db"; the third is there in even versions only. */
#define THIRD UINT64_C(7)
#define LAYOUT 42

/* The bytes of a region differ from version to version, and have holes. */
void expected_bytes(uint64_t token, int version, unsigned char *bytes,
		    uint64_t length);
uint64_t expected_length(uint64_t token);

/* A new session with the regions and bytes of that version. */
struct hp_session *make_version(int version);

/* Its save; 512 KiB blocks, so that there are several of each kind. */
int save_version(int version, struct hp_save_result *result);
int save(struct hp_session *session, struct hp_save_result *result);

/* HP_SAVE_REPLACE for odd versions, which lack a region of the even ones. */
unsigned int replace_flag(struct hp_session *session);

/*
 * Load in a new process, and which version was it? The error if there was one,
 * MIXED if not all was of one version.
 */
#define MIXED 1000
int load_version(void);
int check_regions(struct hp_session *session, int version);

/* The next process. */
void new_process(void);

/* What the log function heard last, with priority LOG_ERR. */
extern char last_error[512];
int open_logged(const char *name, struct hp_session **ret_session);

Suite *roundtrip_suite(void);
Suite *save_failure_suite(void);
Suite *power_suite(void);
Suite *save_damage_suite(void);
Suite *arguments_suite(void);
Suite *online_suite(void);
Suite *real_suite(void);

#endif
