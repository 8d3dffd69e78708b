// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/session.h"

#include "../unit/fake.h"
#include "model.h"
#include "world.h"

#define NAME "lives"
#define PREFIX "hugepersist." NAME "."
#define ID_DIGITS 16

/* So long a call waits; a slow manager takes longer. */
#define PATIENCE_MS 1000
#define SLOW_MS 1500

#define CHILD 1

static struct world {
	const struct sequence *sequence;
	const struct step *step;
	struct model model;
	struct hp_session *session;
	struct hp_region *regions[TOKENS];
	bool read_only[TOKENS];
	bool aborted[TOKENS]; /* it is this process's alone */
	bool rescued[TOKENS]; /* taken though not listed, and not preserved */
	uint64_t manifest;    /* inode of the session's */
	bool manifest_there;  /* when the life began */
	bool regions_there;   /* likewise */
	unsigned int passed[TOKENS]; /* entries of that token, likewise */
	bool closed;		     /* in this life, after it was open */
	bool unlisted;		     /* the manifest is gone */
	bool recovers; /* likewise, in some life, and no preserve since */
	bool littered; /* a message to let go did not arrive in this life */
	bool stuck;    /* no number was free to give up the ownership */
	bool child;
	uint64_t owned; /* inode of the manifest that the child has mapped */
	bool well;	/* the manager */
	uint64_t tag;
	int result;
	bool print;
} world;

/* -- What the fake kernel has ---------------------------------------------- */

static bool store_has(uint64_t inode)
{
	for (unsigned int i = 0; inode && i < fake_store_count(0); i++)
		if (fake_store_entry(0, i).inode == inode)
			return true;
	return false;
}

static bool is_manifest(const struct fake_stored *entry)
{
	return strlen(entry->name) == strlen(PREFIX) + ID_DIGITS;
}

static unsigned int token_of(const struct fake_stored *entry)
{
	unsigned long long token = 0;

	(void)sscanf(entry->name + strlen(PREFIX) + ID_DIGITS, ".%16llx",
		     &token);
	return (unsigned int)token;
}

/* The one that has an owner, who is not a child that was left. */
static void find_manifest(void)
{
	for (unsigned int i = 0; i < fake_store_count(0); i++) {
		struct fake_stored entry = fake_store_entry(0, i);

		if (is_manifest(&entry) && entry.owned &&
		    !(world.child && entry.inode == world.owned))
			world.manifest = entry.inode;
	}
}

static void look_at_store(void)
{
	world.manifest_there = store_has(world.manifest);
	world.regions_there = false;
	memset(world.passed, 0, sizeof(world.passed));
	for (unsigned int i = 0; i < fake_store_count(0); i++) {
		struct fake_stored entry = fake_store_entry(0, i);

		if (is_manifest(&entry))
			continue;
		world.regions_there = true;
		world.passed[token_of(&entry) - 1]++;
	}
}

/* After a preserve: each open region is there, and its manifest. */
static void check_stored(unsigned int token)
{
	uint64_t inode = world.model.now[token - 1].inode;
	size_t length = strlen(PREFIX) + ID_DIGITS;

	for (unsigned int i = 0; i < fake_store_count(0); i++) {
		struct fake_stored region = fake_store_entry(0, i);

		if (region.inode != inode || is_manifest(&region))
			continue;
		for (unsigned int j = 0; j < fake_store_count(0); j++) {
			struct fake_stored other = fake_store_entry(0, j);

			if (is_manifest(&other) && other.owned &&
			    !memcmp(other.name, region.name, length))
				return;
		}
		wrong("token %u is preserved, and its manifest is not there",
		      token);
	}
	wrong("token %u is preserved, and the manager does not have it", token);
}

static void check_held(unsigned int token)
{
	if (world.sequence->in_store)
		check_stored(token);
	else if (!fake_outgoing_has(world.model.now[token - 1].inode))
		wrong("token %u is preserved, and LUO does not have it", token);
}

