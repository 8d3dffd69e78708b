/* SPDX-License-Identifier: MIT */
/*
 * Which events the memory in a unit's store outlives, by the facts of
 * docs/systemd.md.
 */
#ifndef LIVES_H
#define LIVES_H

#include "machine/machine.h"
#include "report/answer.h"
#include "unit/manager.h"

/* The first systemd that hands its stores to the next kernel. */
#define LIVES_SYSTEMD_KEXEC 261

struct life {
	enum answer_kind answer;
	const char *reason; /* of another answer than yes */
	const char *remedy; /* lines for the unit, or what to do; or "" */
};

struct lives {
	struct life restart, stop, kexec;
};

/* Can the running kernel hand over huge pages? */
enum answer_kind lives_kernel(const struct machine *machine);

/* systemd is its version. */
struct lives lives_of_unit(const struct unit *unit, int systemd,
			   enum answer_kind kernel);

/* What a process holds by itself. */
enum process_kind {
	PROCESS_WITHOUT_LUO, /* nothing goes to the next kernel */
	PROCESS_KILLED,	     /* before the kexec, as all are */
	PROCESS_SPARED
};
struct lives lives_of_process(enum process_kind kind, enum answer_kind kernel);

/*
 * Does a process of the unit live to the kexec? Yes if the unit is not stopped, or
 * the process not killed when it is, and if systemd then spares it from the last
 * kill. asks: by its name.
 */
enum process_kind lives_in_unit(const struct unit *unit, bool asks);

/* Of a unit as it is written: hugepersist run can hold for the kexec. */
struct lives lives_of_holding_unit(const struct unit *unit, int systemd,
				   enum answer_kind kernel);

#endif
