// SPDX-License-Identifier: MIT
/*
 * What there is to call, each with a verification that nothing was lost.
 */
/* Which failure it was, too. */
#define EXPECT_FAILED(format, ...) \
	ck_abort_msg("%s: then " format, where, __VA_ARGS__)

#include <errno.h>
#include <string.h>

#include "../../lib/memory/region.h"
#include "../../lib/source/luo.h"
#include "every_call.h"

struct at_hand at;
const struct hp_sys *scenario_sys = &fake_sys;

/* -- Preparing ------------------------------------------------------------- */

static int open_with(unsigned int flags, const int *fds, unsigned int count)
{
	struct hp_session_opts opts = { 0 };

	opts.size = sizeof(opts);
	opts.flags = flags;
	opts.fds = fds;
	opts.fds_count = count;
	opts.timeout_ms = HP_NO_WAIT;
	return hp_session_open_on(scenario_sys, "db", &opts, &at.s);
}

static void booted(void)
{
	fake_boot();
	fake.pool_1g_pages = 2;
}

static void opened(void)
{
	booted();
	is(open_with(0, NULL, 0), 0);
}

/* r of 4 MiB and q of 2 MiB, filled. */
static void make_both(void)
{
	is(hp_region_create(at.s, POOL, 4 * MIB, NULL, &at.r), 0);
	is(hp_region_create(at.s, INDEX, 2 * MIB, NULL, &at.q), 0);
	fill(at.r);
	fill(at.q);
}

static void created(void)
{
	opened();
	make_both();
}

static void one_preserved(void)
{
	created();
	is(hp_region_preserve(at.q), 0);
}

static void both_preserved(void)
{
	one_preserved();
	is(hp_region_preserve(at.r), 0);
}

static void next_kernel(void)
{
	fake_kexec();
	at = (struct at_hand){ .fd = -1 };
}

/* With a manager the process alone is another one, and the next time the kernel. */
static void next_life(void)
{
	static bool kernel;

	kernel = !kernel;
	if (!fake_manager.there || kernel) {
		next_kernel();
		return;
	}
	fake_restart();
	at = (struct at_hand){ .fd = -1 };
}

static void came_back(void)
{
	both_preserved();
	next_kernel();
}

static void returned(void)
{
	came_back();
	is(open_with(0, NULL, 0), 0);
}

static int manifest_error(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	is(hp_session_info(at.s, &info), 0);
	return info.manifest_error;
}

/* Also without the manifest, which LUO does not try to rebuild twice. */
static void take(uint64_t token, struct hp_region **ret_region)
{
	struct hp_region_opts opts = { .size = sizeof(opts) };

	if (manifest_error()) {
		is(manifest_error(), -ENOMSG);
		opts.flags = HP_REGION_UNLISTED;
	}
	is(hp_region_reclaim(at.s, token, &opts, ret_region), 0);
	check_filled(*ret_region);
}

/* -- With a service manager ------------------------------------------------ */

static void managed(void)
{
	booted();
	fake_manager_start(16);
	fake_manager.hands_over = true;
	fake_setenv("STATE_DIRECTORY", "/var/lib/db");
}

static void opened_in_store(void)
{
	managed();
	is(open_with(0, NULL, 0), 0);
}

static void created_in_store(void)
{
	opened_in_store();
	make_both();
}

static void preserved_in_store(void)
{
	created_in_store();
	is(hp_session_preserve(at.s), 0);
}

static void passed(void)
{
	preserved_in_store();
	fake_restart();
	at = (struct at_hand){ .fd = -1 };
}

static void passed_to_next_kernel(void)
{
	preserved_in_store();
	next_kernel();
}

static void returned_in_store(void)
{
	passed();
	is(open_with(0, NULL, 0), 0);
}

static unsigned int place_in_store(bool manifest)
{
	for (unsigned int i = 0; i < fake_store_count(0); i++)
		if ((strlen(fake_store_entry(0, i).name) < 40) == manifest)
			return i;
	ck_abort_msg("%s: the store does not have it", where);
	return 0;
}

