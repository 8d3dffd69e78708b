// SPDX-License-Identifier: MIT
/*
 * Fake kernel: what can be read as text. Environment, files, the release.
 */
#include <errno.h>
#include <string.h>

#include "fake_kernel.h"

#define TEXTS 48

struct text {
	char *name, *value;
};

static struct text files[TEXTS], variables[TEXTS];

static struct text *find(struct text *table, const char *name)
{
	for (int i = 0; i < TEXTS; i++)
		if (table[i].name && !strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

static void set(struct text *table, const char *name, const char *value)
{
	struct text *t = find(table, name);

	if (t) {
		free(t->name);
		free(t->value);
		*t = (struct text){ 0 };
	}
	if (!value)
		return;
	for (int i = 0; i < TEXTS; i++) {
		if (table[i].name)
			continue;
		table[i].name = strdup(name);
		table[i].value = strdup(value);
		check(table[i].name && table[i].value);
		return;
	}
	check(!"too many texts");
}

void text_boot(void)
{
	for (int i = 0; i < TEXTS; i++) {
		if (files[i].name)
			set(files, files[i].name, NULL);
		if (variables[i].name)
			set(variables, variables[i].name, NULL);
	}
}

void fake_setenv(const char *name, const char *value)
{
	LOCKED();
	set(variables, name, value);
}

void fake_set_text(const char *path, const char *text)
{
	LOCKED();
	set(files, path, text);
}

static int answer(char *buffer, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size)
		return -E2BIG;
	memcpy(buffer, text, length + 1);
	return (int)length;
}

/* Counters of a pool as in /sys/kernel/mm/hugepages/hugepages-2048kB. */
static int pool_counter(unsigned long kilobytes, const char *name, long *ret)
{
	bool gigantic = kilobytes == HUGE_1G >> 10;
	long pages, used, filled;

	if (kilobytes != HUGE_2M >> 10 && (!gigantic || fake.no_1g))
		return -ENOENT;
	pages = gigantic ? fake.pool_1g_pages : fake.pool_pages;
	used = gigantic ? fake.pool_1g_used : fake.pool_used;
	filled = gigantic ? fake.pool_1g_filled : fake.pool_filled;
	if (!strcmp(name, "nr_hugepages"))
		*ret = pages;
	else if (!strcmp(name, "free_hugepages"))
		*ret = pages - filled;
	else if (!strcmp(name, "resv_hugepages"))
		*ret = used - filled;
	else if (!strcmp(name, "surplus_hugepages") ||
		 !strcmp(name, "nr_overcommit_hugepages"))
		*ret = 0;
	else
		return -ENOENT;
	return 0;
}

/* Without the newline at its end, which read_text would take off. */
int fake_write_text(const char *path, const char *text)
{
	int err = called(CALL_WRITE_TEXT);
	char line[64];

	if (err)
		return err;
	LOCKED();
	if (text)
		(void)snprintf(line, sizeof(line), "%.*s",
			       (int)strcspn(text, "\n"), text);
	set(files, path, text ? line : NULL);
	return 0;
}

int fake_read_text(const char *path, char *buffer, size_t size)
{
	int err = called(CALL_READ_TEXT);
	const struct text *file;
	unsigned long kilobytes;
	char name[64];
	long value;

	if (err)
		return err;
	LOCKED();
	if (fake.hidden_proc && !strncmp(path, "/proc/", 6))
		return -ENOENT;
	file = find(files, path);
	if (file && !*file->value)
		return -EACCES;
	if (file)
		return answer(buffer, size, file->value);
	if (!strcmp(path, "/proc/sys/kernel/random/boot_id")) {
		(void)snprintf(name, sizeof(name),
			       "00000000-0000-4000-8000-%012u", fake.boots);
		return answer(buffer, size, name);
	}
	if (sscanf(path, "/sys/kernel/mm/hugepages/hugepages-%lukB/%63s",
		   &kilobytes, name) != 2)
		return -ENOENT;
	err = pool_counter(kilobytes, name, &value);
	if (err)
		return err;
	(void)snprintf(name, sizeof(name), "%ld", value);
	return answer(buffer, size, name);
}

int fake_kernel_release(char *buffer, size_t size)
{
	int err = called(CALL_KERNEL_RELEASE);
	char release[32];

	if (err)
		return err;
	LOCKED();
	(void)snprintf(release, sizeof(release), "7.3.4-fake%u", fake.boots);
	return answer(buffer, size, release);
}

const char *fake_variable(const char *name)
{
	static const char *const told[TOLD] = {
		[LISTEN_FDS] = "LISTEN_FDS",
		[LISTEN_PID] = "LISTEN_PID",
		[LISTEN_FDNAMES] = "LISTEN_FDNAMES",
		[NOTIFY_SOCKET] = "NOTIFY_SOCKET",
		[FDSTORE] = "FDSTORE",
	};
	const struct text *t;

	LOCKED();
	t = find(variables, name);
	if (t)
		return t->value;
	for (int i = 0; i < TOLD; i++)
		if (!strcmp(name, told[i]))
			return running()->told[i];
	return NULL;
}

char *fake_environment(const char *name, int *ret_err)
{
	const char *value = fake_variable(name);
	int err = called(CALL_ENVIRONMENT);
	char *copy;

	if (err)
		*ret_err = err;
	if (err || !value)
		return NULL;
	LOCKED();
	copy = memory_new(strlen(value) + 1);
	strcpy(copy, value);
	return copy;
}

int fake_kernel_config(const char *option)
{
	const struct text *set;
	char name[80];

	LOCKED();
	if (fake.hidden_config)
		return -ENOENT;
	(void)snprintf(name, sizeof(name), "CONFIG_%s", option);
	set = find(files, name);
	return set && !strcmp(set->value, "y");
}

int fake_can_see(const char *path)
{
	LOCKED();
	if (!strcmp(path, LUO_DRIVERS))
		return fake.hidden_proc ? -ENOENT : 0;
	if (fake.hidden_proc && !strncmp(path, "/proc/", 6))
		return -ENOENT;
	return find(files, path) ? 0 : -ENOENT;
}

int fake_can_use(const char *path)
{
	LOCKED();
	check(!strcmp(path, LUO_DEVICE));
	if (fake.no_device || fake.hidden_device)
		return -ENOENT;
	/* Only the right to open it shows without an open. */
	return fake.open_error == EACCES ? -EACCES : 0;
}
