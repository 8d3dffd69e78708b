// SPDX-License-Identifier: MIT
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save_tests.h"

#define CHUNK (UINT64_C(256) << 10)
#define EDGE 4096

char last_error[512];

struct hp_sys save_sys;

/*
 * The fake kernel counts what was filled on purpose, and does not see a store.
 * So there may always be something.
 */
static int file_info(int fd, struct hp_file_info *ret_info)
{
	int err = fake_sys.file_info(fd, ret_info);

	if (!err && !ret_info->allocated)
		ret_info->allocated = 1;
	return err;
}

static void setup(void)
{
	save_sys = fake_sys;
	save_sys.file_info = file_info;
	fake_boot();
	disk_format();
	last_error[0] = '\0';
}

Suite *suite_of(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 120);
	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);
	return suite;
}

static void heard(void *context, int priority, const char *message)
{
	(void)context;
	if (priority == LOG_ERR)
		(void)snprintf(last_error, sizeof(last_error), "%s", message);
}

int open_logged(const char *name, struct hp_session **ret_session)
{
	/* Else a call that waits would hide what failed. */
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = HP_NO_WAIT,
		.log = heard,
	};

	return hp_session_open_on(&save_sys, name, &opts, ret_session);
}

uint64_t expected_length(uint64_t token)
{
	return token == POOL ? 4 * MIB : 2 * MIB;
}

void expected_bytes(uint64_t token, int version, unsigned char *bytes,
		    uint64_t length)
{
	memset(bytes, 0, length);
	/* The second huge page of a region is never touched. */
	for (uint64_t i = 0; i < length / CHUNK && i < 2 * MIB / CHUNK; i++) {
		unsigned char *chunk = bytes + i * CHUNK;
		int value = (int)((token * 31 + i * 7) % 120) + 1 + version;

		if ((i / 2 + (unsigned int)version) % 2)
			continue;
		memset(chunk, value, EDGE);
		memset(chunk + CHUNK - EDGE, value + 1, EDGE);
	}
}

static void fill_region(struct hp_region *region, int version)
{
	uint64_t token = hp_region_token(region);
	uint64_t length = hp_region_length(region);

	/* The first huge page, so that the second stays as it is. */
	if (length > 2 * MIB)
		length = 2 * MIB;
	expected_bytes(token, version, hp_region_address(region), length);
}

static struct hp_region *make_region(struct hp_session *session, uint64_t token,
				     int version)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.label = token == POOL ? "pool" : NULL,
		.layout = token == POOL ? LAYOUT : 0,
	};
	struct hp_region *region;

	ok(hp_region_create(session, token, expected_length(token), &opts,
			    &region));
	fill_region(region, version);
	return region;
}

struct hp_session *make_version(int version)
{
	struct hp_session *session;

	ok(open_logged("db", &session));
	make_region(session, POOL, version);
	make_region(session, INDEX, version);
	if (version % 2 == 0)
		make_region(session, THIRD, version);
	return session;
}

unsigned int replace_flag(struct hp_session *session)
{
	struct hp_region *region;
	bool odd = !hp_region_get(session, POOL, &region) &&
		   hp_region_get(session, THIRD, &region) == -ENOENT;

	return odd ? HP_SAVE_REPLACE : 0;
}

int save(struct hp_session *session, struct hp_save_result *result)
{
	struct hp_save_opts opts = {
		.size = sizeof(opts),
		.flags = replace_flag(session),
		.block_size = UINT64_C(1) << 19,
		.depth = 4,
	};

	return hp_session_save_on(&disk_io, session, DISK_DIRECTORY, &opts,
				  result);
}

int save_version(int version, struct hp_save_result *result)
{
	struct hp_session *session = make_version(version);
	int rc = save(session, result);

	ok(hp_session_close(session));
	return rc;
}

static bool region_is(struct hp_session *session, uint64_t token, int version)
{
	static unsigned char expected[4 << 20];
	struct hp_region *region;

	if (hp_region_get(session, token, &region))
		return false;
	expected_bytes(token, version, expected, expected_length(token));
	return hp_region_length(region) == expected_length(token) &&
	       hp_region_origin(region) == HP_ORIGIN_SAVE &&
	       !memcmp(expected, hp_region_address(region),
		       expected_length(token));
}

int check_regions(struct hp_session *session, int version)
{
	struct hp_region *third;

	return region_is(session, POOL, version) &&
	       region_is(session, INDEX, version) &&
	       (version % 2 ? hp_region_get(session, THIRD, &third) == -ENOENT :
			      region_is(session, THIRD, version));
}

int load_version(void)
{
	struct hp_session *session;
	int rc, version;

	ok(open_logged("db", &session));
	rc = hp_session_load_on(&disk_io, session, DISK_DIRECTORY, NULL, NULL);
	if (rc) {
		/* Nothing half-loaded. */
		ck_assert_ptr_null(session->regions);
		ok(hp_session_close(session));
		return rc;
	}
	for (version = 1; version < 5; version++)
		if (check_regions(session, version))
			break;
	ok(hp_session_close(session));
	return version < 5 ? version : MIXED;
}

void new_process(void)
{
	fake_crash();
	disk_crash();
}

int main(void)
{
	SRunner *runner = srunner_create(roundtrip_suite());
	int failed;

	/* Files of some MiB come and go: not from the kernel each time. */
	(void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	srunner_add_suite(runner, arguments_suite());
	srunner_add_suite(runner, save_failure_suite());
	srunner_add_suite(runner, power_suite());
	srunner_add_suite(runner, save_damage_suite());
	srunner_add_suite(runner, online_suite());
	srunner_add_suite(runner, real_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
