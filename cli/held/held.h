/* SPDX-License-Identifier: MIT */
/*
 * What is held on this host: sessions in the stores of services, and sessions
 * that processes hold by themselves.
 *
 * Names in a store come from systemd. What a session holds comes from its
 * manifest, which root reads through /proc/PID/fd; nothing of it is trusted.
 */
#ifndef HELD_H
#define HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "manifest/manifest.h"
#include "run/list.h"
#include "store/names.h"
#include "unit/lives.h"
#include "unit/manager.h"

struct held_region {
	uint64_t token, incarnation;
	struct hp_manifest_entry entry; /* if it is listed */
	bool listed;			/* the manifest promises it */
	bool present;			/* it was seen */
	bool handed_over;		/* by the keeper */
	uint64_t device, inode;		/* of its file in a store; or 0 */
};

enum held_by {
	HELD_BY_STORE,	/* systemd, for a unit */
	HELD_BY_PROCESS /* a process, by a LUO session or another manager */
};

struct held_session {
	struct held_session *next;
	enum held_by by;
	/* As in the store: what is not a letter, digit, '-' or '_' is %XX. */
	char name[3 * HP_NAME_MAX + 1];
	/* Of the store; of a process: that in which it runs. "": not known. */
	char unit[UNIT_NAME_SIZE];
	const struct unit *of; /* NULL: not by a store that could be asked */
	bool unit_gone;	       /* the store is of a unit that has no file */
	uint64_t id;
	pid_t holder; /* 1: systemd */
	/*
	 * A process of hugepersist run that hands it over: the holder, or one
	 * beside the store. 0: there is none.
	 */
	pid_t keeper;
	bool manifest_handed_over; /* by the keeper */
	/* Of the keeper, or of a holder that is no store. */
	enum process_kind kind;
	/* Who has it open, apart from the holder; 0: nobody, it is not taken. */
	pid_t owner;
	char owner_name[32];
	/* Of the unit, or of the process; "": not known. */
	char user[64];
	uint64_t active_since; /* its unit; us since 1970; 0: not known */
	uint64_t free_since;   /* us since 1970; 0: not known, or it is taken */
	/*
	 * 0: the manifest was read. -ENOMSG: there is none. -EACCES: it may not
	 * be read. -EBADMSG and -EOPNOTSUPP: as hp_manifest_read().
	 */
	int manifest_error;
	uint64_t manifest_device, manifest_inode; /* in a store; or 0 */
	struct hp_manifest_about about;
	unsigned int region_count;
	struct held_region *regions;
	unsigned int lost_count; /* listed, and not there */
	uint64_t bytes;		 /* of all that are listed and there */
	struct lives lives;
};

struct held {
	struct held_session *sessions;
	struct unit *units;   /* those with something in their store */
	int systemd;	      /* its version; 0: there is none */
	bool complete;	      /* all processes could be looked at */
	bool knows_stores;    /* systemd could be asked */
	const char *obstacle; /* why it is not complete; or NULL */
};

/* Look at the host. manager NULL: there is no systemd to ask. */
void held_find(struct held *held, struct manager *manager,
	       const struct machine *machine);
void held_free(struct held *held);

/* The same of this host, with the systemd that it has. */
void held_look(struct held *held);

/*
 * The session of "UNIT/NAME": a unit with or without ".service", or "PID". NULL:
 * there is none, or with *ret_many more than one.
 */
struct held_session *held_get(const struct held *held, const char *text,
			      bool *ret_many);

/*
 * The same; NULL: it has said for the command why there is none, and *ret_status
 * is STATUS_NO, or STATUS_UNKNOWN if not all was seen.
 */
struct held_session *held_want(const struct held *held, const char *text,
			       const struct command *command, int *ret_status);

/* Is that the name that the program gave to the session? */
bool held_is_named(const struct held_session *session, const char *name);

/* The same session in another look at the host; NULL. */
struct held_session *held_again(const struct held *held,
				const struct held_session *session);

/* "db.service/cache"; of a process "812/cache". Valid until the next call. */
const char *held_title(const struct held_session *session);

/* -- Parts ----------------------------------------------------------------- */

/* A file that a process has open: one that can be a manifest, or a holder's list. */
struct held_file {
	pid_t process;
	uint64_t device, inode;
	uint64_t id; /* of the manifest; 0: none that can be read */
	int error;
	struct hp_manifest *manifest; /* NULL, unless error is 0 */
	struct run_list *list;	      /* NULL: it is no list */
};

struct held_files {
	unsigned int count;
	struct held_file *files;
	bool complete;
};

/* All that processes have open, PID 1 among them. */
void held_files_find(struct held_files *files);
void held_files_free(struct held_files *files);

/* The file of that device and inode, of any process; NULL. */
const struct held_file *held_files_get(const struct held_files *files,
				       uint64_t device, uint64_t inode);

/* Has the manifest an owner? By /proc/locks: flock(2) itself would be in its way. */
bool held_is_owned(uint64_t device, uint64_t inode);

/* Open that file of a process for reading and writing; or a negative errno. */
int held_open(pid_t process, uint64_t device, uint64_t inode);

/* Split a name of a store; *ret_session is what is between the dots. */
bool held_parse(const char *text, char *ret_session, size_t size,
		struct hp_store_name *ret_name);

/*
 * What the program called its session: %XX becomes a byte. The text must have
 * room for as much as the name in the store has.
 */
void held_program_name(const char *name, char *ret_text);

/* Of a process: its name, its unit, its LUO sessions; "" if not known. */
void held_process_name(pid_t process, char *name, size_t size);
void held_process_unit(pid_t process, char *unit, size_t size);
void held_process_user(pid_t process, char *user, size_t size);
/* The result: how many. */
unsigned int held_process_session(pid_t process, char *name, size_t size);
/* Does its name ask systemd to let it live to the kexec? */
bool held_process_asks(pid_t process);

#endif