/* The manager has lost the first of the regions, which is POOL. */
static void lost_in_store(void)
{
	preserved_in_store();
	fake_store_drop(0, place_in_store(false), 1);
	fake_restart();
	at = (struct at_hand){ .fd = -1 };
	is(open_with(0, NULL, 0), 0);
}

/* It has lost the list. */
static void unlisted_in_store(void)
{
	preserved_in_store();
	fake_store_drop(0, place_in_store(true), 1);
	fake_restart();
	at = (struct at_hand){ .fd = -1 };
	is(open_with(0, NULL, 0), 0);
}

static void recovered_in_store(void)
{
	unlisted_in_store();
	take(POOL, &at.r);
	take(INDEX, &at.q);
	is(hp_session_commit(at.s, HP_COMMIT_DROP), 0);
}

static void commit_all(void)
{
	int lost = manifest_error();

	is(hp_session_commit(at.s, 0), lost);
	if (lost)
		is(hp_session_commit(at.s, HP_COMMIT_DROP), 0);
}

static void reclaimed(void)
{
	returned();
	take(POOL, &at.r);
	take(INDEX, &at.q);
}

static void listed_once(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	returned();
	is(hp_session_info(at.s, &info), 0);
}

static int raw_session(unsigned long request)
{
	struct luo_session_arg arg = { .size = sizeof(arg), .name = "db" };
	int device = fake_sys.open(LUO_DEVICE);

	check(fake_sys.ioctl_fd(device, request, &arg, &arg.fd) >= 0);
	fake_sys.close(device);
	return arg.fd;
}

static void came_back_and_given(void)
{
	came_back();
	at.fd = raw_session(LUO_RETRIEVE_SESSION);
}

static void application_memory(void)
{
	opened();
	at.fd = fake_sys.memfd("application", HP_PAGE_2M);
	ok(fake_sys.set_length(at.fd, OWN_BYTES));
	at.mapping = fake_mmap(at.fd, 0, OWN_BYTES, 0);
	memset(at.mapping, 0x5a, 4096);
}

static void without_device(void)
{
	booted();
	fake.no_device = true;
}

/* r is shmem, q is not. */
static void created_shmem(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_SHMEM,
	};

	opened();
	is(hp_region_create(at.s, POOL, 4 * MIB, &opts, &at.r), 0);
	is(hp_region_create(at.s, INDEX, 2 * MIB, NULL, &at.q), 0);
	fill(at.r);
	fill(at.q);
}

static void returned_shmem(void)
{
	created_shmem();
	is(hp_region_preserve(at.q), 0);
	is(hp_region_preserve(at.r), 0);
	next_kernel();
	is(open_with(0, NULL, 0), 0);
}

static void application_shmem(void)
{
	void *mapping;

	opened();
	at.fd = fake_sys.memfd("application", 0);
	ok(fake_sys.set_length(at.fd, OWN_BYTES));
	mapping = fake_mmap(at.fd, 0, OWN_BYTES, 0);
	at.mapping = mapping;
	memset(at.mapping, 0x5a, 4096);
}

/* -- Verifying ------------------------------------------------------------- */

static void nothing(void)
{
}

/* Both come back to the next process. */
static void preserved_comes_back(void)
{
	next_life();
	is(open_with(0, NULL, 0), 0);
	take(POOL, &at.r);
	take(INDEX, &at.q);
	is(hp_session_commit(at.s, 0), 0);
}

/* A session that is as good as any: another update shows it. */
static void works(void)
{
	commit_all();
	if (!at.r)
		make_both();
	check_filled(at.r);
	check_filled(at.q);
	is(hp_region_preserve(at.r), 0);
	is(hp_region_preserve(at.q), 0);
	preserved_comes_back();
}

static void returned_works(void)
{
	take(POOL, &at.r);
	take(INDEX, &at.q);
	works();
}

static void r_came_back(void)
{
	check_filled(at.r);
	take(INDEX, &at.q);
	works();
}

static void committed_works(void)
{
	ck_assert(!is_returned(at.s));
	works();
}

static void aborted_works(void)
{
	ck_assert(!hp_region_is_preserved(at.r));
	works();
}

