/* SPDX-License-Identifier: MIT */
/*
 * Every structure and constant that applications are compiled with, as it was
 * released (on machines with 64-bit pointers; others have no live update). A
 * line here changes only before the release that brings it: a released
 * structure may get longer, and nothing else.
 */
#include <hugepersist/probe.h>
#include <hugepersist/save.h>

#define NAME2(one, two) one##two
#define NAME(one, two) NAME2(one, two)
#define MUST(condition) extern char NAME(must_, __LINE__)[(condition) ? 1 : -1]
#define SIZE(type, bytes) MUST(sizeof(struct type) == (bytes))
#define FIELD(type, field, offset, bytes)                \
	MUST(offsetof(struct type, field) == (offset) && \
	     sizeof(((struct type *)0)->field) == (bytes))
#define CONSTANT(name, value) MUST((name) == (value))

#ifdef HP_BREAK_LAYOUT
SIZE(hp_session_opts, 49);
#endif

CONSTANT(HP_SESSION_LOCAL, 1);
CONSTANT(HP_SESSION_SERVICE, 2);

SIZE(hp_session_opts, 48);
FIELD(hp_session_opts, size, 0, 8);
FIELD(hp_session_opts, flags, 8, 4);
FIELD(hp_session_opts, timeout_ms, 12, 4);
FIELD(hp_session_opts, fds, 16, 8);
FIELD(hp_session_opts, fds_count, 24, 4);
FIELD(hp_session_opts, reserved, 28, 4);
FIELD(hp_session_opts, log, 32, 8);
FIELD(hp_session_opts, log_context, 40, 8);

CONSTANT(HP_NUMA_BIND, 1);
CONSTANT(HP_NUMA_PREFERRED, 2);
CONSTANT(HP_NUMA_INTERLEAVE, 3);

SIZE(hp_numa_range, 40);
FIELD(hp_numa_range, offset, 0, 8);
FIELD(hp_numa_range, length, 8, 8);
FIELD(hp_numa_range, policy, 16, 4);
FIELD(hp_numa_range, nodes_bits, 20, 4);
FIELD(hp_numa_range, nodes, 24, 8);
FIELD(hp_numa_range, reserved, 32, 8);

CONSTANT(HP_REGION_POPULATE, 1);
CONSTANT(HP_REGION_READ_ONLY, 2);
CONSTANT(HP_REGION_OLD_ADDRESS, 4);
CONSTANT(HP_REGION_UNLISTED, 8);
CONSTANT(HP_REGION_MAY_MOVE, 16);
CONSTANT(HP_REGION_SHMEM, 32);

SIZE(hp_region_opts, 64);
FIELD(hp_region_opts, size, 0, 8);
FIELD(hp_region_opts, page_size, 8, 8);
FIELD(hp_region_opts, flags, 16, 4);
FIELD(hp_region_opts, populate_threads, 20, 4);
FIELD(hp_region_opts, label, 24, 8);
FIELD(hp_region_opts, layout, 32, 8);
FIELD(hp_region_opts, address, 40, 8);
FIELD(hp_region_opts, numa, 48, 8);
FIELD(hp_region_opts, numa_count, 56, 4);
FIELD(hp_region_opts, reserved, 60, 4);

CONSTANT(HP_ORIGIN_CREATED, 1);
CONSTANT(HP_ORIGIN_LIVE_UPDATE, 2);
CONSTANT(HP_ORIGIN_ADOPTED, 3);
CONSTANT(HP_ORIGIN_ATTACHED, 4);
CONSTANT(HP_ORIGIN_SAVE, 5);
CONSTANT(HP_STATE_FRESH, 1);
CONSTANT(HP_STATE_RETURNED, 2);
CONSTANT(HP_STATE_COMMITTED, 3);

SIZE(hp_session_info, 200);
FIELD(hp_session_info, size, 0, 8);
FIELD(hp_session_info, state, 8, 4);
FIELD(hp_session_info, manifest_error, 12, 4);
FIELD(hp_session_info, generation, 16, 8);
FIELD(hp_session_info, updates, 24, 8);
FIELD(hp_session_info, written_ns, 32, 8);
FIELD(hp_session_info, sealed, 40, 4);
FIELD(hp_session_info, region_count, 44, 4);
FIELD(hp_session_info, kernel, 48, 72);
FIELD(hp_session_info, boot_id, 120, 40);
FIELD(hp_session_info, library, 160, 16);
FIELD(hp_session_info, next_generation, 176, 8);
FIELD(hp_session_info, next_sealed, 184, 4);
FIELD(hp_session_info, preserved_count, 188, 4);
FIELD(hp_session_info, inherited, 192, 4);
FIELD(hp_session_info, stored, 196, 4);

CONSTANT(HP_REGION_IS_RETURNED, 1);
CONSTANT(HP_REGION_IS_OPEN, 2);
CONSTANT(HP_REGION_IS_PRESERVED, 4);

SIZE(hp_region_info, 120);
FIELD(hp_region_info, size, 0, 8);
FIELD(hp_region_info, token, 8, 8);
FIELD(hp_region_info, length, 16, 8);
FIELD(hp_region_info, page_size, 24, 8);
FIELD(hp_region_info, address, 32, 8);
FIELD(hp_region_info, layout, 40, 8);
FIELD(hp_region_info, state, 48, 4);
FIELD(hp_region_info, origin, 52, 4);
FIELD(hp_region_info, label, 56, 64);

CONSTANT(HP_COMMIT_DROP, 1);

SIZE(hp_save_progress, 32);
FIELD(hp_save_progress, token, 0, 8);
FIELD(hp_save_progress, done_bytes, 8, 8);
FIELD(hp_save_progress, total_bytes, 16, 8);
FIELD(hp_save_progress, pass, 24, 4);

