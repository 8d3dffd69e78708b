// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/luo.h"
#include "fake.h"

#define FD_FIRST 1000
#define FDS 128
#define MAPS 64
#define ALLOCATIONS 128
#define SESSIONS 16
#define FILES 2048 /* in a session; more than the library allows */
#define HUGE (UINT64_C(1) << 21)

#define MUST(condition)                                                \
	do {                                                           \
		if (!(condition)) {                                    \
			fprintf(stderr, "fake: %s:%d: %s\n", __FILE__, \
				__LINE__, #condition);                 \
			abort();                                       \
		}                                                      \
	} while (0)

/* An inode. Lives as long as a descriptor, a map or LUO refers to it. */
struct file {
	int memfd;
	int refs;
	uint64_t length, allocated, page_size;
	long pages; /* of the pool: reserved or filled */
	bool held;  /* by LUO: preserved, or retrieved and not finished */
};

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

struct descriptor {
	enum { FREE, DEVICE, FILE_FD, SESSION } kind;
	struct file *file;
	struct session *session;
};

struct map {
	void *address;
	uint64_t length;
	struct file *file;
};

struct fake fake;
static struct session sessions[SESSIONS];
static struct descriptor fds[FDS];
static struct map maps[MAPS];
static void *allocations[ALLOCATIONS];
static bool device_open;

/* -- Counting and failing -------------------------------------------------- */

/* 0, or the error that the test asked for. */
static int called(enum fake_call call)
{
	fake.calls[call]++;
	if (fake.on_call)
		fake.on_call();
	if (fake.stop_at && --fake.stop_at == 0)
		longjmp(fake.stop, 1);
	if (fake.fail_nth && fake.fail_call == call && --fake.fail_nth == 0) {
		fake.failed = true;
		return -fake.fail_errno;
	}
	return 0;
}

/* -- Files ----------------------------------------------------------------- */

static void file_get(struct file *file)
{
	file->refs++;
}

static void file_put(struct file *file)
{
	if (--file->refs)
		return;
	fake.pool_used -= file->pages;
	fake.files--;
	close(file->memfd);
	free(file);
}

/* Take pool pages for the whole length; the second time costs nothing. */
static int file_reserve(struct file *file)
{
	long pages;

	if (!file->page_size)
		return 0;
	pages = (long)(file->length / HUGE);
	if (fake.pool_used + pages - file->pages > fake.pool_pages)
		return -ENOMEM;
	fake.pool_used += pages - file->pages;
	file->pages = pages;
	return 0;
}

static int new_fd(int kind, struct file *file, struct session *session)
{
	for (int i = 0; i < FDS; i++) {
		if (fds[i].kind != FREE)
			continue;
		fds[i].kind = kind;
		fds[i].file = file;
		fds[i].session = session;
		if (file)
			file_get(file);
		fake.fds++;
		return FD_FIRST + i;
	}
	return -EMFILE;
}

static struct descriptor *lookup(int fd, int kind)
{
	MUST(fd >= FD_FIRST && fd < FD_FIRST + FDS);
	MUST(fds[fd - FD_FIRST].kind != FREE);
	MUST(!kind || (int)fds[fd - FD_FIRST].kind == kind);
	return &fds[fd - FD_FIRST];
}

/* -- Sessions -------------------------------------------------------------- */

static struct session *find_session(const char *name, bool incoming)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].used && sessions[i].incoming == incoming &&
		    !strcmp(sessions[i].name, name))
			return &sessions[i];
	return NULL;
}

static struct session *new_session(const char *name)
{
	for (int i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];

		if (s->used)
			continue;
		memset(s, 0, sizeof(*s));
		s->used = true;
		s->entries = calloc(FILES, sizeof(*s->entries));
		MUST(s->entries);
		strcpy(s->name, name);
		fake.sessions_outgoing++;
		return s;
	}
	return NULL;
}

static struct entry *find_entry(struct session *s, uint64_t token)
{
	for (int i = 0; i < s->count; i++)
		if (s->entries[i].token == token)
			return &s->entries[i];
	return NULL;
}

static void forget_entries(struct session *s)
{
	for (int i = 0; i < s->count; i++) {
		s->entries[i].file->held = false;
		file_put(s->entries[i].file);
	}
	s->count = 0;
}

static void remove_session(struct session *s)
{
	forget_entries(s);
	free(s->entries);
	if (s->incoming)
		fake.sessions_incoming--;
	else
		fake.sessions_outgoing--;
	s->used = false;
}

/* The last close: unpreserve, or finish, which may refuse. */
static void release_session(struct session *s)
{
	if (s->incoming && fake.finish_error)
		return;
	remove_session(s);
}