static void sealed(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	preserved_comes_back();
	is(hp_session_info(at.s, &info), 0);
	ck_assert_int_eq(info.sealed, 1);
}

static void r_is_left_out(void)
{
	struct hp_region *none;

	ck_assert(hp_region_is_preserved(at.q) == 1);
	next_life();
	is(open_with(0, NULL, 0), 0);
	take(INDEX, &at.q);
	is(hp_region_reclaim(at.s, POOL, NULL, &none), -ENOENT);
	is(hp_session_commit(at.s, 0), 0);
}

/* What was lost is so until there is something new that is preserved. */
static void lost_is_told(void)
{
	ck_assert_int_eq(hp_region_origin(at.r), HP_ORIGIN_LOST);
	fill(at.r);
	take(INDEX, &at.q);
	works();
}

/* In the next life there is nothing of it, anywhere. */
static void nothing_is_left(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	next_life();
	is(open_with(0, NULL, 0), 0);
	is(hp_session_info(at.s, &info), 0);
	ck_assert_uint_eq(info.region_count + info.lost_count, 0);
	ck_assert_int_eq(info.manifest_error, 0);
	/* What the manager could not be told to let go. */
	is(hp_session_preserve(at.s), 0);
	ck_assert_int_eq(fake.pool_used, 0);
}

/* r is a new one of zeros. */
static void new_region_works(void)
{
	const char *bytes = hp_region_address(at.r);

	for (uint64_t i = 0; i < hp_region_length(at.r); i += MIB)
		ck_assert_int_eq(bytes[i], 0);
	fill(at.r);
	is(hp_region_preserve(at.r), 0);
	next_life();
	is(open_with(0, NULL, 0), 0);
	take(POOL, &at.r);
	is(hp_session_commit(at.s, 0), 0);
}

static uint64_t huge_bytes(void)
{
	uint64_t bytes;

	is(hp_region_huge_bytes(at.r, &bytes), 0);
	return bytes;
}

static void shmem_works(void)
{
	ck_assert_uint_eq(hp_region_page_size(at.r), 4096);
	new_region_works();
	ck_assert_uint_eq(huge_bytes(), 4 * MIB);
}

static void gigantic_region_works(void)
{
	ck_assert_uint_eq(hp_region_page_size(at.r), HP_PAGE_1G);
	is(hp_region_preserve(at.r), 0);
}

static void grown_works(void)
{
	ck_assert_uint_eq(hp_region_length(at.r), 8 * MIB);
	fill(at.r);
	works();
}

/* Preserved all the time: nobody has to ask for it again. */
static void grown_comes_back(void)
{
	ck_assert_uint_eq(hp_region_length(at.r), 8 * MIB);
	fill(at.r);
	ck_assert_int_eq(hp_region_is_preserved(at.r), 1);
	preserved_comes_back();
	ck_assert_uint_eq(hp_region_length(at.r), 8 * MIB);
}

/* What is with the manager stays there. */
static void closed_comes_back(void)
{
	preserved_comes_back();
}

static void adopted_works(void)
{
	ck_assert_int_eq(((char *)hp_region_address(at.r))[4095], 0x5a);
	is(hp_region_preserve(at.r), 0);
	ck_assert_int_eq(at.mapping[0], 0x5a);
}

static void attached_works(void)
{
	ck_assert_int_eq(((char *)hp_region_address(at.r))[4095], 0x5a);
	is(hp_region_close(at.r), 0);
	at.r = NULL;
}

static void local_works(void)
{
	make_both();
	is(hp_region_preserve(at.r), -ENODEV);
}

/* -- Calling --------------------------------------------------------------- */

static int open_plain(void)
{
	return open_with(0, NULL, 0);
}

static int open_given(void)
{
	return open_with(0, &at.fd, 1);
}

static int open_local(void)
{
	return open_with(HP_SESSION_LOCAL, NULL, 0);
}

static int ask_session(void)
{
	struct hp_session_info info = { .size = sizeof(info) };

	return hp_session_info(at.s, &info);
}