SIZE(hp_save_range, 16);
FIELD(hp_save_range, offset, 0, 8);
FIELD(hp_save_range, length, 8, 8);

CONSTANT(HP_SAVE_ONLINE, 1);
CONSTANT(HP_SAVE_REPLACE, 2);
CONSTANT(HP_SAVE_BUFFERED, 4);
CONSTANT(HP_SAVE_NO_URING, 8);

SIZE(hp_save_opts, 56);
FIELD(hp_save_opts, size, 0, 8);
FIELD(hp_save_opts, flags, 8, 4);
FIELD(hp_save_opts, depth, 12, 4);
FIELD(hp_save_opts, block_size, 16, 8);
FIELD(hp_save_opts, progress, 24, 8);
FIELD(hp_save_opts, dirty, 32, 8);
FIELD(hp_save_opts, pause, 40, 8);
FIELD(hp_save_opts, context, 48, 8);

CONSTANT(HP_SAVE_BY_URING, 1);
CONSTANT(HP_SAVE_BY_DIRECT, 2);
CONSTANT(HP_SAVE_BY_REGISTERED, 4);

SIZE(hp_save_result, 72);
FIELD(hp_save_result, size, 0, 8);
FIELD(hp_save_result, how, 8, 4);
FIELD(hp_save_result, regions, 12, 4);
FIELD(hp_save_result, total_bytes, 16, 8);
FIELD(hp_save_result, moved_bytes, 24, 8);
FIELD(hp_save_result, duration_ns, 32, 8);
FIELD(hp_save_result, checksum_ns, 40, 8);
FIELD(hp_save_result, pause_ns, 48, 8);
FIELD(hp_save_result, pause_bytes, 56, 8);
FIELD(hp_save_result, passes, 64, 4);
FIELD(hp_save_result, reserved, 68, 4);

SIZE(hp_save_info, 240);
FIELD(hp_save_info, size, 0, 8);
FIELD(hp_save_info, region_count, 8, 4);
FIELD(hp_save_info, online, 12, 4);
FIELD(hp_save_info, generation, 16, 8);
FIELD(hp_save_info, written_ns, 24, 8);
FIELD(hp_save_info, total_bytes, 32, 8);
FIELD(hp_save_info, stored_bytes, 40, 8);
FIELD(hp_save_info, session, 48, 64);
FIELD(hp_save_info, kernel, 112, 72);
FIELD(hp_save_info, boot_id, 184, 40);
FIELD(hp_save_info, library, 224, 16);

CONSTANT(HP_NAME_MAX, 63);
CONSTANT(HP_REGIONS_MAX, 1023);
CONSTANT(HP_TOKEN_RESERVED, UINT64_MAX);
CONSTANT(HP_LABEL_MAX, 63);
CONSTANT(HP_PAGE_2M, 2097152);
CONSTANT(HP_PAGE_1G, UINT64_C(1) << 30);
CONSTANT(HP_PAGE_ANY, 1);
CONSTANT(HP_SAVE_DEPTH_MAX, 256);
CONSTANT(HP_SAVE_BLOCK_MIN, 65536);
CONSTANT(HP_SAVE_BLOCK_MAX, 67108864);

/* clang-format off */
#ifdef __cplusplus
#define ZEROS {}
#else
#define ZEROS { 0 }
#endif
/* clang-format on */

/* As an application that begins with zeros and sets what it needs. */
int use(void);

int use(void)
{
	struct hp_session_opts session_opts = ZEROS;
	struct hp_region_opts region_opts = ZEROS;
	struct hp_session_info info = ZEROS;
	struct hp_session *session = NULL;
	struct hp_region *region = NULL;

	session_opts.size = sizeof(session_opts);
	session_opts.flags = HP_SESSION_LOCAL | HP_SESSION_SERVICE;
	region_opts.size = sizeof(region_opts);
	region_opts.page_size = HP_PAGE_ANY;
	region_opts.flags = HP_REGION_POPULATE;
	info.size = sizeof(info);
	if (hp_session_open("name", &session_opts, &session) < 0 ||
	    hp_session_info(session, &info) < 0 ||
	    info.state == HP_STATE_RETURNED)
		return 1;
	return hp_region_create(session, 1, HP_PAGE_1G, &region_opts, &region);
}

CONSTANT(HP_PROBE_TRY, 1);

SIZE(hp_probe_opts, 32);
FIELD(hp_probe_opts, size, 0, 8);
FIELD(hp_probe_opts, flags, 8, 4);
FIELD(hp_probe_opts, timeout_ms, 12, 4);
FIELD(hp_probe_opts, page_size, 16, 8);
FIELD(hp_probe_opts, length, 24, 8);

CONSTANT(HP_ANSWER_YES, 1);
CONSTANT(HP_ANSWER_NO, 2);
CONSTANT(HP_ANSWER_UNKNOWN, 3);

SIZE(hp_finding, 48);
FIELD(hp_finding, size, 0, 8);
FIELD(hp_finding, answer, 8, 4);
FIELD(hp_finding, value_count, 12, 4);
FIELD(hp_finding, id, 16, 8);
FIELD(hp_finding, about, 24, 8);
FIELD(hp_finding, reason, 32, 8);
FIELD(hp_finding, remedy, 40, 8);

SIZE(hp_value, 40);
FIELD(hp_value, size, 0, 8);
FIELD(hp_value, name, 8, 8);
FIELD(hp_value, unit, 16, 8);
FIELD(hp_value, text, 24, 8);
FIELD(hp_value, number, 32, 8);
