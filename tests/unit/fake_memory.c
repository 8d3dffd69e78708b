// SPDX-License-Identifier: MIT
/*
 * Fake kernel: the bookkeeping memory of processes, which ends with them.
 */
#include <string.h>

#include "fake_kernel.h"

#define ALLOCATIONS 16384

static struct allocation {
	void *memory;
	const struct process *owner;
} allocations[ALLOCATIONS];
static int allocation_end;

void *memory_new(size_t size)
{
	for (int i = 0; i < ALLOCATIONS; i++) {
		if (allocations[i].memory)
			continue;
		if (i >= allocation_end)
			allocation_end = i + 1;
		allocations[i].memory = calloc(1, size);
		allocations[i].owner = running();
		check(allocations[i].memory);
		fake.allocations++;
		return allocations[i].memory;
	}
	check(!"too many allocations");
	return NULL;
}

void *fake_zalloc(size_t size)
{
	if (called(CALL_ZALLOC))
		return NULL;
	LOCKED();
	return memory_new(size);
}

static void end(struct allocation *a)
{
	free(a->memory);
	a->memory = NULL;
	fake.allocations--;
}

void fake_free(void *memory)
{
	called(CALL_FREE);
	LOCKED();
	/* Mostly what came last goes first. */
	for (int i = allocation_end; memory && i-- > 0;) {
		if (allocations[i].memory != memory)
			continue;
		end(&allocations[i]);
		while (allocation_end &&
		       !allocations[allocation_end - 1].memory)
			allocation_end--;
		return;
	}
	check(!"free of what is not allocated");
}

void memory_end(const struct process *p)
{
	for (int i = 0; i < allocation_end; i++)
		if (allocations[i].memory && allocations[i].owner == p)
			end(&allocations[i]);
}