/* Nothing is in the store but what is listed. */
static void check_store_bound(void)
{
	unsigned int most = 1;

	for (int i = 0; i < TOKENS; i++)
		most += world.regions[i] || world.model.came[i].promised;
	if (fake_store_count(0) > most && !world.littered)
		wrong("the store has %u entries, and at most %u are listed",
		      fake_store_count(0), most);
}

static void check_leaks(void)
{
	if (!world.child && fake_leaks())
		wrong("%d descriptors, %d maps and %d allocations are left",
		      fake.own_fds, fake.maps, fake.allocations);
}

/* -- Steps ----------------------------------------------------------------- */

/* The call of the step is over: what follows is not part of it. */
static int over(int result)
{
	if (fake.failed && fake.fail_call == CALL_RETRIEVE_FD &&
	    world.step->fail_errno != EMFILE)
		world.model.may_lose = true;
	if (fake.failed &&
	    (fake.fail_call == CALL_REOPEN || fake.fail_call == CALL_MOVE))
		world.stuck = true;
	if (fake.failed && fake.fail_call == CALL_NOTIFY)
		world.littered = true;
	fake.stop_at = 0;
	fake.fail_nth = 0;
	fake.fail_on = false;
	world.result = result;
	if (result == -ENOMSG) {
		if (!world.model.may_lose && !world.recovers &&
		    (world.manifest_there || !world.regions_there))
			wrong("it says that the manifest is gone");
		world.unlisted = world.recovers = true;
	}
	return result;
}

/* Nothing is made to fail in this step. */
static bool undisturbed(void)
{
	return !world.step->end && !world.step->fail_nth;
}

static bool calm(void)
{
	return undisturbed() && (world.well || !world.sequence->in_store);
}

static void unexpected(const char *call, int err)
{
	if (err == -ENOMSG && world.unlisted)
		return;
	wrong("%s: %d (%s)", call, err, hp_strerror(err));
}

static uint64_t inode_of(const struct hp_region *region)
{
	struct hp_file_info info;

	if (fake_sys.file_info(hp_region_fd(region), &info) < 0)
		wrong("the region has no file");
	return info.inode;
}

static void raise(enum belief *belief)
{
	if (*belief == NO)
		*belief = MAYBE;
}

static void lower(enum belief *belief)
{
	if (*belief == YES)
		*belief = MAYBE;
}

static void forget(unsigned int token)
{
	world.model.came[token - 1] = world.model.next[token - 1] =
		(struct account){ .promised = NO };
}

static void ask_info(void)
{
	struct hp_session_info info = { .size = sizeof(info) };
	int err = over(hp_session_info(world.session, &info));

	if (!err) {
		if (info.manifest_error)
			(void)over(info.manifest_error);
		else
			model_info(&world.model, &info);
	} else if (undisturbed()) {
		unexpected("info", err);
	}
}

static void check_opened(int err)
{
	bool fresh = !world.manifest_there && !world.regions_there;
	bool owned = world.child && world.owned == world.manifest &&
		     world.manifest_there;
	/* Or it has one that was dropped, and the manager did not hear of it. */
	bool left = owned || (world.child && store_has(world.owned));

	if (!world.sequence->in_store) {
		if (err && undisturbed())
			unexpected("open", err);
		return;
	}
	if (!err && owned)
		wrong("a child has the session, and it has a second owner");
	if (!err || !undisturbed() || (left && err == -EALREADY) ||
	    (world.closed && err == -EBUSY) ||
	    (world.stuck && err == -EALREADY))
		return;
	if (fresh &&
	    (!world.well ||
	     (err == -ENOSPC && fake_store_count(0) >= fake_manager.maximum)))
		return;
	unexpected("open", err);
}

