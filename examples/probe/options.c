// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const char usage[] =
	"Usage: hp-probe [OPTION]...\n"
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
	"  -j, --json             JSON instead of a table\n"
	"  -h, --help             print this\n"
	"  -V, --version          print the version\n"
	"\n"
	"Exit status: 0 the running kernel hands over huge pages of that size "
	"to\n"
	"the next one, and this process can ask it to; 1 it does not; 3 that "
	"is\n"
	"not known (for one, without --try); 2 wrong usage, or the probe "
	"failed.\n";

static const struct option long_options[] = {
	{ "try", no_argument, NULL, 't' },
	{ "wait", required_argument, NULL, 'w' },
	{ "page-size", required_argument, NULL, 'p' },
	{ "length", required_argument, NULL, 'l' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static int wrong(int *ret_status, const char *what, const char *value)
{
	fprintf(stderr, "hp-probe: %s: '%s'. See hp-probe --help\n", what,
		value);
	*ret_status = 2;
	return -1;
}

/* "512", "64K", "2M", "4G" */
static bool parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGT";
	unsigned long long number;
	const char *unit;
	char *end;
	int shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * ((int)(unit - units) + 1);
		end++;
	}
	if (*end || !number || number > UINT64_MAX >> shift)
		return false;
	*ret = (uint64_t)number << shift;
	return true;
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
		o->probe.flags |= HP_PROBE_TRY;
		return 0;
	case 'w':
		if (!parse_ms(optarg, &o->probe.timeout_ms))
			return wrong(ret_status,
				     "--wait is a number of milliseconds",
				     optarg);
		return 0;
	case 'p':
		if (!parse_size(optarg, &o->probe.page_size) ||
		    o->probe.page_size & (o->probe.page_size - 1))
			return wrong(
				ret_status,
				"--page-size is a power of two, as 2M or 1G",
				optarg);
		return 0;
	case 'l':
		if (!parse_size(optarg, &o->probe.length))
			return wrong(ret_status,
				     "--length is a size, as 512M or 4G",
				     optarg);
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'h':
		fputs(usage, stdout);
		*ret_status = 0;
		return -1;
	case 'V':
		printf("hp-probe, libhugepersist %s\n", hp_version());
		*ret_status = 0;
		return -1;
	default:
		fputs("See hp-probe --help\n", stderr);
		*ret_status = 2;
		return -1;
	}
}

int options_parse(int argc, char **argv, struct options *ret, int *ret_status)
{
	struct options o = {
		.probe = { .size = sizeof(o.probe), .page_size = HP_PAGE_2M },
	};
	int c;

	while ((c = getopt_long(argc, argv, "tw:p:l:jhV", long_options,
				NULL)) != -1)
		if (set(&o, c, ret_status) < 0)
			return -1;
	if (optind < argc)
		return wrong(ret_status, "not an option", argv[optind]);
	if (!o.probe.length)
		o.probe.length = o.probe.page_size;
	if (o.probe.length % o.probe.page_size) {
		fputs("hp-probe: --length is no multiple of the page size. See "
		      "hp-probe --help\n",
		      stderr);
		*ret_status = 2;
		return -1;
	}
	if (o.probe.timeout_ms && !(o.probe.flags & HP_PROBE_TRY)) {
		fputs("hp-probe: --wait goes with --try. See hp-probe --help\n",
		      stderr);
		*ret_status = 2;
		return -1;
	}
	*ret = o;
	return 0;
}
