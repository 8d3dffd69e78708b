// SPDX-License-Identifier: MIT
/*
 * tsc-khz: the rate of this processor's time stamp counter, which QEMU shows to
 * its machines with and without KVM. Prints nothing where there is none.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#ifdef __x86_64__
#include <x86intrin.h>

struct sample {
	uint64_t ticks;
	uint64_t ns;
};

/* Of many pairs the one that was read the quickest: nothing came between */
static struct sample sample(void)
{
	struct sample best = { 0 };
	uint64_t from, took, least = UINT64_MAX;
	struct timespec now;
	int i;

	for (i = 0; i < 50; i++) {
		from = __rdtsc();
		clock_gettime(CLOCK_MONOTONIC, &now);
		took = __rdtsc() - from;
		if (took < least) {
			least = took;
			best.ticks = from + took / 2;
			best.ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
		}
	}
	return best;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct sample from, to;

	from = sample();
	nanosleep(&pause, NULL);
	to = sample();
	printf("%.0f\n", (to.ticks - from.ticks) * 1e6 / (to.ns - from.ns));
	return 0;
}
#else
int main(void)
{
	return 0;
}
#endif
