/* SPDX-License-Identifier: MIT */
/*
 * What happens to a program, a machine and its service manager, step by step. A
 * step that makes no sense where it stands does nothing, so any step can be left
 * out.
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#define TOKENS 3
#define STEPS 40

enum kind {
	/* The program. */
	OPEN,	       /* argument 1: asks for info at once */
	REGION_OPEN,   /* argument 1: for reading only; 2: reclaims before */
	REGION_CREATE, /* pages as many as the argument */
	REGION_ADOPT,
	WRITE, /* argument: which pages, as bits */
	PRESERVE,
	REGION_PRESERVE,
	SEAL,
	UNSEAL,
	GROW,
	REGION_DROP,
	REGION_CLOSE,
	CLOSE,
	DROP,
	ABORT,
	COMMIT,
	RESCUE, /* without a manifest: regions that are not listed */
	INFO,
	/* Its processes. */
	FORK,
	CHILD_EXIT,
	RESTART,
	/* The machine. */
	KEXEC, /* argument: enum update */
	/* The service manager. */
	MANAGER, /* argument: enum mood */
	STORE_DROP,
	MANAGER_RESTART, /* with a store of as many as the argument */
	KINDS,
};

enum update { ALL, NO_HUGE_PAGES, NOTHING, UPDATES };
enum mood { WELL, REFUSES, SILENT, SLOW, FULL_SOCKET, FORGETS, MOODS };
enum end { NO_END, KILLED, MACHINE_GOES };

struct step {
	enum kind kind;
	unsigned int token; /* from 1 */
	unsigned int argument;
	/* The program ends at that call of the step, from 1; 0: it does not. */
	enum end end;
	unsigned int end_at;
	/* Calls of a kind fail from the nth on, once or always. 0: none. */
	unsigned int fail_nth;
	int fail_call, fail_errno;
	bool fail_on;
};

struct sequence {
	bool in_store;	      /* the holder; else it is the process */
	unsigned int maximum; /* of the store */
	bool reorders;
	bool no_variable; /* an older manager: sets no FDSTORE */
	unsigned int count;
	struct step steps[STEPS];
};

/* The same for the same numbers, on every machine. */
void sequence_make(struct sequence *sequence, uint64_t seed, uint64_t index);

/* In one line, into a buffer of that size. */
void step_print(const struct step *step, char *buffer, unsigned int size);
void sequence_print(const struct sequence *sequence);

#endif