static void do_open(void)
{
	struct hp_session_opts opts = {
		.size = sizeof(opts),
		.timeout_ms = PATIENCE_MS,
	};
	int err;

	if (world.session)
		return;
	if (!world.sequence->in_store)
		opts.flags = HP_SESSION_NO_STORE;
	err = over(hp_session_open_on(&fake_sys, NAME, &opts, &world.session));
	if (err)
		world.session = NULL;
	check_opened(err);
	if (err) {
		check_leaks();
		return;
	}
	world.unlisted = false;
	if (world.sequence->in_store &&
	    world.session->holder_kind != HP_HOLDER_STORE) {
		if (world.manifest_there || world.regions_there)
			wrong("it has another holder than before");
		if (hp_session_drop(world.session))
			wrong("an empty session cannot be dropped");
		world.session = NULL;
		return;
	}
	if (world.step->argument & 1)
		ask_info();
}

static void opened(unsigned int token, struct hp_region *region, bool checked)
{
	bool asked =
		world.step->kind == REGION_OPEN && world.step->argument & 1;
	bool read_only = asked && !hp_region_is_new(region);
	struct account *next = &world.model.next[token - 1];

	if (checked)
		model_opened(&world.model, token, region, inode_of(region),
			     !read_only);
	else
		model_made(&world.model, token, region, inode_of(region));
	world.regions[token - 1] = region;
	world.read_only[token - 1] = read_only;
	world.rescued[token - 1] = false;
	/* It was listed, and still is. */
	if (world.sequence->in_store && !hp_region_is_new(region) && checked &&
	    next->promised && !world.aborted[token - 1])
		next->promised = YES;
}

static uint64_t length_for(unsigned int token)
{
	const struct account *came = &world.model.came[token - 1];

	if (came->promised)
		return came->content.length;
	return (1 + world.step->argument % 3) * HP_PAGE_2M;
}

static void do_region_open(unsigned int token)
{
	const struct account *came = &world.model.came[token - 1];
	struct hp_region_opts opts = { .size = sizeof(opts) };
	struct hp_region *region = NULL;
	int err = -ENOENT;

	if (!world.session || world.regions[token - 1])
		return;
	if (world.step->argument & 1)
		opts.flags = HP_REGION_READ_ONLY;
	if (world.step->argument & 2)
		err = hp_region_reclaim(world.session, token, &opts, &region);
	if (err == -ENOENT || err == -ENODATA)
		err = hp_region_open(world.session, token, length_for(token),
				     &opts, &region);
	if (err == -ESTALE && came->content.shorter != came->content.length)
		err = hp_region_open(world.session, token,
				     came->content.shorter, &opts, &region);
	over(err);
	if (!err)
		opened(token, region, true);
	else if (undisturbed())
		unexpected("open region", err);
}

/* May there be something new under the token? */
static void check_free(unsigned int token, const char *call, int err)
{
	const struct account *came = &world.model.came[token - 1];

	if (!err && came->promised == YES && came->there &&
	    !world.model.may_lose)
		wrong("%s: token %u came back", call, token);
	if (err && undisturbed() &&
	    !(err == -EEXIST && came->promised && came->there))
		unexpected(call, err);
}

static void do_create(unsigned int token)
{
	struct hp_region *region;
	int err;

	if (!world.session || world.regions[token - 1])
		return;
	err = over(hp_region_create(world.session, token,
				    (1 + world.step->argument % 3) * HP_PAGE_2M,
				    NULL, &region));
	check_free(token, "create", err);
	if (!err)
		opened(token, region, false);
}

static void do_adopt(unsigned int token)
{
	struct hp_region *region;
	int err = 0, fd;

	if (!world.session || world.regions[token - 1])
		return;
	fd = fake_sys.memfd("application", HP_PAGE_2M);
	if (fd < 0)
		return;
	if (!fake_sys.set_length(fd, 2 * HP_PAGE_2M))
		err = hp_region_adopt(world.session, token, fd, NULL, &region);
	else
		region = NULL, err = -EIO;
	over(err);
	fake_sys.close(fd);
	if (region || err != -EIO)
		check_free(token, "adopt", err);
	if (!err)
		opened(token, region, false);
}

