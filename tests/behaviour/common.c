// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "behaviour.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static const struct behaviour *current;

void set_case(const struct behaviour *behaviour)
{
	current = behaviour;
}

/* Names of sessions are shorter than those of cases. */
const char *session_name(const char *suffix)
{
	static char name[HP_NAME_MAX + 1];
	unsigned int hash = 5381;

	for (const char *c = current->name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	(void)snprintf(name, sizeof(name), "behaviour.%.30s.%08x%s",
		       current->name, hash, suffix);
	return name;
}

bool session_returned(struct hp_session *session)
{
	return session_info(session).came_back;
}

struct hp_session *open_fresh(void)
{
	struct hp_session *s;

	ok(bh_open(session_name(""), NULL, &s));
	equal(session_returned(s), 0);
	return s;
}

struct hp_session *open_returned(void)
{
	struct hp_session *s;

	ok(bh_open(session_name(""), NULL, &s));
	equal(session_returned(s), 1);
	return s;
}

/* Enough to tell regions and pages apart; more would only take time. */
#define STRIDE (UINT64_C(1) << 19)

static uint64_t mark(uint64_t seed, uint64_t at)
{
	return (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ at;
}

void put_bytes(void *address, uint64_t length, uint64_t seed)
{
	char *bytes = address;

	for (uint64_t i = STRIDE; i <= length; i += STRIDE) {
		uint64_t m = mark(seed, i);

		memcpy(bytes + i - sizeof(m), &m, sizeof(m));
	}
}

bool has_bytes(const void *address, uint64_t length, uint64_t seed)
{
	const char *bytes = address;

	for (uint64_t i = STRIDE; i <= length; i += STRIDE) {
		uint64_t m;

		memcpy(&m, bytes + i - sizeof(m), sizeof(m));
		if (m != mark(seed, i))
			return false;
	}
	return true;
}

void check_bytes(const struct hp_region *region, uint64_t seed)
{
	check(has_bytes(hp_region_address(region), hp_region_length(region),
			seed));
}

struct hp_region *make(struct hp_session *session, uint64_t token,
		       uint64_t pages)
{
	struct hp_region *r;

	ok(hp_region_create(session, token, pages * PAGE, NULL, &r));
	put_bytes(hp_region_address(r), pages * PAGE, token);
	return r;
}

struct hp_region *make_preserved(struct hp_session *session, uint64_t token,
				 uint64_t pages)
{
	struct hp_region *r = make(session, token, pages);

	ok(hp_region_preserve(r));
	return r;
}

struct hp_region *take_back(struct hp_session *session, uint64_t token)
{
	struct hp_region *r;

	ok(hp_region_reclaim(session, token, NULL, &r));
	check_bytes(r, token);
	return r;
}

struct hp_session_info session_info(struct hp_session *session)
{
	struct hp_session_info info = { .size = sizeof(info) };

	ok(hp_session_info(session, &info));
	return info;
}

struct hp_region_info region_info(struct hp_region *region)
{
	struct hp_region_info info = { .size = sizeof(info) };

	ok(hp_region_info(region, &info));
	return info;
}

int list_region(struct hp_session *session, unsigned int index,
		struct hp_region_info *info)
{
	*info = (struct hp_region_info){ .size = sizeof(*info) };
	return hp_session_region(session, index, info);
}

struct hp_region_opts region_opts(unsigned int flags)
{
	struct hp_region_opts opts = { 0 };

	opts.size = sizeof(opts);
	opts.flags = flags;
	return opts;
}

struct hp_session_opts session_opts(unsigned int flags)
{
	struct hp_session_opts opts = { 0 };

	opts.size = sizeof(opts);
	opts.flags = flags;
	return opts;
}

void occupy(void *address, uint64_t length)
{
	void *got = mmap(address, length, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				 MAP_FIXED_NOREPLACE,
			 -1, 0);

	check(got == address);
}

void give_up(void *address, uint64_t length)
{
	check(!munmap(address, length));
}
