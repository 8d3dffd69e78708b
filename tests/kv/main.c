/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "suites.h"

int main(void)
{
	SRunner *runner = srunner_create(store_suite());
	int failed;

	srunner_add_suite(runner, clock_suite());
	srunner_add_suite(runner, damage_suite());
	srunner_add_suite(runner, resp_suite());
	srunner_add_suite(runner, text_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
