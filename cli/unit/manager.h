/* SPDX-License-Identifier: MIT */
/*
 * systemd, over D-Bus: its services and what is in their stores.
 *
 * Functions return a result >= 0 or a negative errno.
 */
#ifndef MANAGER_H
#define MANAGER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define UNIT_NAME_SIZE 256

/* One descriptor of a store. */
struct unit_entry {
	char name[256];
	uint64_t device, inode;
};

struct unit {
	struct unit *next;
	char name[UNIT_NAME_SIZE];
	/* Words of systemd; "": not known. */
	char load_state[24];   /* loaded, not-found, masked */
	char active_state[24]; /* active, inactive, failed */
	char sub_state[32];    /* running, dead-resources-pinned */
	char file_state[24];   /* enabled, disabled, static */
	char preserve[16]; /* FileDescriptorStorePreserve=; before 254: "" */
	char notify_access[16];
	char type[16];
	char user[64]; /* "": root, or with dynamic_user a name of its own */
	bool dynamic_user;
	uint32_t store_max, store_count;
	bool survives;	       /* SurviveFinalKillSignal= */
	bool goes_at_shutdown; /* it conflicts with shutdown.target */
	char kill_mode[16];
	/* The directory of hugepersist load in ExecStart=; "": none. */
	char load_name[64], load_folder[256];
	bool holds;	    /* ExecStart= is hugepersist run --hold */
	pid_t main_process; /* 0: none */
	uint64_t
		inactive_since; /* us since 1970; 0: it is running or never ran */
	uint64_t active_since; /* us since 1970; 0: it is not running */
	bool dumped;	       /* the entries are known; before 254: no */
	unsigned int entry_count;
	struct unit_entry *entries;
};

struct manager;

/* Root needs no message bus. -ENOENT and others: there is no systemd. */
int manager_open(struct manager **ret_manager);
void manager_close(struct manager *manager);

/* 252, 257, 262 */
int manager_version(struct manager *manager);

/* Does the host go down? Yes also if systemd does not answer any more. */
bool manager_is_stopping(struct manager *manager);

/* All services that have something in their store. */
int manager_stores(struct manager *manager, struct unit **ret_units);

/* One service, loaded if there is a file. */
int manager_unit(struct manager *manager, const char *name,
		 struct unit **ret_unit);
void units_free(struct unit *units);

int manager_reload(struct manager *manager);
/* systemctl clean --what=fdstore. -EBUSY: the unit is running. */
int manager_clean(struct manager *manager, const char *unit);

/* What systemd said to the last call that failed. */
const char *manager_problem(const struct manager *manager);

#endif
