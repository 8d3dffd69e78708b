// SPDX-License-Identifier: MIT
/*
 * Fake kernel: the service manager, as systemd keeps descriptors for services
 * (src/core/service.c). Messages wait in its socket until it works on them.
 */
#include <errno.h>
#include <string.h>

#include "fake_kernel.h"

#define SOCKET "/run/fake/notify"
#define NAME_SIZE 256
#define STORE 1100
#define MESSAGES 4096

struct stored {
	struct description *description;
	char name[NAME_SIZE];
};

static struct store {
	unsigned int count;
	struct stored entries[STORE]; /* the oldest first */
} stores[FAKE_PROCESSES];

static struct message {
	enum { NOTHING, PUT, REMOVE, BARRIER } what;
	int process, service;
	uint64_t due;
	struct description *description; /* or NULL */
	char name[NAME_SIZE];
} messages[MESSAGES];
static int first, end; /* of those that wait */

struct fake_manager fake_manager;

/* -- The stores ------------------------------------------------------------ */

static void drop(struct store *store, unsigned int index)
{
	struct description *d = store->entries[index].description;

	store->count--;
	memmove(store->entries + index, store->entries + index + 1,
		(store->count - index) * sizeof(*store->entries));
	description_put(d);
}

/* A description that it has already is not stored again (kcmp(2)). */
static bool has(const struct store *store, const struct description *d)
{
	for (unsigned int i = 0; i < store->count; i++)
		if (store->entries[i].description == d)
			return true;
	return false;
}

static void put(struct store *store, const struct message *m)
{
	struct stored *entry = &store->entries[store->count];

	fake_manager.pushes++;
	if (fake_manager.refuses || store->count >= fake_manager.maximum ||
	    has(store, m->description))
		return;
	check(store->count < STORE);
	store->count++;
	entry->description = m->description;
	strcpy(entry->name, m->name);
	description_get(entry->description);
}

static void remove_all(struct store *store, const char *name)
{
	for (unsigned int i = 0; i < store->count;)
		if (!strcmp(store->entries[i].name, name))
			drop(store, i);
		else
			i++;
}

/* -- Messages -------------------------------------------------------------- */

static void end_message(struct message *m)
{
	if (m->description)
		description_put(m->description);
	m->description = NULL;
}

static void work(struct message *m)
{
	struct store *store = &stores[m->service];

	if (m->what == PUT)
		put(store, m);
	if (m->what == REMOVE && !fake_manager.refuses)
		remove_all(store, m->name);
	end_message(m);
}

static void compact(void)
{
	if (first == end)
		first = end = 0;
}

uint64_t manager_next(void)
{
	return first == end || fake_manager.silent ? UINT64_MAX :
						     messages[first].due;
}

void manager_run(void)
{
	while (manager_next() <= fake.now)
		work(&messages[first++]);
	compact();
}

/* Before it starts another process it works on what waits. */
void manager_settle(void)
{
	fake_manager.silent = false;
	while (first != end) {
		if (fake_manager.loses_messages)
			end_message(&messages[first]);
		else
			work(&messages[first]);
		first++;
	}
	compact();
}

/* The value of a variable in a message, up to the end of its line. */
static bool find(const char *message, const char *variable, char *ret_value)
{
	size_t length = strlen(variable);

	while (message) {
		if (!strncmp(message, variable, length) &&
		    message[length] == '=') {
			const char *value = message + length + 1;
			size_t size = strcspn(value, "\n");

			check(size < NAME_SIZE);
			memcpy(ret_value, value, size);
			ret_value[size] = '\0';
			return true;
		}
		message = strchr(message, '\n');
		message += message != NULL;
	}
	return false;
}

/* By the rules of sd_notify(3); a wrong one is a defect of the library. */
static void parse(struct message *m, const char *text)
{
	char value[NAME_SIZE];

	if (find(text, "BARRIER", value)) {
		check(!strcmp(text, "BARRIER=1") && m->description);
		m->what = BARRIER;
		return;
	}
	if (find(text, "FDSTORE", value)) {
		check(!strcmp(value, "1") && m->description);
		check(m->description->kind == FILE_FD);
		m->what = PUT;
	}
	if (find(text, "FDSTOREREMOVE", value)) {
		check(!strcmp(value, "1") && !m->what && !m->description);
		m->what = REMOVE;
	}
	if (!m->what)
		return;
	check(find(text, "FDNAME", m->name) && *m->name);
	for (const char *c = m->name; *c; c++)
		check(*c > ' ' && *c < 127 && *c != ':');
}

