// SPDX-License-Identifier: MIT
/*
 * Fake kernel: processes and their descriptors.
 */
#include <errno.h>
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
	if (d->kind == FILE_FD)
		file_put(d->file);
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

void fake_close(int fd)
{
	called(CALL_CLOSE);
	LOCKED();
	check(fd_slot(fd));
	fd_release(fd_slot(fd));
}

void fake_set_cloexec(int fd)
{
	LOCKED();
	check(fd_slot(fd));
	fd_slot(fd)->cloexec = true;
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
	return fd_install(running(), FD_FIRST, d);
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
	for (int i = 0; i < p->fd_end; i++)
		if (p->fds[i].description)
			fd_release(&p->fds[i]);
	p->map_end = 0;
	p->fd_end = 0;
	p->alive = false;
}

/* No two processes have the same, be they children or not. */
static unsigned int new_forks(void)
{
	static unsigned int last;

	return ++last;
}

static void process_start(struct process *p)
{
	p->alive = true;
	p->forks = new_forks();
}

void fake_crash(void)
{
	LOCKED();
	running()->forks = fake.forks; /* a test may have changed it */
	process_end(running());
	process_start(running());
	fake.forks = running()->forks;
	fake.stop_at = 0;
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
	current = 0;
	fake.boots++;
	fake.stop_at = 0;
	fake.finish_error = 0;
	process_start(running());
	fake.forks = running()->forks;
}

void fake_boot(void)
{
	LOCKED();
	fake.finish_error = 0;
	for (int i = 0; i < FAKE_PROCESSES; i++)
		process_end(&fake_processes[i]);
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
	return fake.fds + fake.maps + fake.allocations + fake.threads;
}

/* -- For tests ------------------------------------------------------------- */

void fake_switch(int process)
{
	LOCKED();
	check(process >= 0 && process < FAKE_PROCESSES);
	running()->forks = fake.forks;
	current = process;
	if (!running()->alive)
		process_start(running());
	fake.forks = running()->forks;
}

void fake_fork(int process)
{
	struct process *child = &fake_processes[process];
	const struct process *parent = running();

	LOCKED();
	check(!child->alive);
	memcpy(child, parent, sizeof(*child));
	child->forks = new_forks();
	for (int i = 0; i < child->fd_end; i++) {
		if (!child->fds[i].description)
			continue;
		description_get(child->fds[i].description);
		fake.fds++;
	}
	for (int i = 0; i < child->map_end; i++) {
		if (!child->maps[i].address)
			continue;
		if (child->maps[i].file)
			file_get(child->maps[i].file);
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

int fake_other_fd(void)
{
	LOCKED();
	return fd_install(running(), FD_FIRST,
			  description_new(OTHER, NULL, NULL));
}
