// SPDX-License-Identifier: MIT
/*
 * A table for a terminal of 80 columns.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

#define COLUMNS 80
#define INDENT 9

/* Words go into the next line where they do not fit. */
static void put(const char *head, const char *text)
{
	int column = INDENT + printf("%*s%s", INDENT, "", head);
	const int start = column;

	column = start;
	while (*text) {
		const int word = (int)strcspn(text, " ");

		if (column > start && column + 1 + word > COLUMNS) {
			printf("\n%*s", INDENT + (int)strlen(head), "");
			column = start;
		} else if (column > start) {
			putchar(' ');
			column++;
		}
		printf("%.*s", word, text);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void put_values(const struct hp_probe *probe, const char *id)
{
	struct hp_value value = { .size = sizeof(value) };
	char line[4096] = "";
	size_t used = 0;

	for (unsigned int i = 0; !hp_probe_value(probe, id, i, &value); i++) {
		const char *comma = i ? ", " : "";
		int length;

		if (value.text)
			length = snprintf(line + used, sizeof(line) - used,
					  "%s%s: %s", comma, value.name,
					  value.text);
		else if (value.number == UINT64_MAX)
			length = snprintf(line + used, sizeof(line) - used,
					  "%s%s: no limit", comma, value.name);
		else
			length = snprintf(line + used, sizeof(line) - used,
					  "%s%s: %" PRIu64 "%s%s", comma,
					  value.name, value.number,
					  *value.unit ? " " : "", value.unit);
		/* Hundreds of nodes: the JSON has them all. */
		if (length < 0 || (size_t)length >= sizeof(line) - used) {
			strcpy(line + used, "");
			put("", line);
			put("", "and more: see --json");
			return;
		}
		used += (size_t)length;
	}
	if (used)
		put("", line);
}

int print_table(const struct hp_probe *probe, enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_YES] = "Yes: huge pages of this size can be handed "
				"over to the next kernel.",
		[VERDICT_NO] = "No: huge pages of this size cannot be handed "
			       "over to the next kernel.",
		[VERDICT_UNKNOWN] = "Not known: whether huge pages of this "
				    "size can be handed over.",
	};
	struct hp_finding finding = { .size = sizeof(finding) };

	for (unsigned int i = 0; !hp_probe_finding(probe, i, &finding); i++) {
		printf("%-8s %s\n", answer_word(finding.answer), finding.id);
		put("", finding.about);
		put_values(probe, finding.id);
		if (*finding.reason)
			put("why:  ", finding.reason);
		if (*finding.remedy)
			put("then: ", finding.remedy);
	}
	printf("\n%s\n", words[verdict]);
	return 0;
}
