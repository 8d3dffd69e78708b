// SPDX-License-Identifier: MIT
/*
 * Run: this process is the holder. It starts the program once, passes signals on
 * and ends as the program ended; but if a kernel is loaded, it stays until the
 * kexec, since its end would give the memory up.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "machine/machine.h"
#include "machine/text.h"
#include "run/run.h"

#define KEXEC_LOADED "/sys/kernel/kexec_loaded"

static bool kexec_is_loaded(void)
{
	uint64_t loaded;

	return read_number(&hp_sys_linux, KEXEC_LOADED, &loaded) == 0 &&
	       loaded == 1;
}

/* systemd spares processes of root with such a name when it kills the rest. */
static void ask_to_be_spared(char **arguments)
{
	if (geteuid() == 0)
		arguments[0][0] = '@';
}

static pid_t start(const struct run *run, const sigset_t *before)
{
	pid_t process = fork();

	if (process)
		return process;
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	_exit(run_become(run, run->program));
}

/* SIGCHLD, and what has a meaning only for this process. */
static bool passes_on(int signal)
{
	return signal != SIGCHLD && signal != SIGPIPE && signal != SIGTTIN &&
	       signal != SIGTTOU && signal != SIGTSTP;
}

static int wait_for_end(pid_t process, const sigset_t *all)
{
	int status = 0;

	for (;;) {
		int signal = sigwaitinfo(all, NULL);

		if (signal > 0 && passes_on(signal))
			(void)kill(process, signal);
		if (waitpid(process, &status, WNOHANG) == process &&
		    (WIFEXITED(status) || WIFSIGNALED(status)))
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
	}
}

static _Noreturn void stay(const sigset_t *all)
{
	fprintf(stderr, "hugepersist run: the program has ended; this process "
			"holds its memory until the kexec\n");
	for (;;)
		(void)sigwaitinfo(all, NULL);
}

int run_hold(const struct run *run, char **arguments)
{
	sigset_t all, before;
	pid_t process;
	int status;

	sigfillset(&all);
	/* A fault of ours must not be waited for. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGABRT);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	process = start(run, &before);
	if (process < 0)
		return command_error(&run_command, "cannot fork: %s",
				     strerror(errno));
	ask_to_be_spared(arguments);
	status = wait_for_end(process, &all);
	if (kexec_is_loaded())
		stay(&all);
	return status;
}
