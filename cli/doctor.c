// SPDX-License-Identifier: MIT
/*
 * hugepersist doctor: what this machine can do, before anything depends on it.
 */
#include <errno.h>
#include <getopt.h>
#include <hugepersist/hugepersist.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "doctor/examine.h"
#include "doctor/host.h"
#include "doctor/unit.h"
#include "machine/text.h"
#include "report/report.h"

struct options {
	bool json;
	const char *unit; /* or NULL */
	struct doctor_opts doctor;
};

/* -- Options --------------------------------------------------------------- */

static const char usage[] =
	"Usage: hugepersist doctor [OPTION]...\n"
	"What this machine can do to keep huge pages across a kernel update\n"
	"and, for each thing that it cannot, why and what to do about it.\n"
	"\n"
	"  -t, --try              try what can be tried without harm: opens\n"
	"                         /dev/liveupdate for a moment, preserves one\n"
	"                         page of each kind and takes it back\n"
	"  -w, --wait=MS          with --try: while /dev/liveupdate is busy "
	"(0)\n"
	"  -p, --page-size=SIZE   of the memory in question (2M)\n"
	"  -l, --length=SIZE      how much of it, e.g. 512M or 4G (one page)\n"
	"  -u, --unit=UNIT        does the memory of that service outlive a\n"
	"                         restart, a stop, a kexec?\n"
	"  -j, --json             JSON instead of a table\n"
	"  -h, --help             print this\n"
	"  -V, --version          print the version\n"
	"\n"
	"Exit status: 0 the running kernel hands over huge pages of that size "
	"to\n"
	"the next one, and this process can ask it to; 1 it does not; 3 that "
	"is\n"
	"not known (for one, without --try); 2 wrong usage, or the doctor "
	"failed.\n";

static const struct option long_options[] = {
	{ "try", no_argument, NULL, 't' },
	{ "wait", required_argument, NULL, 'w' },
	{ "page-size", required_argument, NULL, 'p' },
	{ "length", required_argument, NULL, 'l' },
	{ "unit", required_argument, NULL, 'u' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static int wrong(int *ret_status, const char *what, const char *value)
{
	*ret_status = command_misused(&doctor_command, "%s: '%s'", what, value);
	return -1;
}

static bool parse_ms(const char *text, unsigned int *ret)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || number > UINT_MAX)
		return false;
	*ret = (unsigned int)number;
	return true;
}

static int set(struct options *o, int c, int *ret_status)
{
	switch (c) {
	case 't':
		o->doctor.try = true;
		return 0;
	case 'w':
		if (!parse_ms(optarg, &o->doctor.timeout_ms))
			return wrong(ret_status,
				     "--wait is a number of milliseconds",
				     optarg);
		return 0;
	case 'p':
		if (!parse_size(optarg, &o->doctor.page_size) ||
		    o->doctor.page_size == 1 ||
		    o->doctor.page_size & (o->doctor.page_size - 1))
			return wrong(
				ret_status,
				"--page-size is a power of two, as 2M or 1G",
				optarg);
		return 0;
	case 'l':
		if (!parse_size(optarg, &o->doctor.length))
			return wrong(ret_status,
				     "--length is a size, as 512M or 4G",
				     optarg);
		return 0;
	case 'u':
		o->unit = optarg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	default:
		*ret_status = command_other(&doctor_command, usage, c);
		return -1;
	}
}

/* 0: go on. Else the program ends with *ret_status. */
static int parse_options(int argc, char **argv, struct options *ret,
			 int *ret_status)
{
	struct options o = {
		.doctor.page_size = HP_PAGE_2M,
	};
	int c;

	while ((c = getopt_long(argc, argv, "tw:p:l:u:jhV", long_options,
				NULL)) != -1)
		if (set(&o, c, ret_status) < 0)
			return -1;
	if (optind < argc)
		return wrong(ret_status, "not an option", argv[optind]);
	if (!o.doctor.length)
		o.doctor.length = o.doctor.page_size;
	if (o.doctor.length % o.doctor.page_size) {
		*ret_status = command_misused(&doctor_command,
					      "--length is no multiple of the "
					      "page size");
		return -1;
	}
	if (o.doctor.timeout_ms && !(o.doctor.try)) {
		fputs("hugepersist doctor: --wait goes with --try. See "
		      "hugepersist doctor --help\n",
		      stderr);
		*ret_status = STATUS_FAILED;
		return -1;
	}
	*ret = o;
	return 0;
}

/* -- The verdict ----------------------------------------------------------- */

/* Are pages of that size handed over? That takes all the rest that matters. */
static enum answer_kind judge(const struct answers *answers, uint64_t page_size)
{
	const struct answer *answer;
	char id[40];

	(void)snprintf(id, sizeof(id), "preserve.%s",
		       size_text(page_size).text);
	answer = answer_find(answers, id);
	/* Not found: the machine has no pages of that size. */
	return answer ? answer->kind : ANSWER_NO;
}

/* The worse of the two. */
static enum answer_kind judge_unit(const struct answers *answers,
				   enum answer_kind verdict)
{
	const struct answer *answer = answer_find(answers, "unit.kexec");

	if (!answer || verdict == ANSWER_NO || answer->kind == ANSWER_YES)
		return verdict;
	return answer->kind;
}

static int print(const struct answers *answers, enum answer_kind verdict,
		 const struct options *options)
{
	static const char *const sentences[] = {
		[ANSWER_YES] = "Yes: huge pages of this size can be handed "
			       "over to the next kernel.",
		[ANSWER_NO] = "No: huge pages of this size cannot be handed "
			      "over to the next kernel.",
		[ANSWER_UNKNOWN] = "Not known: whether huge pages of this "
				   "size can be handed over.",
	};
	const struct report_field fields[] = {
		{ FIELD_NUMBER, "version", NULL, 1 },
		{ FIELD_TEXT, "library", hp_version(), 0 },
		{ FIELD_BOOL, "tried", NULL, options->doctor.try },
		{ FIELD_NUMBER, "page_size", NULL, options->doctor.page_size },
		{ FIELD_NUMBER, "length", NULL, options->doctor.length },
		{ FIELD_TEXT, "hand_over", answer_word(verdict), 0 },
	};

	return options->json ? print_json(answers, fields,
					  sizeof(fields) / sizeof(*fields)) :
			       print_table(answers, sentences[verdict]);
}

static int run(int argc, char **argv)
{
	static const int statuses[] = {
		[ANSWER_YES] = 0,
		[ANSWER_NO] = 1,
		[ANSWER_UNKNOWN] = 3,
	};
	enum answer_kind verdict;
	struct answers answers;
	struct options options;
	int status, err;

	if (parse_options(argc, argv, &options, &status) < 0)
		return status;
	err = doctor_examine(&machine_linux, &options.doctor, &answers);
	if (err < 0) {
		answers_free(&answers);
		fprintf(stderr, "hugepersist doctor: %s\n", hp_strerror(err));
		return STATUS_FAILED;
	}
	doctor_host(&answers);
	if (options.unit)
		doctor_unit(&answers, options.unit);
	verdict =
		judge_unit(&answers, judge(&answers, options.doctor.page_size));
	err = print(&answers, verdict, &options);
	answers_free(&answers);
	/* A report that nobody gets must not pass for one. */
	if (err < 0 || fflush(stdout) || ferror(stdout)) {
		perror("hugepersist doctor: cannot write the report");
		return STATUS_FAILED;
	}
	return statuses[verdict];
}

const struct command doctor_command = {
	.name = "doctor",
	.about = "what this machine can do to keep huge pages, and what not",
	.run = run,
};
