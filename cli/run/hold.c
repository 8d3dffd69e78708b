// SPDX-License-Identifier: MIT
/*
 * Run: this process is the holder. It starts the program once, passes signals on,
 * and ends as the program ended, when no process of the program is left: a program
 * that goes into the background runs on. But if the host is on its way to a kexec,
 * this process stays, since its end would give the memory up.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "machine/machine.h"
#include "machine/text.h"
#include "run/run.h"
#include "unit/systemctl.h"

#define KEXEC_LOADED "/sys/kernel/kexec_loaded"

/* systemd-shutdown has taken the place of systemd, or there is no systemd. */
static bool is_last_process_left(void)
{
	char name[32];

	if (!systemctl_is_there())
		return true;
	return hp_sys_linux.read_text("/proc/1/comm", name, sizeof(name)) > 0 &&
	       !strncmp(name, "systemd-shutdow", 15);
}

/*
 * A kernel is loaded, and somebody wants the program to end. A program that ends
 * by itself is not on its way to a kexec, whatever is loaded.
 */
static bool is_on_its_way(bool told)
{
	uint64_t loaded;

	return read_number(&hp_sys_linux, KEXEC_LOADED, &loaded) == 0 &&
	       loaded == 1 && (told || is_last_process_left());
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

static bool is_child(const char *process)
{
	char path[300], text[512];
	const char *end;
	long parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", process);
	if (hp_sys_linux.read_text(path, text, sizeof(text)) <= 0)
		return false;
	/* The name before it can have anything in it. */
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %ld", &parent) == 1 &&
	       parent == (long)getpid();
}

/* The program itself, or what it left in the background. */
static void pass_on(pid_t process, int signal)
{
	struct dirent *entry;
	DIR *dir;

	if (process) {
		(void)kill(process, signal);
		return;
	}
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir)) != NULL)
		if (atol(entry->d_name) > 1 && is_child(entry->d_name))
			(void)kill((pid_t)atol(entry->d_name), signal);
	if (dir)
		(void)closedir(dir);
}

/* Take all that has ended; false: no process is left. */
static bool reap(pid_t *process, int *ret_status)
{
	int status;
	pid_t ended;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
		if (ended != *process)
			continue;
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) :
						  128 + WTERMSIG(status);
		*process = 0;
	}
	return ended == 0;
}

static int wait_for_end(pid_t process, const sigset_t *all, bool *ret_told)
{
	int status = 0;

	for (;;) {
		int signal = sigwaitinfo(all, NULL);

		if (signal > 0 && passes_on(signal)) {
			pass_on(process, signal);
			*ret_told |= signal == SIGTERM || signal == SIGINT ||
				     signal == SIGQUIT || signal == SIGHUP;
		}
		if (!reap(&process, &status))
			return status;
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
	bool told = false;
	pid_t process;
	int status;

	sigfillset(&all);
	/* A fault of ours must not be waited for. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGABRT);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
	process = start(run, &before);
	if (process < 0)
		return command_error(&run_command, "cannot fork: %s",
				     strerror(errno));
	ask_to_be_spared(arguments);
	status = wait_for_end(process, &all, &told);
	if (is_on_its_way(told))
		stay(&all);
	return status;
}
