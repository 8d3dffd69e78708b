/* SPDX-License-Identifier: MIT */
/*
 * What the files of the fake kernel share. Tests use fake.h.
 *
 * Functions fake_<call>() fill the table of system calls: first they call
 * called(), which a test may make fail or jump out of, then they hold the lock.
 * All others run with the lock held.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../lib/source/luo.h"
#include "../expect.h"
#include "fake.h"

#define HUGE_2M (UINT64_C(1) << 21)
#define HUGE_1G (UINT64_C(1) << 30)

/* The lock of the kernel until the end of the scope. */
void fake_lock(void);
void fake_unlock(const int *unused);
#define LOCKED()                                                              \
	__attribute__((cleanup(fake_unlock), unused)) const int fake_locked = \
		(fake_lock(), 0)

/* 0, or the error that the test asked for. */
int called(enum fake_call call);

/* -- Files (fake_file.c) --------------------------------------------------- */

/* An inode. Lives as long as a descriptor, a map or LUO refers to it. */
struct file {
	int memfd;
	int refs;
	char name[32];
	uint64_t device, inode;
	uint64_t length, page_size;
	uint64_t claimed_page_size; /* by a damaged one */
	uint64_t allocated;	    /* bytes, of a file in small pages */
	uint64_t claim;		    /* what a damaged one says of itself */
	bool claims;
	uint64_t reserved;     /* pages from the start on */
	unsigned char *filled; /* a byte per page */
	uint64_t filled_count; /* bytes in there */
	unsigned char *units;  /* of small pages: a byte per 2 MiB */
	uint64_t unit_count;   /* bytes in there */
	long charged, filled_pages;
	bool held;   /* by LUO: preserved, or retrieved and not finished */
	bool frozen; /* preserved */
	bool fixed;  /* seal_length */
	struct description *locked; /* those with a lock */
	struct description *owner;  /* of the lock of the whole file, or NULL */
};

struct file *file_new(const char *name, uint64_t page_size);
void file_get(struct file *file);
void file_put(struct file *file);
int file_resize(struct file *file, uint64_t length);
/* Promise pages for the start of the file up to that length. */
int file_reserve(struct file *file, uint64_t length);
/* Take pages for a range. */
int file_fill(struct file *file, uint64_t offset, uint64_t length);
uint64_t file_allocated(const struct file *file);
/* Damage: it says that its pages are of another size than they are. */
void file_set_page_size(struct file *file, uint64_t page_size);

/* -- Descriptors (fake_process.c) ------------------------------------------ */

/* Numbers: 1000 and up by calls, 4096 and up passed. */
#define FD_FIRST 1000
#define FD_PASSED 4096
#define FDS 5120
#define MAPS 4096

struct session;

/* struct file of Linux: what all copies of a descriptor share. */
struct description {
	enum { DEVICE = 1, FILE_FD, SESSION, PIPE, OTHER } kind;
	int refs; /* of descriptors, maps, messages and the manager's store */
	bool read_only;
	bool locked;
	uint64_t lock;			 /* its number */
	struct description *next_locked; /* of the file */
	struct file *file;
	struct session *session;
	struct description *other_end; /* of a pipe; NULL: closed */
};

struct descriptor {
	struct description *description; /* NULL: free */
	bool cloexec;
	/* In the library's table, as the file with that inode. */
	bool ours;
	uint64_t inode;
};

struct map {
	char *address;
	uint64_t length, offset;
	struct file *file;		 /* NULL: of no file */
	struct description *description; /* NULL: of no file */
	bool private, read_only;
};

/* What the manager has told a process. */
enum { LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES, NOTIFY_SOCKET, FDSTORE, TOLD };

struct process {
	bool alive;
	unsigned int forks;
	int id; /* no other process has ever had it */
	int service;
	char *told[TOLD];
	bool watched; /* the library closes its descriptors in children */
	int fd_end;   /* one past the highest number that was ever used */
	int map_end;
	struct descriptor fds[FDS];
	struct map maps[MAPS];
};

extern struct process fake_processes[FAKE_PROCESSES];
struct process *running(void);

struct description *description_new(int kind, struct file *file,
				    struct session *session);
void description_get(struct description *d);
void description_put(struct description *d);

/* Takes over the reference. -EMFILE: none is free, then it is dropped. */
int fd_install(struct process *p, int first, struct description *d);
/* The number is the library's from now on; or the error is passed on. */
int fd_take(int fd);
/* Of an open descriptor; 0: of any kind. */
struct description *fd_lookup(int fd, int kind);
/* NULL if there is none. */
struct description *fd_find(int fd);

void process_end(struct process *p);

