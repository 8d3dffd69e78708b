// SPDX-License-Identifier: MIT
/*
 * Giving up could lose the memory, so calls wait for what passes.
 */
#include <errno.h>

#include "session/session.h"

#define DELAY_FIRST_MS 1
#define DELAY_MOST_MS 500
#define TELL_MS 1000

struct hp_patience hp_patience_begin(const struct hp_session *session)
{
	uint64_t now = session->sys->now_ms();
	struct hp_patience patience = {
		.session = session,
		.start = now,
		.end = UINT64_MAX,
		.told = now,
		.delay = DELAY_FIRST_MS,
	};

	if (session->opts.timeout_ms == HP_NO_WAIT)
		patience.end = now;
	else if (session->opts.timeout_ms)
		patience.end = now + session->opts.timeout_ms;
	return patience;
}

static int tell(struct hp_patience *patience, int err, uint64_t done_bytes)
{
	const struct hp_session_opts *opts = &patience->session->opts;
	uint64_t now = patience->session->sys->now_ms();
	const struct hp_wait wait = {
		.error = err,
		.waited_ms = now - patience->start > UINT32_MAX ?
				     UINT32_MAX :
				     (unsigned int)(now - patience->start),
		.done_bytes = done_bytes,
		.total_bytes = patience->total_bytes,
	};

	patience->told = now;
	return opts->wait && opts->wait(opts->wait_context, &wait) ?
		       -ECANCELED :
		       0;
}

int hp_patience_wait(struct hp_patience *patience, int err)
{
	const struct hp_sys *sys = patience->session->sys;
	uint64_t now = sys->now_ms();

	if (hp_error_class(err) != HP_ERROR_AGAIN || err == -ECANCELED ||
	    now >= patience->end)
		return err;
	if (now == patience->start || now - patience->told >= TELL_MS) {
		hp_log(&patience->session->log, LOG_WARNING,
		       "waiting, since it passes: %s", hp_strerror(err));
		if (tell(patience, err, patience->done_bytes) < 0)
			return -ECANCELED;
	}
	if (patience->delay > patience->end - now)
		patience->delay = patience->end - now;
	sys->sleep_ms((unsigned int)patience->delay);
	patience->delay *= 2;
	if (patience->delay > DELAY_MOST_MS)
		patience->delay = DELAY_MOST_MS;
	return 0;
}

int hp_patience_tell(void *context, uint64_t done_bytes)
{
	struct hp_patience *patience = context;

	return tell(patience, 0, patience->done_bytes + done_bytes);
}
