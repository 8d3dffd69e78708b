/* SPDX-License-Identifier: MIT */
#include "played.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "entry.h"
#include "memory.h"
#include "notify.h"

struct hp_session session;
struct hp_region region;
void *returned, *saved;
struct hp_save_info in_directory;
unsigned int others;
struct options options;
struct storage st;
char calls[256];
int pauses, passes_after, signal_after, extended;

static struct hp_session_opts session_opts;
static bool preserved;

static void call(const char *name)
{
	strcat(calls, name);
	strcat(calls, " ");
}

void notify(const char *message)
{
	ck_assert_ptr_nonnull(strstr(message, "EXTEND_TIMEOUT_USEC="));
	extended++;
}

/* Time passes at once. */
static void pass_time(void)
{
	if (++pauses == passes_after)
		session.open_error = session.keep_error =
			session.commit_error = session.preserve_error = 0;
	if (pauses == signal_after)
		raise(SIGTERM);
	ck_assert_int_lt(pauses, 2000);
}

int nanosleep(const struct timespec *length, struct timespec *rest)
{
	(void)rest;
	ck_assert_int_gt(length->tv_nsec, 0);
	pass_time();
	return 0;
}

/* As in the library: what passes is waited for. */
static int wait_out(const int *error)
{
	unsigned int waited_ms = 0;

	while (hp_error_class(*error) == HP_ERROR_AGAIN) {
		const struct hp_wait wait = {
			.error = *error,
			.waited_ms = waited_ms,
		};

		if (session_opts.wait(session_opts.wait_context, &wait))
			return -ECANCELED;
		waited_ms += 1000;
		pass_time();
	}
	return *error;
}

int hp_session_open(const char *name, const struct hp_session_opts *opts,
		    struct hp_session **ret_session)
{
	ck_assert_str_eq(name, "test");
	ck_assert_uint_eq(opts->flags, HP_SESSION_LOCAL);
	ck_assert_uint_eq(opts->timeout_ms, 0);
	if (!pauses)
		call("open");
	if (session.open_error)
		return session.open_error;
	session_opts = *opts;
	*ret_session = &session;
	return 0;
}

/* What cannot be opened came back all the same. */
static unsigned int came_back(void)
{
	return returned || (session.keep_error && session.keep_error != -ENODATA);
}

int hp_session_info(struct hp_session *s, struct hp_session_info *info)
{
	ck_assert_uint_eq(info->size, sizeof(*info));
	info->holder = s->holder;
	info->manifest_error = s->manifest_error;
	info->region_count = s->manifest_error ? 0 : others + came_back();
	info->outlives_restart = HP_YES;
	info->outlives_kexec = HP_NOT_KNOWN;
	info->restart_reason = info->kexec_reason = "A reason.";
	return 0;
}

int hp_session_commit(struct hp_session *s, unsigned int flags)
{
	if (!s->commit_error)
		call(flags & HP_COMMIT_DROP ? "commit-drop" : "commit");
	if (!s->commit_error && flags & HP_COMMIT_DROP) {
		others = 0;
		s->manifest_error = 0;
		s->keep_error = 0;
	}
	return s->commit_error;
}

int hp_session_preserve(struct hp_session *s)
{
	int rc;

	call("preserve");
	/* Without a manifest nothing can be carried along. */
	if (s->manifest_error)
		return s->manifest_error;
	rc = wait_out(&s->preserve_error);
	preserved = rc == 0;
	return rc;
}

int hp_session_abort(struct hp_session *s)
{
	(void)s;
	call("abort");
	preserved = false;
	return 0;
}

int hp_session_seal(struct hp_session *s)
{
	(void)s;
	call("seal");
	return preserved ? 0 : -ENOENT;
}

int hp_session_close(struct hp_session *s)
{
	call("close");
	return s->holder == HP_HOLDER_PROCESS && preserved ? -EBUSY : 0;
}

int hp_session_drop(struct hp_session *s)
{
	ck_assert_int_eq(s->holder, HP_HOLDER_PROCESS);
	call("drop");
	return 0;
}

int hp_save_info(const char *directory, struct hp_save_info *info)
{
	ck_assert_str_eq(directory, options.save_dir);
	if (session.load_error)
		return session.load_error;
	if (!in_directory.size)
		return -ENOENT;
	*info = in_directory;
	return 0;
}

void put_save(void)
{
	in_directory = (struct hp_save_info){
		.size = sizeof(in_directory),
		.session = "test",
		.written_ns = UINT64_C(1700000000999999999),
		.total_bytes = LENGTH,
		.stored_bytes = 12345,
	};
}

int hp_session_save(struct hp_session *s, const char *directory,
		    const struct hp_save_opts *opts,
		    struct hp_save_result *result)
{
	(void)result;
	ck_assert_str_eq(directory, options.save_dir);
	call(opts->flags & HP_SAVE_REPLACE ? "replace" : "save");
	if (s->save_error)
		return s->save_error;
	s->load_error = 0;
	put_save();
	return 0;
}