static int create_session(struct luo_session_arg *arg)
{
	struct session *s;
	int err = called(CALL_CREATE_SESSION);

	if (err)
		return err;
	MUST(arg->size == sizeof(*arg));
	if (!arg->name[0] || !memchr(arg->name, 0, sizeof(arg->name)))
		return -EINVAL;
	if (find_session(arg->name, false))
		return -EEXIST;
	s = new_session(arg->name);
	if (!s)
		return -ENOMEM;
	arg->fd = new_fd(SESSION, NULL, s);
	return 0;
}

static int retrieve_session(struct luo_session_arg *arg)
{
	struct session *s;
	int err = called(CALL_RETRIEVE_SESSION);

	if (err)
		return err;
	MUST(arg->size == sizeof(*arg));
	s = find_session(arg->name, true);
	if (!s)
		return -ENOENT;
	if (s->retrieved)
		return -EINVAL;
	s->retrieved = true;
	arg->fd = new_fd(SESSION, NULL, s);
	return 0;
}

static int preserve_fd(struct session *s, const struct luo_file_arg *arg)
{
	struct file *file;
	int err = called(CALL_PRESERVE_FD);

	if (err)
		return err;
	MUST(arg->size == sizeof(*arg));
	if (s->incoming)
		return -EINVAL;
	if (find_entry(s, arg->token))
		return -EEXIST;
	if (lookup(arg->fd, FILE_FD)->file->page_size && fake.on_preserve)
		fake.on_preserve();
	file = lookup(arg->fd, FILE_FD)->file;
	if (file->page_size && fake.no_handler)
		return -ENOENT;
	if (file->held)
		return -EBUSY;
	err = file_reserve(file);
	if (err)
		return err;
	if (s->count == FILES)
		return -ENOSPC;
	if (!fake.leaves_holes)
		file->allocated = file->length;
	file->held = true;
	file_get(file);
	s->entries[s->count++] = (struct entry){
		.token = arg->token,
		.file = file,
	};
	return 0;
}

/*
 * mm/hugetlb_luo.c: nothing is lost for want of memory, of an inode or of a
 * file. mm/memfd_luo.c does not know of that.
 */
static bool can_repeat(const struct file *file, int err)
{
	return file->page_size &&
	       (err == -ENOMEM || err == -ENOSPC || err == -ENFILE);
}

static int retrieve_fd(struct session *s, struct luo_file_arg *arg)
{
	struct entry *e;
	int err;

	MUST(arg->size == sizeof(*arg));
	if (!s->incoming)
		return -EINVAL;
	err = called(CALL_RETRIEVE_FD);
	if (err == -EMFILE)
		return err;
	e = find_entry(s, arg->token);
	if (!e)
		return -ENOENT;
	if (e->status)
		err = e->status < 0 ? e->status : 0;
	else if (err && !can_repeat(e->file, err))
		e->status = err;
	if (err)
		return err;
	e->status = 1;
	e->file->held = true;
	arg->fd = new_fd(FILE_FD, e->file, NULL);
	return 0;
}

static int finish(struct session *s, const struct luo_finish_arg *arg)
{
	int err = called(CALL_FINISH);

	if (err)
		return err;
	MUST(arg->size == sizeof(*arg) && !arg->reserved);
	if (!s->incoming)
		return -EINVAL;
	if (fake.finish_error)
		return -fake.finish_error;
	forget_entries(s);
	return 0;
}

/* -- The table ------------------------------------------------------------- */

static int fake_open(const char *path)
{
	int err = called(CALL_OPEN);

	MUST(!strcmp(path, "/dev/liveupdate"));
	if (err)
		return err;
	if (fake.no_device || fake.hidden_device)
		return -ENOENT;
	if (fake.open_error)
		return -fake.open_error;
	if (device_open || fake.now < fake.busy_until)
		return -EBUSY;
	device_open = true;
	return new_fd(DEVICE, NULL, NULL);
}

static int fake_lists_driver(const char *table, const char *name)
{
	int err = called(CALL_LISTS_DRIVER);

	MUST(!strcmp(table, "/proc/misc") && !strcmp(name, "liveupdate"));
	return err ? err : !fake.no_device && !fake.hidden_proc;
}

static void release_fd(struct descriptor *d)
{
	if (d->kind == DEVICE)
		device_open = false;
	if (d->kind == FILE_FD)
		file_put(d->file);
	if (d->kind == SESSION)
		release_session(d->session);
	d->kind = FREE;
	fake.fds--;
}

static void fake_close(int fd)
{
	called(CALL_CLOSE);
	release_fd(lookup(fd, 0));
}

