// SPDX-License-Identifier: MIT
/*
 * A service manager with a store of descriptors, by sd_notify(3) and
 * sd_pid_notify_with_fds(3): FDSTORE, FDNAME, FDSTOREREMOVE, BARRIER. Like
 * systemd it takes notifications in their order, says nothing back and drops
 * what it does not like.
 */
#include <errno.h>
#include <string.h>

#include "fake_kernel.h"

#define STORED 256
#define QUEUED 256
#define NAME_MAX_BYTES 255
#define SOCKET "/run/fake/notify"

static struct stored {
	char name[NAME_MAX_BYTES + 1];
	struct description *description;
} store[STORED];

static struct notification {
	char text[512];
	struct description *fds[16];
	unsigned int fds_count;
	uint64_t due;
} queue[QUEUED];
static int queued;

/* Sessions that the manager hands over to itself. */
static struct carried {
	char name[NAME_MAX_BYTES + 1], session[LUO_NAME_SIZE];
} carried[STORED];
static int carried_count;

/* -- Reading notifications ------------------------------------------------- */

/* The value of "KEY=value" on a line of its own; its length, -1: none. */
static int value_of(const char *text, const char *key, const char **ret_value)
{
	size_t length = strlen(key);

	while (text && *text) {
		const char *end = strchr(text, '\n');

		if (!strncmp(text, key, length) && text[length] == '=') {
			*ret_value = text + length + 1;
			return end ? (int)(end - *ret_value) :
				     (int)strlen(*ret_value);
		}
		text = end ? end + 1 : NULL;
	}
	return -1;
}

static bool is_set(const char *text, const char *key)
{
	const char *value;

	return value_of(text, key, &value) == 1 && *value == '1';
}

/* "": systemd does not take it. */
static void take_name(const char *text, char *name)
{
	const char *value;
	int length = value_of(text, "FDNAME", &value);

	strcpy(name, "");
	if (length <= 0 || length > NAME_MAX_BYTES)
		return;
	for (int i = 0; i < length; i++)
		if (value[i] < ' ' || value[i] > '~' || value[i] == ':')
			return;
	memcpy(name, value, (size_t)length);
	name[length] = '\0';
}

static void put_stored(struct stored *s)
{
	struct description *d = s->description;

	s->description = NULL;
	fake.stored--;
	description_put(d);
}

static void add(const char *name, struct description *d)
{
	struct stored *slot = NULL;

	for (int i = 0; i < STORED; i++) {
		if (store[i].description == d)
			return; /* systemd compares with kcmp(2) */
		if (!slot && !store[i].description)
			slot = &store[i];
	}
	if (!slot || fake.stored >= (int)fake.manager_stores)
		return;
	description_get(d);
	strcpy(slot->name, *name ? name : "stored");
	slot->description = d;
	fake.stored++;
}

static void drop(const char *name)
{
	for (int i = 0; i < STORED; i++)
		if (store[i].description && !strcmp(store[i].name, name))
			put_stored(&store[i]);
}

static void read_one(struct notification *n)
{
	char name[NAME_MAX_BYTES + 1];

	take_name(n->text, name);
	if (is_set(n->text, "FDSTORE"))
		for (unsigned int i = 0; i < n->fds_count; i++)
			add(name, n->fds[i]);
	if (is_set(n->text, "FDSTOREREMOVE") && *name)
		drop(name);
	for (unsigned int i = 0; i < n->fds_count; i++)
		description_put(n->fds[i]);
}

static void read_first(void)
{
	struct notification n = queue[0];

	memmove(queue, queue + 1, sizeof(queue) - sizeof(queue[0]));
	queued--;
	read_one(&n);
}

void manager_tick(void)
{
	while (queued && !fake.manager_stuck && queue[0].due <= fake.now)
		read_first();
}

