// SPDX-License-Identifier: MIT
#include "source.h"
#include "source_device.h"

int hp_source_retrieve(struct hp_source *source, const char *name, int *ret_fd)
{
	return hp_device_retrieve(source, name, ret_fd);
}

int hp_source_create(struct hp_source *source, const char *name, int *ret_fd)
{
	return hp_device_create(source, name, ret_fd);
}

void hp_source_store(struct hp_source *source, const char *name, bool incoming,
		     int fd)
{
	(void)source;
	(void)name;
	(void)incoming;
	(void)fd;
}

int hp_source_forget(struct hp_source *source, const char *name, bool incoming)
{
	(void)source;
	(void)name;
	(void)incoming;
	return 0;
}
