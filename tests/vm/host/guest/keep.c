// SPDX-License-Identifier: MIT
/*
 * A service that keeps memory by the library:
 *
 *	keep [--shmem] [--name NAME] [--fork] [--no-seal] [--mib N] [--times] [REGIONS]
 *
 * Each start opens REGIONS (1) regions, checks what the last life wrote into
 * every word of them, writes something new, preserves, and prints a line:
 *
 *	new 1 ...		nothing was there
 *	kept N ...		every word of the N-th write was there
 *	updated N ...		the same, in another kernel
 *	lost 1 ...		it should have been there
 *	damaged ...		not every word
 *
 * and behind that "sealed" or "open", and whether a kexec keeps it: "kexec-yes",
 * "kexec-no" or "kexec-unknown". On SIGUSR1 keep writes again and prints "wrote
 * N preserved", or how many regions the manager does not have. On SIGTERM keep
 * seals.
 *
 *	--fork		children that live on have the memory as well
 *	--no-seal	stop without a word
 *	--mib N		so large is a region, instead of 4 MiB
 *	--times		say first how many microseconds after its begin the program
 *			had its regions, and had preserved them, less the time in
 *			which it read and wrote their words
 *
 * A socket that systemd passed must be there after the open, at its number.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <hugepersist/hugepersist.h>

#define MIB (UINT64_C(1) << 20)
#define REGIONS_MAX HP_REGIONS_MAX

static struct hp_region *regions[REGIONS_MAX];
static struct hp_session *session;
static unsigned int count = 1;
static uint64_t length = 4 * MIB;
/* Every word of a page would take long in emulation */
static uint64_t stride = 64;

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void print_detail(void *context, int priority, const char *message)
{
	(void)context;
	if (priority <= 4)
		fprintf(stderr, "keep: %s\n", message);
}

static void fail(const char *what, int error)
{
	printf("%s: %d %s\n", what, error, hp_strerror(error));
	exit(1);
}

/* One message of the sd_notify protocol */
static void notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || s < 0 || strlen(path) >= sizeof(address.sun_path))
		errx(1, "no manager to speak to");
	strcpy(address.sun_path, path);
	if (path[0] == '@')
		address.sun_path[0] = 0;
	if (sendto(s, text, strlen(text), MSG_NOSIGNAL, (void *)&address,
		   offsetof(struct sockaddr_un, sun_path) + strlen(path)) < 0)
		err(1, "the manager does not listen");
	close(s);
}

/* The number of the last write, if all words say the same; 0: they do not */
static uint64_t read_all(void)
{
	uint64_t number = *(uint64_t *)hp_region_address(regions[0]);

	for (unsigned int i = 0; i < count; i++) {
		const uint64_t *words = hp_region_address(regions[i]);

		for (uint64_t w = 0; w < length / sizeof(*words); w += stride)
			if (words[w] != (w || i ? number * 1000003 + i + w : number))
				return 0;
	}
	return number;
}

static void write_all(uint64_t number)
{
	for (unsigned int i = 0; i < count; i++) {
		uint64_t *words = hp_region_address(regions[i]);

		for (uint64_t w = 0; w < length / sizeof(*words); w += stride)
			words[w] = w || i ? number * 1000003 + i + w : number;
	}
}

/* All regions come from the same place, or one that differs */
static enum hp_origin origin_of_all(void)
{
	enum hp_origin origin = hp_region_origin(regions[0]);

	for (unsigned int i = 1; i < count; i++)
		if (hp_region_origin(regions[i]) != origin)
			return 0;
	return origin;
}

static const char *name_of(enum hp_origin origin)
{
	switch (origin) {
	case HP_ORIGIN_CREATED: return "new";
	case HP_ORIGIN_KEPT: return "kept";
	case HP_ORIGIN_LIVE_UPDATE: return "updated";
	case HP_ORIGIN_LOST: return "lost";
	default: return "mixed";
	}
}

