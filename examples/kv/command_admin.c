/* SPDX-License-Identifier: MIT */
/* HUGEPERSIST: the hand-over to the next kernel. */
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
	int rc = storage_can_preserve(st);

	resp_array(call->out, 18);
	pair(call, "origin", storage_origin(st));
	pair(call, "preserved", storage_is_preserved(st) ? "yes" : "no");
	pair(call, "can-preserve", rc < 0 ? "no" : "yes");
	pair(call, "reason", rc < 0 ? storage_error(rc) : "");
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
			    "PRESERVE: from now on a kexec takes the data along");
		resp_status(call->out, "ABORT: no longer take it along");
		resp_status(call->out,
			    "STATUS: where the data came from, and whether it is preserved and saved");
		return 0;
	}
	return call_unknown_subcommand(call);
}
