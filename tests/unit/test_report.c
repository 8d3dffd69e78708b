// SPDX-License-Identifier: MIT
/*
 * Answers as a table and as JSON, of every kind and without memory.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/report/report.h"
#include "suites.h"

static struct answers answers;
static const struct report_field fields[] = {
	{ FIELD_TEXT, "library", "0.0", 0 },
	{ FIELD_BOOL, "tried", NULL, 1 },
	{ FIELD_NUMBER, "length", NULL, UINT64_MAX },
};

static void make_answers(unsigned int values)
{
	struct answer *answer;
	char name[24];

	answers = (struct answers){ .sys = &fake_sys };
	answer = answer_add(&answers, "limits", "There are %d limits.", 3);
	answer_number(answer, "soft", UINT64_MAX, "bytes");
	answer_text(answer, "policy", "never");
	for (unsigned int i = 0; i < values; i++) {
		(void)snprintf(name, sizeof(name), "node%u.free", i);
		answer_number(answer, name, i, "pages");
	}
	answer = answer_add(&answers, "reason", "It can be done.");
	answer_no(answer, "It cannot.");
	answer_remedy(answer, "Do something about it.");
}

/* What it prints; the result must be that. */
static char *printed(bool json, int result)
{
	FILE *before = stdout;
	char *text = NULL;
	size_t size;
	int rc;

	stdout = open_memstream(&text, &size);
	ck_assert_ptr_nonnull(stdout);
	rc = json ? print_json(&answers, fields, 3) :
		    print_table(&answers, "That is all.");
	(void)fclose(stdout);
	stdout = before;
	is(rc, result);
	return text;
}

START_TEST(table)
{
	char *text;

	make_answers(1);
	text = printed(false, 0);
	ck_assert_ptr_nonnull(strstr(text, "yes      limits\n"));
	ck_assert_ptr_nonnull(strstr(text, "soft: no limit, policy: never, "
					   "node0.free: 0 pages"));
	ck_assert_ptr_nonnull(strstr(text, "no       reason\n"));
	ck_assert_ptr_nonnull(strstr(text, "why:  It cannot.\n"));
	ck_assert_ptr_nonnull(strstr(text, "then: Do something about it.\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n\nThat is all.\n"));
	ck_assert_ptr_null(strstr(text, "and more"));
	free(text);
	answers_free(&answers);
}
END_TEST

START_TEST(table_with_hundreds_of_values)
{
	char *text;

	make_answers(400);
	text = printed(false, 0);
	ck_assert_ptr_nonnull(strstr(text, "node100.free: 100 pages"));
	ck_assert_ptr_null(strstr(text, "node399"));
	ck_assert_ptr_nonnull(strstr(text, "and more: see --json"));
	free(text);
	answers_free(&answers);
}
END_TEST

static unsigned int fail_at;

static void *failing_malloc(size_t size)
{
	return fail_at && !--fail_at ? NULL : malloc(size);
}

/* Whole or not at all, wherever memory runs out. */
START_TEST(json)
{
	unsigned int failures = 0;
	char *text;

	make_answers(2);
	json_set_alloc_funcs(failing_malloc, free);
	for (fail_at = 1;; fail_at = failures + 1) {
		FILE *before = stdout;
		int rc;

		stdout = fopen("/dev/null", "we");
		ck_assert_ptr_nonnull(stdout);
		rc = print_json(&answers, fields, 3);
		(void)fclose(stdout);
		stdout = before;
		if (fail_at)
			break;
		is(rc, -1);
		failures++;
	}
	ck_assert_uint_gt(failures, 30);
	fail_at = 0;
	text = printed(true, 0);
	ck_assert_ptr_nonnull(strstr(text, "\"length\": null"));
	ck_assert_ptr_nonnull(strstr(text, "\"tried\": true"));
	ck_assert_ptr_nonnull(strstr(text, "\"text\": \"never\""));
	ck_assert_ptr_nonnull(strstr(text, "\"node1.free\""));
	free(text);
	answers_free(&answers);
}
END_TEST

Suite *report_suite(void)
{
	const TTest *const tests[] = {
		table,
		table_with_hundreds_of_values,
		json,
		NULL,
	};

	return suite_of("report", tests);
}