/* As the header says: no write while it is sealed. */
static void do_write(unsigned int token)
{
	struct hp_region *region = world.regions[token - 1];
	struct content *now = &world.model.now[token - 1];
	int err;

	if (!region || world.read_only[token - 1])
		return;
	if (world.model.sealed) {
		err = over(hp_session_unseal(world.session));
		if (err && undisturbed())
			unexpected("unseal", err);
		if (err)
			return;
		world.model.sealed = NO;
	}
	for (unsigned int page = 0;
	     page < hp_region_length(region) / HP_PAGE_2M; page++)
		if (!(world.step->argument >> page % 3 & 1))
			model_write(now, region, page, world.tag += 2);
	model_sync(&world.model, token);
}

/* More than fits must be kept. */
static bool is_too_much(void)
{
	unsigned int count = 1;

	for (int i = 0; i < TOKENS; i++)
		/* What was rescued gets another name, and is there twice. */
		count += (world.regions[i] || world.model.came[i].promised) +
			 world.rescued[i];
	return world.sequence->in_store && count > fake_manager.maximum;
}

/* A preserve that did not end well, and may have listed it. */
static void perhaps_preserved(unsigned int token)
{
	const struct account *came = &world.model.came[token - 1];
	struct account *next = &world.model.next[token - 1];

	if (world.regions[token - 1]) {
		if (next->promised != YES)
			lower(&world.model.sealed);
		if (next->promised == NO)
			next->content = world.model.now[token - 1];
		raise(&next->promised);
	} else if (came->promised && !next->promised) {
		*next = *came;
		next->promised = MAYBE;
		raise(&next->lost);
		lower(&next->lost);
	}
}

static void is_preserved(unsigned int token)
{
	struct account *next = &world.model.next[token - 1];
	const struct account *came = &world.model.came[token - 1];

	if (world.regions[token - 1]) {
		check_held(token);
		/* It was made before the seal, perhaps, and is not sealed. */
		if (next->promised == NO && world.sequence->in_store)
			world.model.sealed = NO;
		if (next->promised != YES)
			lower(&world.model.sealed);
		world.model.now[token - 1].shorter =
			world.model.now[token - 1].length;
		*next = (struct account){
			.content = world.model.now[token - 1],
			.promised = YES,
		};
		world.rescued[token - 1] = world.aborted[token - 1] = false;
	} else if (world.sequence->in_store) {
		/* It was taken back from the manager, and is carried along. */
		if (came->there && !next->promised)
			*next = *came;
		world.aborted[token - 1] = false;
	} else {
		*next = *came;
		if (came->promised == YES && !came->there)
			*next = (struct account){ .lost = MAYBE };
		if (came->promised == MAYBE || world.model.may_lose)
			next->lost = MAYBE;
		if (world.model.may_lose)
			lower(&next->promised);
	}
}

/* One call of the step failed once, and there is time for another try. */
static bool passes(void)
{
	return !world.step->end && !world.step->fail_on && world.well &&
	       !world.littered && !is_too_much();
}

static void do_preserve(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_preserve(world.session));
	world.recovers &= err != 0;
	for (unsigned int token = 1; token <= TOKENS; token++)
		if (err)
			perhaps_preserved(token);
		else
			is_preserved(token);
	if (err && calm() &&
	    !(err == -ENOSPC && (is_too_much() || world.littered)))
		unexpected("preserve", err);
	if (err && hp_error_class(err) == HP_ERROR_AGAIN && passes())
		unexpected("preserve gives up at what passes", err);
	if (!err && calm() && world.sequence->in_store)
		check_store_bound();
}

static void do_region_preserve(unsigned int token)
{
	struct hp_region *region = world.regions[token - 1];
	int err;

	if (!region)
		return;
	err = over(hp_region_preserve(region));
	if (err)
		perhaps_preserved(token);
	else
		is_preserved(token);
	if (err && calm() && err != -ENOSPC &&
	    !(err == -EINPROGRESS && !world.sequence->in_store))
		unexpected("preserve region", err);
}