static void check_sockets(void)
{
	const char *fds = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	int listening, fd = 3;
	socklen_t length = sizeof(listening);

	if (!fds || !names)
		return;
	for (char *name = strtok(strdup(names), ":"); name; name = strtok(NULL, ":"), fd++) {
		if (strcmp(name, "keep.socket") != 0)
			continue;
		if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) ||
		    !listening)
			errx(1, "descriptor %d is not the socket any more", fd);
		printf("socket at %d\n", fd);
	}
}

static void print_state(const char *verb, uint64_t number,
			const struct hp_session_info *info)
{
	static const char *const answers[] = { "no", "yes", "unknown" };

	printf("%s %llu %s kexec-%s\n", verb, (unsigned long long)number,
	       info->sealed ? "sealed" : "open", answers[info->outlives_kexec]);
	fflush(stdout);
}

static void start(const char *name, bool shmem, bool times)
{
	uint64_t began = now_us(), opened, written;
	struct hp_region_opts opts = { .size = sizeof(opts) };
	struct hp_session_opts session_opts = {
		.size = sizeof(session_opts),
		.log = print_detail,
	};
	struct hp_session_info info = { .size = sizeof(info) };
	const char *verb;
	uint64_t number;
	int error;

	opts.flags = shmem ? HP_REGION_SHMEM : 0;
	error = hp_session_open(name, &session_opts, &session);
	if (error)
		fail("hp_session_open", error);
	for (unsigned int i = 0; i < count; i++) {
		error = hp_region_open(session, i + 1, length, &opts, &regions[i]);
		if (error)
			fail("hp_region_open", error);
	}
	opened = now_us();
	check_sockets();
	verb = name_of(origin_of_all());
	number = hp_region_is_new(regions[0]) ? 0 : read_all();
	if (!hp_region_is_new(regions[0]) && !number)
		verb = "damaged";
	write_all(number + 1);
	written = now_us();
	error = hp_session_preserve(session);
	if (error)
		fail("hp_session_preserve", error);
	if (times)
		printf("opened %llu preserved %llu\n", (unsigned long long)(opened - began),
		       (unsigned long long)(opened - began + now_us() - written));
	error = hp_session_info(session, &info);
	if (error)
		fail("hp_session_info", error);
	if (info.preserved_count != count)
		errx(1, "%u of %u regions are preserved", info.preserved_count, count);
	print_state(verb, number ? number : 1, &info);
}

static void again(void)
{
	uint64_t number = *(uint64_t *)hp_region_address(regions[0]) + 1;
	unsigned int missing = 0;

	write_all(number);
	for (unsigned int i = 0; i < count; i++)
		missing += hp_region_is_preserved(regions[i]) != 1;
	if (missing)
		printf("wrote %llu, %u are not preserved\n", (unsigned long long)number, missing);
	else
		printf("wrote %llu preserved\n", (unsigned long long)number);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	bool shmem = false, children = false, seal = true, times = false;
	const char *name = "keep";
	sigset_t set;
	int signal;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--shmem"))
			shmem = true;
		else if (!strcmp(argv[i], "--fork"))
			children = true;
		else if (!strcmp(argv[i], "--no-seal"))
			seal = false;
		else if (!strcmp(argv[i], "--times"))
			times = true;
		else if (!strcmp(argv[i], "--name") && i + 1 < argc)
			name = argv[++i];
		else if (!strcmp(argv[i], "--mib") && i + 1 < argc)
			length = strtoull(argv[++i], NULL, 10) * MIB;
		else
			count = (unsigned int)atoi(argv[i]);
	}
	if (!count || count > REGIONS_MAX)
		errx(2, "impossible number of regions");
	/* A word of each huge page will do of much memory */
	if (length > 4 * MIB)
		stride = 2 * MIB / sizeof(uint64_t);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	start(name, shmem, times);
	if (children && !fork()) {
		pause();
		_exit(0);
	}
	notify("READY=1");
	while (!sigwait(&set, &signal) && signal == SIGUSR1)
		again();
	if (!seal)
		return 0;
	signal = hp_session_seal(session);
	if (signal)
		fail("hp_session_seal", signal);
	return 0;
}
