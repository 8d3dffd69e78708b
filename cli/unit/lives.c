// SPDX-License-Identifier: MIT
#include <string.h>

#include "source/luo.h"
#include "unit/lives.h"
#include "update/image.h"

#define HUGE_PAGES "file:hugetlb"

#define SYSTEMD_PRESERVE 254 /* FileDescriptorStorePreserve= */

#define PRESERVE "[Service]\nFileDescriptorStorePreserve=yes"

/* A kernel with our patches says of each format that it speaks it. */
static bool speaks_of_huge_pages(const struct formats *formats)
{
	for (unsigned int i = 0; i < formats->count; i++)
		if (!strncmp(formats->formats[i].text, HUGE_PAGES,
			     strlen(HUGE_PAGES)))
			return true;
	return false;
}

enum answer_kind lives_kernel(const struct machine *machine)
{
	int listed = machine->sys->lists_driver(LUO_DRIVERS, LUO_DRIVER);
	struct formats formats;

	if (listed < 0)
		return ANSWER_UNKNOWN;
	if (!listed)
		return ANSWER_NO;
	if (formats_of_this(&formats) < 0)
		return ANSWER_UNKNOWN;
	return speaks_of_huge_pages(&formats) ? ANSWER_YES : ANSWER_NO;
}

static void set(struct life *life, enum answer_kind answer, const char *reason,
		const char *remedy)
{
	*life = (struct life){ answer, reason, remedy };
}

static void judge_kernel(struct life *kexec, enum answer_kind kernel)
{
	if (kernel == ANSWER_NO)
		set(kexec, ANSWER_NO,
		    "This kernel does not hand over huge pages.",
		    "Ask hugepersist doctor.");
	if (kernel == ANSWER_UNKNOWN)
		set(kexec, ANSWER_UNKNOWN,
		    "It cannot be seen whether this kernel hands over huge "
		    "pages.",
		    "Ask hugepersist doctor --try.");
}

static bool is_enabled(const struct unit *unit)
{
	return !strcmp(unit->file_state, "enabled") ||
	       !strcmp(unit->file_state, "enabled-runtime");
}

/* Kept over a stop: the setting, and before 261 something that refers to it. */
static void judge_stop(struct life *stop, const struct unit *unit, int systemd)
{
	if (systemd < SYSTEMD_PRESERVE)
		set(stop, ANSWER_NO,
		    "systemd before 254 empties the store at a stop.",
		    "Use systemd 254 or later.");
	else if (!strcmp(unit->preserve, "on-success"))
		set(stop, ANSWER_UNKNOWN,
		    "FileDescriptorStorePreserve=on-success keeps the store "
		    "over a clean stop, and drops it after a crash.",
		    PRESERVE);
	else if (strcmp(unit->preserve, "yes") != 0)
		set(stop, ANSWER_NO, "FileDescriptorStorePreserve= is not yes.",
		    PRESERVE);
	else if (systemd < LIVES_SYSTEMD_KEXEC && !is_enabled(unit))
		set(stop, ANSWER_NO,
		    "systemd before 261 forgets a stopped unit that is not "
		    "enabled.",
		    "Enable the unit: systemctl enable.");
}

struct lives lives_of_unit(const struct unit *unit, int systemd,
			   enum answer_kind kernel)
{
	struct lives lives = {
		.restart = { ANSWER_YES, "", "" },
		.stop = { ANSWER_YES, "", "" },
		.kexec = { ANSWER_YES, "", "" },
	};

	if (!unit->store_max) {
		struct life none = {
			ANSWER_NO,
			"FileDescriptorStoreMax= is 0: the store takes "
			"nothing.",
			"[Service]\nFileDescriptorStoreMax=REGIONS+1\n"
			"FileDescriptorStorePreserve=yes"
		};

		return (struct lives){ none, none, none };
	}
	if (!strcmp(unit->preserve, "no"))
		set(&lives.restart, ANSWER_NO,
		    "FileDescriptorStorePreserve=no.", PRESERVE);
	if (!strcmp(unit->notify_access, "none"))
		set(&lives.restart, ANSWER_NO,
		    "NotifyAccess=none: the store takes nothing.",
		    "[Service]\nNotifyAccess=main");
	judge_stop(&lives.stop, unit, systemd);
	if (systemd < LIVES_SYSTEMD_KEXEC)
		set(&lives.kexec, ANSWER_NO,
		    "systemd before 261 does not hand its stores to the next "
		    "kernel.",
		    "Use systemd 261 or later, or hugepersist run --hold.");
	else if (lives.stop.answer != ANSWER_YES)
		lives.kexec = lives.stop; /* a kexec stops every unit */
	else
		judge_kernel(&lives.kexec, kernel);
	if (lives.restart.answer == ANSWER_NO)
		lives.stop = lives.kexec = lives.restart;
	return lives;
}

enum process_kind lives_in_unit(const struct unit *unit, bool asks)
{
	if (unit->goes_at_shutdown && strcmp(unit->kill_mode, "none") != 0)
		return PROCESS_KILLED;
	return unit->survives || asks ? PROCESS_SPARED : PROCESS_KILLED;
}

struct lives lives_of_holding_unit(const struct unit *unit, int systemd,
				   enum answer_kind kernel)
{
	struct lives lives = lives_of_unit(unit, systemd, kernel);

	/* The holder of root asks to be spared; of another user it cannot hold. */
	const bool root = !unit->dynamic_user &&
			  (!*unit->user || !strcmp(unit->user, "root"));

	if (unit->holds && root && lives.kexec.answer != ANSWER_YES)
		lives.kexec =
			lives_of_process(lives_in_unit(unit, true), kernel)
				.kexec;
	return lives;
}

struct lives lives_of_process(enum process_kind kind, enum answer_kind kernel)
{
	struct life ends = { ANSWER_NO, "The memory ends with the process.",
			     "Use the service manager's store; before systemd "
			     "261, with hugepersist run --hold." };
	struct lives lives = { ends, ends, { ANSWER_YES, "", "" } };

	if (kind == PROCESS_WITHOUT_LUO)
		lives.kexec = ends;
	else if (kind == PROCESS_KILLED)
		set(&lives.kexec, ANSWER_NO,
		    "systemd will kill the process before the kexec.",
		    "[Unit]\nDefaultDependencies=no\n"
		    "SurviveFinalKillSignal=yes");
	else
		judge_kernel(&lives.kexec, kernel);
	return lives;
}
