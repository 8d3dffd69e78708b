// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "doctor/unit.h"
#include "machine/machine.h"
#include "unit/lives.h"

static void add_life(struct answers *answers, const char *id, const char *event,
		     const struct life *life, const struct unit *unit,
		     int systemd)
{
	struct answer *answer = answer_add(
		answers, id, "The memory of the unit outlives %s.", event);

	answer_number(answer, "systemd", (uint64_t)systemd, "");
	answer_number(answer, "FileDescriptorStoreMax", unit->store_max,
		      "descriptors");
	if (*unit->preserve)
		answer_text(answer, "FileDescriptorStorePreserve",
			    unit->preserve);
	if (*unit->file_state)
		answer_text(answer, "state", unit->file_state);
	if (life->answer == ANSWER_YES)
		return;
	if (life->answer == ANSWER_NO)
		answer_no(answer, "%s", life->reason);
	else
		answer_unknown(answer, "%s", life->reason);
	answer_remedy(answer, "%s", life->remedy);
}

static void not_there(struct answers *answers, const char *why)
{
	static const char *const ids[] = { "unit.restart", "unit.stop",
					   "unit.kexec" };

	for (int i = 0; i < 3; i++) {
		struct answer *answer = answer_add(
			answers, ids[i], "The memory of the unit is kept.");

		answer_unknown(answer, "%s", why);
		answer_remedy(answer, "Give the name of a service that "
				      "systemd here knows (systemctl "
				      "list-unit-files).");
	}
}

static void ask_unit(struct answers *answers, struct manager *manager,
		     const char *name)
{
	char whole[UNIT_NAME_SIZE];
	struct unit *unit = NULL;
	struct lives lives;
	int systemd = manager_version(manager);

	(void)snprintf(whole, sizeof(whole), "%s%s", name,
		       strchr(name, '.') ? "" : ".service");
	if (manager_unit(manager, whole, &unit) < 0) {
		not_there(answers, manager_problem(manager));
		return;
	}
	if (!strcmp(unit->load_state, "not-found")) {
		not_there(answers, "The unit has no file.");
	} else {
		lives = lives_of_holding_unit(unit, systemd,
					      lives_kernel(&machine_linux));
		add_life(answers, "unit.restart", "a restart and a crash",
			 &lives.restart, unit, systemd);
		add_life(answers, "unit.stop", "a stop and a later start",
			 &lives.stop, unit, systemd);
		add_life(answers, "unit.kexec", "a kexec", &lives.kexec, unit,
			 systemd);
	}
	units_free(unit);
}

void doctor_unit(struct answers *answers, const char *unit)
{
	struct manager *manager = NULL;

	if (manager_open(&manager) < 0)
		not_there(answers, "There is no systemd to ask.");
	else
		ask_unit(answers, manager, unit);
	manager_close(manager);
}
