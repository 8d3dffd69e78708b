// SPDX-License-Identifier: MIT
/*
 * Fake kernel: processes and their descriptors.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "fake_kernel.h"

struct process fake_processes[FAKE_PROCESSES];
static int current;

struct process *running(void)
{
	return &fake_processes[current];
}

struct description *description_new(int kind, struct file *file,
				    struct session *session)
{
	struct description *d = calloc(1, sizeof(*d));

	check(d);
	d->kind = kind;
	d->refs = 1;
	d->file = file;
	d->session = session;
	if (file)
		file_get(file);
	return d;
}

void description_get(struct description *d)
{
	d->refs++;
}

void description_put(struct description *d)
{
	if (--d->refs)
		return;
	if (d->kind == DEVICE)
		luo_device_release();
	if (d->kind == FILE_FD) {
		file_unlock(d);
		if (d->file->owner == d)
			d->file->owner = NULL;
		file_put(d->file);
	}
	if (d->kind == PIPE && d->other_end)
		d->other_end->other_end = NULL;
	if (d->kind == SESSION && d->session)
		session_release(d->session);
	free(d);
}

/* -- Descriptors ----------------------------------------------------------- */

static struct descriptor *fd_slot(int fd)
{
	struct process *p = running();

	if (fd < 0 || fd >= FDS || !p->fds[fd].description)
		return NULL;
	return &p->fds[fd];
}

int fd_install(struct process *p, int first, struct description *d)
{
	int end = first >= FD_PASSED ? FDS : FD_PASSED;

	for (int fd = first; fd < end && !fake.no_fds; fd++) {
		if (p->fds[fd].description)
			continue;
		/* Of what was closed behind the library's back it keeps that. */
		p->fds[fd].description = d;
		p->fds[fd].cloexec = true;
		if (fd >= p->fd_end)
			p->fd_end = fd + 1;
		fake.fds++;
		return fd;
	}
	description_put(d);
	return -EMFILE;
}

struct description *fd_find(int fd)
{
	struct descriptor *slot = fd_slot(fd);

	return slot ? slot->description : NULL;
}

struct description *fd_lookup(int fd, int kind)
{
	struct descriptor *slot = fd_slot(fd);

	check(slot);
	check(!kind || (int)slot->description->kind == kind);
	return slot->description;
}

static void fd_release(struct descriptor *slot)
{
	struct description *d = slot->description;

	slot->description = NULL;
	fake.fds--;
	description_put(d);
}

/* -- The library's table (lib/system/descriptors.c) ------------------------ */

static uint64_t identity(const struct descriptor *slot)
{
	const struct description *d = slot->description;

	return d->file ? d->file->inode : d->kind;
}

/* The numbers that the manager passed stay open, so they do not count. */
static void set_ours(struct process *p, int fd, bool ours)
{
	if (fd >= FD_FIRST)
		fake.own_fds += ours - p->fds[fd].ours;
	p->fds[fd].ours = ours;
}

/* Is the number the library's, and still what it was? */
static bool has(const struct descriptor *slot)
{
	return slot->ours && slot->description && identity(slot) == slot->inode;
}

int fd_take(int fd)
{
	struct descriptor *slot;

	if (fd < 0)
		return fd;
	LOCKED();
	slot = fd_slot(fd);
	set_ours(running(), fd, true);
	slot->inode = identity(slot);
	return fd;
}

/* A number that nobody has is closed twice. */
void fake_close(int fd)
{
	struct descriptor *slot;
	bool ours;

	called(CALL_CLOSE);
	LOCKED();
	check(fd >= 0 && fd < FDS);
	slot = &running()->fds[fd];
	check(slot->ours || slot->description);
	ours = has(slot);
	set_ours(running(), fd, false);
	if (ours)
		fd_release(slot);
}

int fake_move(int fd, int to)
{
	int err = called(CALL_MOVE);
	struct process *p = running();
	struct description *d;

	if (err)
		return err;
	LOCKED();
	check(to >= 3 && to < FDS && to != fd);
	d = fd_find(fd);
	if (!d)
		return -EBADF;
	description_get(d);
	if (p->fds[to].description)
		fd_release(&p->fds[to]);
	check(fd_install(p, to, d) == to);
	fd_take(to);
	check(has(&p->fds[fd]));
	set_ours(p, fd, false);
	fd_release(&p->fds[fd]);
	return 0;
}

