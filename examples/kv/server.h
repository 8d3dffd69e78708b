/* SPDX-License-Identifier: MIT */
/* What the commands see of the whole server. */
#ifndef KV_SERVER_H
#define KV_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "options.h"
#include "storage.h"

struct client;

struct stats {
	uint64_t commands;
	uint64_t connections;
	uint64_t rejected;
	uint64_t hits;
	uint64_t misses;
	uint64_t input_bytes;
	uint64_t output_bytes;
};

struct server {
	const struct options *options;
	struct storage *storage;
	struct store *store;
	struct clock clock;
	struct client *clients;		/* a list */
	unsigned int client_count;
	int max_clients;
	uint64_t next_client_id;
	int64_t started_ms;
	int64_t told_http_ms;		/* 0: never */
	struct stats stats;
	bool stopping;
};

#endif
