/* SPDX-License-Identifier: MIT */
/*
 * The structures that begin with their size, as long as version 0.2 has them,
 * with which programs of this binary interface may have been compiled. A field
 * that is added later changes nothing here.
 */
#ifndef HP_SMALLEST_H
#define HP_SMALLEST_H

#include <stddef.h>

#include <hugepersist/probe.h>
#include <hugepersist/save.h>

#define HP_END_OF(type, field) \
	(offsetof(struct type, field) + sizeof(((struct type *)0)->field))

#define HP_SESSION_OPTS_SMALLEST HP_END_OF(hp_session_opts, log_context)
#define HP_REGION_OPTS_SMALLEST HP_END_OF(hp_region_opts, reserved)
#define HP_SAVE_OPTS_SMALLEST HP_END_OF(hp_save_opts, context)
#define HP_PROBE_OPTS_SMALLEST HP_END_OF(hp_probe_opts, length)

#define HP_SESSION_INFO_SMALLEST HP_END_OF(hp_session_info, stored)
#define HP_REGION_INFO_SMALLEST HP_END_OF(hp_region_info, label)
#define HP_SAVE_RESULT_SMALLEST HP_END_OF(hp_save_result, reserved)
#define HP_SAVE_INFO_SMALLEST HP_END_OF(hp_save_info, library)
#define HP_FINDING_SMALLEST HP_END_OF(hp_finding, remedy)
#define HP_VALUE_SMALLEST HP_END_OF(hp_value, number)

#define HP_IS_OF_0_2(smallest, bytes) \
	_Static_assert((smallest) == (bytes), "ABI of 0.2")

HP_IS_OF_0_2(HP_SESSION_OPTS_SMALLEST, 48);
HP_IS_OF_0_2(HP_REGION_OPTS_SMALLEST, 64);
HP_IS_OF_0_2(HP_SAVE_OPTS_SMALLEST, 56);
HP_IS_OF_0_2(HP_PROBE_OPTS_SMALLEST, 32);
HP_IS_OF_0_2(HP_SESSION_INFO_SMALLEST, 200);
HP_IS_OF_0_2(HP_REGION_INFO_SMALLEST, 120);
HP_IS_OF_0_2(HP_SAVE_RESULT_SMALLEST, 72);
HP_IS_OF_0_2(HP_SAVE_INFO_SMALLEST, 240);
HP_IS_OF_0_2(HP_FINDING_SMALLEST, 48);
HP_IS_OF_0_2(HP_VALUE_SMALLEST, 40);

#endif
