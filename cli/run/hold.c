// SPDX-License-Identifier: MIT
/*
 * Run: this process is the holder. It starts the program once, is the store for it,
 * passes signals on, and ends as the program ended, when no process of the program is
 * left: a program that goes into the background runs on. But if the host is on its
 * way to a kexec, this process stays, since its end would give the memory up.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "machine/machine.h"
#include "machine/text.h"
#include "run/process.h"
#include "run/run.h"
#include "run/store.h"
#include "unit/systemctl.h"

#define KEXEC_LOADED "/sys/kernel/kexec_loaded"
#define RETRY_MS 1000

struct hold {
	struct store store;
	struct passed passed;
	sigset_t signals, before;
	int signal_fd;
	struct rlimit files; /* as the program gets it */
	pid_t process;	     /* the program; 0: it has ended */
	int status;
	bool told; /* somebody wants the program to end */
};

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

/* -- The program ----------------------------------------------------------- */

/* A watchdog of the unit waits for this process: the program speaks for it. */
static void tell_watchdog(pid_t holder)
{
	const char *process = getenv("WATCHDOG_PID");
	char number[16];

	if (!process || atol(process) != (long)holder)
		return;
	(void)snprintf(number, sizeof(number), "%ld", (long)getpid());
	(void)setenv("WATCHDOG_PID", number, 1);
}

static int be_program(struct hold *hold, struct run *run,
		      int (*begin)(struct run *run))
{
	(void)sigprocmask(SIG_SETMASK, &hold->before, NULL);
	(void)close(hold->signal_fd);
	tell_watchdog(run->held_by);
	if (!run_end_with_holder(run) ||
	    !store_give(&hold->store, &hold->passed))
		return STATUS_FAILED;
	(void)setrlimit(RLIMIT_NOFILE, &hold->files);
	return begin(run);
}

static bool start(struct hold *hold, struct run *run,
		  int (*begin)(struct run *run))
{
	run->held_by = getpid();
	/* The library closes in the child what keeps memory here. */
	if (hp_sys_linux.watch_forks() < 0)
		return false;
	hold->process = fork();
	if (!hold->process) {
		int status = be_program(hold, run, begin);

		/* Its own standard output, and nothing of this process. */
		(void)fflush(NULL);
		_exit(status);
	}
	passed_end(&hold->passed);
	return hold->process > 0;
}

/* -- Signals --------------------------------------------------------------- */

/* SIGCHLD, and what has a meaning only for this process. */
static bool passes_on(int signal)
{
	return signal != SIGCHLD && signal != SIGPIPE && signal != SIGTTIN &&
	       signal != SIGTTOU && signal != SIGTSTP;
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
		if (process_is_child((pid_t)atol(entry->d_name)))
			(void)kill((pid_t)atol(entry->d_name), signal);
	if (dir)
		(void)closedir(dir);
}

static void take_signals(struct hold *hold)
{
	struct signalfd_siginfo info;

	while (read(hold->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		int signal = (int)info.ssi_signo;

		if (!passes_on(signal))
			continue;
		pass_on(hold->process, signal);
		hold->told |= signal == SIGTERM || signal == SIGINT ||
			      signal == SIGQUIT || signal == SIGHUP;
	}
}

/* Take all that has ended; false: no process is left. */
static bool reap(struct hold *hold)
{
	int status;
	pid_t ended;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
		if (ended != hold->process)
			continue;
		hold->status = WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
		hold->process = 0;
	}
	return ended == 0;
}

/* What a process asked before its end is done while it can still be seen. */
static void serve(struct hold *hold)
{
	struct pollfd fds[2] = {
		{ .fd = hold->signal_fd, .events = POLLIN },
		{ .fd = hold->store.notify.fd, .events = POLLIN },
	};

	do {
		(void)poll(fds, 2, hold->store.complete ? -1 : RETRY_MS);
		take_signals(hold);
		store_serve(&hold->store);
	} while (reap(hold));
}

static _Noreturn void stay(struct hold *hold)
{
	fprintf(stderr, "hugepersist run: the program has ended; this process "
			"holds its memory until the kexec\n");
	for (;;) {
		(void)poll(NULL, 0, hold->store.complete ? -1 : RETRY_MS);
		store_hand_over(&hold->store);
	}
}

/* -- The holder ------------------------------------------------------------ */

static bool prepare(struct hold *hold)
{
	struct rlimit most;

	/* As many as the store takes, and as many again while one starts. */
	if (getrlimit(RLIMIT_NOFILE, &hold->files) == 0) {
		most = hold->files;
		most.rlim_cur = most.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &most);
	}
	sigfillset(&hold->signals);
	/* A fault of ours must not be waited for. */
	sigdelset(&hold->signals, SIGSEGV);
	sigdelset(&hold->signals, SIGBUS);
	sigdelset(&hold->signals, SIGABRT);
	(void)sigprocmask(SIG_BLOCK, &hold->signals, &hold->before);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
	hold->signal_fd =
		signalfd(-1, &hold->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return hold->signal_fd >= 0;
}

int run_hold(struct run *run, bool above, char **arguments,
	     int (*begin)(struct run *run))
{
	static struct hold hold;

	if (!prepare(&hold))
		return command_error(&run_command, "signalfd: %s",
				     strerror(errno));
	if (!store_open(&hold.store, run->name, above, &hold.passed))
		return STATUS_FAILED;
	if (!start(&hold, run, begin))
		return command_error(&run_command, "cannot start: %s",
				     strerror(errno));
	ask_to_be_spared(arguments);
	serve(&hold);
	if (is_on_its_way(hold.told))
		stay(&hold);
	return hold.status;
}
