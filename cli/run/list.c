// SPDX-License-Identifier: MIT
#include <string.h>

#include "run/list.h"
#include "system/sys.h"

bool run_is_name(const char *name)
{
	size_t length = strnlen(name, RUN_NAME_SIZE);

	if (!length || length == RUN_NAME_SIZE)
		return false;
	for (; *name; name++)
		if (*name < ' ' || *name > '~' || *name == ':')
			return false;
	return true;
}

bool run_list_read(int fd, struct run_list *ret_list)
{
	if (hp_sys_linux.read_at(fd, ret_list, sizeof(*ret_list), 0) < 0 ||
	    ret_list->magic != RUN_LIST_MAGIC)
		return false;
	for (unsigned int i = 0; i < RUN_LIST_COUNT; i++) {
		const char *name = ret_list->entries[i].name;

		if ((*name || ret_list->entries[i].token) && !run_is_name(name))
			return false;
	}
	return true;
}
