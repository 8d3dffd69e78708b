// SPDX-License-Identifier: MIT
/*
 * The whole of a guest: it counts, in its memory and on its disk, and says so on
 * its console, with a checksum over its memory and what its clocks say.
 *
 *	N sum=ok disk=ok ms=SINCE_ITS_BOOT wall=SINCE_1970_IN_MS
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS (8 << 20 >> 3)
#define SECTOR 512

static uint64_t memory[WORDS];

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	return x * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static uint64_t sum(void)
{
	uint64_t total = 0;

	for (size_t i = 0; i < WORDS; i++)
		total += memory[i];
	return total;
}

/* A write that the next start of the guest's QEMU must not lose. */
static int count_on_disk(int disk, uint64_t n)
{
	_Alignas(SECTOR) char sector[SECTOR] = "";
	uint64_t before = 0;

	if (pread(disk, sector, SECTOR, 0) != SECTOR)
		return 0;
	memcpy(&before, sector, sizeof(before));
	if (n > 1 && before != n - 1)
		return 0;
	memcpy(sector, &n, sizeof(n));
	return pwrite(disk, sector, SECTOR, 0) == SECTOR;
}

static long milliseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* "off=N" on the command line: switch off there. "every=MS": how long to sleep. */
static uint64_t word(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 10) : otherwise;
}

int main(void)
{
	uint64_t expected, last = word("off", UINT64_MAX);
	useconds_t every = word("every", 50) * 1000;
	int console, disk;

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	console = open("/dev/ttyS0", O_WRONLY);
	disk = open("/dev/vda", O_RDWR | O_DIRECT | O_SYNC);
	dup2(console, 1);
	for (size_t i = 0; i < WORDS; i++)
		memory[i] = mix(i + 1);
	expected = sum();
	for (uint64_t n = 1; n <= last; n++) {
		size_t at = mix(n) % WORDS;
		int disk_ok = count_on_disk(disk, n);

		expected -= memory[at];
		memory[at] = mix(memory[at] + n);
		expected += memory[at];
		printf("%llu sum=%s disk=%s ms=%ld wall=%ld\n",
		       (unsigned long long)n,
		       sum() == expected ? "ok" : "WRONG",
		       disk_ok ? "ok" : "WRONG", milliseconds(CLOCK_MONOTONIC),
		       milliseconds(CLOCK_REALTIME));
		fflush(stdout);
		usleep(every);
	}
	sync();
	reboot(RB_POWER_OFF);
}
