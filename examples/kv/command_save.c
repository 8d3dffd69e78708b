/* SPDX-License-Identifier: MIT */
/* Commands that save, and the one that ends the server. */
#include <stdbool.h>

#include "command.h"

/* Redis saves without being told where; here there is a place or there is none. */
static bool has_directory(struct call *call)
{
	if (call->server->storage->save_dir)
		return true;
	resp_error(call->out,
		   "ERR there is no directory to save to: start hp-kv with --save-dir=DIR");
	return false;
}

static int save(struct call *call, const char *done)
{
	int rc;

	if (!has_directory(call))
		return 0;
	rc = storage_save(call->server->storage);
	if (rc < 0)
		resp_error(call->out, "ERR not saved: %s", storage_error(rc));
	else
		resp_status(call->out, done);
	return 0;
}

int command_save(struct call *call)
{
	return save(call, "OK");
}

/*
 * Clients wait for these words and then ask LASTSAVE or INFO whether it is
 * done. Here it is, when they get them.
 */
int command_bgsave(struct call *call)
{
	if (call->argc > 2 ||
	    (call->argc == 2 && !slice_is(call->argv[1], "schedule")))
		return call_syntax_error(call);
	return save(call, "Background saving started");
}

int command_lastsave(struct call *call)
{
	resp_integer(call->out,
		     (int64_t)call->server->storage->saved.seconds);
	return 0;
}

int command_shutdown(struct call *call)
{
	struct storage *st = call->server->storage;
	bool save = false, nosave = false, force = false, abort = false;
	int rc = 0;

	for (int i = 1; i < call->argc; i++) {
		struct slice a = call->argv[i];

		if (slice_is(a, "save"))
			save = true;
		else if (slice_is(a, "nosave"))
			nosave = true;
		else if (slice_is(a, "force"))
			force = true;
		else if (slice_is(a, "abort"))
			abort = true;
		else if (!slice_is(a, "now"))
			return call_syntax_error(call);
	}
	if ((save && nosave) || (abort && call->argc > 2))
		return call_syntax_error(call);
	if (abort) {
		resp_error(call->out, "ERR No shutdown in progress.");
		return 0;
	}
	if (save && !has_directory(call))
		return 0;
	if (!nosave)
		rc = storage_save_at_end(st);
	if (rc < 0 && !force)
		resp_error(call->out, "ERR Errors trying to SHUTDOWN: not saved: %s",
			   storage_error(rc));
	else
		call->server->stopping = true;
	return 0;
}
