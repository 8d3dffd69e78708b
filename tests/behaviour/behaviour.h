/* SPDX-License-Identifier: MIT */
/*
 * Behaviours: what the public header promises, each shown by a case that uses
 * nothing else of the library. The list (cases.h) is run by two backends, so
 * that the fake kernel of the unit tests cannot drift from the real one:
 *  - tests/unit/test_behaviour.c on the fake kernel, the kexec simulated;
 *  - machine.c in the virtual machine, on the real kernel with real kexecs.
 *
 * A case has a stage for each kernel it lives in. A stage is a process of its
 * own: nothing but preserved memory gets from one to the next, static variables
 * do not. At the end of a stage but the last the process stays as it is until
 * the kexec.
 */
#ifndef BEHAVIOUR_H
#define BEHAVIOUR_H

#include <errno.h>
#include <hugepersist/hugepersist.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAGES_MAX 4

/* Which machine a case needs. */
enum need {
	ORDINARY, /* 64 free pages of 2 MiB, less than 6 of them preserved */
	GIGANTIC, /* as well two of 1 GiB, for itself alone */
	LARGE,	  /* 1,100 pages of 2 MiB */
};

struct behaviour {
	const char *name;
	enum need need;
	void (*stages[STAGES_MAX])(void);
};

/* CASE(name, first stage, ...), after the stages */
#define CASE(name_, ...)                        \
	const struct behaviour case_##name_ = { \
		.name = #name_,                 \
		.stages = { __VA_ARGS__ },      \
	}
#define CASE_NEEDS(what_, name_, ...)           \
	const struct behaviour case_##name_ = { \
		.name = #name_,                 \
		.need = (what_),                \
		.stages = { __VA_ARGS__ },      \
	}

/* All cases; and some that must fail, to show that a case can. */
extern const struct behaviour *const behaviours[];
extern const unsigned int behaviours_count;
extern const struct behaviour *const controls[];
extern const unsigned int controls_count;

/* -- Checks ---------------------------------------------------------------- */

/* Ends the stage and the case. */
__attribute__((noreturn, format(printf, 3, 4))) void
bh_failed(const char *file, int line, const char *format, ...);

#define EXPECT_FAILED(...) bh_failed(__FILE__, __LINE__, __VA_ARGS__)
#include "../expect.h"

/* -- What cases have in common (common.c) ---------------------------------- */

#define PAGE HP_PAGE_2M

/* The name of the case's session; with a suffix, of another one. */
const char *session_name(const char *suffix);
void set_case(const struct behaviour *behaviour);

/* Open the session; it did not come back, or it did. */
struct hp_session *open_fresh(void);
struct hp_session *open_returned(void);

/* A region of that many pages of 2 MiB, with bytes that tell the token. */
struct hp_region *make(struct hp_session *session, uint64_t token,
		       uint64_t pages);
struct hp_region *take_back(struct hp_session *session, uint64_t token);
/* make() and preserve. */
struct hp_region *make_preserved(struct hp_session *session, uint64_t token,
				 uint64_t pages);

/* Bytes that can be told from those of another seed, and looking at them. */
void put_bytes(void *address, uint64_t length, uint64_t seed);
bool has_bytes(const void *address, uint64_t length, uint64_t seed);
void check_bytes(const struct hp_region *region, uint64_t seed);

struct hp_session_info session_info(struct hp_session *session);
/* Did the previous kernel hand it over, and is it not committed? */
bool session_returned(struct hp_session *session);
struct hp_region_info region_info(struct hp_region *region);
/* hp_session_region(), and the result. */
int list_region(struct hp_session *session, unsigned int index,
		struct hp_region_info *info);

/* Options with their size set. */
struct hp_region_opts region_opts(unsigned int flags);
struct hp_session_opts session_opts(unsigned int flags);

/* Another mapping, so that nothing else can be mapped there. */
void occupy(void *address, uint64_t length);
void give_up(void *address, uint64_t length);

/* -- The backend ----------------------------------------------------------- */

/* hp_session_open() and hp_region_from_fd(). */
int bh_open(const char *name, const struct hp_session_opts *opts,
	    struct hp_session **ret_session);
int bh_from_fd(int fd, const struct hp_region_opts *opts,
	       struct hp_region **ret_region);

/* Files of the application; page_size 0: small pages. */
int bh_memfd(uint64_t page_size, uint64_t length);
/* A file of 2 MiB pages on a hugetlbfs mount. */
int bh_mounted_file(uint64_t length);
/* Another descriptor of it, for reading only. */
int bh_read_only(int fd);
int bh_set_length(int fd, uint64_t length);
/* Into a file of small pages, which becomes that long. */
void bh_write(int fd, const void *bytes, size_t length);
void bh_close(int fd);

enum map_kind { MAP_OF_ALL, MAP_OF_ONE, MAP_TO_READ };
/* fd -1: anonymous memory in pages of 2 MiB. MAP_OF_ONE: MAP_PRIVATE. */
void *bh_map(int fd, uint64_t offset, uint64_t length, enum map_kind kind);
void *bh_map_small(uint64_t length);
void bh_unmap(void *address, uint64_t length);

/* LUO without the library. */
int bh_take_device(void);
int bh_luo_create(const char *name);
int bh_luo_retrieve(const char *name);
int bh_luo_preserve(int session, int fd, uint64_t token);

/* Pages that nobody uses; reserved ones count as used. */
long bh_pool_free(uint64_t page_size);
/* Release and boot id of this kernel. */
void bh_kernel(char release[72], char boot_id[40]);

/* No descriptor is free; a cgroup takes no huge page more. */
void bh_limit_fds(bool on);
void bh_limit_memory(bool on);

/*
 * A forked child runs this; its checks count. The kernel's view of what it does
 * may be the child's own: the parent must not rely on it.
 */
void bh_in_child(void (*function)(void));
/* A forked child does nothing but live, and then ends. */
void bh_child_stays(void);
void bh_child_ends(void);

/*
 * Another process, which is no child and has nothing of this one but a copy of
 * the descriptor, -1 without. It is killed at the end, or by bh_other_ends().
 */
void bh_other(void (*function)(int fd), int fd);
void bh_other_stays(void (*function)(int fd), int fd);
void bh_other_ends(void);

#endif
