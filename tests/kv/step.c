/* SPDX-License-Identifier: MIT */
/*
 * The kexec may land on any instruction. So: a child runs commands on a store
 * in shared memory, one instruction at a time, and after every instruction
 * that changed the memory the parent takes a copy of it, opens that as the
 * next process would, and looks whether it is the state before the command
 * or the one after, whole, with everything acknowledged in it.
 *
 * With --must-fail it is run on an engine with a broken undo log, and has to
 * find that out.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "entry.h"
#include "memory.h"
#include "model.h"
#include "step_script.h"
#include "store_check.h"

#define LENGTH		(64 * 1024)
/* The child and the model ask the clock at different times. */
#define SLACK_MS	(3600 * 1000)

struct shared {
	_Atomic int acknowledged;	/* commands with their replies written */
	_Atomic int wrong_replies;
	unsigned char region[LENGTH] __attribute__((aligned(4096)));
};

static struct shared *shared;
static struct step_command *commands;
static struct model *states;		/* [n]: with n commands done */

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static void abandon(struct store *s, const struct step_command *c)
{
	const char *why;

	store_begin(s);
	for (int i = 1; i < c->argc; i += 2)
		if (entry_set(s, c->argv[i], c->argv[i + 1], 0) < 0)
			shared->wrong_replies++;
	if (store_open(s, s->base, LENGTH, &why) < 0)
		shared->wrong_replies++;
}

static void child(void)
{
	struct store s;
	struct server server = { .store = &s };
	struct clock_reading now = clock_read();
	const char *why;
	struct buf out;

	clock_start(&server.clock, 0, -1, &now);
	buf_init(&out, 1 << 20);
	if (store_open(&s, shared->region, LENGTH, &why) < 0)
		_exit(1);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(2);
	raise(SIGSTOP);
	for (int i = 0; i < step_count(); i++) {
		struct step_command *c = &commands[i];

		if (c->abandoned) {
			abandon(&s, c);
		} else {
			buf_take(&out, buf_size(&out));
			command_run(&server, NULL, c->argc, c->argv, &out);
			if ((out.p[0] == '-') != c->fails)
				shared->wrong_replies++;
		}
		shared->acknowledged++;
	}
	_exit(0);
}

/* NULL, or what is wrong with the memory as it is now. */
static const char *judge(const unsigned char *region, int *at)
{
	static unsigned char copy[LENGTH] __attribute__((aligned(4096)));
	static char text[256];
	const char *why, *before, *after;
	struct store s;

	memcpy(copy, region, LENGTH);
	if (store_open(&s, copy, LENGTH, &why) < 0) {
		snprintf(text, sizeof(text), "cannot be opened: %s", why);
		return text;
	}
	why = store_check(&s);
	if (why)
		return why;
	after = *at < step_count() ?
		model_compare(&states[*at + 1], &s, SLACK_MS) : "the end";
	if (!after) {
		/* What was there to be seen once must stay. */
		++*at;
		return NULL;
	}
	before = model_compare(&states[*at], &s, SLACK_MS);
	if (!before)
		return NULL;
	snprintf(text, sizeof(text), "neither as before (%s) nor as after (%s)",
		 before, after);
	return text;
}

struct result {
	unsigned long steps;
	unsigned long states;
	const char *why;
	bool judged;		/* why is about the memory's content */
	int command;
};

static bool look(const unsigned char *region, int acknowledged, int *visible,
		 struct result *r)
{
	r->why = judge(region, visible);
	if (!r->why && *visible < acknowledged)
		r->why = "an acknowledged command is missing";
	r->judged = r->why != NULL;
	return r->judged;
}

static void follow(pid_t pid, struct result *r)
{
	static unsigned char seen[LENGTH];
	int status, visible = 0;

	memcpy(seen, shared->region, LENGTH);
	for (;;) {
		int acknowledged;

		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) < 0)
			die("kv-step: ptrace is needed; is it forbidden here?");
		if (waitpid(pid, &status, 0) != pid)
			die("kv-step: waitpid");
		if (WIFEXITED(status))
			break;
		if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) {
			r->why = "the child did not survive";
			return;
		}
		r->steps++;
		acknowledged = shared->acknowledged;
		r->command = acknowledged;
		/* Commands that change nothing leave no other trace. */
		if (visible < acknowledged &&
		    !memcmp(seen, shared->region, LENGTH) &&
		    look(seen, acknowledged, &visible, r))
			return;
		if (!memcmp(seen, shared->region, LENGTH))
			continue;
		memcpy(seen, shared->region, LENGTH);
		r->states++;
		if (look(seen, acknowledged, &visible, r))
			return;
	}
	if (WEXITSTATUS(status))
		r->why = "the child failed";
	else if (shared->acknowledged != step_count())
		r->why = "not all commands ran";
}

int main(int argc, char **argv)
{
	bool must_fail = argc > 1 && !strcmp(argv[1], "--must-fail");
	struct result r = { 0 };
	struct store s;
	pid_t pid;
	int status;

	commands = calloc(step_count(), sizeof(*commands));
	states = calloc(step_count() + 1, sizeof(*states));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!commands || !states || shared == MAP_FAILED)
		die("kv-step");
	if (store_format(&s, shared->region, LENGTH, test_secret, 1) < 0)
		die("kv-step: format");
	for (int i = 0; i < step_count(); i++) {
		step_command(i, &commands[i]);
		model_copy(&states[i + 1], &states[i]);
		step_apply(&commands[i], &states[i + 1]);
	}
	pid = fork();
	if (pid < 0)
		die("kv-step: fork");
	if (!pid)
		child();
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("kv-step: the child did not start");
	follow(pid, &r);
	if (r.why) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	if (!r.why && shared->wrong_replies)
		r.why = "a command succeeded that must fail, or the other way round";
	printf("%d commands, %lu instructions, %lu states of memory: %s\n",
	       step_count(), r.steps, r.states, r.why ? r.why : "all good");
	if (r.why)
		printf("stopped in command %d: %.100s\n", r.command,
		       r.command < step_count() ? commands[r.command].text :
		       "(end)");
	if (must_fail)
		return r.judged ? EXIT_SUCCESS : EXIT_FAILURE;
	return r.why ? EXIT_FAILURE : EXIT_SUCCESS;
}
