/* SPDX-License-Identifier: MIT */
#ifndef KV_OPTIONS_H
#define KV_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *bind;
	int port;			/* 0: no TCP */
	const char *unixsocket;		/* NULL: none */
	uint64_t memory;		/* bytes */
	const char *session;
	const char *save_dir;		/* NULL: none */
	int maxclients;
	int keepalive;			/* seconds; 0: none */
	bool expose;			/* beyond this machine */
	bool discard;
	bool shmem;
};

/*
 * 0: go on. Else the process ends, with *ret_status: after --help, --version
 * and what was not understood (it has been said on stderr).
 */
int options_parse(int argc, char **argv, struct options *ret, int *ret_status);

#endif