static void do_seal(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_seal(world.session));
	if (!err)
		world.model.sealed = YES;
	else if (err != -ENOENT)
		raise(&world.model.sealed);
	if (err && err != -ENOENT && undisturbed())
		unexpected("seal", err);
}

static void do_unseal(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_unseal(world.session));
	if (err && undisturbed())
		unexpected("unseal", err);
	if (!err)
		world.model.sealed = NO;
	else
		lower(&world.model.sealed);
}

static void do_grow(unsigned int token)
{
	const struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = world.step->argument & 1 ? HP_REGION_MAY_MOVE : 0,
	};
	struct hp_region *region = world.regions[token - 1];
	struct content *now = &world.model.now[token - 1];
	uint64_t before;
	int err;

	if (!region || hp_region_length(region) == PAGES * HP_PAGE_2M)
		return;
	before = hp_region_length(region);
	/* If the process ends in it. */
	now->length = before + HP_PAGE_2M;
	now->shorter = before;
	model_sync(&world.model, token);
	err = over(hp_region_grow(region, before + HP_PAGE_2M, &opts));
	now->length = hp_region_length(region);
	if (!err)
		now->shorter = now->length;
	model_sync(&world.model, token);
	if (now->length != before)
		world.model.sealed = NO;
	model_compare(now, region);
	if (err && calm() && err != -EADDRINUSE &&
	    !(err == -EROFS && world.read_only[token - 1]) &&
	    !(err == -EBUSY && !world.sequence->in_store))
		unexpected("grow", err);
}

static void do_region_drop(unsigned int token)
{
	struct hp_region *region = world.regions[token - 1];
	int err;

	if (!region)
		return;
	err = over(hp_region_drop(region));
	world.regions[token - 1] = NULL;
	forget(token);
	lower(&world.model.sealed);
	if (err && calm())
		unexpected("drop region", err);
	/* LUO gives no single file back: the others were given anew. */
	for (int i = 0; err && !world.sequence->in_store && i < TOKENS; i++) {
		lower(&world.model.next[i].promised);
		lower(&world.model.next[i].lost);
		raise(&world.model.next[i].lost);
	}
}

static void do_region_close(unsigned int token)
{
	struct hp_region *region = world.regions[token - 1];
	struct account *came = &world.model.came[token - 1];
	bool returned;
	int err;

	if (!region)
		return;
	returned = !hp_region_is_new(region) &&
		   hp_region_origin(region) != HP_ORIGIN_ADOPTED;
	err = over(hp_region_close(region));
	world.regions[token - 1] = NULL;
	if (err)
		unexpected("close region", err);
	/* Else it came, and is not given on yet. */
	if (world.model.next[token - 1].promised || !returned ||
	    world.aborted[token - 1])
		*came = world.model.next[token - 1];
	if (came->promised)
		came->there = true;
	/* The manager may have it still, under its old name. */
	if (world.rescued[token - 1]) {
		came->promised = came->lost = MAYBE;
		came->there = store_has(came->content.inode);
		world.model.next[token - 1] = *came;
	}
}

/* What another open in this process finds. */
static void after_close(void)
{
	struct model *model = &world.model;

	for (int i = 0; i < TOKENS; i++) {
		const struct account *came = &model->came[i];
		struct account *next = &model->next[i];

		world.regions[i] = NULL;
		next->there = store_has(next->content.inode) ||
			      (came->there &&
			       came->content.inode == next->content.inode);
	}
	world.session = NULL;
	world.closed = true;
	memset(world.aborted, 0, sizeof(world.aborted));
	model->all_gone = !world.sequence->in_store;
	model_begin(model, true);
	check_leaks();
}

static void do_close(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_close(world.session));
	if (err == -EBUSY && !world.sequence->in_store)
		return;
	if (err)
		unexpected("close", err);
	for (int i = 0; !world.sequence->in_store && i < TOKENS; i++)
		if (world.model.next[i].promised == YES)
			wrong("close gave up the memory of token %d", i + 1);
	after_close();
}

