/* SPDX-License-Identifier: MIT */
/* Commands: what a request's first word means. */
#ifndef KV_COMMAND_H
#define KV_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "client.h"
#include "resp.h"
#include "server.h"
#include "slice.h"

/* What clients take for the server's abilities. */
#define COMMAND_REDIS_VERSION "7.0.0"

struct call {
	struct server *server;
	struct store *store;
	struct client *client;		/* NULL: none, in tests */
	struct buf *out;
	int resp;			/* the version that replies are in */
	int argc;
	struct slice *argv;
	int64_t now;			/* as of clock.h; one for the call */
	const struct command *command;
};

enum {
	COMMAND_WRITE		= 1 << 0,	/* may change data */
	COMMAND_NO_TX		= 1 << 1,	/* does its own */
	COMMAND_CONNECTION	= 1 << 2,	/* needs one */
	COMMAND_IN_MULTI	= 1 << 3,	/* runs after a MULTI too */
};

/*
 * Runs in a transaction and writes one reply. A negative result (as of
 * store.h, or -ENOMEM) has the reply replaced by an error and everything
 * undone. Wrong use is replied to as an error and is result 0.
 */
typedef int command_fn(struct call *call);

struct command {
	const char *name;		/* lower case */
	command_fn *run;
	/* Words, the name too; negative: at least so many. */
	int arity;
	unsigned int flags;
	/* Which words are keys, for COMMAND: first, last, step. */
	int first_key;
	int last_key;
	int key_step;
};

void command_run(struct server *server, struct client *client, int argc,
		 struct slice *argv, struct buf *out);

const struct command *command_find(struct slice name);
/* The whole table, ended by a NULL name. */
extern const struct command command_table[];

/* Replies that many commands share; 0, to be returned. */
int call_syntax_error(struct call *call);
int call_not_an_integer(struct call *call);
/* Wrong subcommand of a container command, as CONFIG. */
int call_unknown_subcommand(struct call *call);
int call_wrong_arity(struct call *call, const char *subcommand);
/* The connection's name. False: it cannot be one, and the reply is written. */
bool call_set_name(struct call *call, struct slice name);

command_fn command_ping, command_echo, command_select, command_quit,
	command_multi, command_exec, command_discard, command_reset,
	command_hello, command_auth;
command_fn command_dbsize, command_flushall, command_shutdown, command_info,
	command_config, command_command, command_client, command_hugepersist,
	command_save, command_bgsave, command_lastsave, command_role;
command_fn command_get, command_set, command_mget, command_mset,
	command_incr, command_decr, command_incrby, command_decrby,
	command_append, command_strlen;
command_fn command_del, command_exists, command_type, command_expire,
	command_pexpire, command_ttl, command_pttl, command_persist,
	command_keys, command_scan;

#endif