static int ask_listed(void)
{
	struct hp_region_info info = { .size = sizeof(info) };
	int rc = hp_session_region(at.s, 1, &info);

	/* "With a manifest that cannot be read only the open ones." */
	return rc == -ENOENT && manifest_error() == -ENOMSG ? 0 : rc;
}

static int commit(void)
{
	return hp_session_commit(at.s, 0);
}

static int drop(void)
{
	return hp_session_commit(at.s, HP_COMMIT_DROP);
}

static int seal(void)
{
	return hp_session_seal(at.s);
}

static int unseal(void)
{
	return hp_session_unseal(at.s);
}

static int abort_session(void)
{
	return hp_session_abort(at.s);
}

static int close_session(void)
{
	int rc = hp_session_close(at.s);

	if (!rc)
		at.s = NULL;
	return rc;
}

static int create_with(uint64_t length, const struct hp_region_opts *opts)
{
	return hp_region_create(at.s, POOL, length, opts, &at.r);
}

static int create_plain(void)
{
	return create_with(4 * MIB, NULL);
}

static int create_full(void)
{
	unsigned long nodes = 3;
	struct hp_numa_range range = {
		.policy = HP_NUMA_INTERLEAVE,
		.nodes_bits = 2,
		.nodes = &nodes,
	};
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_POPULATE,
		.populate_threads = 2,
		.label = "pool",
		.layout = 4,
		.address = (void *)UINT64_C(0x210000000000),
		.numa = &range,
		.numa_count = 1,
	};

	return create_with(4 * MIB, &opts);
}

static int create_any(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.page_size = HP_PAGE_ANY,
	};

	return create_with(HP_PAGE_1G, &opts);
}

static int create_shmem(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_SHMEM | HP_REGION_POPULATE,
		.populate_threads = 2,
	};

	return create_with(4 * MIB, &opts);
}

static int create_extra(void)
{
	struct hp_region *extra;
	int rc = hp_region_create(at.s, 77, 2 * MIB, NULL, &extra);

	return rc ? rc : hp_region_close(extra);
}

static int reclaim_with(unsigned int flags)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
	};

	return hp_region_reclaim(at.s, POOL, &opts, &at.r);
}

static int reclaim_plain(void)
{
	return reclaim_with(0);
}

static int reclaim_old_address(void)
{
	return reclaim_with(HP_REGION_OLD_ADDRESS);
}

static int reclaim_unlisted(void)
{
	return reclaim_with(HP_REGION_UNLISTED | HP_REGION_READ_ONLY);
}

static int preserve(void)
{
	return hp_region_preserve(at.r);
}

/* It is gone in any case. */
static int drop_region(void)
{
	int rc = hp_region_drop(at.r);

	at.r = NULL;
	return rc;
}

/* "An error: others are not held", which can be tried again. */
static int preserve_all(void)
{
	return hp_session_preserve(at.s);
}

static int drop_session(void)
{
	int rc = hp_session_drop(at.s);

	if (!rc)
		at.s = NULL;
	return rc;
}

static int open_with_flags(unsigned int flags)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
	};

	return hp_region_open(at.s, POOL, 4 * MIB, &opts, &at.r);
}

static int open_region(void)
{
	return open_with_flags(0);
}

static int open_populated(void)
{
	return open_with_flags(HP_REGION_POPULATE);
}

static int open_unlisted(void)
{
	return open_with_flags(HP_REGION_UNLISTED);
}

static int grow(unsigned int flags)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = flags,
	};

	return hp_region_grow(at.r, 8 * MIB, &opts);
}

static int grow_may_move(void)
{
	return grow(HP_REGION_MAY_MOVE);
}

static int grow_populated(void)
{
	return grow(HP_REGION_MAY_MOVE | HP_REGION_POPULATE);
}

/* Nothing can be mapped behind r, so that it has to move. */
static void blocked(void)
{
	struct hp_region *fence;
	struct hp_region_opts opts = { .size = sizeof(opts) };

	created();
	opts.address = (char *)hp_region_address(at.r) + 4 * MIB;
	if (hp_region_create(at.s, 99, 2 * MIB, &opts, &fence) != -EADDRINUSE)
		ck_assert_uint_eq(hp_region_token(fence), 99);
}

