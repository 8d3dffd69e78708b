/* SPDX-License-Identifier: MIT */
/* HUGEPERSIST: memory that outlives the process. */
#include "command.h"

static int reply(struct call *call, int rc)
{
	if (rc < 0)
		resp_error(call->out, "ERR not done: %s", storage_error(rc));
	else
		resp_status(call->out, "OK");
	return 0;
}

static void pair(struct call *call, const char *name, const char *value)
{
	resp_text(call->out, name);
	resp_text(call->out, value);
}

static void pair_number(struct call *call, const char *name, uint64_t n)
{
	resp_text(call->out, name);
	resp_integer(call->out, (int64_t)n);
}

static int status(struct call *call)
{
	struct storage *st = call->server->storage;
	bool preserved = storage_is_preserved(st);
	const char *why;

	resp_map(call->out, call->resp, 12);
	pair(call, "origin", storage_origin(st));
	pair(call, "preserved", preserved ? "yes" : "no");
	pair(call, "reason", preserved ? "" : storage_not_preserved_reason(st));
	pair(call, "holder", storage_holder(st));
	pair(call, "outlives-restart", storage_outlives_restart(st, &why));
	pair(call, "outlives-kexec", storage_outlives_kexec(st, &why));
	pair(call, "came-back-sealed", st->sealed ? "yes" : "no");
	pair(call, "save-dir", st->save_dir ? st->save_dir : "");
	pair(call, "save-status", storage_save_status(st));
	pair_number(call, "save-time", st->saved.seconds);
	pair_number(call, "save-bytes", st->saved.bytes);
	pair(call, "saved", storage_is_saved(st) ? "yes" : "no");
	return 0;
}

int command_hugepersist(struct call *call)
{
	struct slice sub = call->argv[1];

	if (call->argc != 2)
		return call_wrong_arity(call, NULL);
	if (slice_is(sub, "preserve"))
		return reply(call, storage_preserve(call->server->storage));
	if (slice_is(sub, "abort"))
		return reply(call, storage_abort(call->server->storage));
	if (slice_is(sub, "status"))
		return status(call);
	if (slice_is(sub, "help")) {
		resp_array(call->out, 3);
		resp_status(call->out,
			    "PRESERVE: the holder keeps the data, as from the start on");
		resp_status(call->out,
			    "ABORT: take the data back, so that it ends with this process");
		resp_status(call->out,
			    "STATUS: where the data came from, who holds it, and whether it is saved");
		return 0;
	}
	return call_unknown_subcommand(call);
}
