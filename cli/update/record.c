// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "held/json.h"
#include "machine/text.h"
#include "setup/files.h"
#include "update/record.h"
#include "update/update.h"

#define POOLS "/sys/kernel/mm/hugepages"
#define VERSION 1

static json_t *pools(void)
{
	json_t *all = json_object();
	struct dirent *entry;
	DIR *dir = opendir(POOLS);

	while (dir && (entry = readdir(dir)) != NULL) {
		char path[320];
		uint64_t total = 0, free_pages = 0;

		if (strncmp(entry->d_name, "hugepages-", 10) != 0)
			continue;
		(void)snprintf(path, sizeof(path), POOLS "/%s/nr_hugepages",
			       entry->d_name);
		(void)read_number(&hp_sys_linux, path, &total);
		(void)snprintf(path, sizeof(path), POOLS "/%s/free_hugepages",
			       entry->d_name);
		(void)read_number(&hp_sys_linux, path, &free_pages);
		(void)json_object_set_new(all, entry->d_name + 10,
					  json_pack("{sIsI}", "total",
						    (json_int_t)total, "free",
						    (json_int_t)free_pages));
	}
	if (dir)
		(void)closedir(dir);
	return all;
}

void record_boot_id(char *text, size_t size)
{
	if (hp_sys_linux.read_text("/proc/sys/kernel/random/boot_id", text,
				   size) < 0)
		*text = '\0';
}

static json_int_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (json_int_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

json_t *record_make(const struct held *held)
{
	char boot[64], kernel[128] = "";

	record_boot_id(boot, sizeof(boot));
	(void)hp_sys_linux.kernel_release(kernel, sizeof(kernel));
	return json_pack("{sisssssIsoso}", "version", VERSION, "boot_id", boot,
			 "kernel", kernel, "time_us", now_us(), "pools",
			 pools(), "held", held_object(held));
}

int record_write(const char *path, json_t *record)
{
	char *text = record ? json_dumps(record, JSON_INDENT(1)) : NULL;
	int err = text ? files_write(path, text) : -ENOMEM;

	free(text);
	return err;
}

json_t *record_read(const char *path)
{
	json_t *record = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);

	if (record && json_is_string(json_object_get(record, "boot_id")) &&
	    json_integer_value(json_object_get(record, "version")) == VERSION)
		return record;
	json_decref(record);
	return NULL;
}

/* What was to be lost is not missed. */
static void leave_out_lost(const struct update *update, json_t *record)
{
	json_t *sessions =
		json_object_get(json_object_get(record, "held"), "sessions");
	size_t i = 0;

	for (struct held_session *s = update->held.sessions; s; s = s->next) {
		if (update_may_lose(update, s))
			(void)json_array_remove(sessions, i);
		else
			i++;
	}
}

int update_record(const struct update *update)
{
	json_t *record = record_make(&update->held);
	int err;

	leave_out_lost(update, record);
	(void)json_object_set_new(
		record, "way",
		json_string(update->reboot ? "reboot" : "kexec"));
	err = record_write(UPDATE_RECORD, record);
	json_decref(record);
	return err;
}

bool update_was_cut_short(void)
{
	json_t *record = record_read(UPDATE_RECORD);
	const char *of = json_string_value(json_object_get(record, "boot_id"));
	char boot[64];
	bool same;

	record_boot_id(boot, sizeof(boot));
	same = of && !strcmp(of, boot);
	json_decref(record);
	return same;
}
