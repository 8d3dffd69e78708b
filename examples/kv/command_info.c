/* SPDX-License-Identifier: MIT */
/* INFO, in the format that Redis clients parse. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <hugepersist/hugepersist.h>

#include "command.h"

typedef unsigned long long ull;

static void add(struct buf *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct buf *b, const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	buf_add(b, line, n);
	buf_add(b, "\r\n", 2);
}

static void human(uint64_t n, char *out, size_t size)
{
	const char *units = "BKMGTP";
	double x = n;

	while (x >= 1024 && units[1]) {
		x /= 1024;
		units++;
	}
	snprintf(out, size, *units == 'B' ? "%.0f%c" : "%.2f%c", x, *units);
}

static void server_section(struct call *call, struct buf *b)
{
	int64_t up = (call->now - call->server->started_ms) / 1000;

	/* What clients take for the server's abilities. */
	add(b, "redis_version:" COMMAND_REDIS_VERSION);
	add(b, "redis_mode:standalone");
	add(b, "server_name:hp-kv");
	add(b, "hugepersist_version:%s", hp_version());
	add(b, "process_id:%d", (int)getpid());
	add(b, "tcp_port:%d", call->server->options->port);
	add(b, "uptime_in_seconds:%" PRId64, up);
	add(b, "uptime_in_days:%" PRId64, up / 86400);
}

static void clients_section(struct call *call, struct buf *b)
{
	add(b, "connected_clients:%u", call->server->client_count);
	add(b, "maxclients:%d", call->server->max_clients);
	add(b, "blocked_clients:0");
}

static void memory_section(struct call *call, struct buf *b)
{
	struct storage *st = call->server->storage;
	uint64_t used = store_used(call->store);
	uint64_t capacity = store_capacity(call->store);
	char text[32];

	add(b, "used_memory:%llu", (ull)used);
	human(used, text, sizeof(text));
	add(b, "used_memory_human:%s", text);
	add(b, "maxmemory:%llu", (ull)capacity);
	human(capacity, text, sizeof(text));
	add(b, "maxmemory_human:%s", text);
	add(b, "maxmemory_policy:noeviction");
	add(b, "region_length:%llu", (ull)call->store->length);
	add(b, "region_used:%llu", (ull)used);
	add(b, "region_free:%llu", (ull)(capacity - used));
	add(b, "region_page_size:%llu", (ull)storage_page_size(st));
	add(b, "region_memory:%s", storage_is_shmem(st) ? "shmem" : "pool");
	add(b, "region_huge_bytes:%llu", (ull)st->huge_bytes);
}

/* Those that begin with rdb_ are what clients look at. */
static void save_lines(const struct storage *st, struct buf *b)
{
	add(b, "save_dir:%s", st->save_dir);
	add(b, "save_status:%s", storage_save_status(st));
	if (st->saved.error < 0)
		add(b, "save_error:%s", storage_error(st->saved.error));
	add(b, "save_bytes:%llu", (ull)st->saved.bytes);
	add(b, "saved:%s", storage_is_saved(st) ? "yes" : "no");
	add(b, "rdb_bgsave_in_progress:0");
	add(b, "rdb_last_save_time:%llu", (ull)st->saved.seconds);
	add(b, "rdb_last_bgsave_status:%s", st->saved.error ? "err" : "ok");
}

static void persistence_section(struct call *call, struct buf *b)
{
	struct storage *st = call->server->storage;
	bool preserved = storage_is_preserved(st);
	const char *restart, *restart_why, *kexec, *kexec_why;

	restart = storage_outlives_restart(st, &restart_why);
	kexec = storage_outlives_kexec(st, &kexec_why);
	add(b, "loading:0");
	add(b, "session:%s", call->server->options->session);
	add(b, "origin:%s", storage_origin(st));
	add(b, "came_back_sealed:%s", st->sealed ? "yes" : "no");
	add(b, "holder:%s", storage_holder(st));
	add(b, "preserved:%s", preserved ? "yes" : "no");
	if (!preserved)
		add(b, "not_preserved_reason:%s",
		    storage_not_preserved_reason(st));
	add(b, "outlives_restart:%s", restart);
	add(b, "outlives_restart_reason:%s", restart_why);
	add(b, "outlives_kexec:%s", kexec);
	add(b, "outlives_kexec_reason:%s", kexec_why);
	if (st->save_dir)
		save_lines(st, b);
}

static void stats_section(struct call *call, struct buf *b)
{
	const struct stats *st = &call->server->stats;

	add(b, "total_connections_received:%llu", (ull)st->connections);
	add(b, "total_commands_processed:%llu", (ull)st->commands);
	add(b, "total_net_input_bytes:%llu", (ull)st->input_bytes);
	add(b, "total_net_output_bytes:%llu", (ull)st->output_bytes);
	add(b, "rejected_connections:%llu", (ull)st->rejected);
	add(b, "expired_keys:%llu", (ull)call->store->expired);
	add(b, "evicted_keys:0");
	add(b, "keyspace_hits:%llu", (ull)st->hits);
	add(b, "keyspace_misses:%llu", (ull)st->misses);
}

/* Monitors ask. There is one copy of the data, and nobody follows it. */
static void replication_section(struct call *call, struct buf *b)
{
	(void)call;
	add(b, "role:master");
	add(b, "connected_slaves:0");
	add(b, "master_failover_state:no-failover");
	add(b, "master_replid:%040d", 0);
	add(b, "master_replid2:%040d", 0);
	add(b, "master_repl_offset:0");
	add(b, "second_repl_offset:-1");
	add(b, "repl_backlog_active:0");
	add(b, "repl_backlog_size:0");
	add(b, "repl_backlog_first_byte_offset:0");
	add(b, "repl_backlog_histlen:0");
}

static void keyspace_section(struct call *call, struct buf *b)
{
	if (store_keys(call->store))
		add(b, "db0:keys=%llu,expires=%llu,avg_ttl=0",
		    (ull)store_keys(call->store),
		    (ull)store_volatile_keys(call->store));
}

static const struct {
	const char *name;
	void (*print)(struct call *call, struct buf *b);
} sections[] = {
	{ "Server", server_section },
	{ "Clients", clients_section },
	{ "Memory", memory_section },
	{ "Persistence", persistence_section },
	{ "Stats", stats_section },
	{ "Replication", replication_section },
	{ "Keyspace", keyspace_section },
};

static bool is_wanted(struct call *call, const char *section)
{
	for (int i = 1; i < call->argc; i++) {
		struct slice a = call->argv[i];

		if (slice_is(a, section) || slice_is(a, "all") ||
		    slice_is(a, "default") || slice_is(a, "everything"))
			return true;
	}
	return call->argc == 1;
}

int command_info(struct call *call)
{
	struct buf b;
	bool first = true;

	buf_init(&b, CLIENT_OUTPUT_MAX);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (!is_wanted(call, sections[i].name))
			continue;
		if (!first)
			buf_add(&b, "\r\n", 2);
		first = false;
		add(&b, "# %s", sections[i].name);
		sections[i].print(call, &b);
	}
	if (b.failed)
		call->out->failed = true;
	else
		resp_shown(call->out, call->resp,
			   (struct slice){ b.p ? b.p : "", buf_size(&b) });
	buf_free(&b);
	return 0;
}
