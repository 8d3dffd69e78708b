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

	MUST(d);
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

/* The two ends of a pipe; only whether they are open is of interest. */
struct pipe_pair {
	int readers, writers, refs;
};

static void pipe_put(struct description *d)
{
	if (d->kind == PIPE_READ)
		d->pipe->readers--;
	else
		d->pipe->writers--;
	if (--d->pipe->refs == 0)
		free(d->pipe);
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
	if (d->pipe)
		pipe_put(d);
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
	int end = first >= FD_PASSED ? FDS :
		  first >= FD_FIRST  ? FD_PASSED :
				       FD_FIRST;

	for (int fd = first; fd < end && !fake.no_fds; fd++) {
		if (p->fds[fd].description)
			continue;
		p->fds[fd].description = d;
		p->fds[fd].cloexec = first >= FD_FIRST;
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

	MUST(slot);
	MUST(!kind || (int)slot->description->kind == kind);
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
	MUST(fd_slot(fd));
	fd_release(fd_slot(fd));
}

void fake_set_cloexec(int fd)
{
	LOCKED();
	MUST(fd_slot(fd));
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

int fake_pipe(int ret_fds[2])
{
	int err = called(CALL_PIPE);
	struct description *ends[2];
	struct pipe_pair *pipe;

	if (err)
		return err;
	LOCKED();
	pipe = calloc(1, sizeof(*pipe));
	MUST(pipe);
	*pipe = (struct pipe_pair){ .readers = 1, .writers = 1, .refs = 2 };
	for (int i = 0; i < 2; i++) {
		ends[i] =
			description_new(i ? PIPE_WRITE : PIPE_READ, NULL, NULL);
		ends[i]->pipe = pipe;
	}
	for (int i = 0; i < 2; i++) {
		ret_fds[i] = fd_install(running(), FD_FIRST, ends[i]);
		MUST(ret_fds[i] >= 0);
	}
	return 0;
}

int fake_wait_hangup(int fd, unsigned int timeout_ms)
{
	int err = called(CALL_WAIT_HANGUP);
	const struct pipe_pair *pipe;

	if (err)
		return err;
	LOCKED();
	pipe = fd_lookup(fd, PIPE_READ)->pipe;
	for (unsigned int waited = 0;; waited++) {
		manager_tick();
		if (!pipe->writers)
			return 0;
		if (waited >= timeout_ms)
			return -ETIMEDOUT;
		fake.now++;
	}
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
	case PIPE_READ:
	case PIPE_WRITE:
		length = snprintf(buffer, size, "pipe:[4711]");
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
	p->listen_fds = 0;
	p->alive = false;
}

static pid_t new_pid(void)
{
	static pid_t last;

	if (last < 100)
		last = 100;
	return ++last;
}

static void process_start(struct process *p)
{
	p->alive = true;
	p->pid = new_pid();
	manager_start(p);
}

void fake_crash(void)
{
	LOCKED();
	running()->pid = fake.pid; /* a test may have changed it */
	process_end(running());
	process_start(running());
	fake.pid = running()->pid;
	fake.stop_at = 0;
}

/*
 * No release runs in the kernel that goes: sessions are carried over with all
 * descriptors open.
 */
void fake_kexec(void)
{
	LOCKED();
	manager_kexec_begin();
	luo_kexec();
	for (int i = 0; i < FAKE_PROCESSES; i++)
		process_end(&fake_processes[i]);
	MUST(!fake.fds && !fake.maps && !fake.allocations);
	current = 0;
	fake.boots++;
	fake.stop_at = 0;
	fake.finish_error = 0;
	manager_kexec_end();
	process_start(running());
	fake.pid = running()->pid;
}

void fake_boot(void)
{
	LOCKED();
	fake.finish_error = 0;
	manager_boot();
	for (int i = 0; i < FAKE_PROCESSES; i++)
		process_end(&fake_processes[i]);
	luo_boot();
	text_boot();
	MUST(!fake.files && !fake.pool_used && !fake.pool_1g_used);
	MUST(!fake.pool_filled && !fake.pool_1g_filled);
	fake = (struct fake){
		.pool_pages = 64,
		.nodes = 3,
		.manager_stores = 64,
	};
	fake_policy_count = 0;
	current = 0;
	process_start(running());
	fake.pid = running()->pid;
}

int fake_leaks(void)
{
	return fake.fds + fake.maps + fake.allocations + fake.threads;
}

/* -- For tests ------------------------------------------------------------- */

void fake_switch(int process)
{
	LOCKED();
	MUST(process >= 0 && process < FAKE_PROCESSES);
	running()->pid = fake.pid;
	current = process;
	if (!running()->alive)
		process_start(running());
	fake.pid = running()->pid;
}

void fake_fork(int process)
{
	struct process *child = &fake_processes[process];
	const struct process *parent = running();

	LOCKED();
	MUST(!child->alive);
	memcpy(child, parent, sizeof(*child));
	child->pid = new_pid();
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
	MUST(process != current && fake_processes[process].alive);
	process_end(&fake_processes[process]);
}

int fake_pass_fd(int fd, int process)
{
	struct description *d;

	LOCKED();
	MUST(fake_processes[process].alive);
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
