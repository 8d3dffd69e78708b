// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../expect.h"
#include "disk.h"

#define INODES 32
#define NAMES 16
#define CHANGES 64
#define FD_FIRST 5000
#define FDS 32
#define DEPTH 256
#define BLOCK 4096

/* What is in memory, and what is on the disk. */
struct content {
	unsigned char *bytes;
	uint64_t length;
};

struct inode {
	bool used;
	struct content seen, lasting;
};

struct entry {
	char name[40]; /* "": free */
	int inode;
};

struct directory {
	bool there;
	struct entry entries[NAMES];
};

/* A change of the directory that is not on the disk yet. */
struct change {
	enum { MADE, REMOVED, RENAMED } kind;
	char name[40], to[40];
	int inode;
};

struct descriptor {
	enum { FREE, DIRECTORY, FILE_FD } kind;
	int inode;
	bool writable, direct, locked;
};

struct hp_io_queue {
	int fd;
	unsigned int depth, count;
	struct iovec buffers[8];
	unsigned int buffers_count;
	struct hp_io_request requests[DEPTH];
};

struct disk disk;
static struct inode inodes[INODES];
static struct directory seen, lasting;
static struct change changes[CHANGES];
static int changes_count;
static struct descriptor fds[FDS];
static struct hp_io_queue queue;
static struct inode kept_inodes[INODES];
static struct directory kept;

const char *disk_call_name(enum disk_call call)
{
	static const char *const names[] = {
		"make_directory", "open_directory", "list",
		"unlink",	  "rename",	    "open",
		"sync",		  "lock",	    "length",
		"set_length",	  "allocate",	    "set_buffered",
		"read",		  "write",	    "queue_open",
		"queue_put",	  "queue_take",	    "queue_result",
		"resident",	  "populate_read"
	};

	return names[call];
}

