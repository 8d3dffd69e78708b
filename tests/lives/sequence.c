// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/fake.h"
#include "sequence.h"

/* -- Numbers by chance ----------------------------------------------------- */

struct chance {
	uint64_t state;
};

static uint64_t next(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned int below(struct chance *chance, unsigned int limit)
{
	return (unsigned int)(next(chance) % limit);
}

/* One of so many times. */
static bool once_in(struct chance *chance, unsigned int times)
{
	return !below(chance, times);
}

/* -- Making ---------------------------------------------------------------- */

/* How often a step comes, relative to the others. */
static const unsigned char weights[KINDS] = {
	[OPEN] = 24,
	[REGION_OPEN] = 30,
	[REGION_CREATE] = 3,
	[REGION_ADOPT] = 2,
	[WRITE] = 24,
	[PRESERVE] = 22,
	[REGION_PRESERVE] = 3,
	[SEAL] = 8,
	[UNSEAL] = 2,
	[GROW] = 4,
	[REGION_DROP] = 4,
	[REGION_CLOSE] = 4,
	[CLOSE] = 5,
	[DROP] = 2,
	[ABORT] = 2,
	[COMMIT] = 2,
	[RESCUE] = 3,
	[INFO] = 3,
	[FORK] = 4,
	[CHILD_EXIT] = 4,
	[RESTART] = 14,
	[KEXEC] = 9,
	[MANAGER] = 7,
	[STORE_DROP] = 3,
	[MANAGER_RESTART] = 2,
};

static const int errors[] = { ENOMEM, EMFILE, EIO, EAGAIN, ENOSPC, EACCES };

static enum kind any_kind(struct chance *chance)
{
	unsigned int total = 0, at;

	for (int i = 0; i < KINDS; i++)
		total += weights[i];
	at = below(chance, total);
	for (int i = 0;; i++) {
		if (at < weights[i])
			return (enum kind)i;
		at -= weights[i];
	}
}

/* A program opens its regions when it has started. */
static enum kind follows(const struct step *before)
{
	switch (before->kind) {
	case RESTART:
	case KEXEC:
		return OPEN;
	case OPEN:
		return before->end ? OPEN : REGION_OPEN;
	default:
		return KINDS;
	}
}

static unsigned int any_argument(struct chance *chance, enum kind kind)
{
	switch (kind) {
	case KEXEC:
		return once_in(chance, 4) ? below(chance, UPDATES) : ALL;
	case MANAGER:
		return once_in(chance, 2) ? WELL : below(chance, MOODS);
	case MANAGER_RESTART:
		return 1 + below(chance, 5);
	default:
		return below(chance, 8);
	}
}

static void make_step(struct chance *chance, struct step *step,
		      const struct step *before)
{
	*step = (struct step){ .kind = KINDS };
	if (before && !once_in(chance, 5))
		step->kind = follows(before);
	if (step->kind == KINDS)
		step->kind = any_kind(chance);
	step->token = 1 + below(chance, TOKENS);
	step->argument = any_argument(chance, step->kind);
	if (step->kind > INFO)
		return;
	if (once_in(chance, 10)) {
		step->end = once_in(chance, 3) ? MACHINE_GOES : KILLED;
		step->end_at = 1 + below(chance, once_in(chance, 2) ? 20 : 120);
	} else if (once_in(chance, 8)) {
		step->fail_call = (int)below(chance, CALL_CAN_FAIL);
		step->fail_nth = 1 + below(chance, 4);
		step->fail_errno =
			errors[below(chance, sizeof(errors) / sizeof(*errors))];
		step->fail_on = once_in(chance, 4);
	}
}

void sequence_make(struct sequence *sequence, uint64_t seed, uint64_t index)
{
	struct chance chance = { seed * UINT64_C(0x2545f4914f6cdd1d) + index };

	(void)next(&chance);
	*sequence = (struct sequence){
		.in_store = !once_in(&chance, 4),
		.maximum = once_in(&chance, 4) ? 1 + below(&chance, 4) : 8,
		.reorders = once_in(&chance, 2),
		.no_variable = once_in(&chance, 6),
		.count = 5 + below(&chance, STEPS - 4),
	};
	for (unsigned int i = 0; i < sequence->count; i++)
		make_step(&chance, &sequence->steps[i],
			  i ? &sequence->steps[i - 1] : NULL);
	sequence->steps[0].kind = OPEN;
}

/* -- Printing -------------------------------------------------------------- */

static const char *const names[KINDS] = {
	[OPEN] = "open the session",
	[REGION_OPEN] = "open region",
	[REGION_CREATE] = "create region",
	[REGION_ADOPT] = "adopt region",
	[WRITE] = "write to region",
	[PRESERVE] = "preserve the session",
	[REGION_PRESERVE] = "preserve region",
	[SEAL] = "seal",
	[UNSEAL] = "unseal",
	[GROW] = "grow region",
	[REGION_DROP] = "drop region",
	[REGION_CLOSE] = "close region",
	[CLOSE] = "close the session",
	[DROP] = "drop the session",
	[ABORT] = "abort",
	[COMMIT] = "commit",
	[RESCUE] = "open what is not listed, give up the rest",
	[INFO] = "ask for info",
	[FORK] = "fork a child that lives on",
	[CHILD_EXIT] = "the child exits",
	[RESTART] = "SIGKILL, and the manager starts the program again",
	[KEXEC] = "kexec",
	[MANAGER] = "the manager",
	[STORE_DROP] = "the manager drops an entry of its store",
	[MANAGER_RESTART] = "the manager restarts with another maximum",
};

static const char *const updates[UPDATES] = {
	[ALL] = "to a kernel that takes all",
	[NO_HUGE_PAGES] = "without huge pages",
	[NOTHING] = "to a kernel that takes nothing",
};

static const char *const moods[MOODS] = {
	[WELL] = "is well",
	[REFUSES] = "refuses what is pushed",
	[SILENT] = "works on nothing",
	[SLOW] = "is slow",
	[FULL_SOCKET] = "has a full socket",
	[FORGETS] = "forgets messages of the dead",
};

static bool has_token(enum kind kind)
{
	return kind == REGION_OPEN || kind == REGION_CREATE ||
	       kind == REGION_ADOPT || kind == WRITE ||
	       kind == REGION_PRESERVE || kind == GROW || kind == REGION_DROP ||
	       kind == REGION_CLOSE;
}

void step_print(const struct step *step, char *buffer, unsigned int size)
{
	char token[16] = "", end[96] = "";
	const char *more = "";

	if (has_token(step->kind))
		(void)snprintf(token, sizeof(token), " %u", step->token);
	if (step->kind == KEXEC)
		more = updates[step->argument % UPDATES];
	if (step->kind == MANAGER)
		more = moods[step->argument % MOODS];
	if (step->kind == REGION_OPEN && step->argument & 1)
		more = "for reading only";
	if (step->end)
		(void)snprintf(end, sizeof(end), "; at call %u %s",
			       step->end_at,
			       step->end == KILLED ? "SIGKILL" : "a kexec");
	if (step->fail_nth)
		(void)snprintf(end, sizeof(end), "; %s %u fails%s with %s",
			       fake_call_name((enum fake_call)step->fail_call),
			       step->fail_nth,
			       step->fail_on ? " from then on" : "",
			       strerrorname_np(step->fail_errno));
	(void)snprintf(buffer, size, "%s%s%s%s (%u)%s", names[step->kind],
		       token, *more ? " " : "", more, step->argument, end);
}

void sequence_print(const struct sequence *sequence)
{
	char line[256];

	if (sequence->in_store)
		printf("  a store of %u%s%s\n", sequence->maximum,
		       sequence->reorders ? ", in changing order" : "",
		       sequence->no_variable ? ", without FDSTORE" : "");
	else
		printf("  the process holds the session\n");
	for (unsigned int i = 0; i < sequence->count; i++) {
		step_print(&sequence->steps[i], line, sizeof(line));
		printf("  %2u  %s\n", i + 1, line);
	}
}
