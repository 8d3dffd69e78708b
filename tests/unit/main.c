// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "region_tests.h"
#include "suites.h"

static void setup(void)
{
	fake_boot();
}

Suite *suite_of(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 20);
	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);
	return suite;
}

/* Enough to tell regions and pages apart; more would only take time. */
#define STRIDE (UINT64_C(1) << 20)

void fill(struct hp_region *region)
{
	unsigned char *bytes = hp_region_address(region);

	for (uint64_t i = STRIDE; i <= hp_region_length(region); i += STRIDE) {
		uint64_t mark = hp_region_token(region) ^ i;

		memcpy(bytes + i - sizeof(mark), &mark, sizeof(mark));
	}
}

void check_filled(const struct hp_region *region)
{
	const unsigned char *bytes = hp_region_address(region);

	for (uint64_t i = STRIDE; i <= hp_region_length(region); i += STRIDE) {
		uint64_t mark;

		memcpy(&mark, bytes + i - sizeof(mark), sizeof(mark));
		ck_assert_uint_eq(mark, hp_region_token(region) ^ i);
	}
}

void live_update(void)
{
	struct hp_region *pool, *index;
	struct hp_session *db;

	fake_boot();
	ok(open_session("db", &db));
	ok(hp_region_create(db, POOL, 4 * MIB, NULL, &pool));
	ok(hp_region_create(db, INDEX, 2 * MIB, NULL, &index));
	fill(pool);
	fill(index);
	ok(hp_region_preserve(pool));
	ok(hp_region_preserve(index));
	fake_kexec();
}

/* The virtual machine runs the same list and says its number as well. */
static void report_behaviours(SRunner *runner)
{
	int count = srunner_ntests_run(runner), run = 0;
	TestResult **results = srunner_results(runner);

	for (int i = 0; i < count; i++)
		run += !strcmp(tr_tcname(results[i]), "behaviours");
	free(results);
	printf("behaviours run on the fake kernel: %d\n", run);
}

static SRunner *every_suite(void)
{
	SRunner *runner = srunner_create(fake_suite());

	srunner_add_suite(runner, fake_more_suite());
	srunner_add_suite(runner, manifest_suite());
	srunner_add_suite(runner, machine_suite());
	srunner_add_suite(runner, mapping_suite());
	srunner_add_suite(runner, misc_suite());
	srunner_add_suite(runner, session_suite());
	srunner_add_suite(runner, store_names_suite());
	srunner_add_suite(runner, store_suite());
	srunner_add_suite(runner, open_suite());
	srunner_add_suite(runner, descriptors_suite());
	srunner_add_suite(runner, region_suite());
	srunner_add_suite(runner, region_options_suite());
	srunner_add_suite(runner, region_size_suite());
	srunner_add_suite(runner, region_numa_suite());
	srunner_add_suite(runner, region_populate_suite());
	srunner_add_suite(runner, region_reclaim_suite());
	srunner_add_suite(runner, region_grow_suite());
	srunner_add_suite(runner, region_shmem_suite());
	srunner_add_suite(runner, region_adopt_suite());
	srunner_add_suite(runner, region_errors_suite());
	srunner_add_suite(runner, doctor_suite());
	srunner_add_suite(runner, update_suite());
	srunner_add_suite(runner, failure_suite());
	srunner_add_suite(runner, moment_suite());
	srunner_add_suite(runner, number_suite());
	srunner_add_suite(runner, info_suite());
	srunner_add_suite(runner, preserve_suite());
	srunner_add_suite(runner, many_suite());
	srunner_add_suite(runner, given_suite());
	srunner_add_suite(runner, report_suite());
	srunner_add_suite(runner, sys_suite());
	srunner_add_suite(runner, sys_text_suite());
	srunner_add_suite(runner, behaviour_suite());
	return runner;
}

/* "every-call" is a test of its own since it takes longer. */
int main(int argc, char **argv)
{
	bool every_call = argc == 2 && !strcmp(argv[1], "every-call");
	SRunner *runner;
	int failed;

	if (argc > 1 && !every_call) {
		fputs("usage: hugepersist-unit [every-call]\n", stderr);
		return EXIT_FAILURE;
	}
	runner =
		every_call ? srunner_create(every_call_suite()) : every_suite();
	srunner_run_all(runner, CK_ENV);
	if (!every_call)
		report_behaviours(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