static int adopt(void)
{
	struct hp_region_opts opts = { .size = sizeof(opts), .label = "own" };

	return hp_region_adopt(at.s, POOL, at.fd, &opts, &at.r);
}

static int adopt_mapping(void)
{
	return hp_region_adopt_mapping(at.s, POOL, at.mapping, OWN_BYTES, NULL,
				       &at.r);
}

static int from_fd(void)
{
	return hp_region_from_fd_on(scenario_sys, at.fd, NULL, &at.r);
}

static int from_shmem_fd(void)
{
	struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_SHMEM,
	};

	return hp_region_from_fd_on(scenario_sys, at.fd, &opts, &at.r);
}

static int ask_huge_bytes(void)
{
	uint64_t bytes;

	return hp_region_huge_bytes(at.r, &bytes);
}

static int set_layout(void)
{
	return hp_region_set_layout(at.r, 12);
}

static int ask_region(void)
{
	struct hp_region_info info = { .size = sizeof(info) };

	return hp_region_info(at.r, &info);
}

static int check_region(void)
{
	return hp_region_check(at.r);
}

static int close_region(void)
{
	int rc = hp_region_close(at.r);

	if (!rc)
		at.r = NULL;
	return rc;
}

static void q_works(void)
{
	check_filled(at.q);
	is(hp_region_preserve(at.q), 0);
}

/* -- All of them ----------------------------------------------------------- */

#define OPEN "hp_session_open"
#define CREATE "hp_region_create"
#define RECLAIM "hp_region_reclaim"
#define REGION "hp_region_open"
#define PRESERVE "hp_session_preserve"

