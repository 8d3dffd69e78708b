// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../expect.h"
#include "model.h"
#include "try.h"
#include "world.h"

#ifdef HP_COVERAGE
extern void __gcov_dump(void);
#endif

/* In a build with gcov's counters they are kept, too. */
__attribute__((noreturn)) static void end(int status)
{
#ifdef HP_COVERAGE
	__gcov_dump();
#endif
	_exit(status);
}

/* For one child: the library keeps a word on each process that it was in. */
#define BATCH 500

/* A sequence takes about a millisecond, and ten with the sanitizers. */
#define SECONDS 300

static pid_t begin(bool print)
{
	static const struct rlimit none;
	pid_t child;

	fflush(stdout);
	child = fork();
	check(child >= 0);
	if (child)
		return child;
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)alarm(SECONDS);
	if (!print)
		check(freopen("/dev/null", "w", stderr));
	return 0;
}

static bool passes(pid_t child)
{
	int status;

	check(waitpid(child, &status, 0) == child);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static void run_batch(uint64_t seed, uint64_t first, uint64_t count,
		      volatile uint64_t *at)
{
	struct sequence sequence;

	for (uint64_t i = first; i < first + count; i++) {
		*at = i;
		sequence_make(&sequence, seed, i);
		if (!world_run(&sequence, false))
			end(1);
	}
	end(0);
}

int64_t try_all(uint64_t seed, uint64_t first, uint64_t count)
{
	volatile uint64_t *at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int64_t failed = -1;

	check(at != MAP_FAILED);
	for (uint64_t done = 0; done < count && failed < 0; done += BATCH) {
		uint64_t more = count - done < BATCH ? count - done : BATCH;
		pid_t child = begin(false);

		if (!child)
			run_batch(seed, first + done, more, at);
		if (!passes(child))
			failed = (int64_t)*at;
	}
	(void)munmap((void *)at, sizeof(*at));
	return failed;
}

bool try_one(const struct sequence *sequence, bool print)
{
	pid_t child = begin(print);
	bool passed;

	if (child)
		return passes(child);
	passed = world_run(sequence, print);
	if (!passed && print)
		printf("\nwrong: %s\n", model_problem);
	fflush(stdout);
	end(!passed);
}

/* -- Shrinking ------------------------------------------------------------- */

static bool still_fails(struct sequence *sequence,
			const struct sequence *smaller)
{
	if (try_one(smaller, false))
		return false;
	*sequence = *smaller;
	return true;
}

static bool leave_out(struct sequence *sequence, unsigned int first,
		      unsigned int count)
{
	struct sequence smaller = *sequence;

	smaller.count -= count;
	memmove(smaller.steps + first, smaller.steps + first + count,
		(smaller.count - first) * sizeof(*smaller.steps));
	return still_fails(sequence, &smaller);
}

static bool calm_step(struct sequence *sequence, unsigned int index)
{
	struct sequence smaller = *sequence;
	struct step *step = &smaller.steps[index];

	if (!step->end && !step->fail_nth)
		return false;
	step->end = NO_END;
	step->end_at = step->fail_nth = 0;
	return still_fails(sequence, &smaller);
}

static bool calm_world(struct sequence *sequence)
{
	struct sequence smaller = *sequence;

	if (!sequence->reorders && !sequence->no_variable)
		return false;
	smaller.reorders = smaller.no_variable = false;
	return still_fails(sequence, &smaller);
}

/* Halves, quarters and so on, until no single step can go. */
void try_shrink(struct sequence *sequence)
{
	bool smaller;

	do {
		smaller = calm_world(sequence);
		for (unsigned int size = sequence->count / 2; size; size /= 2)
			for (unsigned int i = 0; i + size <= sequence->count;)
				if (leave_out(sequence, i, size))
					smaller = true;
				else
					i += size;
		for (unsigned int i = 0; i < sequence->count; i++)
			smaller |= calm_step(sequence, i);
	} while (smaller);
}