static void fake_set_cloexec(int fd)
{
	lookup(fd, 0);
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	switch (request) {
	case LUO_CREATE_SESSION:
		lookup(fd, DEVICE);
		return create_session(arg);
	case LUO_RETRIEVE_SESSION:
		lookup(fd, DEVICE);
		return retrieve_session(arg);
	case LUO_PRESERVE_FD:
		return preserve_fd(lookup(fd, SESSION)->session, arg);
	case LUO_RETRIEVE_FD:
		return retrieve_fd(lookup(fd, SESSION)->session, arg);
	case LUO_FINISH:
		return finish(lookup(fd, SESSION)->session, arg);
	default:
		return -ENOTTY;
	}
}

static int fake_memfd(const char *name, uint64_t page_size)
{
	struct file *file;
	int fd, err = called(CALL_MEMFD);

	if (err)
		return err;
	file = calloc(1, sizeof(*file));
	MUST(file);
	file->memfd = memfd_create(name, MFD_CLOEXEC);
	MUST(file->memfd >= 0);
	file->page_size = page_size;
	fake.files++;
	file_get(file);
	fd = new_fd(FILE_FD, file, NULL);
	file_put(file);
	return fd;
}

static int resize(struct file *file, uint64_t length)
{
	/* What LUO holds is frozen. */
	MUST(!file->held);
	if (length > INT64_MAX)
		return -EFBIG;
	MUST(!ftruncate(file->memfd, (off_t)length));
	file->length = length;
	return 0;
}

static int fake_set_length(int fd, uint64_t length)
{
	int err = called(CALL_SET_LENGTH);

	return err ? err : resize(lookup(fd, FILE_FD)->file, length);
}

static int fake_allocate(int fd, uint64_t length)
{
	struct file *file = lookup(fd, FILE_FD)->file;
	int err = called(CALL_ALLOCATE);

	if (err)
		return err;
	file->allocated = length;
	return resize(file, length);
}

static int fake_file_info(int fd, struct hp_file_info *info)
{
	int err = called(CALL_FILE_INFO);
	struct file *file;
	struct stat st;

	if (err)
		return err;
	/* A look at a closed descriptor is legal: its owner may ask. */
	if (fds[fd - FD_FIRST].kind == FREE)
		return -EBADF;
	file = lookup(fd, FILE_FD)->file;
	MUST(!fstat(file->memfd, &st));
	info->device = st.st_dev;
	info->inode = st.st_ino;
	info->length = file->length;
	info->allocated = file->allocated;
	info->page_size = file->page_size;
	return 0;
}

static int fake_read_at(int fd, void *buffer, size_t length, uint64_t offset)
{
	struct file *file = lookup(fd, FILE_FD)->file;
	int err = called(CALL_READ_AT);

	if (err)
		return err;
	if (pread(file->memfd, buffer, length, (off_t)offset) !=
	    (ssize_t)length)
		return -ENODATA;
	return 0;
}

static int fake_map(const struct hp_map_request *request, void **ret_address)
{
	struct file *file = lookup(request->fd, FILE_FD)->file;
	int flags = MAP_SHARED;
	int err = called(CALL_MAP);
	void *address;

	if (err)
		return err;
	MUST(request->offset + request->length <= file->length);
	err = file_reserve(file);
	if (err)
		return err;
	if (request->address)
		flags |= MAP_FIXED_NOREPLACE;
	for (int i = 0; i < MAPS; i++) {
		if (maps[i].address)
			continue;
		address = mmap(request->address, request->length,
			       request->read_only ? PROT_READ :
						    PROT_READ | PROT_WRITE,
			       flags, file->memfd, (off_t)request->offset);
		if (address == MAP_FAILED && errno == EEXIST)
			return -EEXIST;
		MUST(address != MAP_FAILED);
		maps[i].address = address;
		maps[i].length = request->length;
		maps[i].file = file;
		file_get(file);
		fake.maps++;
		*ret_address = address;
		return 0;
	}
	return -ENOMEM;
}

static void drop_map(struct map *map)
{
	munmap(map->address, map->length);
	map->address = NULL;
	file_put(map->file);
	fake.maps--;
}

static void fake_unmap(void *address, uint64_t length)
{
	called(CALL_UNMAP);
	for (int i = 0; i < MAPS; i++) {
		if (!maps[i].address || maps[i].address != address)
			continue;
		MUST(maps[i].length == length);
		drop_map(&maps[i]);
		return;
	}
	MUST(!"unmap of what is not mapped");
}

static pid_t fake_getpid(void)
{
	return fake.pid;
}

static uint64_t fake_now_ms(void)
{
	return fake.now;
}

static void fake_sleep_ms(unsigned int ms)
{
	MUST(ms > 0);
	fake.now += ms;
}

static void *fake_zalloc(size_t size)
{
	if (called(CALL_ZALLOC))
		return NULL;
	for (int i = 0; i < ALLOCATIONS; i++) {
		if (allocations[i])
			continue;
		allocations[i] = calloc(1, size);
		MUST(allocations[i]);
		fake.allocations++;
		return allocations[i];
	}
	MUST(!"too many allocations");
	return NULL;
}