int fake_notify(const char *address, const char *message, const int *fds,
		unsigned int fds_count)
{
	int err = called(CALL_NOTIFY);
	struct notification *n;

	if (err)
		return err;
	LOCKED();
	if (!fake.manager || strcmp(address, SOCKET))
		return -ECONNREFUSED;
	MUST(queued < QUEUED && strlen(message) < sizeof(n->text));
	MUST(fds_count <= sizeof(n->fds) / sizeof(n->fds[0]));
	n = &queue[queued++];
	strcpy(n->text, message);
	n->due = fake.now + fake.manager_delay;
	n->fds_count = fds_count;
	for (unsigned int i = 0; i < fds_count; i++) {
		n->fds[i] = fd_lookup(fds[i], 0);
		description_get(n->fds[i]);
	}
	manager_tick();
	return 0;
}

/* -- Life and death -------------------------------------------------------- */

/* Only the first process is the service. */
void manager_start(struct process *p)
{
	char names[STORED * 64] = "", number[16];
	size_t length = 0;

	if (p != &fake_processes[0] || !fake.manager)
		return;
	/* What the old process said, it gets round to before. */
	while (queued)
		read_first();
	for (int i = 0; i < STORED; i++) {
		if (!store[i].description)
			continue;
		description_get(store[i].description);
		MUST(fd_install(p, FD_INHERITED + p->listen_fds,
				store[i].description) ==
		     FD_INHERITED + p->listen_fds);
		MUST(length + strlen(store[i].name) + 2 < sizeof(names));
		length += (size_t)sprintf(names + length, "%s%s",
					  p->listen_fds ? ":" : "",
					  store[i].name);
		p->listen_fds++;
	}
	text_setenv("NOTIFY_SOCKET", SOCKET);
	(void)snprintf(number, sizeof(number), "%u", fake.manager_stores);
	text_setenv("FDSTORE", fake.manager_stores ? number : NULL);
	(void)snprintf(number, sizeof(number), "%d", p->listen_fds);
	text_setenv("LISTEN_FDS", p->listen_fds ? number : NULL);
	text_setenv("LISTEN_FDNAMES", p->listen_fds ? names : NULL);
	(void)snprintf(number, sizeof(number), "%d", (int)p->pid);
	text_setenv("LISTEN_PID", p->listen_fds ? number : NULL);
}

static void forget_all(void)
{
	while (queued) {
		fake.manager_stores = 0;
		read_first();
	}
	for (int i = 0; i < STORED; i++)
		if (store[i].description)
			put_stored(&store[i]);
}

/* Its descriptors go with the old kernel: no session ends by that. */
void manager_kexec_begin(void)
{
	carried_count = 0;
	for (int i = 0; i < STORED; i++) {
		struct description *d = store[i].description;

		if (!d || d->kind != SESSION)
			continue;
		if (fake.manager_over_kexec && !d->session->incoming) {
			strcpy(carried[carried_count].name, store[i].name);
			strcpy(carried[carried_count].session,
			       d->session->name);
			carried_count++;
		}
		d->session = NULL;
	}
	for (int i = 0; i < queued; i++)
		for (unsigned int j = 0; j < queue[i].fds_count; j++)
			queue[i].fds[j]->session = NULL;
}

void manager_kexec_end(void)
{
	unsigned int stores = fake.manager_stores;

	forget_all();
	fake.manager_stores = stores;
	for (int i = 0; i < carried_count; i++) {
		struct description *d = luo_retrieve(carried[i].session);

		if (!d)
			continue;
		add(carried[i].name, d);
		description_put(d);
	}
}

void manager_boot(void)
{
	forget_all();
}

/* -- For tests ------------------------------------------------------------- */

void fake_manager_run(void)
{
	LOCKED();
	while (queued)
		read_first();
}

int fake_manager_has(const char *name)
{
	int count = 0;

	LOCKED();
	for (int i = 0; i < STORED; i++)
		count += store[i].description && !strcmp(store[i].name, name);
	return count;
}

void fake_manager_drop(const char *name)
{
	LOCKED();
	drop(name);
}
