// SPDX-License-Identifier: MIT
/*
 * Fake kernel: the Live Update Orchestrator, as kernel/liveupdate/luo_session.c
 * and luo_file.c have it, in the same order of checks.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_kernel.h"

#define SESSIONS 64

static struct session sessions[SESSIONS];
static bool device_open;

void luo_device_release(void)
{
	device_open = false;
}

int luo_open(void)
{
	if (fake.no_device || fake.hidden_device)
		return -ENOENT;
	if (fake.open_error)
		return -fake.open_error;
	if (device_open || fake.now < fake.busy_until)
		return -EBUSY;
	device_open = true;
	return fd_install(running(), FD_FIRST,
			  description_new(DEVICE, NULL, NULL));
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
		s->entries = calloc(ENTRIES, sizeof(*s->entries));
		check(s->entries);
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
	while (s->count) {
		struct file *file = s->entries[--s->count].file;

		file->frozen = false;
		file->held = false;
		file_put(file);
	}
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

void session_release(struct session *s)
{
	if (s->incoming && fake.finish_error)
		return;
	remove_session(s);
}

static int create_session(struct luo_session_arg *arg)
{
	struct session *s;

	check(arg->size == sizeof(*arg));
	if (!arg->name[0] || !memchr(arg->name, 0, sizeof(arg->name)))
		return -EINVAL;
	if (find_session(arg->name, false))
		return -EEXIST;
	s = new_session(arg->name);
	if (!s)
		return -ENOMEM;
	arg->fd = fd_install(running(), FD_FIRST,
			     description_new(SESSION, NULL, s));
	return arg->fd < 0 ? arg->fd : 0;
}

struct description *luo_retrieve(const char *name)
{
	struct session *s = find_session(name, true);

	if (!s || s->retrieved)
		return NULL;
	s->retrieved = true;
	return description_new(SESSION, NULL, s);
}

static int retrieve_session(struct luo_session_arg *arg)
{
	struct session *s;

	check(arg->size == sizeof(*arg));
	s = find_session(arg->name, true);
	if (!s)
		return -ENOENT;
	if (s->retrieved)
		return -EINVAL;
	arg->fd = fd_install(running(), FD_FIRST, luo_retrieve(arg->name));
	return arg->fd < 0 ? arg->fd : 0;
}

/* -- Files ----------------------------------------------------------------- */

static int preserve_fd(struct session *s, const struct luo_file_arg *arg)
{
	const struct description *d;
	struct file *file;
	int err;

	if (s->incoming)
		return -EINVAL;
	check(arg->size == sizeof(*arg));
	if (find_entry(s, arg->token))
		return -EEXIST;
	if (s->count == ENTRIES)
		return -ENOSPC;
	/* What a test does now, the library finds out only afterwards. */
	d = fd_find(arg->fd);
	if (d && d->file && d->file->page_size && fake.on_preserve)
		fake.on_preserve();
	d = fd_find(arg->fd);
	if (!d)
		return -EBADF;
	if (d->kind != FILE_FD || (d->file->page_size && fake.no_handler))
		return -ENOENT;
	file = d->file;
	if (file->held)
		return -EBUSY;
	if (!fake.leaves_holes || !file->page_size)
		err = file_fill(file, 0, file->length);
	else
		err = 0;
	if (err)
		return err;
	file->held = true;
	file->frozen = true;
	file_get(file);
	s->entries[s->count++] = (struct entry){
		.token = arg->token,
		.file = file,
	};
	return 0;
}

/*
 * mm/hugetlb_luo.c: nothing is lost for want of memory, of an inode or of a
 * file. mm/memfd_luo.c does not know of that, nor of EAGAIN, which is not
 * remembered.
 */
static int retrieve_error(const struct file *file, int err)
{
	if (file->page_size &&
	    (err == -ENOMEM || err == -ENOSPC || err == -ENFILE))
		return -EAGAIN;
	return !file->page_size && err == -EAGAIN ? -EIO : err;
}

/* err: what the test wants to happen. */
static int retrieve_fd(struct session *s, struct luo_file_arg *arg, int err)
{
	struct entry *e;

	if (!s->incoming)
		return -EINVAL;
	check(arg->size == sizeof(*arg));
	/* No number is free: found out before the attempt. */
	if (err == -EMFILE || fake.no_fds)
		return -EMFILE;
	e = find_entry(s, arg->token);
	if (!e)
		return -ENOENT;
	if (fake.no_room && e->file->page_size)
		err = -ENOMEM;
	if (e->status)
		err = e->status < 0 ? e->status : 0;
	else if (err)
		err = retrieve_error(e->file, err);
	if (err && err != -EAGAIN)
		e->status = err;
	if (err)
		return err;
	e->status = 1;
	e->file->held = true;
	arg->fd = fd_install(running(), FD_FIRST,
			     description_new(FILE_FD, e->file, NULL));
	return arg->fd < 0 ? arg->fd : 0;
}

static int finish(struct session *s, const struct luo_finish_arg *arg)
{
	if (!s->incoming)
		return -EINVAL;
	check(arg->size == sizeof(*arg));
	if (arg->reserved)
		return -EINVAL;
	if (fake.finish_error)
		return -fake.finish_error;
	forget_entries(s);
	return 0;
}

