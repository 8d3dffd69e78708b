/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "loop.h"
#include "notify.h"
#include "options.h"
#include "server.h"
#include "storage.h"

/* One line for whoever waits for it. */
static void say_ready(const struct server *s, const struct options *o)
{
	printf("ready: origin=%s keys=%" PRIu64 " preserved=%s holder=%s session=%s",
	       storage_origin(s->storage), store_keys(s->store),
	       storage_is_preserved(s->storage) ? "yes" : "no",
	       storage_holder(s->storage), o->session);
	if (o->port)
		printf(" tcp=%s:%d", o->bind, o->port);
	if (o->unixsocket)
		printf(" unix=%s", o->unixsocket);
	printf("\n");
	fflush(stdout);
	notify("READY=1");
}

int main(int argc, char **argv)
{
	struct storage storage = { 0 };
	struct options o;
	struct server server = {
		.options = &o,
		.storage = &storage,
		.store = &storage.store,
	};
	struct loop loop;
	int status, rc;

	if (options_parse(argc, argv, &o, &status) < 0)
		return status;
	/* First the addresses, then the memory: who loses must not take it. */
	rc = loop_init(&loop, &o);
	if (rc == 0)
		rc = storage_open(&storage, &o);
	if (rc == 0) {
		clock_open(&server.clock, server.store);
		server.started_ms = clock_now(&server.clock);
		say_ready(&server, &o);
		rc = loop_run(&loop, &server);
	}
	loop_close(&loop);
	if (rc == 0)
		storage_seal(&storage);
	else
		storage_hold(&storage);
	storage_close(&storage);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