void fake_leave(int fd)
{
	struct process *p = running();
	struct descriptor *slot;

	called(CALL_LEAVE);
	LOCKED();
	check(fd >= 3 && fd < FDS);
	slot = &p->fds[fd];
	if (!slot->ours || has(slot)) {
		struct file *empty = file_new("hugepersist: given up", 0);

		if (slot->description)
			fd_release(slot);
		/* dup3(2) needs no number that is free. */
		slot->description = description_new(FILE_FD, empty, NULL);
		slot->cloexec = true;
		fake.fds++;
		if (fd >= p->fd_end)
			p->fd_end = fd + 1;
		file_put(empty);
	}
	set_ours(p, fd, false);
}

bool fake_is_session(int fd)
{
	const struct description *d;

	LOCKED();
	d = fd_find(fd);
	return d && d->kind == SESSION;
}

int fake_duplicate(int fd)
{
	int err = called(CALL_DUPLICATE);
	struct description *d;

	if (err)
		return err;
	LOCKED();
	d = fd_find(fd);
	if (!d)
		return -EBADF;
	description_get(d);
	return fd_take(fd_install(running(), FD_FIRST, d));
}

int fake_reopen(int fd)
{
	int err = called(CALL_REOPEN);
	struct description *d, *other;

	if (err)
		return err;
	LOCKED();
	d = fd_find(fd);
	if (!d)
		return -EBADF;
	if (fake.hidden_proc)
		return -ENOENT;
	if (d->kind != FILE_FD)
		return -ENXIO;
	other = description_new(FILE_FD, d->file, NULL);
	other->read_only = d->read_only;
	return fd_take(fd_install(running(), FD_FIRST, other));
}

int fake_pipe(int ret_fds[2])
{
	int err = called(CALL_PIPE);
	struct description *ends[2];

	if (err)
		return err;
	LOCKED();
	if (fake.no_fds)
		return -EMFILE;
	for (int i = 0; i < 2; i++)
		ends[i] = description_new(PIPE, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		ends[i]->other_end = ends[!i];
		ret_fds[i] = fd_take(fd_install(running(), FD_FIRST, ends[i]));
		check(ret_fds[i] >= 0);
	}
	return 0;
}

/* Time passes until the manager has worked on enough. */
int fake_wait_hangup(int fd, unsigned int timeout_ms)
{
	int err = called(CALL_WAIT_HANGUP);
	uint64_t end = fake.now + timeout_ms;
	const struct description *d;

	if (err)
		return err;
	LOCKED();
	d = fd_lookup(fd, PIPE);
	manager_run();
	while (d->other_end && manager_next() <= end) {
		fake.now = manager_next();
		manager_run();
	}
	if (!d->other_end)
		return 0;
	fake.now = end;
	return -ETIMEDOUT;
}

int fake_read_fd_link(int fd, char *buffer, size_t size)
{
	int err = called(CALL_READ_FD_LINK);
	struct description *d;
	int length = 0;

	if (err)
		return err;
	LOCKED();
	d = fd_find(fd);
	if (fake.hidden_proc || !d)
		return -ENOENT;
	switch (d->kind) {
	case DEVICE:
		length = snprintf(buffer, size, "%s", LUO_DEVICE);
		break;
	case FILE_FD:
		length = snprintf(buffer, size, "/memfd:%s (deleted)",
				  d->file->name);
		break;
	case SESSION:
		length = snprintf(buffer, size, "anon_inode:[luo_session] %s",
				  d->session ? d->session->name : "");
		break;
	case PIPE:
	case OTHER:
		length = snprintf(buffer, size, "socket:[4712]");
		break;
	}
	return (size_t)length >= size ? -E2BIG : length;
}

/* -- Life and death -------------------------------------------------------- */

void process_end(struct process *p)
{
	for (int i = 0; i < p->map_end; i++)
		if (p->maps[i].address)
			map_drop(p, &p->maps[i]);
	memory_end(p);
	for (int i = 0; i < p->fd_end; i++) {
		set_ours(p, i, false);
		if (p->fds[i].description)
			fd_release(&p->fds[i]);
	}
	for (int i = 0; i < TOLD; i++) {
		free(p->told[i]);
		p->told[i] = NULL;
	}
	p->map_end = 0;
	p->fd_end = 0;
	p->watched = false;
	p->alive = false;
}

/* No two processes have the same, be they children or not. */
static unsigned int new_forks(void)
{
	static unsigned int last;

	return ++last;
}

static int new_id(void)
{
	static int last = 1000;

	return ++last;
}

static void process_start(struct process *p)
{
	p->alive = true;
	p->forks = new_forks();
	p->id = new_id();
	p->service = (int)(p - fake_processes);
}

