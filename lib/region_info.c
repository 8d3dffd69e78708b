// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "export.h"
#include "options.h"
#include "region.h"
#include "session.h"
#include "smallest.h"

static unsigned int state(const struct hp_region *region)
{
	unsigned int bits = HP_REGION_IS_OPEN;

	if (region->origin == HP_ORIGIN_LIVE_UPDATE &&
	    region->session->incoming.fd >= 0)
		bits |= HP_REGION_IS_RETURNED;
	if (region->preserved)
		bits |= HP_REGION_IS_PRESERVED;
	return bits;
}

void hp_region_describe(const struct hp_region *region,
			struct hp_region_info *ret_info)
{
	*ret_info = (struct hp_region_info){
		.token = region->token,
		.length = region->length,
		.page_size = region->page_size,
		.address = (uintptr_t)region->address,
		.layout = region->layout,
		.state = state(region),
		.origin = region->origin,
	};
	memcpy(ret_info->label, region->label, sizeof(region->label));
}

/* In a structure of its own, since the caller's may be shorter or longer. */
static void fill(const struct hp_region *region, struct hp_region_info *info)
{
	struct hp_region_info known;

	hp_region_describe(region, &known);
	hp_info_fill(info, &known, sizeof(known));
}

HP_EXPORT int hp_region_info(struct hp_region *region,
			     struct hp_region_info *info)
{
	int err;

	if (!region)
		return -EINVAL;
	err = hp_info_check(info, HP_REGION_INFO_SMALLEST);
	if (err < 0)
		return err;
	if (!region->session) {
		fill(region, info);
		return 0;
	}
	err = hp_session_check(region->session);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	fill(region, info);
	return 0;
}

HP_EXPORT int hp_region_set_layout(struct hp_region *region, uint64_t layout)
{
	int err;

	if (!region)
		return -EINVAL;
	err = hp_session_check(region->session);
	if (err < 0)
		return err;

	HP_LOCKED(&region->session->lock);
	if (region->preserved)
		return -EBUSY;
	region->layout = layout;
	return 0;
}
