// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "options.h"

/* No such structure gets larger: a size beyond it is an unset variable. */
#define SIZE_SANE 4096

int hp_options_read(void *known, size_t known_size, const void *options,
		    size_t smallest)
{
	const unsigned char *bytes = options;
	size_t size;

	memset(known, 0, known_size);
	if (!options)
		return 0;
	memcpy(&size, options, sizeof(size));
	if (size < smallest || size > SIZE_SANE)
		return -EINVAL;
	for (size_t i = known_size; i < size; i++)
		if (bytes[i])
			return -EINVAL;
	memcpy(known, options, size < known_size ? size : known_size);
	return 0;
}

int hp_info_check(const void *info, size_t smallest)
{
	size_t size;

	if (!info)
		return -EINVAL;
	memcpy(&size, info, sizeof(size));
	return size < smallest || size > SIZE_SANE ? -EINVAL : 0;
}

void hp_info_fill(void *info, const void *known, size_t known_size)
{
	size_t size;

	memcpy(&size, info, sizeof(size));
	memset(info, 0, size);
	memcpy(info, known, size < known_size ? size : known_size);
	memcpy(info, &size, sizeof(size));
}