static void fake_free(void *memory)
{
	called(CALL_FREE);
	for (int i = 0; i < ALLOCATIONS; i++) {
		if (!memory || allocations[i] != memory)
			continue;
		allocations[i] = NULL;
		fake.allocations--;
		free(memory);
		return;
	}
	MUST(!"free of what is not allocated");
}

static void fake_store(uint64_t *address, uint64_t value)
{
	called(CALL_STORE);
	if (fake.on_store)
		fake.on_store();
	*address = value;
}

const struct hp_sys fake_sys = {
	.open = fake_open,
	.close = fake_close,
	.set_cloexec = fake_set_cloexec,
	.ioctl = fake_ioctl,
	.lists_driver = fake_lists_driver,
	.memfd = fake_memfd,
	.set_length = fake_set_length,
	.allocate = fake_allocate,
	.file_info = fake_file_info,
	.read_at = fake_read_at,
	.map = fake_map,
	.unmap = fake_unmap,
	.getpid = fake_getpid,
	.now_ms = fake_now_ms,
	.sleep_ms = fake_sleep_ms,
	.zalloc = fake_zalloc,
	.free = fake_free,
	.store = fake_store,
};

/* -- Life and death -------------------------------------------------------- */

static void process_memory_ends(void)
{
	for (int i = 0; i < MAPS; i++)
		if (maps[i].address)
			drop_map(&maps[i]);
	for (int i = 0; i < ALLOCATIONS; i++) {
		free(allocations[i]);
		allocations[i] = NULL;
	}
	fake.allocations = 0;
	fake.pid++;
	fake.stop_at = 0;
}

void fake_crash(void)
{
	process_memory_ends();
	for (int i = 0; i < FDS; i++)
		if (fds[i].kind != FREE)
			release_fd(&fds[i]);
}

/*
 * No release runs: the machine goes with all descriptors open. What was
 * outgoing is incoming in the next kernel, all else is gone.
 */
void fake_kexec(void)
{
	process_memory_ends();
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].used && sessions[i].incoming)
			remove_session(&sessions[i]);
	for (int i = 0; i < FDS; i++) {
		if (fds[i].kind == FILE_FD)
			file_put(fds[i].file);
		fds[i].kind = FREE;
	}
	fake.fds = 0;
	device_open = false;
	fake.finish_error = 0;
	for (int i = 0; i < SESSIONS; i++) {
		if (!sessions[i].used)
			continue;
		sessions[i].incoming = true;
		for (int j = 0; j < sessions[i].count; j++)
			sessions[i].entries[j].file->held = false;
	}
	fake.sessions_incoming = fake.sessions_outgoing;
	fake.sessions_outgoing = 0;
}

void fake_boot(void)
{
	fake.finish_error = 0;
	fake_crash();
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].used)
			remove_session(&sessions[i]);
	MUST(!fake.files && !fake.pool_used);
	fake = (struct fake){ .pid = 100, .pool_pages = 64 };
}

int fake_leaks(void)
{
	return fake.fds + fake.maps + fake.allocations;
}

static struct file *returned_file(uint64_t token)
{
	for (int i = 0; i < SESSIONS; i++) {
		struct entry *e;

		if (!sessions[i].used || !sessions[i].incoming)
			continue;
		e = find_entry(&sessions[i], token);
		if (e)
			return e->file;
	}
	MUST(!"no such token came back");
	return NULL;
}

void fake_returned_set_length(uint64_t token, uint64_t length)
{
	struct file *file = returned_file(token);

	MUST(!ftruncate(file->memfd, (off_t)length));
	file->length = length;
}

void fake_returned_set_allocated(uint64_t token, uint64_t allocated)
{
	returned_file(token)->allocated = allocated;
}

void fake_returned_set_page_size(uint64_t token, uint64_t page_size)
{
	returned_file(token)->page_size = page_size;
}

void fake_returned_remove(uint64_t token)
{
	for (int i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];
		struct entry *e;

		if (!s->used || !s->incoming)
			continue;
		e = find_entry(s, token);
		if (!e)
			continue;
		file_put(e->file);
		*e = s->entries[--s->count];
		return;
	}
	MUST(!"no such token came back");
}

void fake_returned_write(uint64_t token, uint64_t offset, const void *bytes,
			 size_t length)
{
	MUST(pwrite(returned_file(token)->memfd, bytes, length,
		    (off_t)offset) == (ssize_t)length);
}

void fake_returned_read(uint64_t token, uint64_t offset, void *bytes,
			size_t length)
{
	MUST(pread(returned_file(token)->memfd, bytes, length, (off_t)offset) ==
	     (ssize_t)length);
}
