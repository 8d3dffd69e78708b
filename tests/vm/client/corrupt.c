// SPDX-License-Identifier: MIT
/*
 * corrupt: changes what the old kernel wrote about preserved hugetlb files, in
 * the memory of the machine, before the new kernel reads it. Runs outside, on
 * the memory that run-case gives in HP_VM_RAM.
 *
 * A file whose position is POSITION + N gets damage number N from the table
 * below. With the argument "dependent" it is one file alone, of which LUO's own
 * record is damaged; with "pools-..." it is the word on the pools, while the old
 * kernel still runs. The record is found by that position, see struct record; it
 * is what include/linux/kho/abi/hugetlb.h of the series says. When all is done,
 * the page in which the machine waits (luo's command "host") is told.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE		4096UL
#define POSITION	0x5eed7a1e000000ULL
/* This one is whole */
#define OTHER		22

struct record {
	uint64_t magic;
	uint64_t size;
	uint64_t pos;
	uint64_t nr_folios;
	uint32_t order;
	uint32_t seals;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint32_t reserved;
	uint64_t chunks;
	char name[256];
};

struct chunk {
	uint64_t next;
	uint64_t count;
	uint64_t entries[510];
};

/* What LUO says about a file, see include/linux/kho/abi/luo.h */
struct luo_file {
	char compatible[47];
	uint8_t flags;
	uint64_t data;
	uint64_t token;
};

static char *ram;
static uint64_t ram_size;

static void fail(const char *what)
{
	printf("corrupt: %s\n", what);
	exit(1);
}

static void *at(uint64_t address, uint64_t length)
{
	if (address > ram_size || length > ram_size - address)
		fail("a record points outside of the memory");
	return ram + address;
}

static struct chunk *chunk(const struct record *r)
{
	return at(r->chunks, PAGE);
}

static uint64_t *entries(const struct record *r)
{
	return chunk(r)->entries;
}

/* Its record has a page of its own. Nothing else looks like one. */
static struct record *find(uint64_t position)
{
	struct record *r, *found = NULL;
	uint64_t address;

	for (address = 0; address < ram_size; address += PAGE) {
		r = (struct record *)(ram + address);
		if (r->pos != position || r->size != 2UL << 21 ||
		    r->nr_folios != 2 || r->order != 9)
			continue;
		if (found)
			fail("two records of the same file");
		found = r;
	}
	return found;
}

static const char known[] = "hugetlb-v";

static struct luo_file *luo_file(const struct record *r)
{
	struct luo_file *f;
	uint64_t address;

	for (address = 0; address + sizeof(*f) <= ram_size; address += 8) {
		f = (struct luo_file *)(ram + address);
		if (f->data == (uint64_t)((char *)r - ram) &&
		    !strncmp(f->compatible, known, strlen(known)))
			return f;
	}
	fail("LUO has no record of the file");
	return NULL;
}

/* A handler that no kernel has */
static void version(struct record *r)
{
	luo_file(r)->compatible[strlen(known)] = '9';
}

/* The same, and the old kernel does not say that the others can do without it */
static void dependent(struct record *r)
{
	version(r);
	luo_file(r)->flags = 0;
}

static void reserved(struct record *r)
{
	r->reserved = 1;
}

static void unknown_seal(struct record *r)
{
	r->seals |= 0x8000;
}

static void order_without_pool(struct record *r)
{
	r->order = 11;
}

static void order_too_large(struct record *r)
{
	r->order = 200;
}

static void one_page_more(struct record *r)
{
	r->nr_folios++;
}

static void pages_without_end(struct record *r)
{
	r->nr_folios = 1ULL << 40;
}

static void other_size(struct record *r)
{
	r->size += 64 << 20;
}

static void negative_size(struct record *r)
{
	r->size = 1ULL << 63;
}

static void no_list(struct record *r)
{
	r->chunks = 0;
}

static void list_outside(struct record *r)
{
	r->chunks = 1ULL << 50;
}

static void list_not_preserved(struct record *r)
{
	r->chunks = 0x1000000;	/* 16 MiB: the kernel itself */
}

static void page_not_preserved(struct record *r)
{
	entries(r)[1] = 0x1000;	/* the kernel itself, again */
}

static void page_outside(struct record *r)
{
	entries(r)[1] = 1ULL << 50;
}

static void page_twice(struct record *r)
{
	entries(r)[1] = entries(r)[0];
}

static void unknown_flag(struct record *r)
{
	entries(r)[1] |= 1ULL << 55;
}

static void no_magic(struct record *r)
{
	r->magic ^= 1;
}

static void endless_name(struct record *r)
{
	memset(r->name, 'n', sizeof(r->name));
}

static void short_chunk(struct record *r)
{
	chunk(r)->count--;
}

static void unknown_mode(struct record *r)
{
	r->mode |= 0100000;
}

static void no_owner(struct record *r)
{
	r->uid = UINT32_MAX;
}