/* -ENOENT: never there. -ENODATA: lost. */
static int open_kept(struct hp_session *s, unsigned int flags,
		     struct hp_region **ret)
{
	int rc;

	call(flags & HP_REGION_UNLISTED ? "unlisted" : "keep");
	if (s->manifest_error && !(flags & HP_REGION_UNLISTED))
		return s->manifest_error;
	rc = wait_out(&s->keep_error);
	if (rc == -EUCLEAN && flags & HP_REGION_UNLISTED)
		rc = s->unlisted_error;
	if (rc < 0)
		return rc;
	if (!returned)
		return -ENOENT;
	region.origin = s->holder == HP_HOLDER_STORE ? HP_ORIGIN_KEPT :
						       HP_ORIGIN_LIVE_UPDATE;
	region.address = returned;
	*ret = &region;
	return 0;
}

static void check_new_options(const struct hp_region_opts *opts)
{
	ck_assert_uint_eq(opts->flags, HP_REGION_POPULATE |
			  (options.shmem ? HP_REGION_SHMEM : 0));
}

int hp_region_open(struct hp_session *s, uint64_t token, uint64_t length,
		   const struct hp_region_opts *opts, struct hp_region **ret)
{
	ck_assert_uint_eq(token, 1);
	if (opts && opts->flags & HP_REGION_MUST_EXIST) {
		ck_assert_uint_eq(length, 0);
		return open_kept(s, opts->flags, ret);
	}
	check_new_options(opts);
	ck_assert_uint_eq(length, LENGTH);
	call("create");
	if (s->create_error)
		return s->create_error;
	region.origin = s->keep_error == -ENODATA ? HP_ORIGIN_LOST :
						    HP_ORIGIN_CREATED;
	region.address = aligned_alloc(4096, LENGTH);
	ck_assert_ptr_nonnull(region.address);
	memset(region.address, 0, LENGTH);
	*ret = &region;
	return 0;
}

int hp_region_load(struct hp_session *s, uint64_t token, const char *directory,
		   const struct hp_region_opts *region_opts,
		   const struct hp_save_opts *opts, struct hp_region **ret)
{
	const struct hp_save_progress progress = { .token = token };

	ck_assert_uint_eq(token, 1);
	ck_assert_str_eq(directory, options.save_dir);
	check_new_options(region_opts);
	call("load");
	if (s->load_error)
		return s->load_error;
	if (!saved)
		return -ENOENT;
	if (opts->progress(opts->context, &progress))
		return -ECANCELED;
	region.origin = HP_ORIGIN_SAVE;
	region.address = saved;
	*ret = &region;
	return 0;
}

int hp_region_close(struct hp_region *r)
{
	if (r)
		call("close-region");
	return 0;
}

int hp_region_drop(struct hp_region *r)
{
	if (!r)
		return 0;
	call("drop-region");
	returned = NULL;
	session.keep_error = 0;
	return 0;
}

void *hp_region_address(const struct hp_region *r)
{
	return r->address;
}

uint64_t hp_region_length(const struct hp_region *r)
{
	(void)r;
	return LENGTH;
}

uint64_t hp_region_page_size(const struct hp_region *r)
{
	(void)r;
	return options.shmem ? 4096 : HP_PAGE_2M;
}

int hp_region_huge_bytes(struct hp_region *r, uint64_t *ret_bytes)
{
	(void)r;
	call("huge");
	*ret_bytes = LENGTH / 2;
	return 0;
}

int hp_region_is_preserved(const struct hp_region *r)
{
	(void)r;
	return preserved;
}

int hp_region_is_new(const struct hp_region *r)
{
	return r->origin == HP_ORIGIN_CREATED || r->origin == HP_ORIGIN_LOST;
}

enum hp_origin hp_region_origin(const struct hp_region *r)
{
	return r->origin;
}

/* As loop_init() does. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void setup(void)
{
	options = (struct options){ .session = "test", .memory = LENGTH };
	session = (struct hp_session){ .holder = HP_HOLDER_STORE };
	returned = saved = NULL;
	in_directory.size = 0;
	others = 0;
	preserved = false;
	calls[0] = '\0';
	pauses = passes_after = signal_after = extended = 0;
	block_signals();
}

int open_as_main(void)
{
	int rc = storage_open(&st, &options);

	if (rc < 0) {
		storage_hold(&st);
		storage_close(&st);
	}
	return rc;
}

struct store give_back(void)
{
	struct store s;

	memory_store(&s, LENGTH);
	store_begin(&s);
	ck_assert_int_eq(entry_set(&s, slice_of("key"), slice_of("value"), 0),
			 0);
	ck_assert_int_eq(store_commit(&s), 0);
	returned = s.base;
	return s;
}

void spoil(int how)
{
	struct store s = give_back();

	switch (how) {
	case 0:
		memset(returned, 0, LENGTH);
		break;
	case 1:
		s.header->layout++;
		break;
	case 2:
		s.header->length *= 2;
		break;
	default:
		session.keep_error = -EUCLEAN;
		break;
	}
}