int fake_notify(const char *address, const char *text, int fd)
{
	int err = called(CALL_NOTIFY);
	struct message *m;

	if (err)
		return err;
	LOCKED();
	if (!fake_manager.there || strcmp(address, SOCKET) != 0)
		return -ECONNREFUSED;
	if (fake_manager.no_room || end == MESSAGES)
		return -EAGAIN;
	m = &messages[end++];
	*m = (struct message){
		.process = running()->id,
		.service = running()->service,
		.due = fake.now + fake_manager.slow_ms,
		.description = fd >= 0 ? fd_lookup(fd, 0) : NULL,
	};
	parse(m, text);
	if (m->description)
		description_get(m->description);
	manager_run();
	return 0;
}

/* -- Processes that it starts ---------------------------------------------- */

static char *number(int value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", value);
	return strdup(text);
}

/* In the order of the store, or turned by some places that change. */
static void pass(struct process *p, struct store *store)
{
	size_t length = 0;
	char *names;

	names = malloc(store->count * NAME_SIZE + 1);
	check(names);
	for (unsigned int i = 0; i < store->count; i++) {
		unsigned int turn =
			fake_manager.reorders ? (unsigned int)p->id : 0;
		const struct stored *entry =
			&store->entries[(i + turn) % store->count];
		int fd = 3 + (int)i;

		check(fd < FD_FIRST);
		description_get(entry->description);
		check(fd_install(p, fd, entry->description) == fd);
		p->fds[fd].cloexec = false;
		length += (size_t)sprintf(names + length, "%s%s", i ? ":" : "",
					  entry->name);
	}
	p->told[LISTEN_FDNAMES] = names;
	p->told[LISTEN_FDS] = number((int)store->count);
	p->told[LISTEN_PID] = number(p->id);
}

void manager_tell(struct process *p)
{
	struct store *store = &stores[p->service];

	if (!fake_manager.there)
		return;
	p->told[NOTIFY_SOCKET] = strdup(SOCKET);
	if (!fake_manager.no_variable && fake_manager.maximum)
		p->told[FDSTORE] = number((int)fake_manager.maximum);
	if (store->count)
		pass(p, store);
}

void fake_manager_start(unsigned int maximum)
{
	LOCKED();
	fake_manager = (struct fake_manager){
		.there = true,
		.maximum = maximum,
	};
	fake_restart();
}

void fake_manager_restart(unsigned int maximum)
{
	LOCKED();
	manager_settle();
	fake_manager.maximum = maximum;
	for (int i = 0; i < FAKE_PROCESSES; i++)
		while (stores[i].count > maximum)
			drop(&stores[i], stores[i].count - 1);
}

unsigned int fake_store_count(int service)
{
	LOCKED();
	return stores[service].count;
}

struct fake_stored fake_store_entry(int service, unsigned int index)
{
	const struct stored *entry = &stores[service].entries[index];
	const struct file *file;

	LOCKED();
	check(index < stores[service].count);
	file = entry->description->file;
	return (struct fake_stored){
		.name = entry->name,
		.inode = file->inode,
		.length = file->length,
		.owned = file->owner,
	};
}

const char *fake_store_name(int service, unsigned int index)
{
	return fake_store_entry(service, index).name;
}

void fake_store_drop(int service, unsigned int index, unsigned int count)
{
	LOCKED();
	check(index + count <= stores[service].count);
	while (count--)
		drop(&stores[service], index);
}

/* -- Life and death -------------------------------------------------------- */

/* Into the next kernel: a file anew, of which nobody has a description yet. */
static bool renew(struct stored *entry)
{
	struct file *file = entry->description->file;
	struct description *d;

	/* LUO would refuse it, and systemd goes on without. */
	if (file->held || (file->page_size && fake.no_handler))
		return false;
	if (file_fill(file, 0, file->length))
		return false;
	file->fixed = false;
	d = description_new(FILE_FD, file, NULL);
	description_put(entry->description);
	entry->description = d;
	return true;
}

void manager_kexec(void)
{
	bool carries = fake_manager.hands_over && !fake.no_device &&
		       !fake.next_cannot;

	manager_settle();
	for (int i = 0; i < FAKE_PROCESSES; i++)
		for (unsigned int j = 0; j < stores[i].count;)
			if (carries && renew(&stores[i].entries[j]))
				j++;
			else
				drop(&stores[i], j);
}

void manager_boot(void)
{
	for (; first != end; first++)
		end_message(&messages[first]);
	compact();
	for (int i = 0; i < FAKE_PROCESSES; i++)
		while (stores[i].count)
			drop(&stores[i], stores[i].count - 1);
	fake_manager = (struct fake_manager){ 0 };
}