static void do_drop(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_drop(world.session));
	if (err)
		unexpected("drop", err);
	for (unsigned int token = 1; token <= TOKENS; token++) {
		world.regions[token - 1] = NULL;
		forget(token);
	}
	world.session = NULL;
	world.model.sealed = world.model.found_sealed = NO;
	world.manifest_there = world.regions_there = false;
	world.manifest = 0;
	world.unlisted = false;
	/* Perhaps the manager did not hear of it, and has half of it. */
	world.recovers = world.littered;
	check_leaks();
}

static void do_abort(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_abort(world.session));
	if (err)
		unexpected("abort", err);
	world.model.sealed = NO;
	for (int i = 0; i < TOKENS; i++) {
		struct account *next = &world.model.next[i];

		if (!next->promised || (!world.regions[i] && !next->there &&
					!world.model.came[i].there))
			continue;
		world.aborted[i] = true;
		/* If it was not listed yet, what it replaces still is. */
		*next = (struct account){
			.lost = next->promised == MAYBE && next->lost ? MAYBE :
									NO,
		};
	}
}

static void do_commit(void)
{
	int err;

	if (!world.session)
		return;
	err = over(hp_session_commit(world.session, 0));
	if (err && undisturbed())
		unexpected("commit", err);
}

/* The content is the program's to judge: an older copy may lie beside. */
static void rescue(unsigned int token)
{
	const struct hp_region_opts opts = {
		.size = sizeof(opts),
		.flags = HP_REGION_MUST_EXIST | HP_REGION_UNLISTED,
	};
	struct model *model = &world.model;
	struct account *came = &model->came[token - 1];
	struct hp_region *region;

	if (world.regions[token - 1] ||
	    hp_region_open(world.session, token, 0, &opts, &region))
		return;
	world.regions[token - 1] = region;
	world.read_only[token - 1] = false;
	world.rescued[token - 1] = true;
	if (world.sequence->in_store && came->promised == YES && came->there &&
	    world.passed[token - 1] == 1)
		model_opened(model, token, region, came->content.inode, true);
	model->now[token - 1] = (struct content){
		.inode = model->now[token - 1].inode,
		.length = hp_region_length(region),
		.shorter = hp_region_length(region),
	};
}

static void read_rescued(unsigned int token)
{
	struct hp_region *region = world.regions[token - 1];
	struct content *now = &world.model.now[token - 1];
	const uint64_t *words = hp_region_address(region);
	uint64_t count = HP_PAGE_2M / sizeof(*words);

	now->inode = inode_of(region);
	for (unsigned int i = 0; i < now->length / HP_PAGE_2M; i++) {
		now->tags[i][0] = words[i * count];
		now->tags[i][1] = words[(i + 1) * count - 1];
	}
	world.model.next[token - 1] = (struct account){
		.content = *now,
		.promised = MAYBE,
		.lost = MAYBE,
	};
	world.model.came[token - 1] = world.model.next[token - 1];
}

static void do_rescue(void)
{
	int err;

	if (!world.session || !world.unlisted)
		return;
	for (unsigned int token = 1; token <= TOKENS; token++)
		rescue(token);
	err = over(hp_session_commit(world.session, HP_COMMIT_DROP));
	for (unsigned int token = 1; token <= TOKENS; token++) {
		if (world.regions[token - 1] && world.rescued[token - 1])
			read_rescued(token);
		else if (!world.regions[token - 1] && !err)
			forget(token);
	}
	world.model.sealed = NO;
	world.unlisted = err;
	if (err && undisturbed())
		unexpected("commit and drop", err);
}

/*
 * A child that is forked before the session is open has what the manager passed:
 * then nobody can see what the manager drops. Programs must not do that.
 */
static void do_fork(void)
{
	bool passed = world.manifest_there || world.regions_there;

	if (world.child ||
	    (passed && (!world.session || !world.manifest_there)))
		return;
	find_manifest();
	fake_fork(CHILD);
	world.child = true;
	world.owned = world.session ? world.manifest : 0;
	if (!world.session)
		return;
	fake_switch(CHILD);
	if (hp_session_preserve(world.session) != -ECHILD ||
	    hp_session_seal(world.session) != -ECHILD)
		wrong("the library works in a forked child");
	fake_switch(0);
}

