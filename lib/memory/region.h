/* SPDX-License-Identifier: MIT */
/*
 * A region: a file in huge pages and its mapping, and what is known about them.
 * Which session it belongs to, and which calls that session allows, is no
 * business of this room.
 */
#ifndef HP_REGION_H
#define HP_REGION_H

#include <stdatomic.h>
#include <stdbool.h>

#include <hugepersist/hugepersist.h>

#include "base/log.h"
#include "memory/numa.h"
#include "memory/populate.h"
#include "system/sys.h"

struct hp_region {
	struct hp_session *session; /* NULL: hp_region_from_fd() */
	const struct hp_sys *sys;
	const struct hp_log *log;
	unsigned int forks;	/* what sys->forks() said when it was made */
	struct hp_region *next; /* of the session */
	uint64_t token;
	uint64_t page_size;
	uint64_t layout;
	_Atomic uint64_t
		length; /* changes with grow, the getters do not wait */
	_Atomic(void *) address;
	int fd;
	bool passed; /* the number came from the service manager */
	bool open;   /* the application has it; else it is carried along */
	bool read_only;
	bool shmem;	      /* HP_REGION_SHMEM */
	bool foreign_mapping; /* the application unmaps it, not we */
	uint64_t device;      /* what fd was when the region was made */
	uint64_t inode;
	enum hp_origin origin;
	atomic_bool held;     /* given to the holder, which may have lost it */
	bool listed;	      /* the manifest has it */
	bool lost;	      /* listed, and it did not come back: no file */
	bool damaged;	      /* the file is not what the manifest says */
	uint64_t old_address; /* before it came back; 0: not known */
	uint64_t incarnation; /* a part of its name in a store */
	struct hp_numa numa;  /* as asked for; to be told for a new mapping */
	char label[HP_LABEL_MAX + 1];
};

/* What a region is made of. */
struct hp_region_parts {
	struct hp_session *session; /* or NULL */
	const struct hp_sys *sys;
	const struct hp_log *log;
	uint64_t token;
	uint64_t layout;
	const char *label; /* or NULL */
	enum hp_origin origin;
	int fd; /* becomes the region's if all goes well */
	const struct hp_file_info *info; /* of fd */
	/* Which were read: for a mapping. NULL: the region is not open. */
	const struct hp_region_opts *opts;
	void *mapped; /* the application's mapping of the file; NULL: map it */
};

/*
 * Make a region, and open it if there are options. The one place in which a
 * struct hp_region is made. The region is in no list yet. A failure leaves
 * nothing behind, and the descriptor open.
 */
int hp_region_new(const struct hp_region_parts *parts,
		  struct hp_region **ret_region);

/*
 * Map a region that is not open as the options say, which were read, with NUMA
 * policy, and populate it.
 */
int hp_region_map(struct hp_region *region, const struct hp_region_opts *opts);

/* The application does not have it any more. */
void hp_region_unmap(struct hp_region *region);

/* Unmap and free a region that is in no list any more. */
void hp_region_free(struct hp_region *region);

/*
 * Take memory for all of the file, in huge pages if there are any, where parts
 * are missing. The callback, which may be NULL, is told about once a second how
 * many bytes are done; -ECANCELED: it said so.
 */
typedef int hp_fill_fn(void *context, uint64_t done_bytes);
int hp_region_fill(const struct hp_region *region, unsigned int threads,
		   hp_fill_fn *progress, void *context);

/*
 * Is the file behind fd still the one of the region? The application has the
 * number too: it may have resized the file, or closed the number and got it
 * again for another one. -EUCLEAN: no.
 */
int hp_region_check_file(const struct hp_region *region,
			 struct hp_file_info *ret_info);

/* The same question, whatever the length of the file has become. */
int hp_region_check_same(const struct hp_region *region,
			 struct hp_file_info *ret_info);

/*
 * Map a part of the file as a mapping of the region is to be: offset, length
 * and address are set in the request. Errors are those of the system.
 */
int hp_region_map_part(const struct hp_region *region,
		       struct hp_map_request *request, void **ret_address);

/* What an error of hp_region_map_part() means, and a word to the log. */
int hp_region_map_error(const struct hp_region *region, int err,
			uint64_t length);

/* What length, address and parts of a region are multiples of. */
static inline uint64_t hp_region_unit(const struct hp_region *region)
{
	return region->shmem ? HP_PAGE_2M : region->page_size;
}

/* The memory of a region, for hp_populate(). */
static inline struct hp_pages hp_region_pages(const struct hp_region *region)
{
	return (struct hp_pages){
		.sys = region->sys,
		.log = region->log,
		.unit = hp_region_unit(region),
		.page_size = region->page_size,
		.shmem = region->shmem,
	};
}

#endif