/* A page that another file needs */
static void other_record(struct record *r)
{
	luo_file(r)->data = find(POSITION + OTHER)->chunks;
}

static const struct damage {
	const char *name;
	void (*apply)(struct record *r);
} damages[] = {
	{ "reserved", reserved },
	{ "unknown_seal", unknown_seal },
	{ "order_without_pool", order_without_pool },
	{ "order_too_large", order_too_large },
	{ "one_page_more", one_page_more },
	{ "pages_without_end", pages_without_end },
	{ "other_size", other_size },
	{ "negative_size", negative_size },
	{ "no_list", no_list },
	{ "list_outside", list_outside },
	{ "list_not_preserved", list_not_preserved },
	{ "page_not_preserved", page_not_preserved },
	{ "page_outside", page_outside },
	{ "page_twice", page_twice },
	{ "version", version },
	{ "unknown_flag", unknown_flag },
	{ "no_magic", no_magic },
	{ "endless_name", endless_name },
	{ "short_chunk", short_chunk },
	{ "other_record", other_record },
	{ "unknown_mode", unknown_mode },
	{ "no_owner", no_owner },
};

#define DAMAGES (sizeof(damages) / sizeof(damages[0]))
_Static_assert(DAMAGES == OTHER, "the file after the damaged ones is whole");

/* What the old kernel says of its pools, in pages of its own */
struct pool {
	uint32_t order;
	uint32_t nid;
	uint64_t nr_pages;
	uint64_t nr_preserved;
};

struct pools {
	char compatible[32];
	uint64_t nr_pools;
	struct pool pools[];
};

static void pools_version(struct pools *p)
{
	p->compatible[strlen("hugetlb-pools-v")] = '9';
}

static void pools_without_end(struct pools *p)
{
	p->nr_pools = 1ULL << 60;
}

static void pools_beyond_memory(struct pools *p)
{
	p->pools[0].nr_preserved = 1ULL << 40;
}

/* Each of them fits, but not both */
static void pools_beyond_memory_together(struct pools *p)
{
	for (uint64_t i = 0; i < p->nr_pools; i++)
		p->pools[i].nr_preserved =
			ram_size / PAGE * 3 / 4 >> p->pools[i].order;
}

static const struct pools_damage {
	const char *name;
	void (*apply)(struct pools *p);
} pools_damages[] = {
	{ "pools-version", pools_version },
	{ "pools-without-end", pools_without_end },
	{ "pools-beyond-memory", pools_beyond_memory },
	{ "pools-beyond-memory-together", pools_beyond_memory_together },
};

static void damage_pools(void (*apply)(struct pools *p))
{
	uint64_t address;
	int found = 0;

	for (address = 0; address < ram_size; address += PAGE) {
		struct pools *p = (struct pools *)(ram + address);

		if (strncmp(p->compatible, "hugetlb-pools-v1", 32))
			continue;
		apply(p);
		found++;
	}
	if (found != 1)
		fail("not one word on the pools");
}

static void map_memory(void)
{
	const char *path = getenv("HP_VM_RAM");
	struct stat st;
	int fd;

	if (!path)
		fail("no HP_VM_RAM: run-case runs this, for a case with 'ram: shared'");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		fail("cannot open the memory in HP_VM_RAM");
	ram_size = st.st_size;
	/* Above that, addresses have a gap for devices */
	if (ram_size > 3UL << 30)
		fail("the machine has more than 3 GiB: say 'memory: 2048' in the case");
	ram = mmap(NULL, ram_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ram == MAP_FAILED)
		fail("cannot map the memory of the machine");
}

/* The waiting page says so at its start, and looks at what follows */
static void tell_waiting(void)
{
	static const char waits[16] = "luo waits: host";
	uint64_t address;
	int told = 0;

	for (address = 0; address < ram_size; address += PAGE) {
		if (memcmp(ram + address, waits, sizeof(waits)))
			continue;
		*(volatile uint64_t *)(ram + address + sizeof(waits)) = 1;
		told = 1;
	}
	if (!told)
		fail("nobody waits in the machine");
}

int main(int argc, char **argv)
{
	struct record *r;
	size_t i;

	map_memory();
	for (i = 0; argc > 1 && i < sizeof(pools_damages) / sizeof(pools_damages[0]); i++) {
		if (strcmp(argv[1], pools_damages[i].name))
			continue;
		damage_pools(pools_damages[i].apply);
		tell_waiting();
		return 0;
	}
	if (argc > 1) {
		r = strcmp(argv[1], "dependent") ? NULL : find(POSITION);
		if (!r)
			fail("no such damage, or no record");
		dependent(r);
		tell_waiting();
		return 0;
	}
	for (i = 0; i < DAMAGES; i++) {
		r = find(POSITION + i);
		if (!r) {
			printf("corrupt: no record for %s\n", damages[i].name);
			return 1;
		}
		damages[i].apply(r);
	}
	tell_waiting();
	return 0;
}