/* The running process is another one. */
static void renew(void)
{
	running()->forks = fake.forks; /* a test may have changed it */
	process_end(running());
	manager_settle();
	process_start(running());
	fake.forks = running()->forks;
	fake.stop_at = 0;
}

void fake_crash(void)
{
	LOCKED();
	renew();
}

void fake_restart(void)
{
	LOCKED();
	renew();
	manager_tell(running());
}

pid_t fake_process_id(void)
{
	return running()->id;
}

/*
 * No release runs in the kernel that goes: sessions are carried over with all
 * descriptors open.
 */
void fake_kexec(void)
{
	LOCKED();
	luo_kexec();
	for (int i = 0; i < FAKE_PROCESSES; i++)
		process_end(&fake_processes[i]);
	check(!fake.fds && !fake.maps && !fake.allocations);
	manager_kexec();
	current = 0;
	fake.boots++;
	fake.stop_at = 0;
	fake.finish_error = 0;
	process_start(running());
	manager_tell(running());
	fake.forks = running()->forks;
}

void fake_boot(void)
{
	LOCKED();
	fake.finish_error = 0;
	for (int i = 0; i < FAKE_PROCESSES; i++)
		process_end(&fake_processes[i]);
	manager_boot();
	luo_boot();
	text_boot();
	check(!fake.files && !fake.pool_used && !fake.pool_1g_used);
	check(!fake.pool_filled && !fake.pool_1g_filled);
	fake = (struct fake){
		.pool_pages = 64,
		.nodes = 3,
	};
	fake_policy_count = 0;
	current = 0;
	process_start(running());
	fake.forks = running()->forks;
}

int fake_leaks(void)
{
	return fake.own_fds + fake.maps + fake.allocations + fake.threads;
}

/* -- For tests ------------------------------------------------------------- */

void fake_close_behind(int fd)
{
	LOCKED();
	check(fd_slot(fd));
	fd_release(fd_slot(fd));
}

void fake_close_any(int fd)
{
	if (running()->fds[fd].ours)
		fake_close(fd);
	else
		fake_close_behind(fd);
}

void fake_switch(int process)
{
	LOCKED();
	check(process >= 0 && process < FAKE_PROCESSES);
	running()->forks = fake.forks;
	current = process;
	if (!running()->alive) {
		process_start(running());
		manager_tell(running());
	}
	fake.forks = running()->forks;
}

void fake_fork(int process)
{
	struct process *child = &fake_processes[process];
	const struct process *parent = running();

	LOCKED();
	check(!child->alive);
	memcpy(child, parent, offsetof(struct process, fds));
	memcpy(child->fds, parent->fds,
	       (size_t)parent->fd_end * sizeof(*child->fds));
	memcpy(child->maps, parent->maps,
	       (size_t)parent->map_end * sizeof(*child->maps));
	child->forks = new_forks();
	child->id = new_id();
	for (int i = 0; i < TOLD; i++)
		if (parent->told[i])
			child->told[i] = strdup(parent->told[i]);
	for (int i = 0; i < child->fd_end; i++) {
		struct descriptor *slot = &child->fds[i];
		bool closes =
			has(slot) && child->watched && !fake.no_fork_handler;

		if (i >= FD_FIRST)
			fake.own_fds += slot->ours;
		if (slot->description) {
			description_get(slot->description);
			fake.fds++;
		}
		if (child->watched && !fake.no_fork_handler)
			set_ours(child, i, false);
		if (closes)
			fd_release(slot);
	}
	for (int i = 0; i < child->map_end; i++) {
		if (!child->maps[i].address)
			continue;
		if (child->maps[i].description)
			description_get(child->maps[i].description);
		fake.maps++;
	}
}

void fake_exit(int process)
{
	LOCKED();
	check(process != current && fake_processes[process].alive);
	process_end(&fake_processes[process]);
}

int fake_pass_fd(int fd, int process)
{
	struct description *d;

	LOCKED();
	check(fake_processes[process].alive);
	d = fd_lookup(fd, 0);
	description_get(d);
	return fd_install(&fake_processes[process], FD_PASSED, d);
}

int fake_inheritable(void)
{
	const struct process *p = running();
	int count = 0;

	LOCKED();
	for (int i = 0; i < p->fd_end; i++)
		count += p->fds[i].description && !p->fds[i].cloexec;
	return count;
}

int fake_other_fd_at(int fd)
{
	LOCKED();
	return fd_install(running(), fd, description_new(OTHER, NULL, NULL));
}

int fake_other_fd(void)
{
	return fake_other_fd_at(FD_FIRST);
}
