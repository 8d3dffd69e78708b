/* SPDX-License-Identifier: MIT */
/*
 * luo: runs a script of one command a line against live update, memory files
 * and mappings, and keeps everything open between the lines. Guest cases feed
 * it from a here-document; luo.c lists the commands.
 */
#ifndef LUO_H
#define LUO_H

#include <stdint.h>
#include <sys/types.h>

/* Results besides 0 and -errno */
#define LUO_WRONG	1	/* not what the script says; was explained */
#define LUO_SIGBUS	(-4096)	/* the access was answered by SIGBUS */

/* Names the script gives to descriptors and mappings */
struct thing {
	char name[32];
	int fd;			/* -1: a mapping */
	void *address;
	size_t length;
	int segment;		/* System V: its id; -1: none */
	struct thing *next;
};

struct thing *thing_find(const char *name);
struct thing *thing_new(const char *name, int fd);
void thing_drop(struct thing *thing);

struct command {
	const char *name;
	const char *args;
	int min, max;		/* how many arguments */
	int (*run)(int argc, char **argv);
};

extern const struct command session_commands[];
extern const struct command file_commands[];
extern const struct command huge_commands[];
extern const struct command memory_commands[];
extern const struct command uffd_commands[];
extern const struct command count_commands[];
extern const struct command fault_commands[];

/* Run one command */
int run(int argc, char **argv);

/* ENOMEM, success, ... */
const char *result_name(int rc);

/* A line for the harness */
int report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A size of huge pages, and its names in sysfs and in files of cgroups */
struct page_size {
	char name[8], pool[32], cgroup[8];
	int shift;
};

/* 64K, 2M, 1G or another power of two, until the next call; NULL: none */
const struct page_size *page_size_find(const char *name);

/* The same, with an explanation if it is NULL */
const struct page_size *page_size(const char *name);

/* As flags of memfd_create(2), mmap(2) and shmget(2) have it */
unsigned int page_size_flags(const struct page_size *size);

/* 64M, 2G, 0x20, -1 */
int64_t number(const char *text);

/* Explain a difference; returns LUO_WRONG */
int wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The descriptor of a name; leaves the program if there is none */
int fd_of(const char *name);

#endif
