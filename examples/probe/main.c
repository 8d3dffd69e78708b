// SPDX-License-Identifier: MIT
/*
 * hp-probe: hp_probe() for people and scripts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "report.h"

#define STATUS_FAILED 2

const char *answer_word(unsigned int answer)
{
	switch (answer) {
	case HP_ANSWER_YES:
		return "yes";
	case HP_ANSWER_NO:
		return "no";
	default:
		return "unknown";
	}
}

/* Are pages of that size handed over? That takes all the rest that matters. */
static enum verdict judge(const struct hp_probe *probe, uint64_t page_size)
{
	static const char units[] = "KMGTPE";
	struct hp_finding finding = { .size = sizeof(finding) };
	uint64_t number = page_size >> 10;
	unsigned int unit = 0;
	char id[40];

	for (; number >= 1024 && units[unit + 1]; unit++)
		number >>= 10;
	(void)snprintf(id, sizeof(id), "preserve.%" PRIu64 "%c", number,
		       units[unit]);
	/* Not found: the machine has no pages of that size. */
	if (hp_probe_find(probe, id, &finding) < 0)
		return VERDICT_NO;
	if (finding.answer == HP_ANSWER_YES)
		return VERDICT_YES;
	return finding.answer == HP_ANSWER_NO ? VERDICT_NO : VERDICT_UNKNOWN;
}

int main(int argc, char **argv)
{
	struct options options;
	struct hp_probe *probe;
	enum verdict verdict;
	int status, err;

	if (options_parse(argc, argv, &options, &status) < 0)
		return status;
	err = hp_probe(&options.probe, &probe);
	if (err < 0) {
		fprintf(stderr, "hp-probe: %s\n", hp_strerror(err));
		return STATUS_FAILED;
	}
	verdict = judge(probe, options.probe.page_size);
	err = options.json ? print_json(probe, verdict, &options) :
			     print_table(probe, verdict);
	hp_probe_close(probe);
	/* A report that nobody gets must not pass for one. */
	if (err < 0 || fflush(stdout) || ferror(stdout)) {
		perror("hp-probe: cannot write the report");
		return STATUS_FAILED;
	}
	return (int)verdict;
}
