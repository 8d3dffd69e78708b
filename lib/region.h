/* SPDX-License-Identifier: MIT */
#ifndef HP_REGION_H
#define HP_REGION_H

#include <stdatomic.h>
#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "log.h"
#include "numa.h"
#include "sys.h"

struct hp_region {
	struct hp_session *session; /* NULL: hp_region_from_fd() */
	const struct hp_sys *sys;
	const struct hp_log *log;
	struct hp_region *next; /* of the session */
	uint64_t token;
	uint64_t page_size;
	uint64_t layout;
	_Atomic uint64_t
		length; /* changes with grow, the getters do not wait */
	_Atomic(void *) address;
	int fd;
	bool read_only;
	bool shmem;	      /* HP_REGION_SHMEM */
	bool foreign_mapping; /* the application unmaps it, not we */
	uint64_t device;      /* what fd was when the region was opened */
	uint64_t inode;
	enum hp_origin origin;
	atomic_bool preserved;
	unsigned int place;  /* in the manifest, from 1; 0: not preserved */
	bool unlisted;	     /* LUO has it, after a preserve that failed */
	struct hp_numa numa; /* as asked for; to be told for a new mapping */
	char label[HP_LABEL_MAX + 1];
};

/* The open region with that token, or NULL. The session is locked. */
struct hp_region *hp_region_find(const struct hp_session *session,
				 uint64_t token);

/* Is the token free, among the open regions and those that came back? */
int hp_region_check_token(struct hp_session *session, uint64_t token);

/* What region_create.c and those alike open belongs to the session. */
void hp_region_enlist(struct hp_session *session, struct hp_region *region);

/* All of the structure but its size. The session, if any, is locked. */
void hp_region_describe(const struct hp_region *region,
			struct hp_region_info *ret_info);

/* hp_region_from_fd() on any system; the unit tests bring their own. */
int hp_region_from_fd_on(const struct hp_sys *sys, int fd,
			 const struct hp_region_opts *opts,
			 struct hp_region **ret_region);

/*
 * Is the file behind fd still the one of the region? The application has the
 * number too: it may have resized the file, or closed the number and got it
 * again for another one. -EUCLEAN: no.
 */
int hp_region_check_file(const struct hp_region *region,
			 struct hp_file_info *ret_info);

/* The same, whatever its length has become. */
int hp_region_check_same(const struct hp_region *region,
			 struct hp_file_info *ret_info);

/* Pages of that size; of shmem the small ones. 0: the file can be no region. */
static inline uint64_t hp_file_page_size(const struct hp_file_info *info)
{
	return info->page_size ? info->page_size : info->shmem_page_size;
}

/* What the length of such a file is a multiple of, to be a region. */
static inline uint64_t hp_file_unit(const struct hp_file_info *info)
{
	return info->page_size ? info->page_size : HP_PAGE_2M;
}

/* What length, address and parts of a region are multiples of. */
static inline uint64_t hp_region_unit(const struct hp_region *region)
{
	return region->shmem ? HP_PAGE_2M : region->page_size;
}

/* What every call that opens a region of a session asks of its arguments. */
int hp_region_check_request(const struct hp_session *session, uint64_t token,
			    struct hp_region **ret_region);

/* Could there be a new region like that, whatever the machine has? */
int hp_region_check_new(const struct hp_region_opts *known, uint64_t length);

/* hp_region_create() in a session that is locked, with arguments checked. */
int hp_region_create_locked(struct hp_session *session, uint64_t token,
			    uint64_t length, const struct hp_region_opts *opts,
			    struct hp_region **ret_region);

/* Unmap and free; not in the session's list any more. */
void hp_region_free(struct hp_region *region);

/* The same for one that is in the list of its session, which is locked. */
void hp_region_remove(struct hp_region *region);

#endif
