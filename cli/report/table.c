// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/report.h"

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

static void put_values(const struct answer *answer)
{
	const struct answer_value *value = answer->values;
	char line[4096] = "";
	size_t used = 0;

	for (; value; value = value->next) {
		const char *comma = used ? ", " : "";
		int length;

		if (value->is_text)
			length = snprintf(line + used, sizeof(line) - used,
					  "%s%s: %s", comma, value->name,
					  value->text);
		else if (value->number == UINT64_MAX)
			length = snprintf(line + used, sizeof(line) - used,
					  "%s%s: no limit", comma, value->name);
		else
			length = snprintf(line + used, sizeof(line) - used,
					  "%s%s: %" PRIu64 "%s%s", comma,
					  value->name, value->number,
					  *value->unit ? " " : "", value->unit);
		/* Hundreds of nodes: the JSON has them all. */
		if (length < 0 || (size_t)length >= sizeof(line) - used) {
			line[used] = '\0';
			put("", line);
			put("", "and more: see --json");
			return;
		}
		used += (size_t)length;
	}
	if (used)
		put("", line);
}

int print_table(const struct answers *answers, const char *verdict)
{
	const struct answer *answer;

	for (answer = answers->first; answer; answer = answer->next) {
		printf("%-8s %s\n", answer_word(answer->kind), answer->id);
		put("", answer->about);
		put_values(answer);
		if (*answer->reason)
			put("why:  ", answer->reason);
		if (*answer->remedy)
			put("then: ", answer->remedy);
	}
	printf("\n%s\n", verdict);
	return 0;
}