static uint64_t random_number(void)
{
	uint64_t z = disk.seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static int called(enum disk_call call)
{
	disk.calls[call]++;
	disk.total_calls++;
	if (disk.stop_at && --disk.stop_at == 0)
		longjmp(disk.stop, 1);
	if (disk.fail_nth && disk.fail_call == call && --disk.fail_nth == 0) {
		disk.failed = true;
		return -disk.fail_errno;
	}
	return 0;
}

/* -- Contents -------------------------------------------------------------- */

static void content_resize(struct content *c, uint64_t length)
{
	unsigned char *bytes = realloc(c->bytes, length ? length : 1);

	check(bytes);
	if (length > c->length)
		memset(bytes + c->length, 0, length - c->length);
	c->bytes = bytes;
	c->length = length;
}

static void content_copy(struct content *to, const struct content *from)
{
	content_resize(to, from->length);
	if (from->length)
		memcpy(to->bytes, from->bytes, from->length);
}

static void content_drop(struct content *c)
{
	free(c->bytes);
	*c = (struct content){ .length = 0 };
}

static void inode_drop(struct inode *inode)
{
	content_drop(&inode->seen);
	content_drop(&inode->lasting);
	inode->used = false;
}

/* -- Names ----------------------------------------------------------------- */

static struct entry *find(struct directory *directory, const char *name)
{
	for (int i = 0; i < NAMES; i++)
		if (!strcmp(directory->entries[i].name, name))
			return &directory->entries[i];
	return NULL;
}

static void add(struct directory *directory, const char *name, int inode)
{
	struct entry *entry = find(directory, name);

	if (!entry)
		entry = find(directory, "");
	check(entry && strlen(name) < sizeof(entry->name));
	strcpy(entry->name, name);
	entry->inode = inode;
}

static void apply(struct directory *directory, const struct change *change)
{
	struct entry *entry = find(directory, change->name);

	switch (change->kind) {
	case MADE:
		add(directory, change->name, change->inode);
		break;
	case REMOVED:
		if (entry)
			entry->name[0] = '\0';
		break;
	case RENAMED:
		/* Also when making the old name did not get there. */
		if (entry)
			entry->name[0] = '\0';
		add(directory, change->to, change->inode);
		break;
	}
}

static void change(int kind, const char *name, const char *to, int inode)
{
	struct change *c = &changes[changes_count++];

	check(changes_count < CHANGES);
	c->kind = kind;
	c->inode = inode;
	strcpy(c->name, name);
	strcpy(c->to, to);
	apply(&seen, c);
}

static bool is_named(const struct directory *directory, int inode)
{
	for (int i = 0; i < NAMES; i++)
		if (directory->entries[i].name[0] &&
		    directory->entries[i].inode == inode)
			return true;
	return false;
}

/* What neither a name nor a descriptor nor a pending change has is gone. */
static void forget_inodes(void)
{
	for (int i = 0; i < INODES; i++) {
		bool needed = is_named(&seen, i) || is_named(&lasting, i);

		for (int j = 0; j < FDS; j++)
			needed |= fds[j].kind == FILE_FD && fds[j].inode == i;
		for (int j = 0; j < changes_count; j++)
			needed |= changes[j].inode == i;
		if (inodes[i].used && !needed)
			inode_drop(&inodes[i]);
	}
}

/* -- Descriptors ----------------------------------------------------------- */

static int new_fd(int kind, int inode)
{
	for (int i = 0; i < FDS; i++) {
		if (fds[i].kind != FREE)
			continue;
		fds[i] = (struct descriptor){ .kind = kind, .inode = inode };
		disk.fds++;
		return FD_FIRST + i;
	}
	return -EMFILE;
}

static struct descriptor *lookup(int fd, int kind)
{
	check(fd >= FD_FIRST && fd < FD_FIRST + FDS);
	check(fds[fd - FD_FIRST].kind != FREE);
	check(!kind || (int)fds[fd - FD_FIRST].kind == kind);
	return &fds[fd - FD_FIRST];
}

static struct content *content_of(int fd)
{
	return &inodes[lookup(fd, FILE_FD)->inode].seen;
}

/* -- The table: directories ------------------------------------------------ */

static int disk_make_directory(const char *path)
{
	int err = called(DISK_MAKE_DIRECTORY);

	check(!strcmp(path, DISK_DIRECTORY));
	if (err)
		return err;
	if (disk.no_parent)
		return -ENOENT;
	if (seen.there)
		return -EEXIST;
	seen.there = lasting.there = true;
	return 0;
}

static int disk_open_directory(const char *path)
{
	int err = called(DISK_OPEN_DIRECTORY);

	if (err)
		return err;
	if (strcmp(path, DISK_DIRECTORY) || !seen.there)
		return -ENOENT;
	return new_fd(DIRECTORY, -1);
}

static int disk_list(int directory,
		     int (*visit)(void *context, const char *name),
		     void *context)
{
	struct directory now = seen;
	int err = called(DISK_LIST);

	lookup(directory, DIRECTORY);
	err = err ? err : visit(context, ".");
	for (int i = 0; i < NAMES && !err; i++)
		if (now.entries[i].name[0])
			err = visit(context, now.entries[i].name);
	return err;
}

static int disk_unlink(int directory, const char *name)
{
	int err = called(DISK_UNLINK);
	struct entry *entry = find(&seen, name);

	lookup(directory, DIRECTORY);
	if (err)
		return err;
	if (!entry)
		return -ENOENT;
	change(REMOVED, name, "", entry->inode);
	return 0;
}

static int disk_rename(int directory, const char *from, const char *to)
{
	int err = called(DISK_RENAME);
	struct entry *entry = find(&seen, from);

	lookup(directory, DIRECTORY);
	if (err)
		return err;
	if (!entry)
		return -ENOENT;
	change(RENAMED, from, to, entry->inode);
	return 0;
}

/* -- The table: files ------------------------------------------------------ */

static int new_inode(const char *name)
{
	for (int i = 0; i < INODES; i++) {
		if (inodes[i].used)
			continue;
		inodes[i].used = true;
		change(MADE, name, "", i);
		return i;
	}
	return -ENOSPC;
}

static int disk_open(int directory, const char *name, unsigned int flags)
{
	struct entry *entry = find(&seen, name);
	int err = called(DISK_OPEN);
	int inode, fd;

	lookup(directory, DIRECTORY);
	if (err)
		return err;
	forget_inodes();
	if (flags & HP_IO_NEW && entry)
		return -EEXIST;
	if (!entry && !(flags & (HP_IO_NEW | HP_IO_CREATE)))
		return -ENOENT;
	/* Like tmpfs and others: after the file was made. */
	inode = entry ? entry->inode : new_inode(name);
	if (inode < 0)
		return inode;
	if (flags & HP_IO_DIRECT && disk.no_direct)
		return -EINVAL;
	if (flags & HP_IO_EMPTY)
		content_resize(&inodes[inode].seen, 0);
	fd = new_fd(FILE_FD, inode);
	if (fd >= 0) {
		lookup(fd, FILE_FD)->writable = flags & HP_IO_WRITE;
		lookup(fd, FILE_FD)->direct = flags & HP_IO_DIRECT;
	}
	return fd;
}

static void disk_close(int fd)
{
	struct descriptor *d = lookup(fd, 0);

	check(!d->locked);
	d->kind = FREE;
	disk.fds--;
}

static int disk_sync(int fd)
{
	struct descriptor *d = lookup(fd, 0);
	int err = called(DISK_SYNC);

	if (err)
		return err;
	if (disk.lies)
		return 0;
	if (d->kind == DIRECTORY) {
		lasting = seen;
		changes_count = 0;
		return 0;
	}
	content_copy(&inodes[d->inode].lasting, &inodes[d->inode].seen);
	return 0;
}

static int disk_lock(int fd, bool exclusive)
{
	struct descriptor *d = lookup(fd, FILE_FD);
	int err = called(DISK_LOCK);

	if (err)
		return err;
	if (disk.no_locks)
		return -EOPNOTSUPP;
	if (disk.locks && exclusive)
		return -EAGAIN;
	disk.locks++;
	d->locked = true;
	return 0;
}

static void disk_unlock(int fd)
{
	struct descriptor *d = lookup(fd, FILE_FD);

	if (d->locked)
		disk.locks--;
	d->locked = false;
}

static int disk_length(int fd, uint64_t *ret_length)
{
	int err = called(DISK_LENGTH);

	if (err)
		return err;
	*ret_length = content_of(fd)->length;
	return 0;
}

static int disk_set_length(int fd, uint64_t length)
{
	int err = called(DISK_SET_LENGTH);

	if (err)
		return err;
	content_resize(content_of(fd), length);
	return 0;
}

/* Room is what the files are long, which is all that the tests need. */
static int check_room(void)
{
	uint64_t used = 0;

	for (int i = 0; disk.room && i < INODES; i++)
		used += inodes[i].used ? inodes[i].seen.length : 0;
	return used > disk.room ? -ENOSPC : 0;
}

static int disk_allocate(int fd, uint64_t offset, uint64_t length)
{
	int err = called(DISK_ALLOCATE);

	if (err)
		return err;
	if (disk.no_allocate)
		return -EOPNOTSUPP;
	check(offset + length <= content_of(fd)->length);
	return check_room();
}

static int disk_set_buffered(int fd)
{
	int err = called(DISK_SET_BUFFERED);

	if (err)
		return err;
	lookup(fd, FILE_FD)->direct = false;
	return 0;
}

static ssize_t move(int fd, bool write, void *memory, size_t length,
		    uint64_t offset)
{
	struct descriptor *d = lookup(fd, FILE_FD);
	struct content *c = &inodes[d->inode].seen;
	int err;

	if (d->direct && (disk.no_direct_late || (uintptr_t)memory % 512 ||
			  length % 512 || offset % 512))
		return -EINVAL;
	check(!write || d->writable);
	if (disk.shorten && length > disk.part &&
	    random_number() % disk.shorten == 0)
		length -= disk.part;
	if (!write) {
		if (offset >= c->length)
			return 0;
		if (length > c->length - offset)
			length = c->length - offset;
		memcpy(memory, c->bytes + offset, length);
		return (ssize_t)length;
	}
	if (offset + length > c->length)
		content_resize(c, offset + length);
	err = check_room();
	if (err)
		return err;
	memcpy(c->bytes + offset, memory, length);
	return (ssize_t)length;
}

static ssize_t disk_read(int fd, void *memory, size_t length, uint64_t offset)
{
	int err = called(DISK_READ);

	return err ? err : move(fd, false, memory, length, offset);
}

static ssize_t disk_write(int fd, const void *memory, size_t length,
			  uint64_t offset)
{
	int err = called(DISK_WRITE);

	return err ? err : move(fd, true, (void *)memory, length, offset);
}

/* -- The table: queues ----------------------------------------------------- */

static int disk_queue_open(const struct hp_io_queue_setup *setup,
			   struct hp_io_queue **ret_queue, bool *ret_registered)
{
	int err = called(DISK_QUEUE_OPEN);

	if (err)
		return err;
	if (disk.no_queue)
		return -EPERM;
	check(!disk.queues && setup->depth && setup->depth <= DEPTH);
	disk.queues++;
	queue = (struct hp_io_queue){ .fd = setup->fd, .depth = setup->depth };
	*ret_registered = false;
	if (setup->buffers_count && !disk.no_registered) {
		check(setup->buffers_count <= 8);
		memcpy(queue.buffers, setup->buffers,
		       setup->buffers_count * sizeof(*setup->buffers));
		queue.buffers_count = setup->buffers_count;
		*ret_registered = true;
	}
	*ret_queue = &queue;
	return 0;
}

static int disk_queue_put(struct hp_io_queue *q,
			  const struct hp_io_request *request)
{
	int err = called(DISK_QUEUE_PUT);

	if (err)
		return err;
	check(disk.queues && q->count < q->depth);
	for (unsigned int i = 0; i < q->count; i++)
		check(q->requests[i].tag != request->tag);
	if (request->buffer >= 0) {
		const struct iovec *b = &q->buffers[request->buffer];
		const char *start = request->memory, *base = b->iov_base;

		check((unsigned int)request->buffer < q->buffers_count);
		check(start >= base &&
		      start + request->length <= base + b->iov_len);
	}
	q->requests[q->count++] = *request;
	return 0;
}

/* In any order, and not before it is asked for. */
static int disk_queue_take(struct hp_io_queue *q, struct hp_io_done *ret_done)
{
	int err = called(DISK_QUEUE_TAKE);
	struct hp_io_request r;
	unsigned int which;

	if (err)
		return err;
	check(q->count);
	which = random_number() % q->count;
	r = q->requests[which];
	q->requests[which] = q->requests[--q->count];
	ret_done->tag = r.tag;
	ret_done->result = called(DISK_QUEUE_RESULT);
	if (!ret_done->result && disk.no_operation)
		ret_done->result = -EINVAL;
	if (!ret_done->result)
		ret_done->result =
			move(q->fd, r.write, r.memory, r.length, r.offset);
	return 0;
}

static void disk_queue_close(struct hp_io_queue *q)
{
	check(disk.queues);
	q->count = 0;
	disk.queues--;
}

/* -- The table: memory and time -------------------------------------------- */

static int disk_resident(void *address, uint64_t length,
			 unsigned char *ret_pages, uint64_t page_size)
{
	int err = called(DISK_RESIDENT);

	if (err)
		return err;
	if (disk.no_resident)
		return -ENOSYS;
	/* Plain memory does not tell: all must be found in the file. */
	(void)address;
	memset(ret_pages, 0, length / page_size);
	return 0;
}

static int disk_populate_read(void *address, uint64_t length)
{
	int err = called(DISK_POPULATE_READ);

	(void)address;
	check(length);
	if (err)
		return err;
	return disk.no_populate ? -EOPNOTSUPP : 0;
}

static uint64_t disk_now_ns(void)
{
	return disk.now += disk.slow ? 1000000000 : 1000000;
}

const struct hp_io disk_io = {
	.sys = &save_sys,
	.make_directory = disk_make_directory,
	.open_directory = disk_open_directory,
	.list = disk_list,
	.unlink = disk_unlink,
	.rename = disk_rename,
	.open = disk_open,
	.close = disk_close,
	.sync = disk_sync,
	.lock = disk_lock,
	.unlock = disk_unlock,
	.length = disk_length,
	.set_length = disk_set_length,
	.allocate = disk_allocate,
	.set_buffered = disk_set_buffered,
	.read = disk_read,
	.write = disk_write,
	.queue_open = disk_queue_open,
	.queue_put = disk_queue_put,
	.queue_take = disk_queue_take,
	.queue_close = disk_queue_close,
	.resident = disk_resident,
	.populate_read = disk_populate_read,
	.now_ns = disk_now_ns,
	.cpu_ns = disk_now_ns,
};

/* -- Life and death -------------------------------------------------------- */

void disk_crash(void)
{
	memset(fds, 0, sizeof(fds));
	disk.fds = disk.queues = disk.locks = 0;
	disk.stop_at = disk.fail_nth = 0;
}

void disk_format(void)
{
	disk_crash();
	for (int i = 0; i < INODES; i++)
		inode_drop(&inodes[i]);
	memset(&seen, 0, sizeof(seen));
	memset(&lasting, 0, sizeof(lasting));
	changes_count = 0;
	disk = (struct disk){ .seed = 1 };
}

/* Any blocks of what is in memory, on top of what lasts. */
static void mix(struct inode *inode)
{
	struct content *c = &inode->lasting;

	if (random_number() % 2)
		content_resize(c, inode->seen.length);
	for (uint64_t at = 0; at < c->length; at += BLOCK) {
		uint64_t n = c->length - at < BLOCK ? c->length - at : BLOCK;

		if (at + n <= inode->seen.length && random_number() % 2)
			memcpy(c->bytes + at, inode->seen.bytes + at, n);
	}
}

void disk_power_cut(enum disk_cut cut)
{
	for (int i = 0; i < INODES; i++) {
		if (!inodes[i].used)
			continue;
		if (cut == DISK_CUT_ALL)
			content_copy(&inodes[i].lasting, &inodes[i].seen);
		if (cut == DISK_CUT_SOME)
			mix(&inodes[i]);
		content_copy(&inodes[i].seen, &inodes[i].lasting);
	}
	for (int i = 0; i < changes_count; i++)
		if (cut == DISK_CUT_ALL ||
		    (cut == DISK_CUT_SOME && random_number() % 2))
			apply(&lasting, &changes[i]);
	changes_count = 0;
	seen = lasting;
	disk_crash();
	forget_inodes();
}

int disk_files(void)
{
	int count = 0;

	for (int i = 0; i < NAMES; i++)
		count += seen.entries[i].name[0] != '\0';
	return count;
}

static struct entry *by_prefix(const char *prefix)
{
	for (int i = 0; i < NAMES; i++)
		if (seen.entries[i].name[0] &&
		    !strncmp(seen.entries[i].name, prefix, strlen(prefix)))
			return &seen.entries[i];
	return NULL;
}

unsigned char *disk_bytes(const char *prefix, uint64_t *ret_length)
{
	struct entry *entry = by_prefix(prefix);

	if (!entry)
		return NULL;
	*ret_length = inodes[entry->inode].seen.length;
	return inodes[entry->inode].seen.bytes;
}

const char *disk_name(const char *prefix)
{
	struct entry *entry = by_prefix(prefix);

	return entry ? entry->name : NULL;
}

void disk_truncate(const char *prefix, uint64_t length)
{
	content_resize(&inodes[by_prefix(prefix)->inode].seen, length);
}

void disk_remove(const char *prefix)
{
	by_prefix(prefix)->name[0] = '\0';
}

void disk_keep(void)
{
	kept = seen;
	for (int i = 0; i < INODES; i++) {
		kept_inodes[i].used = inodes[i].used;
		content_copy(&kept_inodes[i].seen, &inodes[i].seen);
		content_copy(&kept_inodes[i].lasting, &inodes[i].lasting);
	}
}

void disk_restore(void)
{
	uint64_t seed = disk.seed;

	disk_format();
	disk.seed = seed + 1;
	seen = lasting = kept;
	for (int i = 0; i < INODES; i++) {
		inodes[i].used = kept_inodes[i].used;
		content_copy(&inodes[i].seen, &kept_inodes[i].seen);
		content_copy(&inodes[i].lasting, &kept_inodes[i].lasting);
	}
}
