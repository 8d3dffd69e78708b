// SPDX-License-Identifier: MIT
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/systemctl.h"

bool systemctl_is_there(void)
{
	return access("/run/systemd/system", F_OK) == 0;
}

int systemctl_run(char *const *words)
{
	int status = -1;
	sigset_t none;
	pid_t child = fork();

	if (!child) {
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)execvp(words[0], words);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