const struct scenario scenarios[] = {
	{ OPEN, "fresh", booted, open_plain, works, NULL },
	{ OPEN, "came back", came_back, open_plain, returned_works, NULL },
	{ OPEN, "given", came_back_and_given, open_given, returned_works,
	  NULL },
	{ OPEN, "no device", without_device, open_local, local_works, NULL },
	{ "hp_session_info", "returned", returned, ask_session, returned_works,
	  NULL },
	{ "hp_session_region", "returned", returned, ask_listed, returned_works,
	  NULL },
	{ "hp_session_commit", "all reclaimed", reclaimed, commit,
	  committed_works, NULL },
	{ "hp_session_commit", "drop", returned, drop, committed_works, NULL },
	{ "hp_session_seal", "", both_preserved, seal, sealed, NULL },
	{ "hp_session_unseal", "", both_preserved, unseal, preserved_comes_back,
	  NULL },
	{ "hp_session_abort", "", both_preserved, abort_session, aborted_works,
	  NULL },
	{ "hp_session_close", "", created, close_session, nothing, NULL },
	{ CREATE, "plain", opened, create_plain, new_region_works, NULL },
	{ CREATE, "all options", opened, create_full, new_region_works, NULL },
	{ CREATE, "any page size", opened, create_any, gigantic_region_works,
	  NULL },
	{ CREATE, "shmem", opened, create_shmem, shmem_works, NULL },
	{ CREATE, "returned", returned, create_extra, returned_works, NULL },
	{ RECLAIM, "plain", returned, reclaim_plain, r_came_back, NULL },
	{ RECLAIM, "listed before", listed_once, reclaim_plain, r_came_back,
	  NULL },
	{ RECLAIM, "old address", returned, reclaim_old_address, r_came_back,
	  NULL },
	{ RECLAIM, "unlisted", returned, reclaim_unlisted, r_came_back, NULL },
	{ RECLAIM, "shmem", returned_shmem, reclaim_plain, r_came_back, NULL },
	{ "hp_region_preserve", "shmem", created_shmem, preserve, works, NULL },
	{ "hp_region_preserve", "first", created, preserve, works, NULL },
	{ "hp_region_preserve", "second", one_preserved, preserve,
	  preserved_comes_back, NULL },
	{ "hp_region_check", "", created, check_region, works, NULL },
	{ "hp_region_drop", "one of two", both_preserved, drop_region,
	  r_is_left_out, preserve_all },
	{ "hp_region_drop", "in the store", preserved_in_store, drop_region,
	  r_is_left_out, preserve_all },
	{ "hp_session_drop", "", both_preserved, drop_session, nothing_is_left,
	  NULL },
	{ "hp_session_drop", "in the store", returned_in_store, drop_session,
	  nothing_is_left, NULL },
	{ PRESERVE, "first", created, preserve_all, preserved_comes_back,
	  preserve_all },
	{ PRESERVE, "came back", returned, preserve_all, preserved_comes_back,
	  preserve_all },
	{ PRESERVE, "in the store", created_in_store, preserve_all,
	  preserved_comes_back, preserve_all },
	{ PRESERVE, "came back in the store", returned_in_store, preserve_all,
	  preserved_comes_back, preserve_all },
	{ PRESERVE, "one lost in the store", lost_in_store, preserve_all,
	  nothing, preserve_all },
	{ PRESERVE, "recovered in the store", recovered_in_store, preserve_all,
	  preserved_comes_back, preserve_all },
	{ "hp_region_preserve", "in the store", created_in_store, preserve,
	  works, NULL },
	{ OPEN, "in the store", managed, open_plain, works, NULL },
	{ OPEN, "passed", passed, open_plain, returned_works, NULL },
	{ OPEN, "passed to the next kernel", passed_to_next_kernel, open_plain,
	  returned_works, NULL },
	{ REGION, "new", opened, open_populated, new_region_works, NULL },
	{ REGION, "came back", returned, open_region, r_came_back, NULL },
	{ REGION, "new in the store", opened_in_store, open_region,
	  new_region_works, NULL },
	{ REGION, "came back in the store", returned_in_store, open_region,
	  r_came_back, NULL },
	{ REGION, "lost in the store", lost_in_store, open_region, lost_is_told,
	  NULL },
	{ REGION, "unlisted in the store", unlisted_in_store, open_unlisted,
	  r_came_back, NULL },
	{ "hp_region_grow", "in the store", preserved_in_store, grow_may_move,
	  grown_comes_back, NULL },
	{ "hp_session_seal", "in the store", preserved_in_store, seal, sealed,
	  NULL },
	{ "hp_session_abort", "in the store", preserved_in_store, abort_session,
	  aborted_works, NULL },
	{ "hp_session_close", "in the store", preserved_in_store, close_session,
	  closed_comes_back, NULL },
	{ "hp_session_info", "in the store", returned_in_store, ask_session,
	  returned_works, NULL },
	{ "hp_region_grow", "", created, grow_may_move, grown_works, NULL },
	{ "hp_region_grow", "blocked", blocked, grow_may_move, grown_works,
	  NULL },
	{ "hp_region_grow", "populated", created, grow_populated, grown_works,
	  NULL },
	{ "hp_region_grow", "shmem", created_shmem, grow_populated, grown_works,
	  NULL },
	{ "hp_region_adopt", "", application_memory, adopt, adopted_works,
	  NULL },
	{ "hp_region_adopt_mapping", "", application_memory, adopt_mapping,
	  adopted_works, NULL },
	{ "hp_region_from_fd", "", application_memory, from_fd, attached_works,
	  NULL },
	{ "hp_region_from_fd", "shmem", application_shmem, from_shmem_fd,
	  attached_works, NULL },
	{ "hp_region_huge_bytes", "", created_shmem, ask_huge_bytes, works,
	  NULL },
	{ "hp_region_set_layout", "", created, set_layout, works, NULL },
	{ "hp_region_info", "", created, ask_region, works, NULL },
	{ "hp_region_close", "", created, close_region, q_works, NULL },
};

const unsigned int scenarios_count = sizeof(scenarios) / sizeof(scenarios[0]);

/* -- The end --------------------------------------------------------------- */

void end_all(void)
{
	if (at.s)
		is(hp_session_drop(at.s), 0);
	if (at.mapping)
		fake_sys.unmap(at.mapping, OWN_BYTES);
	if (at.fd >= 0)
		fake_sys.close(at.fd);
	at = (struct at_hand){ .fd = -1 };
}
