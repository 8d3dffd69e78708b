// SPDX-License-Identifier: MIT
/*
 * Fake kernel: mappings. They are real ones of the file's memfd, so that the
 * tests can write to them; what the kernel knows of them is in a table.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "fake_kernel.h"

struct fake_policy fake_policies[FAKE_POLICIES];
unsigned int fake_policy_count;

static bool overlaps(const struct map *map, const char *address,
		     uint64_t length)
{
	return map->address && map->address < address + length &&
	       address < map->address + map->length;
}

static struct map *map_at(struct process *p, const char *address)
{
	for (int i = 0; i < p->map_end; i++)
		if (overlaps(&p->maps[i], address, 1))
			return &p->maps[i];
	return NULL;
}

/* Processes share the real address space: a forked one has the same maps. */
static void really_unmap(const struct process *p, char *address,
			 uint64_t length)
{
	for (int i = 0; i < FAKE_PROCESSES; i++) {
		const struct process *other = &fake_processes[i];

		if (other == p)
			continue;
		for (int j = 0; j < other->map_end; j++)
			if (overlaps(&other->maps[j], address, length))
				return;
	}
	check(!munmap(address, length));
}

void map_drop(struct process *p, struct map *map)
{
	really_unmap(p, map->address, map->length);
	map->address = NULL;
	if (map->description)
		description_put(map->description);
	fake.maps--;
}

static struct map *map_new(struct process *p)
{
	for (int i = 0; i < MAPS; i++) {
		if (p->maps[i].address)
			continue;
		if (i >= p->map_end)
			p->map_end = i + 1;
		memset(&p->maps[i], 0, sizeof(p->maps[i]));
		return &p->maps[i];
	}
	return NULL;
}