static void do_manager(void)
{
	enum mood mood = world.step->argument % MOODS;

	fake_manager.refuses = mood == REFUSES;
	fake_manager.silent = mood == SILENT;
	fake_manager.slow_ms = mood == SLOW ? SLOW_MS : 0;
	fake_manager.no_room = mood == FULL_SOCKET;
	fake_manager.loses_messages = mood == FORGETS;
	world.littered |= mood == REFUSES || mood == FULL_SOCKET;
	world.well = mood == WELL || mood == FORGETS;
	/* It works on what waits. */
	if (world.well)
		fake_sys.sleep_ms(2 * SLOW_MS);
}

static void do_store_drop(void)
{
	unsigned int count = fake_store_count(0);

	if (count)
		fake_store_drop(0, world.step->argument % count, 1);
}

/* -- Lives ----------------------------------------------------------------- */

/* The process ended in the middle of the step. */
static void interrupted(const struct step *step)
{
	struct model *model = &world.model;

	switch (step->kind) {
	case PRESERVE:
		for (unsigned int token = 1; token <= TOKENS; token++)
			perhaps_preserved(token);
		break;
	case REGION_PRESERVE:
		perhaps_preserved(step->token);
		break;
	case SEAL:
		raise(&model->sealed);
		break;
	case REGION_OPEN:
	case REGION_CREATE:
	case REGION_ADOPT:
	case GROW:
	case WRITE:
	case UNSEAL:
		lower(&model->sealed);
		break;
	case REGION_DROP:
	case DROP:
	case ABORT:
	case RESCUE:
		lower(&model->sealed);
		for (unsigned int token = 1; token <= TOKENS; token++) {
			struct account *next = &model->next[token - 1];

			if (step->kind == REGION_DROP && token != step->token &&
			    world.sequence->in_store)
				continue;
			lower(&next->promised);
			raise(&next->lost);
			lower(&next->lost);
		}
		break;
	default:
		break;
	}
}

static void look_at_luo(bool kexec)
{
	for (int i = 0; i < TOKENS; i++)
		world.model.next[i].there =
			kexec &&
			fake_outgoing_has(world.model.next[i].content.inode);
	world.model.all_gone = !kexec || !fake.sessions_outgoing;
}

static void end_life(enum end how, enum update update)
{
	bool in_store = world.sequence->in_store;

	find_manifest();
	world.session = NULL;
	memset(world.regions, 0, sizeof(world.regions));
	memset(world.rescued, 0, sizeof(world.rescued));
	memset(world.aborted, 0, sizeof(world.aborted));
	if (!in_store)
		look_at_luo(how == MACHINE_GOES && update == ALL);
	if (how == MACHINE_GOES) {
		fake.no_handler = update == NO_HUGE_PAGES;
		fake.next_cannot = update == NOTHING ||
				   (!in_store && update == NO_HUGE_PAGES);
		fake_kexec();
		fake.no_handler = fake.next_cannot = false;
		world.child = false;
	} else {
		fake_restart();
	}
	if (in_store) {
		look_at_store();
		for (int i = 0; i < TOKENS; i++)
			world.model.next[i].there =
				store_has(world.model.next[i].content.inode);
		world.model.all_gone =
			!world.manifest_there && !world.regions_there;
	}
	/* Nobody has asked LUO for it yet. */
	if (!in_store && how == KILLED && fake.sessions_incoming) {
		memcpy(world.model.next, world.model.came,
		       sizeof(world.model.next));
		world.model.sealed = world.model.found_sealed;
		world.model.all_gone = false;
	}
	if (fake_leaks() && !world.child)
		wrong("something outlives a process");
	world.model.may_lose = false;
	world.closed = world.unlisted = world.stuck = false;
	world.littered = !world.well;
	model_begin(&world.model, in_store);
}

