/* SPDX-License-Identifier: MIT */
/*
 * hugepersist update: into another kernel, or a refusal that changes nothing.
 *
 * FINDINGS, in this order. Any no, and any that is not known, refuses.
 *
 *	image.whole	the image is as long as its header says
 *	image.machine	it is for this machine
 *	image.formats	its kernel reads what this one writes
 *	image.signed	the kernel takes it without a signature, or it has one
 *	next.parameters	the next command line has what a live update needs
 *	next.bounds	the next kernel uses the memory that this one uses
 *	next.pages	the next kernel has the page sizes of all that is held
 *	next.memory	there is memory for it beside what is held
 *	next.crash	a crash kernel that is there will be there again
 *	next.initrd	the initrd can be read, and does not come back at shutdown
 *	kexec.load	this process may load a kernel
 *	kexec.free	nobody else has loaded one, or will
 *	kexec.device	/dev/liveupdate can be opened, so that systemd can
 *	held.seen	all that is held could be looked at
 *	held.UNIT/NAME	that session will survive
 *	held.holes	there are pages for what the shutdown will fill
 *	save.UNIT/NAME	that session can be saved before
 *
 * With --reboot there are only held.seen and save.UNIT/NAME.
 */
#ifndef UPDATE_H
#define UPDATE_H

#include <stdbool.h>

#include "held/held.h"
#include "report/answer.h"
#include "update/image.h"

#define UPDATE_LOSE_MAX 64
#define UPDATE_RECORD "/var/lib/hugepersist/update.json"

struct update {
	const char *image_path, *initrd_path;
	bool no_initrd;		/* the operator says that it needs none */
	const char *parameters; /* of the next kernel */
	const char *save;	/* directory; or NULL */
	bool reboot;		/* the ordinary way, after a save */
	const char *lose[UPDATE_LOSE_MAX];
	unsigned int lose_count;
	struct image image;
	struct held held;
	struct answers answers;
};

/* Add the findings. Changes nothing. */
void update_check(struct update *update);

/* May that session be lost? */
bool update_may_lose(const struct update *update,
		     const struct held_session *session);

/* -- Saving ---------------------------------------------------------------- */

/*
 * Where the session is saved to. Before a reboot that is the directory from which
 * its unit loads it (ExecStart=hugepersist load), else a folder below --save.
 * False: nowhere.
 */
bool update_folder(const struct update *update,
		   const struct held_session *session, char *folder,
		   size_t size);

/* Can it be saved there? */
void update_check_save(const struct update *update,
		       const struct held_session *session,
		       struct answer *answer);

/*
 * Stop the services of what is to be saved, and save it. After a failure, of which
 * it has told, the services run again.
 */
bool update_save(const struct update *update);

/* Let the services run again that update_save() stopped. */
void update_start_again(const struct update *update);

/* -- The trial --------------------------------------------------------------- */

/* What the shutdown will fill, of one page size; 0: small pages. */
struct hole {
	uint64_t page_size, bytes;
};

#define TRIAL_SIZES_MAX 8

struct trial {
	bool blocked; /* the device cannot be opened: nothing is tried */
	unsigned int count;
	struct hole holes[TRIAL_SIZES_MAX];
};

/* Can a session of LUO be created, so that systemd can at shutdown? */
void trial_device(struct trial *trial, struct answer *answer);

/*
 * Let the kernel preserve each file that a store has for the session, one at a
 * time, and take it back; the answer becomes no if it refuses. A file with holes
 * is not tried, since that would fill them: they are counted.
 */
void trial_session(struct trial *trial, const struct held_session *session,
		   struct answer *answer);

/* Are there pages for all holes? */
void trial_holes(const struct trial *trial, struct answer *answer);

/* -- The jump -------------------------------------------------------------- */

/* Write down what is to come back. Negative errno. */
int update_record(const struct update *update);

/* Has an update of this boot loaded a kernel, and then come to no end? */
bool update_was_cut_short(void);

/* kexec_file_load(2). Negative errno. */
int update_load(const struct update *update);
int update_unload(void);

/*
 * Save, load and go. STATUS_YES: the host is on its way. STATUS_NO: it has told
 * why not, no kernel is loaded, and the services run.
 */
int update_go(const struct update *update);

#endif