static int get_name(const struct session *s, struct luo_name_arg *arg)
{
	check(arg->size == sizeof(*arg) && !arg->reserved && !arg->kind);
	if (fake.name_error)
		return -fake.name_error;
	if (!fake.no_kind)
		arg->kind = s->incoming ? LUO_INCOMING : LUO_OUTGOING;
	strcpy(arg->name, s->name);
	return 0;
}

static int session_request(struct session *s, unsigned long request, void *arg,
			   int err)
{
	switch (request) {
	case LUO_PRESERVE_FD:
		return err ? err : preserve_fd(s, arg);
	case LUO_RETRIEVE_FD:
		return retrieve_fd(s, arg, err);
	case LUO_FINISH:
		return err ? err : finish(s, arg);
	case LUO_GET_NAME:
		return get_name(s, arg);
	default:
		return -EINVAL;
	}
}

static int request_kind(unsigned long request)
{
	switch (request) {
	case LUO_CREATE_SESSION:
		return CALL_CREATE_SESSION;
	case LUO_RETRIEVE_SESSION:
		return CALL_RETRIEVE_SESSION;
	case LUO_PRESERVE_FD:
		return CALL_PRESERVE_FD;
	case LUO_RETRIEVE_FD:
		return CALL_RETRIEVE_FD;
	case LUO_FINISH:
		return CALL_FINISH;
	default:
		return -1;
	}
}

int luo_ioctl(int fd, unsigned long request, void *arg)
{
	int kind = request_kind(request);
	int err = kind >= 0 ? called(kind) : 0;
	const struct description *d;

	LOCKED();
	d = fd_lookup(fd, 0);
	if (d->kind == SESSION)
		return session_request(d->session, request, arg, err);
	if (d->kind != DEVICE ||
	    (request != LUO_CREATE_SESSION && request != LUO_RETRIEVE_SESSION))
		return -ENOTTY;
	if (err)
		return err;
	return request == LUO_CREATE_SESSION ? create_session(arg) :
					       retrieve_session(arg);
}

int luo_ioctl_fd(int fd, unsigned long request, void *arg,
		 const int32_t *arg_fd)
{
	int err = luo_ioctl(fd, request, arg);

	return err < 0 ? err : fd_take(*arg_fd);
}

/* -- Life and death -------------------------------------------------------- */

/* The descriptors that are still open then are of the kernel that went. */
static void orphan(const struct session *s)
{
	for (int i = 0; i < FAKE_PROCESSES; i++) {
		struct process *p = &fake_processes[i];

		for (int fd = 0; fd < p->fd_end; fd++) {
			struct description *d = p->fds[fd].description;

			if (d && d->session == s)
				d->session = NULL;
		}
	}
}

void luo_kexec(void)
{
	for (int i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];

		if (!s->used)
			continue;
		orphan(s);
		if (s->incoming || fake.next_cannot) {
			remove_session(s);
			continue;
		}
		s->incoming = true;
		for (int j = 0; j < s->count; j++) {
			struct file *file = s->entries[j].file;

			file->held = false;
			file->frozen = false;
			file->fixed = false;
		}
	}
	fake.sessions_incoming = fake.sessions_outgoing;
	fake.sessions_outgoing = 0;
	device_open = false;
}

void luo_boot(void)
{
	for (int i = 0; i < SESSIONS; i++)
		if (sessions[i].used)
			remove_session(&sessions[i]);
	device_open = false;
}

bool fake_outgoing_has(uint64_t inode)
{
	LOCKED();
	for (int i = 0; i < SESSIONS; i++)
		for (int j = 0; sessions[i].used && !sessions[i].incoming &&
				j < sessions[i].count;
		     j++)
			if (sessions[i].entries[j].file->inode == inode)
				return true;
	return false;
}

/* -- Damage ---------------------------------------------------------------- */

static struct entry *returned_entry(uint64_t token, struct session **ret_s)
{
	for (int i = 0; i < SESSIONS; i++) {
		struct entry *e;

		if (!sessions[i].used || !sessions[i].incoming)
			continue;
		e = find_entry(&sessions[i], token);
		if (!e)
			continue;
		if (ret_s)
			*ret_s = &sessions[i];
		return e;
	}
	check(!"no such token came back");
	return NULL;
}

void fake_returned_set_length(uint64_t token, uint64_t length)
{
	LOCKED();
	check(!file_resize(returned_entry(token, NULL)->file, length));
}

void fake_returned_set_allocated(uint64_t token, uint64_t allocated)
{
	struct file *file;

	LOCKED();
	file = returned_entry(token, NULL)->file;
	file->claims = true;
	file->claim = allocated;
}

void fake_returned_set_page_size(uint64_t token, uint64_t page_size)
{
	LOCKED();
	file_set_page_size(returned_entry(token, NULL)->file, page_size);
}

void fake_returned_remove(uint64_t token)
{
	struct session *s;
	struct entry *e;

	LOCKED();
	e = returned_entry(token, &s);
	file_put(e->file);
	*e = s->entries[--s->count];
}

void fake_returned_write(uint64_t token, uint64_t offset, const void *bytes,
			 size_t length)
{
	LOCKED();
	check(pwrite(returned_entry(token, NULL)->file->memfd, bytes, length,
		     (off_t)offset) == (ssize_t)length);
}

void fake_returned_read(uint64_t token, uint64_t offset, void *bytes,
			size_t length)
{
	LOCKED();
	check(pread(returned_entry(token, NULL)->file->memfd, bytes, length,
		    (off_t)offset) == (ssize_t)length);
}