/* A place that is aligned as huge pages are; reserved, nothing is there. */
static char *find_place(uint64_t length, uint64_t alignment)
{
	char *start, *place;
	uint64_t gap;

	start = mmap(NULL, length + alignment, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	gap = (alignment - (uintptr_t)start % alignment) % alignment;
	place = start + gap;
	if (gap)
		munmap(start, gap);
	munmap(place + length, alignment - gap);
	return place;
}

/* All that mmap(2) does; the caller has checked and reserved. */
static int map_file(const struct map *wanted, char *address, uint64_t alignment,
		    void **ret_address)
{
	int protection = PROT_READ | (wanted->read_only ? 0 : PROT_WRITE);
	int flags = wanted->private ? MAP_PRIVATE : MAP_SHARED;
	struct process *p = running();
	struct map *map = map_new(p);
	void *got;

	if (!map)
		return -ENOMEM;
	if (address) {
		flags |= MAP_FIXED_NOREPLACE;
	} else {
		address = find_place(wanted->length, alignment);
		if (!address)
			return -ENOMEM;
		flags |= MAP_FIXED;
	}
	if (!wanted->file)
		flags |= MAP_ANONYMOUS;
	got = mmap(address, wanted->length, protection, flags,
		   wanted->file ? wanted->file->memfd : -1,
		   (off_t)wanted->offset);
	if (got == MAP_FAILED)
		return -errno;
	*map = *wanted;
	map->address = got;
	if (map->description)
		description_get(map->description);
	fake.maps++;
	*ret_address = got;
	return 0;
}

int fake_map(const struct hp_map_request *request, void **ret_address)
{
	int err = called(CALL_MAP);
	struct map wanted = {
		.length = request->length,
		.offset = request->offset,
		.read_only = request->read_only,
	};
	struct description *d;
	uint64_t page, end;

	if (err)
		return err;
	LOCKED();
	d = fd_lookup(request->fd, FILE_FD);
	wanted.file = d->file;
	wanted.description = d;
	page = d->file->page_size ? d->file->page_size : 4096;
	end = wanted.offset + wanted.length;
	check(wanted.length && end > wanted.offset);
	check(!d->file->page_size || wanted.length % page == 0);
	if (d->read_only && !wanted.read_only)
		return -EACCES;
	if (wanted.offset % page || (uintptr_t)request->address % page)
		return -EINVAL;
	/* hugetlbfs: a writable mapping past the end makes the file longer. */
	if (end > d->file->length && !wanted.read_only) {
		err = file_resize(d->file, end);
		if (err)
			return err;
	}
	if (end <= d->file->length) {
		err = file_reserve(d->file, end);
		if (err)
			return err;
	}
	if (request->alignment > page)
		page = request->alignment;
	return map_file(&wanted, request->address, page, ret_address);
}

/* A piece of a map goes; what is left of it before and behind stays. */
static void cut(struct process *p, struct map *map, char *start, char *end)
{
	char *map_end = map->address + map->length;
	struct map *rest;

	if (end < map_end) {
		rest = map_new(p);
		check(rest);
		*rest = *map;
		rest->address = end;
		rest->length = (uint64_t)(map_end - end);
		rest->offset += (uint64_t)(end - map->address);
		if (rest->description)
			description_get(rest->description);
		fake.maps++;
		map->length = (uint64_t)(end - map->address);
	}
	if (start > map->address) {
		really_unmap(p, start, (uint64_t)(end - start));
		map->length = (uint64_t)(start - map->address);
	} else {
		map_drop(p, map);
	}
}

void fake_unmap(void *address, uint64_t length)
{
	struct process *p;

	called(CALL_UNMAP);
	LOCKED();
	p = running();
	for (char *at = address, *end = at + length; at < end;) {
		struct map *map = map_at(p, at);
		char *until;

		/* Linux does not mind, but a program that does so has a bug. */
		check(map);
		until = map->address + map->length;
		if (until > end)
			until = end;
		if (map->file && map->file->page_size)
			check((uintptr_t)until % map->file->page_size == 0);
		cut(p, map, at, until);
		at = until;
	}
}

int map_walk(void *address, uint64_t length, map_part_fn *part, void *context)
{
	struct process *p = running();

	for (char *at = address, *end = at + length; at < end;) {
		struct map *map = map_at(p, at);
		uint64_t skip, bytes;
		int err;

		if (!map)
			return -ENOMEM;
		skip = (uint64_t)(at - map->address);
		bytes = map->length - skip;
		if (bytes > (uint64_t)(end - at))
			bytes = (uint64_t)(end - at);
		err = part(map, map->offset + skip, bytes, context);
		if (err)
			return err;
		at += bytes;
	}
	return 0;
}

static int populate_part(struct map *map, uint64_t offset, uint64_t length,
			 void *unused)
{
	(void)unused;
	if (map->read_only)
		return -EINVAL;
	if (!map->file || map->private)
		return 0;
	if (offset + length > map->file->length)
		return -EFAULT;
	/* madvise(2) says so for SIGBUS. */
	return file_fill(map->file, offset, length) ? -EFAULT : 0;
}

int fake_populate(void *address, uint64_t length)
{
	int err = called(CALL_POPULATE);

	if (err)
		return err;
	LOCKED();
	return map_walk(address, length, populate_part, NULL);
}

int fake_set_policy(void *address, uint64_t length, unsigned int policy,
		    const unsigned long *nodes, unsigned int nodes_bits)
{
	int err = called(CALL_SET_POLICY);
	struct fake_policy *record;
	uint64_t mask = 0;

	if (err)
		return err;
	LOCKED();
	if (fake.no_numa)
		return -ENOSYS;
	check(policy >= 1 && policy <= 3);
	check((uintptr_t)address % 4096 == 0 && length);
	for (unsigned int i = 0; i < nodes_bits; i++) {
		if (!(nodes[i / (8 * sizeof(*nodes))] >>
			      i % (8 * sizeof(*nodes)) &
		      1))
			continue;
		if (i >= 64)
			return -EINVAL;
		mask |= UINT64_C(1) << i;
	}
	if (!mask || mask & ~fake.nodes)
		return -EINVAL;
	for (char *at = address, *end = at + length; at < end;) {
		struct map *map = map_at(running(), at);

		if (!map)
			return -EFAULT;
		at = map->address + map->length;
	}
	if (fake_policy_count == FAKE_POLICIES) {
		memmove(fake_policies, fake_policies + 1,
			sizeof(fake_policies) - sizeof(fake_policies[0]));
		fake_policy_count--;
	}
	record = &fake_policies[fake_policy_count++];
	*record = (struct fake_policy){
		.address = address,
		.length = length,
		.nodes = mask,
		.policy = policy,
	};
	return 0;
}

int fake_find_mapping(uint64_t address, struct hp_mapping *ret_mapping)
{
	int err = called(CALL_FIND_MAPPING);
	const struct map *map;

	if (err)
		return err;
	LOCKED();
	if (fake.hidden_proc)
		return -ENOENT;
	map = map_at(running(), (char *)(uintptr_t)address);
	if (!map)
		return -ENXIO;
	*ret_mapping = (struct hp_mapping){
		.start = (uintptr_t)map->address,
		.end = (uintptr_t)map->address + map->length,
		.offset = map->offset,
		.device = map->file ? map->file->device : 0,
		.inode = map->file ? map->file->inode : 0,
		.shared = !map->private,
		.writable = !map->read_only,
	};
	return 0;
}

int fake_open_mapping(const struct hp_mapping *mapping)
{
	int err = called(CALL_OPEN_MAPPING);
	const struct map *map;

	if (err)
		return err;
	LOCKED();
	if (fake.map_files_error)
		return -fake.map_files_error;
	map = map_at(running(), (char *)(uintptr_t)mapping->start);
	/* The name of the link has both ends in it. */
	if (!map || (uintptr_t)map->address != mapping->start ||
	    (uintptr_t)map->address + map->length != mapping->end || !map->file)
		return -ENOENT;
	return fd_take(fd_install(running(), FD_FIRST,
				  description_new(FILE_FD, map->file, NULL)));
}

/* -- For tests ------------------------------------------------------------- */

void *fake_mmap(int fd, uint64_t offset, uint64_t length, unsigned int flags)
{
	struct map wanted = {
		.length = length,
		.offset = offset,
		.private = flags & FAKE_PRIVATE,
		.read_only = flags & FAKE_READ_ONLY,
	};
	uint64_t page = 4096;
	void *address;

	LOCKED();
	if (fd >= 0) {
		wanted.description = fd_lookup(fd, FILE_FD);
		wanted.file = wanted.description->file;
		check(offset + length <= wanted.file->length);
		if (!wanted.private)
			check(!file_reserve(wanted.file, offset + length));
	}
	if (wanted.file && wanted.file->page_size)
		page = wanted.file->page_size;
	check(!map_file(&wanted, NULL, page, &address));
	return address;
}
