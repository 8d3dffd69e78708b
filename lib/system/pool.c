// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "system/pool.h"
#include "system/text.h"

int hp_pool_count(const struct hp_sys *sys, uint64_t page_size,
		  const char *counter, uint64_t *ret_count)
{
	char path[96], text[32];
	const char *end;
	uint64_t count;
	int length;

	(void)snprintf(path, sizeof(path),
		       "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/%s",
		       page_size >> 10, counter);
	length = sys->read_text(path, text, sizeof(text));
	if (length < 0)
		return length;
	end = hp_text_number(text, 10, &count);
	if (!end || *end)
		return -EPROTO;
	*ret_count = count;
	return 0;
}

int hp_pool_available(const struct hp_sys *sys, uint64_t page_size,
		      uint64_t *ret_pages)
{
	uint64_t available, reserved;
	int err;

	err = hp_pool_count(sys, page_size, "free_hugepages", &available);
	if (err < 0)
		return err;
	err = hp_pool_count(sys, page_size, "resv_hugepages", &reserved);
	if (err < 0)
		return err;
	/* Read one after the other, so they may not fit. */
	*ret_pages = available > reserved ? available - reserved : 0;
	return 0;
}

bool hp_pool_visible(const struct hp_sys *sys)
{
	uint64_t pages;

	for (int shift = HP_POOL_SHIFT_MIN; shift <= HP_POOL_SHIFT_MAX; shift++)
		if (!hp_pool_available(sys, UINT64_C(1) << shift, &pages))
			return true;
	return false;
}
