/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <hugepersist/hugepersist.h>

#include "listener.h"
#include "number.h"

#define KEEPALIVE_MAX	32767	/* what TCP takes */
#define DEFAULT_MEMORY	(UINT64_C(1) << 30)

static const char usage[] =
	"Usage: hp-kv [OPTION]...\n"
	"A key-value store in huge pages that outlive it, and the kernel.\n"
	"It speaks the Redis protocol.\n"
	"\n"
	"  -p, --port=PORT         TCP port, 0 for none (6379)\n"
	"  -b, --bind=ADDRESS      address to listen on (127.0.0.1)\n"
	"      --expose            allow an address that other machines can reach.\n"
	"                          hp-kv has no password: whoever connects may read\n"
	"                          and delete everything, so have a firewall\n"
	"  -u, --unixsocket=PATH   listen on this Unix socket too\n"
	"  -m, --memory=SIZE       size of a new region, e.g. 512M or 4G (1G);\n"
	"                          a multiple of 2 MiB, taken from the huge pages\n"
	"  -s, --session=NAME      name under which the region is kept (kv)\n"
	"  -d, --save-dir=DIR      save there on SAVE and at the end, and load what is\n"
	"                          there if no region was kept\n"
	"  -c, --maxclients=N      connections at the same time (1000)\n"
	"  -k, --keepalive=SECONDS end connections whose other end has gone without a\n"
	"                          word: ask after so long without traffic, and twice\n"
	"                          more in that time again; 0: never (300)\n"
	"      --shmem             the region in ordinary memory with transparent huge\n"
	"                          pages, which kernels without our patches preserve\n"
	"                          too; takes all of it at the start\n"
	"      --discard           if what was kept, or the save, cannot be used, go\n"
	"                          on without it instead of not at all\n"
	"  -h, --help              print this\n"
	"  -V, --version           print the version\n";

enum { OPT_DISCARD = 256, OPT_EXPOSE, OPT_SHMEM };

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "bind", required_argument, NULL, 'b' },
	{ "unixsocket", required_argument, NULL, 'u' },
	{ "memory", required_argument, NULL, 'm' },
	{ "session", required_argument, NULL, 's' },
	{ "save-dir", required_argument, NULL, 'd' },
	{ "maxclients", required_argument, NULL, 'c' },
	{ "keepalive", required_argument, NULL, 'k' },
	{ "discard", no_argument, NULL, OPT_DISCARD },
	{ "expose", no_argument, NULL, OPT_EXPOSE },
	{ "shmem", no_argument, NULL, OPT_SHMEM },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static int wrong(int *ret_status, const char *what, const char *value)
{
	fprintf(stderr, "hp-kv: %s: '%s'. See hp-kv --help\n", what, value);
	*ret_status = 2;
	return -1;
}

static bool parse_int(const char *text, int low, int high, int *ret)
{
	int64_t n;

	if (!number_parse(slice_of(text), &n) || n < low || n > high)
		return false;
	*ret = (int)n;
	return true;
}

static int set(struct options *o, int c, int *ret_status)
{
	switch (c) {
	case 'p':
		if (!parse_int(optarg, 0, 65535, &o->port))
			return wrong(ret_status, "--port is 0 to 65535", optarg);
		return 0;
	case 'b':
		o->bind = optarg;
		return 0;
	case 'u':
		o->unixsocket = optarg;
		return 0;
	case 'm':
		if (!number_parse_bytes(optarg, &o->memory) || !o->memory ||
		    o->memory % HP_PAGE_2M || o->memory >> 46)
			return wrong(ret_status,
				     "--memory is a multiple of 2 MiB, as 512M or 4G",
				     optarg);
		return 0;
	case 's':
		if (!*optarg || strlen(optarg) > HP_NAME_MAX)
			return wrong(ret_status,
				     "--session is a name of 1 to 63 bytes",
				     optarg);
		o->session = optarg;
		return 0;
	case 'd':
		if (!*optarg)
			return wrong(ret_status, "--save-dir is a directory",
				     optarg);
		o->save_dir = optarg;
		return 0;
	case 'c':
		if (!parse_int(optarg, 1, 100000, &o->maxclients))
			return wrong(ret_status, "--maxclients is 1 to 100000",
				     optarg);
		return 0;
	case 'k':
		if (!parse_int(optarg, 0, KEEPALIVE_MAX, &o->keepalive))
			return wrong(ret_status, "--keepalive is 0 to 32767",
				     optarg);
		return 0;
	case OPT_DISCARD:
		o->discard = true;
		return 0;
	case OPT_EXPOSE:
		o->expose = true;
		return 0;
	case OPT_SHMEM:
		o->shmem = true;
		return 0;
	case 'h':
		fputs(usage, stdout);
		*ret_status = 0;
		return -1;
	case 'V':
		printf("hp-kv, libhugepersist %s\n", hp_version());
		*ret_status = 0;
		return -1;
	default:
		fputs("See hp-kv --help\n", stderr);
		*ret_status = 2;
		return -1;
	}
}

int options_parse(int argc, char **argv, struct options *ret, int *ret_status)
{
	struct options o = {
		.bind = "127.0.0.1",
		.port = 6379,
		.memory = DEFAULT_MEMORY,
		.session = "kv",
		.maxclients = 1000,
		.keepalive = 300,
	};
	int c;

	while ((c = getopt_long(argc, argv, "p:b:u:m:s:d:c:k:hV", long_options,
				NULL)) != -1)
		if (set(&o, c, ret_status) < 0)
			return -1;
	if (optind < argc)
		return wrong(ret_status, "not an option", argv[optind]);
	if (!o.port && !o.unixsocket) {
		fprintf(stderr, "hp-kv: nothing to listen on: give --port or --unixsocket\n");
		*ret_status = 2;
		return -1;
	}
	if (o.port && !o.expose && !listener_is_local(o.bind))
		return wrong(ret_status,
			     "--bind: other machines can reach this address, and hp-kv has no password. If that is meant, add --expose",
			     o.bind);
	*ret = o;
	return 0;
}