static void do_step(const struct step *step)
{
	switch (step->kind) {
	case OPEN:
		do_open();
		break;
	case REGION_OPEN:
		do_region_open(step->token);
		break;
	case REGION_CREATE:
		do_create(step->token);
		break;
	case REGION_ADOPT:
		do_adopt(step->token);
		break;
	case WRITE:
		do_write(step->token);
		break;
	case PRESERVE:
		do_preserve();
		break;
	case REGION_PRESERVE:
		do_region_preserve(step->token);
		break;
	case SEAL:
		do_seal();
		break;
	case UNSEAL:
		do_unseal();
		break;
	case GROW:
		do_grow(step->token);
		break;
	case REGION_DROP:
		do_region_drop(step->token);
		break;
	case REGION_CLOSE:
		do_region_close(step->token);
		break;
	case CLOSE:
		do_close();
		break;
	case DROP:
		do_drop();
		break;
	case ABORT:
		do_abort();
		break;
	case COMMIT:
		do_commit();
		break;
	case RESCUE:
		do_rescue();
		break;
	case INFO:
		if (world.session)
			ask_info();
		break;
	case FORK:
		do_fork();
		break;
	case CHILD_EXIT:
		if (world.child)
			fake_exit(CHILD);
		world.child = false;
		break;
	case RESTART:
		end_life(KILLED, ALL);
		break;
	case KEXEC:
		end_life(MACHINE_GOES, step->argument % UPDATES);
		break;
	case MANAGER:
		do_manager();
		break;
	case STORE_DROP:
		do_store_drop();
		break;
	case MANAGER_RESTART:
		fake_manager_restart(1 + step->argument);
		break;
	case KINDS:
		break;
	}
}

static void run_step(const struct step *step)
{
	char line[256];

	world.step = step;
	world.result = 0;
	if (world.print) {
		step_print(step, line, sizeof(line));
		printf("  %s", line);
		fflush(stdout);
	}
	fake.failed = false;
	fake.fail_call = (enum fake_call)step->fail_call;
	fake.fail_nth = (int)step->fail_nth;
	fake.fail_errno = step->fail_errno;
	fake.fail_on = step->fail_on;
	fake.stop_at = step->end ? (int)step->end_at : 0;
	if (!setjmp(fake.stop)) {
		do_step(step);
		fake.stop_at = fake.fail_nth = 0;
		fake.fail_on = false;
		if (world.print)
			printf(": %d\n", world.result);
	} else {
		if (world.print)
			printf(": the end\n");
		interrupted(step);
		end_life(step->end, ALL);
	}
	if (world.sequence->in_store)
		find_manifest();
}

/* What is left must come back as well. */
static void look_once_more(void)
{
	struct step steps[4 + TOKENS] = {
		{ .kind = CHILD_EXIT },
		{ .kind = MANAGER, .argument = WELL },
		{ .kind = world.sequence->in_store ? RESTART : KEXEC },
		{ .kind = OPEN, .argument = 1 },
	};

	for (unsigned int i = 0; i < TOKENS; i++)
		steps[4 + i] = (struct step){
			.kind = REGION_OPEN,
			.token = 1 + i,
		};
	for (unsigned int i = 0; i < 4 + TOKENS; i++)
		run_step(&steps[i]);
}

bool world_run(const struct sequence *sequence, bool print)
{
	world = (struct world){
		.sequence = sequence,
		.well = true,
		.print = print,
	};
	fake_boot();
	fake.pool_pages = 256;
	if (sequence->in_store) {
		fake_manager_start(sequence->maximum);
		fake_manager.hands_over = true;
		fake_manager.reorders = sequence->reorders;
		fake_manager.no_variable = sequence->no_variable;
		fake_restart();
	}
	if (setjmp(model_failed))
		return false;
	for (unsigned int i = 0; i < sequence->count; i++)
		run_step(&sequence->steps[i]);
	look_once_more();
	return true;
}
