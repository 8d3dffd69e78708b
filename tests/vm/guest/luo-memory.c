// SPDX-License-Identifier: MIT
/* luo: mappings and what is in them */
#define _GNU_SOURCE
#include "luo.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "pattern.h"

static sigjmp_buf bus_error;

static void on_bus_error(int sig)
{
	(void)sig;
	siglongjmp(bus_error, 1);
}

enum what { FILL, CHECK, DIFFERS, ZERO };

struct area {
	enum what what;
	char *address;		/* of the first byte looked at */
	uint64_t offset;	/* where that byte is in the file */
	size_t length;
	uint64_t seed;
	size_t good;		/* bytes as expected, from the first */
};

static void visit(struct area *a)
{
	switch (a->what) {
	case FILL:
		pattern_fill(a->address, a->offset, a->length, a->seed);
		break;
	case CHECK:
	case DIFFERS:
		a->good = pattern_check(a->address, a->offset, a->length,
					a->seed);
		break;
	case ZERO:
		while (a->good < a->length && !a->address[a->good])
			a->good++;
		break;
	}
}

static int visit_guarded(struct area *a)
{
	if (sigsetjmp(bus_error, 1))
		return LUO_SIGBUS;
	visit(a);
	return 0;
}

static int judge(const struct area *a, const char *name)
{
	size_t at = a->offset + a->good;

	if (a->what == CHECK && a->good < a->length)
		return wrong("byte %zu of %s is not what was written", at, name);
	if (a->what == DIFFERS && a->good == a->length)
		return wrong("%s holds what was written and should not", name);
	if (a->what == ZERO && a->good < a->length)
		return wrong("byte %zu of %s is not zero", at, name);
	return 0;
}

/*
 * Part of a file is mapped by itself: a shared mapping of all of it would
 * reserve all of it.
 */
static int look_at_file(struct area *a, int fd)
{
	int rc;

	a->address = mmap(NULL, a->length, a->what == FILL ?
			  PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd,
			  a->offset);
	if (a->address == MAP_FAILED)
		return -errno;
	rc = visit_guarded(a);
	munmap(a->address, a->length);
	return rc;
}

static int look(int argc, char **argv, enum what what)
{
	struct thing *t = thing_find(argv[1]);
	struct area a = { .what = what, .length = t->length };
	int at = what == ZERO ? 2 : 3, rc;
	struct stat st;

	if (t->fd >= 0) {
		if (fstat(t->fd, &st))
			return -errno;
		a.length = st.st_size;
	}
	if (what != ZERO)
		a.seed = number(argv[2]);
	if (argc > at + 1) {
		if ((uint64_t)number(argv[at]) + number(argv[at + 1]) > a.length)
			return wrong("%s has %zu bytes only", argv[1], a.length);
		a.offset = number(argv[at]);
		a.length = number(argv[at + 1]);
	}
	signal(SIGBUS, on_bus_error);
	if (t->fd >= 0) {
		rc = look_at_file(&a, t->fd);
	} else {
		a.address = (char *)t->address + a.offset;
		rc = visit_guarded(&a);
	}
	return rc ? rc : judge(&a, argv[1]);
}

static int fill(int argc, char **argv)
{
	return look(argc, argv, FILL);
}

static int check(int argc, char **argv)
{
	return look(argc, argv, CHECK);
}

static int differs(int argc, char **argv)
{
	return look(argc, argv, DIFFERS);
}

static int zero(int argc, char **argv)
{
	return look(argc, argv, ZERO);
}

/* map NAME FILE r|rw OFFSET LENGTH [private|populate|noreserve] */
static int map(int argc, char **argv)
{
	int protection = PROT_READ, flags = MAP_SHARED;
	size_t length = number(argv[5]);
	struct thing *t;
	void *address;

	if (!strcmp(argv[3], "rw"))
		protection |= PROT_WRITE;
	if (argc > 6 && !strcmp(argv[6], "private"))
		flags = MAP_PRIVATE;
	if (argc > 6 && !strcmp(argv[6], "populate"))
		flags |= MAP_POPULATE;
	if (argc > 6 && !strcmp(argv[6], "noreserve"))
		flags |= MAP_NORESERVE;
	address = mmap(NULL, length, protection, flags, fd_of(argv[2]),
		       number(argv[4]));
	if (address == MAP_FAILED)
		return -errno;
	t = thing_new(argv[1], -1);
	t->address = address;
	t->length = length;
	return 0;
}

