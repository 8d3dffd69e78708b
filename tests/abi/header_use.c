/* SPDX-License-Identifier: MIT */
/*
 * The header alone, in C99, C11 and C++11: every declaration is usable, and the
 * layout that applications are compiled with is what it was in 0.1.
 */
#include <hugepersist/hugepersist.h>

#define MUST(name, condition) typedef char must_##name[(condition) ? 1 : -1]

MUST(session_opts_size, sizeof(struct hp_session_opts) == 16);
MUST(session_opts_flags, offsetof(struct hp_session_opts, flags) == 8);
MUST(session_opts_timeout, offsetof(struct hp_session_opts, timeout_ms) == 12);
MUST(region_opts_size, sizeof(struct hp_region_opts) == 24);
MUST(region_opts_page_size, offsetof(struct hp_region_opts, page_size) == 8);
MUST(region_opts_flags, offsetof(struct hp_region_opts, flags) == 16);
MUST(region_opts_reserved, offsetof(struct hp_region_opts, reserved) == 20);
MUST(origin_created, HP_ORIGIN_CREATED == 1);
MUST(origin_live_update, HP_ORIGIN_LIVE_UPDATE == 2);
MUST(session_local, HP_SESSION_LOCAL == 1);
MUST(commit_drop, HP_COMMIT_DROP == 1);
MUST(page_2m, HP_PAGE_2M == 2097152);
MUST(name_max, HP_NAME_MAX == 63);
#ifdef HP_BREAK_LAYOUT
MUST(control, sizeof(struct hp_session_opts) == 17);
#endif

int use(void);

int use(void)
{
	must_session_opts_size *unused = NULL;
	struct hp_session *session = NULL;
	struct hp_region *region = NULL;

	(void)unused;
	if (hp_session_open("name", NULL, &session) < 0)
		return 1;
	return hp_region_create(session, 1, HP_PAGE_2M, NULL, &region);
}
