// SPDX-License-Identifier: MIT
#include <stddef.h>

#include "found.h"

void hp_found_init(struct hp_found *found)
{
	*found = (struct hp_found){
		.incoming_fd = -1,
		.inherited_fd = -1,
		.empty_fd = -1,
	};
}

void hp_found_end(struct hp_found *found, const struct hp_sys *sys)
{
	if (found->incoming_fd >= 0)
		sys->close(found->incoming_fd);
	if (found->inherited_fd >= 0)
		sys->close(found->inherited_fd);
	if (found->empty_fd >= 0)
		sys->close(found->empty_fd);
	hp_found_init(found);
}

bool hp_found_any(const struct hp_found *found)
{
	return found->incoming_fd >= 0 || found->inherited_fd >= 0 ||
	       found->empty_fd >= 0;
}

int *hp_found_place(struct hp_found *found, enum hp_luo_kind kind)
{
	if (kind == HP_LUO_INCOMING)
		return found->incoming_fd < 0 ? &found->incoming_fd : NULL;
	if (found->inherited_fd >= 0 || found->empty_fd >= 0)
		return NULL;
	return kind == HP_LUO_FILLED ? &found->inherited_fd : &found->empty_fd;
}