static int touch(int argc, char **argv, int write)
{
	struct thing *t = thing_find(argv[1]);
	volatile char *byte = (char *)t->address + number(argv[2]);

	(void)argc;
	signal(SIGBUS, on_bus_error);
	if (sigsetjmp(bus_error, 1))
		return LUO_SIGBUS;
	if (write)
		*byte = 't';
	else
		(void)*byte;
	return 0;
}

static int load(int argc, char **argv)
{
	return touch(argc, argv, 0);
}

static int store(int argc, char **argv)
{
	return touch(argc, argv, 1);
}

#ifdef __aarch64__
#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif

/* The tag of the 16 bytes there; in a mapping with tags */
static unsigned int tag_of(const char *address)
{
	uintptr_t tagged = (uintptr_t)address;

	__asm__ volatile(".arch armv8.5-a+memtag\n\tldg %0, [%0]"
			 : "+r"(tagged) : : "memory");
	return tagged >> 56 & 0xf;
}

/* tag MAPPING OFFSET TAG: of the 16 bytes there */
static int tag(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);
	uintptr_t address = (uintptr_t)t->address + number(argv[2]);

	(void)argc;
	address |= (uintptr_t)number(argv[3]) << 56;
	__asm__ volatile(".arch armv8.5-a+memtag\n\tstg %0, [%0]"
			 : : "r"(address) : "memory");
	return 0;
}

/* tagged MAPPING OFFSET TAG: so they are */
static int tagged(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);
	unsigned int have = tag_of((char *)t->address + number(argv[2]));

	(void)argc;
	return have == number(argv[3]) ? 0 :
	       wrong("the tag at %s of %s is %u", argv[2], argv[1], have);
}
#endif

/* protect MAPPING r|rw|tags: for reading and writing, with tags (arm64) */
static int protect(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);
	int protection = PROT_READ;

	(void)argc;
	if (strcmp(argv[2], "r"))
		protection |= PROT_WRITE;
#ifdef __aarch64__
	if (!strcmp(argv[2], "tags"))
		protection |= PROT_MTE;
#endif
	return mprotect(t->address, t->length, protection) ? -errno : 0;
}

/* advise MAPPING ADVICE OFFSET LENGTH, the advice as a number */
static int advise(int argc, char **argv)
{
	struct thing *t = thing_find(argv[1]);

	(void)argc;
	return madvise((char *)t->address + number(argv[3]), number(argv[4]),
		       (int)number(argv[2])) ? -errno : 0;
}

const struct command memory_commands[] = {
	{ "fill", "NAME SEED [OFFSET LENGTH]", 2, 4, fill },
	{ "check", "NAME SEED [OFFSET LENGTH]", 2, 4, check },
	{ "differs", "NAME SEED [OFFSET LENGTH]", 2, 4, differs },
	{ "zero", "NAME [OFFSET LENGTH]", 1, 3, zero },
	{ "map", "NAME FILE r|rw OFFSET LENGTH [HOW]", 5, 6, map },
	{ "load", "MAPPING OFFSET", 2, 2, load },
	{ "store", "MAPPING OFFSET", 2, 2, store },
	{ "protect", "MAPPING r|rw|tags", 2, 2, protect },
#ifdef __aarch64__
	{ "tag", "MAPPING OFFSET TAG", 3, 3, tag },
	{ "tagged", "MAPPING OFFSET TAG", 3, 3, tagged },
#endif
	{ "advise", "MAPPING ADVICE OFFSET LENGTH", 4, 4, advise },
	{ NULL, NULL, 0, 0, NULL },
};
