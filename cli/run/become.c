// SPDX-License-Identifier: MIT
/*
 * Run: from this process to the program.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "command.h"
#include "run/run.h"

/* -- The user -------------------------------------------------------------- */

bool run_find_user(struct run *run)
{
	const struct passwd *entry;

	run->uid = geteuid();
	run->gid = getegid();
	if (!run->user)
		return true;
	entry = getpwnam(run->user);
	if (!entry) {
		(void)command_error(&run_command, "there is no user '%s'",
				    run->user);
		return false;
	}
	run->uid = entry->pw_uid;
	run->gid = entry->pw_gid;
	run->home = strdup(entry->pw_dir);
	return true;
}

bool run_drop_rights(const struct run *run)
{
	if (!run->user)
		return true;
	if (initgroups(run->user, run->gid) < 0 || setgid(run->gid) < 0 ||
	    setuid(run->uid) < 0) {
		(void)command_error(&run_command, "cannot become %s: %s",
				    run->user, strerror(errno));
		return false;
	}
	(void)setenv("USER", run->user, 1);
	(void)setenv("LOGNAME", run->user, 1);
	if (run->home)
		(void)setenv("HOME", run->home, 1);
	return true;
}

/* -- The program ----------------------------------------------------------- */

bool run_end_with_holder(const struct run *run)
{
	if (!run->held_by)
		return true;
	(void)prctl(PR_SET_PDEATHSIG, (unsigned long)SIGKILL, 0UL, 0UL, 0UL);
	/* It can have ended before. */
	return getppid() == run->held_by;
}

int run_become(const struct run *run, char *const *program)
{
	/* Another user's process forgets that it is to end. */
	if (!run_drop_rights(run) || !run_end_with_holder(run))
		return STATUS_FAILED;
	(void)execvp(program[0], program);
	(void)command_error(&run_command, "cannot start %s: %s", program[0],
			    strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