/* -- The service manager (fake_manager.c) ---------------------------------- */

/* It has started the process, which is new. */
void manager_tell(struct process *p);
/* It works on what is due. Time has passed. */
void manager_run(void);
/* The process has died. */
void manager_settle(void);
/* When the next message is due; UINT64_MAX: never. */
uint64_t manager_next(void);
/* Its stores in the next kernel. All processes are gone. */
void manager_kexec(void);
void manager_boot(void);

/* -- Mappings (fake_mapping.c) --------------------------------------------- */

void map_drop(struct process *p, struct map *map);

/*
 * One part after the other of what the running process has mapped there, from
 * that offset of the map's file on; until one says no. -ENOMEM: none is there.
 */
typedef int map_part_fn(struct map *map, uint64_t offset, uint64_t length,
			void *context);
int map_walk(void *address, uint64_t length, map_part_fn *part, void *context);

/* -- Shmem (fake_shmem.c) -------------------------------------------------- */

/* Small pages for a range, where there are no huge ones. */
void shmem_fill(struct file *file, uint64_t offset, uint64_t length);
void shmem_resize(struct file *file);

/* -- Memory (fake_memory.c) ------------------------------------------------ */

void memory_end(const struct process *p);

/* -- LUO (fake_luo.c) ------------------------------------------------------ */

/* In a session; more than the library allows. */
#define ENTRIES 2048

struct entry {
	uint64_t token;
	struct file *file;
	int status; /* of retrieve: 0 to be tried, 1 done, or the error */
};

struct session {
	bool used, incoming, retrieved;
	char name[LUO_NAME_SIZE];
	int count;
	struct entry *entries;
};

/* The last close: unpreserve, or finish, which may refuse. */
void session_release(struct session *s);
void luo_device_release(void);
/* What was outgoing is incoming in the next kernel, all else is gone. */
void luo_kexec(void);
void luo_boot(void);
struct description *luo_retrieve(const char *name);
int luo_ioctl(int fd, unsigned long request, void *arg);
int luo_ioctl_fd(int fd, unsigned long request, void *arg,
		 const int32_t *arg_fd);
int luo_open(void);

/* -- Texts (fake_text.c) --------------------------------------------------- */

void text_boot(void);

/* -- The table (fake.c) ---------------------------------------------------- */

void fake_close(int fd);
int fake_duplicate(int fd);
int fake_reopen(int fd);
int fake_move(int fd, int to);
void fake_leave(int fd);
bool fake_is_session(int fd);
int fake_seal_length(int fd);
int fake_lock_file(int fd, uint64_t number);
int fake_is_locked(int fd, uint64_t number);
/* The last reference is gone. */
void file_unlock(struct description *d);
int fake_lock_whole(int fd);
pid_t fake_process_id(void);
int fake_notify(const char *address, const char *message, int fd);
int fake_pipe(int ret_fds[2]);
int fake_wait_hangup(int fd, unsigned int timeout_ms);
int fake_memfd(const char *name, uint64_t page_size);
int fake_set_length(int fd, uint64_t length);
int fake_allocate(int fd, uint64_t length);
int fake_file_info(int fd, struct hp_file_info *info);
int fake_find_data(int fd, uint64_t offset, uint64_t *ret_start,
		   uint64_t *ret_end);
int fake_read_at(int fd, void *buffer, size_t length, uint64_t offset);
int fake_map(const struct hp_map_request *request, void **ret_address);
void fake_unmap(void *address, uint64_t length);
int fake_populate(void *address, uint64_t length);
int fake_populate_read(void *address, uint64_t length);
int fake_advise_huge(void *address, uint64_t length);
int fake_collapse(void *address, uint64_t length);
int fake_count_huge(void *address, uint64_t length, uint64_t *ret_bytes);
int fake_set_policy(void *address, uint64_t length, unsigned int policy,
		    const unsigned long *nodes, unsigned int nodes_bits);
int fake_find_mapping(uint64_t address, struct hp_mapping *ret_mapping);
int fake_open_mapping(const struct hp_mapping *mapping);
int fake_read_text(const char *path, char *buffer, size_t size);
int fake_write_text(const char *path, const char *text);
int fake_read_fd_link(int fd, char *buffer, size_t size);
int fake_kernel_release(char *buffer, size_t size);
int fake_kernel_config(const char *option);
int fake_can_see(const char *path);
int fake_can_use(const char *path);
const char *fake_variable(const char *name);
char *fake_environment(const char *name, int *ret_err);
/* Of the running process, which ends with it. */
void *memory_new(size_t size);
void *fake_zalloc(size_t size);
void fake_free(void *memory);

#endif
