// SPDX-License-Identifier: MIT
/*
 * The behaviours on the real kernel: the program of the virtual machine that
 * runs one stage of all cases of a group.
 *
 *	behaviour STAGE ordinary|gigantic|large|controls
 *
 * Each case is a process. Where a later stage follows, it stays when its stage
 * is done, until the kexec. Exit status 0: all went as they must; a control
 * must fail in its last stage.
 */
#include "machine.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 120

void bh_failed(const char *file, int line, const char *format, ...)
{
	va_list arguments;

	printf("behaviour: %s:%d: ", file, line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	(void)fflush(stdout);
	_exit(1);
}

static bool is_last(const struct behaviour *behaviour, int stage)
{
	return stage + 1 == STAGES_MAX || !behaviour->stages[stage + 1];
}

/* The process of a case: one byte tells that the stage is done. */
static void case_process(const struct behaviour *behaviour, int stage, int done)
{
	set_case(behaviour);
	other_start();
	behaviour->stages[stage]();
	check(write(done, "", 1) == 1);
	if (is_last(behaviour, stage))
		_exit(0);
	for (;;)
		pause();
}

/* True: the stage came to its end. */
static bool run_case(const struct behaviour *behaviour, int stage)
{
	int done[2];
	struct pollfd p = { .events = POLLIN };
	bool passed;
	pid_t pid;
	char byte;

	check(!pipe(done));
	pid = fork();
	check(pid >= 0);
	if (!pid) {
		(void)close(done[0]);
		case_process(behaviour, stage, done[1]);
	}
	(void)close(done[1]);
	p.fd = done[0];
	if (poll(&p, 1, LIMIT_S * 1000) == 0)
		printf("behaviour: %s: no end after %d s\n", behaviour->name,
		       LIMIT_S);
	else
		p.events = 0;
	passed = !p.events && read(done[0], &byte, 1) == 1;
	(void)close(done[0]);
	/* What a failed one holds is in the way of the others. */
	if (!passed)
		(void)kill(pid, SIGKILL);
	if (!passed || is_last(behaviour, stage))
		check(waitpid(pid, NULL, 0) == pid);
	return passed;
}

static int report(const char *group, int stage, unsigned int count)
{
	const char *port = getenv("REPORT");
	FILE *file = port ? fopen(port, "w") : NULL;

	if (!file) {
		puts("behaviour: cannot write to REPORT");
		return 1;
	}
	(void)fprintf(file, "value behaviours-%s-stage-%d %u cases\n", group,
		      stage + 1, count);
	return fclose(file) ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const char *const groups[] = {
		[ORDINARY] = "ordinary",
		[GIGANTIC] = "gigantic",
		[LARGE] = "large",
	};
	unsigned int run = 0, failed = 0, count = behaviours_count;
	const struct behaviour *first_failed = NULL;
	const struct behaviour *const *list = behaviours;
	bool control;
	int stage;

	if (argc != 3) {
		puts("usage: behaviour STAGE ordinary|gigantic|large|controls");
		return 2;
	}
	stage = atoi(argv[1]) - 1;
	control = !strcmp(argv[2], "controls");
	if (control) {
		list = controls;
		count = controls_count;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	for (unsigned int i = 0; i < count; i++) {
		bool passed, want = true;

		if (stage < 0 || stage >= STAGES_MAX || !list[i]->stages[stage])
			continue;
		if (!control && strcmp(groups[list[i]->need], argv[2]))
			continue;
		printf("behaviour: %s, stage %d\n", list[i]->name, stage + 1);
		(void)fflush(stdout);
		passed = run_case(list[i], stage);
		if (control && is_last(list[i], stage))
			want = false;
		if (passed != want) {
			printf("behaviour: FAILED: %s, stage %d%s\n",
			       list[i]->name, stage + 1,
			       want ? "" : ", which must not pass");
			if (!failed++)
				first_failed = list[i];
		}
		run++;
	}
	printf("behaviour: %s, stage %d: %u cases run, %u failed%s%s\n", argv[2],
	       stage + 1, run, failed, failed ? ", the first " : "",
	       failed ? first_failed->name : "");
	return failed || !run || report(argv[2], stage, run);
}
