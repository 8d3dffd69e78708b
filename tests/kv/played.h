/* SPDX-License-Identifier: MIT */
/*
 * The library as the tests of the storage play it, so that any memory can come
 * back and any call can fail. The calls are written down.
 */
#ifndef KV_PLAYED_H
#define KV_PLAYED_H

#include <check.h>

#include <hugepersist/save.h>

#include "storage.h"

#define LENGTH (2 << 20)

/* There is one of each; the handles only have to differ from NULL. */
struct hp_session {
	enum hp_holder holder;
	int manifest_error;
	/* What the calls give. Those of HP_ERROR_AGAIN end, see passes_after. */
	int open_error, keep_error, unlisted_error, create_error, load_error;
	int save_error, commit_error, preserve_error;
};

struct hp_region { void *address; enum hp_origin origin; };

extern struct hp_session session;
extern struct hp_region region;
extern void *returned;		/* memory that came back, or NULL */
extern void *saved;		/* memory that is in the save, or NULL */
extern struct hp_save_info in_directory;
extern unsigned int others;	/* regions that came back and are not ours */
extern struct options options;
extern struct storage st;
extern char calls[256];
extern int pauses;		/* slept so often */
extern int passes_after;	/* pauses until all errors are over */
extern int signal_after;	/* pauses until SIGTERM */
extern int extended;		/* the manager was asked for more time */

/* Before each test: nothing came back, and the holder is the store. */
void setup(void);

/* storage_open(), and what main() does when that fails. */
int open_as_main(void);

/* A store with one key, as it comes back. */
struct store give_back(void);
/* The save that the tests find, or that a save leaves. */
void put_save(void);
/* Make unusable what comes back: in the content, or from 3 on as a file. */
void spoil(int how);

TCase *save_tests(void);

#endif
